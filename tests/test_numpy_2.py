"""With NumPy 2 a graph has the dtypes and the values that it has with NumPy 1.

Aesara gives a Python float the first dtype that holds it exactly, and floatX if that is float32. It
asks NumPy whether 0.1 and its float32 are equal; NumPy 2 says yes. Every test holds with both.
"""

import aesara
import aesara.tensor as T
import numpy as np
import pytest
from conftest import run_python

VALUES = np.array([0.2, 0.5, 0.7, 0.9])
IN_PYTHON = aesara.compile.Mode("py", None)


def test_float64_graph_keeps_python_floats_in_float64():
    def formula(m, x):
        return m.clip(x, 0.3, 0.8) ** 1.7 + 0.3 / x * (x > 0.7) + 1e-7 * m.sum(x * 0.1)

    x = T.dvector("x")
    result = aesara.function([x], formula(T, x), mode=IN_PYTHON)(VALUES)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, formula(np, VALUES), rtol=1e-15)


@pytest.mark.parametrize(
    ("floatx", "variable", "number", "dtype"),
    [
        ("float64", T.fvector(), 0.1, "float64"),
        ("float64", T.fvector(), 0.5, "float32"),
        ("float32", T.fvector(), 0.1, "float32"),
        ("float32", T.fvector(), np.float64(0.1), "float64"),
        ("float32", T.lvector(), 0.1, "float64"),
    ],
)
def test_sum_of_a_variable_and_a_number_has_the_dtype_of_numpy_1(floatx, variable, number, dtype):
    with aesara.config.change_flags(floatX=floatx):
        assert (variable + number).dtype == dtype


def test_reciprocal_in_a_fused_operation_is_not_rounded_to_float32():
    x = T.dvector("x")
    function = aesara.function([x], 1 / (1 + x**2), mode=aesara.compile.Mode("py", "fast_run"))
    np.testing.assert_allclose(function(VALUES), 1 / (1 + VALUES**2), rtol=1e-15)


@pytest.mark.filterwarnings("ignore:in the future the `.dtype` attribute:DeprecationWarning")
def test_c_code_that_names_what_numpy_no_longer_has():
    x, i = T.dmatrix(), T.TensorType("uint64", (None,))()
    matrix, rows = np.array([[1.0, 5.0, 2.0], [0.0, 3.0, 4.0]]), np.array([1, 1], "uint64")
    expected = {
        T.argmax(x): 1,
        T.cumsum(x): [1, 6, 8, 8, 11, 15],
        x[:, :2] + 0.1 * T.dot(x, x.T): matrix[:, :2] + 0.1 * (matrix @ matrix.T),
        T.batched_dot(x[np.newaxis], x.T[np.newaxis]): [matrix @ matrix.T],
        T.grad(T.exp2(x).sum(), x): np.exp2(matrix) * np.log(2),
        x[i]: matrix[rows],
        T.grad(T.square(x[i]).sum(), x): [[0, 0, 0], [0, 12, 16]],  # twice 2 x
    }
    obtained = aesara.function([x, i], list(expected))(matrix, rows)
    for result, value in zip(obtained, expected.values()):
        np.testing.assert_allclose(result, value, rtol=1e-14)


def test_simple_rnn_starts_after_an_import_of_aesara_that_failed():
    program = """
try:
    import aesara
except (AttributeError, ImportError):
    pass
import simple_rnn, aesara
print(aesara.tensor.square(aesara.shared(3.0)).eval())
"""
    assert run_python("-c", program, flags="cxx=").stdout == "9.0\n"
