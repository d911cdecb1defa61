"""With NumPy 2 a graph has the dtypes and the values that it has with NumPy 1.

Aesara gives a Python float the first dtype that holds it exactly, and floatX if that is float32. It
asks NumPy whether 0.1 and its float32 are equal; NumPy 2 says yes. Every test holds with both.
"""

import textwrap

import aesara
import aesara.tensor as T
import numpy as np
import pytest
from conftest import run_python

VALUES = np.array([0.2, 0.5, 0.7, 0.9])
IN_PYTHON = aesara.compile.Mode("py", None)


@pytest.mark.parametrize(
    "formula",
    [
        lambda m, x: m.clip(x, 0.3, 0.8) ** 1.7 + 1e-7,
        lambda m, x: m.sum(0.3 / x * (x > 0.7)),
        lambda m, x: x - 0.001 * x / m.sqrt(m.mean(x**2) + 1e-8),
    ],
)
def test_float64_graph_keeps_python_floats_in_float64(formula):
    x = T.dvector("x")
    result = aesara.function([x], formula(T, x), mode=IN_PYTHON)(VALUES)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, formula(np, VALUES), rtol=1e-15)


@pytest.mark.parametrize(
    ("floatx", "variable", "number", "dtype"),
    [
        ("float64", T.fvector(), 0.1, "float64"),
        ("float64", T.fvector(), 0.5, "float32"),
        ("float64", T.fvector(), float("inf"), "float32"),
        ("float32", T.fvector(), 0.1, "float32"),
        ("float32", T.fvector(), np.float64(0.1), "float64"),
    ],
)
def test_sum_of_a_variable_and_a_number_has_the_dtype_of_numpy_1(floatx, variable, number, dtype):
    with aesara.config.change_flags(floatX=floatx):
        assert (variable + number).dtype == dtype


def test_reciprocal_in_a_fused_operation_is_not_rounded_to_float32():
    x = T.dvector("x")
    function = aesara.function([x], 1 / (1 + x**2), mode=aesara.compile.Mode("py", "fast_run"))
    np.testing.assert_allclose(function(VALUES), 1 / (1 + VALUES**2), rtol=1e-15)


def test_c_code_that_names_what_numpy_no_longer_has():
    x, i = T.dmatrix(), T.TensorType("uint64", (None,))()
    outputs = [T.argmax(x), T.cumsum(x), T.cumsum(x[0]), x[:, :2] + 0.1 * T.dot(x, x.T), x[i]]
    outputs += [T.grad(T.square(x[i]).sum(), x)]
    matrix, rows = np.array([[1.0, 5.0, 2.0], [0.0, 3.0, 4.0]]), np.array([1, 1], "uint64")
    obtained = aesara.function([x, i], outputs)(matrix, rows)
    position, sums, sums_of_row, product, taken, gradient = obtained
    assert position == 1
    np.testing.assert_array_equal(sums, [1, 6, 8, 8, 11, 15])
    np.testing.assert_array_equal(sums_of_row, [1, 6, 8])
    np.testing.assert_allclose(product, matrix[:, :2] + 0.1 * (matrix @ matrix.T), rtol=1e-14)
    np.testing.assert_array_equal(taken, matrix[rows])
    np.testing.assert_array_equal(gradient, [[0, 0, 0], [0, 12, 16]])  # twice 2 x


def test_products_of_many_matrices_need_no_blas_library():
    x = T.dtensor3()
    values = np.arange(12.0).reshape(2, 3, 2)
    products = aesara.function([x], T.batched_dot(x, x.swapaxes(1, 2)))(values)
    np.testing.assert_array_equal(products, values @ values.swapaxes(1, 2))


@pytest.mark.filterwarnings("ignore:in the future the `.dtype` attribute:DeprecationWarning")
def test_gradient_that_casts_a_constant():
    x = T.dvector()
    gradient = aesara.function([x], T.grad(T.exp2(x).sum(), x), mode="FAST_COMPILE")
    np.testing.assert_allclose(gradient(VALUES), np.exp2(VALUES) * np.log(2), rtol=1e-14)


def test_simple_rnn_starts_after_an_import_of_aesara_that_failed():
    program = """
        try:
            import aesara
        except (AttributeError, ImportError):
            pass
        import simple_rnn, aesara
        print(aesara.tensor.square(aesara.shared(3.0)).eval())
    """
    result = run_python("-c", textwrap.dedent(program), flags="cxx=")
    assert result.stdout == "9.0\n", result.stderr
