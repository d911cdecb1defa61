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

# A formula of x in the functions of m, which is aesara.tensor or NumPy, and constants through c.
FORMULAS = {
    "product": lambda m, x, c: c(0.1) * x,
    "sum": lambda m, x, c: x + c(1e-7),
    "quotient": lambda m, x, c: c(0.3) / x,
    "power": lambda m, x, c: x ** c(1.7),
    "root": lambda m, x, c: x ** c(0.5),
    "loss": lambda m, x, c: m.mean((x - c(0.1)) ** 2 / c(0.3)),
    "cross-entropy": lambda m, x, c: -m.mean(m.log(x + c(1e-6))),
    "update": lambda m, x, c: x - c(0.001) * x / m.sqrt(m.mean(x**2) + c(1e-8)),
    "clip": lambda m, x, c: m.clip(x, c(0.3), c(0.8)),
    "maximum": lambda m, x, c: m.maximum(x, c(0.6)),
    "comparison": lambda m, x, c: m.sum(x * (x > c(0.7))),
}


def evaluate(formula, values, optimizer=None):
    x = T.TensorType(str(values.dtype), (None,))("x")
    graph = formula(T, x, lambda number: number)
    return aesara.function([x], graph, mode=aesara.compile.Mode("py", optimizer))(values)


@pytest.mark.parametrize("name", FORMULAS)
def test_float64_graph_keeps_python_floats_in_float64(name):
    result = evaluate(FORMULAS[name], VALUES)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, FORMULAS[name](np, VALUES, np.float64), rtol=1e-15)


@pytest.mark.parametrize("name", FORMULAS)
def test_float32_graph_stays_float32_where_floatx_says_so(name):
    values = VALUES.astype(np.float32)
    with aesara.config.change_flags(floatX="float32"):
        result = evaluate(FORMULAS[name], values)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, FORMULAS[name](np, values, np.float32), rtol=1e-6)


@pytest.mark.parametrize("name", FORMULAS)
def test_float32_constant_in_a_float64_graph_where_floatx_says_so(name):
    def float32_in_float64(number):
        return np.float64(np.float32(number))

    with aesara.config.change_flags(floatX="float32"):
        result = evaluate(FORMULAS[name], VALUES)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, FORMULAS[name](np, VALUES, float32_in_float64), rtol=1e-15)


@pytest.mark.parametrize(
    ("floatx", "variable", "number", "dtype"),
    [
        ("float64", T.fvector(), 0.1, "float64"),
        ("float64", T.fvector(), 0.5, "float32"),
        ("float64", T.fvector(), float("inf"), "float32"),
        ("float64", T.fvector(), float("nan"), "float64"),
        ("float64", T.fvector(), 300, "float32"),
        ("float64", T.bvector(), 0.5, "float32"),
        ("float64", T.lvector(), 0.1, "float64"),
        ("float64", T.bvector(), 300, "int16"),
        ("float64", T.bvector(), -1, "int8"),
        ("float64", T.lvector(), 2**40, "int64"),
        ("float32", T.fvector(), 0.1, "float32"),
        ("float32", T.fvector(), np.float64(0.1), "float64"),
        ("float32", T.dvector(), 0.1, "float64"),
        ("float32", T.lvector(), 0.1, "float64"),
    ],
)
def test_sum_of_a_variable_and_a_number_has_the_dtype_of_numpy_1(floatx, variable, number, dtype):
    with aesara.config.change_flags(floatX=floatx):
        assert (variable + number).dtype == dtype


def test_reciprocal_in_a_fused_operation_is_not_rounded_to_float32():
    result = evaluate(lambda m, x, c: 1 / (1 + x**2), VALUES, "fast_run")
    np.testing.assert_allclose(result, 1 / (1 + VALUES**2), rtol=1e-15)


def test_argmax_and_cumsum_over_all_axes():
    x = T.dmatrix()
    function = aesara.function([x], [T.argmax(x), T.cumsum(x), T.cumsum(x[0]), T.max(x)])
    values = np.array([[1.0, 5.0, 2.0], [0.0, 3.0, 4.0]])
    position, sums, sums_of_row, largest = function(values)
    assert (position, largest) == (1, 5.0)
    np.testing.assert_array_equal(sums, [1, 6, 8, 8, 11, 15])
    np.testing.assert_array_equal(sums_of_row, [1, 6, 8])


def test_matrix_products():
    x, y = T.dmatrix(), T.dvector()
    function = aesara.function([x, y], [T.dot(x, x.T), T.dot(x, y), y + 0.1 * T.dot(x, y)])
    matrix, vector = np.arange(9.0).reshape(3, 3), np.array([0.5, -1.0, 2.0])
    expected = matrix @ matrix.T, matrix @ vector, vector + 0.1 * (matrix @ vector)
    for result, by_hand in zip(function(matrix, vector), expected):
        np.testing.assert_allclose(result, by_hand, rtol=1e-14)


def test_indices_that_are_unsigned():
    x, i = T.dvector(), T.TensorType("uint64", (None,))()
    taken = aesara.function([x, i], x[i])(VALUES, np.array([3, 0], dtype="uint64"))
    np.testing.assert_array_equal(taken, VALUES[[3, 0]])


def test_an_unknown_dtype_is_refused():
    with pytest.raises(TypeError, match="Invalid dtype: float31"):
        T.TensorType("float31", (None,))


@pytest.mark.filterwarnings("ignore:in the future the `.dtype` attribute:DeprecationWarning")
@pytest.mark.parametrize("function", [T.arcsin, T.arctan, T.exp2])
def test_gradients_that_cast_a_constant(function):
    x = T.dvector()
    gradient = aesara.function([x], T.grad(function(x).sum(), x), mode="FAST_COMPILE")
    step = 1e-6
    formula = getattr(np, str(function.scalar_op))
    expected = (formula(VALUES + step) - formula(VALUES - step)) / (2 * step)
    np.testing.assert_allclose(gradient(VALUES), expected, rtol=1e-8)


@pytest.mark.parametrize("flags", ["cxx=", "cxx=,blas__ldflags="])
def test_simple_rnn_starts_after_an_import_of_aesara_that_failed(flags):
    program = """
        try:
            import aesara
        except (AttributeError, ImportError):
            pass
        import simple_rnn, aesara
        print(aesara.tensor.square(aesara.shared(3.0)).eval())
    """
    result = run_python("-c", textwrap.dedent(program), flags=flags)
    assert result.stdout == "9.0\n", result.stderr
