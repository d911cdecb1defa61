"""What is rewritten, and that it changes no bit: the same runs with and without the rewrites."""

import aesara
import aesara.tensor as at
import numpy as np
import pytest
from aesara.scan.op import Scan
from aesara.tensor.math import Sum
from aesara.tensor.subtensor import IncSubtensor

from simple_rnn import compile_function, make_counting_dataset, numerics, simpleRNN
from simple_rnn._rewrites import SumsOfProducts, sums_of_products


@pytest.fixture
def without_rewrites(monkeypatch):
    """Return what switches the rewrites off."""

    def switch_off():
        monkeypatch.setattr(numerics, "sums_after_scan", lambda fgraph, node: [])
        monkeypatch.setattr(numerics, "one_increment", lambda node: [])

    return switch_off


needs_compiler = pytest.mark.skipif(not aesara.config.cxx, reason="sums move out of a scan in C")


def gradients_of_article_s_loss():
    """Symbolic lengths, as a user writes it; any shape of the data goes with it."""
    net = simpleRNN(10, 1, 1, rng=np.random.RandomState(3))
    x_t, s0, y_ = at.fmatrix("x_t"), at.fvector("s0"), at.fvector("y_")
    loss = at.square(y_ - net.state_update(x_t, s0)[-1]).sum()
    return compile_function([x_t, s0, y_], [loss, *aesara.grad(loss, net.params)])


def in_scan(function, op):
    scans = [node.op for node in function.maker.fgraph.apply_nodes if isinstance(node.op, Scan)]
    inner = [node.op for scan in scans for node in scan.fgraph.apply_nodes]
    return len(scans), any(isinstance(inner_op, op) for inner_op in inner)


def increments(function):
    nodes = function.maker.fgraph.apply_nodes
    return sum(
        isinstance(node.op, IncSubtensor) and not node.op.set_instead_of_inc for node in nodes
    )


@needs_compiler
def test_gradients_of_the_network_keep_every_bit(without_rewrites):
    rewritten = gradients_of_article_s_loss()
    without_rewrites()
    plain = gradients_of_article_s_loss()
    # They were rewritten: no sum in a scan, an increment less.
    assert in_scan(rewritten, Sum) == (2, False)
    assert in_scan(plain, Sum) == (2, True)
    assert increments(rewritten) == increments(plain) - 1
    nodes = rewritten.maker.fgraph.apply_nodes
    assert sum(isinstance(node.op, SumsOfProducts) for node in nodes) == 2
    rng = np.random.RandomState(0)
    for num_samples, seq_len in ((20, 10), (1, 1), (1, 7), (13, 1), (300, 40)):
        data = make_counting_dataset(num_samples, seq_len, rng=rng)
        arrays = (rng.normal(size=data.x.shape).astype("f4"), data.s0, data.y)
        for obtained, expected in zip(rewritten(*arrays), plain(*arrays)):
            np.testing.assert_array_equal(obtained, expected)


def scan_gradient(step, x, w, s0):
    states, _ = aesara.scan(step, sequences=x, outputs_info=s0, non_sequences=w)
    return aesara.grad((states[-1] ** 2).sum(), w)


# Gradients that are sums over steps of other terms: what is moved out has to be the whole of it,
# and what cannot be moved has to stay.
@needs_compiler
@pytest.mark.parametrize(
    ("step", "moved"),
    [
        pytest.param(lambda x_t, s, w: x_t * w + s, True, id="sum of products"),
        pytest.param(lambda x_t, s, w: x_t * w**2 + s, False, id="term with a weight"),
        pytest.param(lambda x_t, s, w: at.tanh(x_t + s) * w, True, id="nonlinear"),
    ],
)
def test_gradients_of_other_scans_keep_every_bit(step, moved, without_rewrites):
    rng = np.random.RandomState(1)
    arrays = [rng.uniform(0.5, 1, shape).astype("f4") for shape in ((9, 6), (6,), (6,))]
    x, s0, w = (at.tensor("float32", shape=array.shape) for array in arrays)
    gradient = scan_gradient(step, x, w, s0)
    rewritten = compile_function([x, s0, w], gradient)
    without_rewrites()
    plain = compile_function([x, s0, w], gradient)
    sums = [node.op for node in rewritten.maker.fgraph.apply_nodes if isinstance(node.op, Sum)]
    assert [op.acc_dtype for op in sums] == ["float32"] * moved
    np.testing.assert_array_equal(rewritten(*arrays), plain(*arrays))


@pytest.mark.parametrize("compiler", [pytest.param(True, marks=needs_compiler), False])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_of_products_round_as_a_loop_does(compiler, dtype):
    a, b = (at.matrix(name, dtype=dtype) for name in "ab")
    with aesara.config.change_flags(cxx=aesara.config.cxx if compiler else ""):
        function = compile_function([a, b], sums_of_products(a, b))
    rng = np.random.RandomState(4)
    for shape in [(rows, 30) for rows in range(19)] + [(3, 0), (3, 1), (300, 70)]:
        # The exponents differ so much that float64 rounds too.
        x, y = (rng.normal(size=shape) * 10.0 ** rng.randint(-9, 9, shape) for _ in range(2))
        x, y = x.astype(dtype)[::-1], np.asfortranarray(y.astype(dtype))
        expected = []
        for products in x * y:
            total = np.float64(0)
            for product in products:
                total = total + product
            expected.append(total)
        np.testing.assert_array_equal(function(x, y), np.array(expected, dtype=dtype))
        assert function(x, y).dtype == dtype


@needs_compiler
def test_sums_of_products_take_matrices_of_one_shape():
    a, b = at.fmatrices("a", "b")
    function = compile_function([a, b], sums_of_products(a, b))
    with pytest.raises(ValueError, match="the shapes differ"):
        function(np.ones((3, 4), "f4"), np.ones((3, 5), "f4"))


def test_totals_that_are_used_before_the_end_stay():
    x = at.fmatrix("x")
    totals, _ = aesara.scan(
        lambda x_t, total: total + x_t.sum(), sequences=x, outputs_info=np.float32(0)
    )
    values = np.random.RandomState(2).uniform(size=(5, 3)).astype("f4")
    obtained = compile_function([x], totals)(values)
    np.testing.assert_allclose(obtained, values.sum(axis=1).cumsum(), rtol=1e-6)
