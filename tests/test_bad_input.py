"""What a user may get wrong: each is refused with a message, and before any work is done."""

import importlib
import re
import sys
from types import SimpleNamespace

import aesara
import aesara.tensor as at
import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import ROOT
from matplotlib.figure import Figure

from simple_rnn import (
    CountingDataset,
    GradientDescentOptimizer,
    History,
    Optimizer,
    RMSPropOptimizer,
    RpropOptimizer,
    article,
    compile_function,
    compile_predict,
    compile_train_model,
    make_counting_dataset,
    plotting,
    simpleRNN,
    study,
    train,
)
from simple_rnn.training import TrainModel, compile_cost

NET = simpleRNN(10, 1, 1, rng=np.random.RandomState(1))
RNG = np.random.RandomState(1)
DATA = make_counting_dataset(20, 10, rng=RNG)
X, Y, S0 = DATA.x, DATA.y, DATA.s0
GD = article.CONDITIONS["gd"]
HISTORY = History(np.ones(3), np.ones((4, 2)), 1.0)
P = aesara.shared(np.array([4.0]), name="p")
Q = aesara.shared(np.array([4.0]), name="q")
SQUARE = (P**2).sum()
TINY = np.zeros(3)
RUNS = study.grid(["gd"], [1e-5], [1])


def never(*arguments, **keywords):
    raise AssertionError("work was done before the input was looked at")


class Forgetful(Optimizer):
    """An optimizer whose author forgot the last line."""

    def minimize(self, loss):
        [(p, p - g) for p, g in zip(self.params, self.gradients(loss))]


TRAIN_MODEL = TrainModel(NET, never)


@pytest.fixture(scope="module")
def compiled():
    """What has to be compiled before it can be called wrongly."""
    with aesara.config.change_flags(cxx=""):
        return SimpleNamespace(predict=compile_predict(NET), cost=compile_cost(DATA))


def with_entry(array, index, value):
    changed = array.copy()
    changed[index] = value
    return changed


def dataset(**changed):
    return lambda c: CountingDataset(**{"x": X, "y": Y, "s0": S0, **changed})


def drawn(**options):
    return lambda c: make_counting_dataset(**{"rng": RNG, **options})


def network(*sizes, **options):
    return lambda c: simpleRNN(*sizes, **{"rng": RNG, **options})


def optimizer(params, rate=0.01):
    return lambda c: GradientDescentOptimizer(params, rate)


def minimize(loss, optimizer=GradientDescentOptimizer, **options):
    return lambda c: optimizer([P], 0.1).minimize(loss, **options)


def compiling(net=NET, optimizer=None, dataset=DATA, **options):
    chosen = optimizer or GradientDescentOptimizer(NET.params)
    return lambda c: compile_train_model(net, chosen, dataset, **options)


def trained(train_model=TRAIN_MODEL, n_epochs=5, **options):
    return lambda c: train(train_model, n_epochs, **options)


def predicted(x):
    return lambda c: c.predict(x)


def costs(w_x, w_rec):
    return lambda c: c.cost(w_x, w_rec)


def run(condition=GD, **settings):
    return lambda c: article.run(condition, **settings)


def picture(function, *arguments, **options):
    return lambda c: getattr(plotting, function)(*arguments, **options)


COUNT = "expected a whole number of at least 1"
SHAPE = r"expected \(seq_len, num_samples\), both at least 1"
RATE = "expected a finite number above 0, or a symbolic scalar"
FINITE = "expected numbers that are finite in float32"

CASES = [
    # The data, drawn
    ("no samples", drawn(num_samples=0), ValueError, f"num_samples is 0; {COUNT}"),
    ("a negative length", drawn(seq_len=-1), ValueError, f"seq_len is -1; {COUNT}"),
    ("half a sample", drawn(num_samples=2.5), ValueError, f"num_samples is 2.5; {COUNT}"),
    ("samples as text", drawn(num_samples="3"), ValueError, f"num_samples is '3'; {COUNT}"),
    ("no length", drawn(seq_len=None), ValueError, f"seq_len is None; {COUNT}"),
    ("True samples", drawn(num_samples=True), ValueError, f"num_samples is True; {COUNT}"),
    ("NumPy's True", drawn(seq_len=np.True_), ValueError, f"seq_len is True; {COUNT}"),
    ("lengths in a list", drawn(seq_len=[1, 2]), ValueError, rf"seq_len is \[1, 2\]; {COUNT}"),
    (
        "more data than memory",
        drawn(num_samples=10**12, seq_len=10**6),
        ValueError,
        r"num_samples \* seq_len = 1000000000000 \* 1000000 numbers, needs"
        r" 4,000,000,000,000,000,000 bytes, and this machine has [\d,]+ in all; take fewer",
    ),
    (
        "another dtype",
        drawn(dtype="int32"),
        ValueError,
        "dtype is 'int32'; expected 'float32' or 'float64'",
    ),
    (
        "a generator of the new kind",
        drawn(rng=np.random.default_rng(1)),
        TypeError,
        r"rng is Generator.*expected a numpy\.random\.RandomState",
    ),
    ("a seed as generator", drawn(rng=1), TypeError, r"rng is 1; .*RandomState\(1\)"),
    # The data, given
    (
        "one row a sample",
        dataset(x=X.T),
        ValueError,
        r"y has shape \(20,\) where x has shape \(20, 10\).*expected \(10,\), one for each sample"
        r" along axis 1 of x.*pass x\.T",
    ),
    (
        "one row a sample, square",
        dataset(x=X[:, :10].T, y=X[:, :10].sum(axis=0), s0=S0[:10]),
        ValueError,
        r"y holds the sums of the rows of x, axis 1; .*pass x\.T",
    ),
    (
        "a target too few",
        dataset(y=Y[1:]),
        ValueError,
        r"y has shape \(19,\).*expected \(20,\)",
    ),
    ("targets in a column", dataset(y=Y[:, None]), ValueError, r"y has shape \(20, 1\)"),
    ("one state", dataset(s0=0.0), ValueError, r"s0 has shape \(\).*expected \(20,\)"),
    (
        "one sequence, flat",
        dataset(x=X[:, 0]),
        ValueError,
        rf"x has shape \(10,\); {SHAPE}\. .*np\.reshape\(x, \(-1, 1\)\)",
    ),
    ("no steps", dataset(x=X[:0]), ValueError, rf"x has shape \(0, 20\); {SHAPE}"),
    ("no sequences", dataset(x=X[:, :0]), ValueError, rf"x has shape \(10, 0\); {SHAPE}"),
    ("an empty list", dataset(x=[]), ValueError, rf"x has shape \(0,\); {SHAPE}"),
    (
        "NaN in x",
        dataset(x=with_entry(X, (3, 5), np.nan)),
        ValueError,
        rf"x\[3, 5\] is nan; {FINITE}",
    ),
    (
        "infinity in y",
        dataset(y=with_entry(Y, 2, -np.inf)),
        ValueError,
        rf"y\[2\] is -inf; {FINITE}",
    ),
    ("NaN in s0", dataset(s0=with_entry(S0, 0, np.nan)), ValueError, rf"s0\[0\] is nan; {FINITE}"),
    (
        "complex numbers",
        dataset(x=X.astype(complex)),
        TypeError,
        "x is array.*of dtype complex128; expected real numbers",
    ),
    (
        "objects",
        dataset(x=X.astype(object)),
        TypeError,
        "x is array.*of dtype object; expected real numbers",
    ),
    ("text", dataset(y=["one"] * 20), TypeError, r"y is \['one', .*, \.\.\.\], of dtype <U3"),
    ("nothing", dataset(s0=None), TypeError, "s0 is None, of dtype object"),
    (
        "rows of two lengths",
        dataset(x=[[0, 1], [1]]),
        (ValueError, TypeError),
        r"x is \[\[0, 1\], \[1\]\].*expected (an array, or nested lists with rows|real numbers)",
    ),
    # The network
    ("a length of 0", network(0, 1, 1), ValueError, f"slen is 0; {COUNT}"),
    ("a length as text", network("10", 1, 1), ValueError, f"slen is '10'; {COUNT}"),
    ("two inputs", network(10, 2, 1), ValueError, "nx is 2; expected 1: this network has one"),
    ("two units", network(10, 1, 2), ValueError, "nrec is 2; expected 1: this network has one"),
    ("1.0 inputs", network(10, 1.0, 1), ValueError, "nx is 1.0; expected 1: this network"),
    ("True units", network(10, 1, True), ValueError, "nrec is True; expected 1: this network"),
    ("integer weights", network(10, 1, 1, dtype=int), ValueError, "dtype is <class 'int'>; expect"),
    (
        "the old module",
        network(10, 1, 1, rng=np.random),
        TypeError,
        "rng is <module 'numpy.random'",
    ),
    (
        "integer sequences",
        lambda c: NET.state_update(at.imatrix(), at.vector()),
        TypeError,
        r"x_t has dtype int32; expected float32 or float64.*x_t\.astype\('float32'\)",
    ),
    (
        "one sequence, symbolic",
        lambda c: NET.state_update(at.fvector(), at.fvector()),
        ValueError,
        "x_t has 1 dimensions; expected 2: seq_len, num_samples",
    ),
    (
        "one state, symbolic",
        lambda c: NET.state_update(at.fmatrix(), at.fscalar()),
        ValueError,
        "s0 has 0 dimensions; expected 1: num_samples",
    ),
    (
        "batch-major where the lengths are known",
        lambda c: NET.state_update(X.T, S0),
        ValueError,
        r"s0 has shape \(20,\) where x_t has shape \(20, 10\).*expected \(10,\).*pass x_t\.T",
    ),
    (
        "no sequences at all",
        lambda c: NET.state_update(None, S0),
        TypeError,
        "x_t is None; expected",
    ),
    # The optimizers
    (
        "the net",
        optimizer(NET),
        TypeError,
        r"params is <simple_rnn\.model.*for example net\.params",
    ),
    ("a single parameter", optimizer(P), TypeError, "params is p; expected a list of shared"),
    ("no parameters", optimizer([]), ValueError, "params is empty; expected a list of shared"),
    (
        "an array",
        optimizer([P, TINY]),
        TypeError,
        r"params\[1\] is array\(\[0\., 0\., 0\.\]\); expected a shared variable",
    ),
    ("a symbol", optimizer([at.vector("v")]), TypeError, r"params\[0\] is v; expected a shared"),
    (
        "an integer parameter",
        optimizer([aesara.shared(np.array([1]), name="i")]),
        TypeError,
        r"params\[0\], i, has dtype int64; expected float32 or float64",
    ),
    (
        "a shared variable without a dtype",
        optimizer([aesara.shared(object(), name="o")]),
        TypeError,
        r"params\[0\], o, has dtype None",
    ),
    (
        "a parameter twice",
        optimizer([P, Q, P]),
        ValueError,
        r"params\[2\], p, is params\[0\] again; expected each once",
    ),
    ("rate 0", optimizer([P], 0), ValueError, f"learning_rate is 0; {RATE}"),
    ("a negative rate", optimizer([P], -0.1), ValueError, f"learning_rate is -0.1; {RATE}"),
    ("rate NaN", optimizer([P], np.nan), ValueError, f"learning_rate is nan; {RATE}"),
    ("an infinite rate", optimizer([P], np.inf), ValueError, f"learning_rate is inf; {RATE}"),
    ("a rate as text", optimizer([P], "0.1"), ValueError, f"learning_rate is '0.1'; {RATE}"),
    ("rate True", optimizer([P], True), ValueError, f"learning_rate is True; {RATE}"),
    (
        "a rate each",
        optimizer([P], [0.1, 0.2]),
        ValueError,
        rf"learning_rate is \[0.1, 0.2\]; {RATE}",
    ),
    ("a complex rate", optimizer([P], 1j), ValueError, f"learning_rate is 1j; {RATE}"),
    (
        "a symbolic vector as rate",
        optimizer([P], at.dvector("r")),
        TypeError,
        r"learning_rate is r of type .*\(float64, \(\?,\)\); expected a symbolic scalar",
    ),
    (
        "a rate of Rprop",
        lambda c: RpropOptimizer([P], -1),
        ValueError,
        f"learning_rate is -1; {RATE}",
    ),
    ("a number as loss", minimize(3.0), TypeError, "loss is 3.0; expected a symbolic scalar"),
    ("a vector as loss", minimize(P**2), ValueError, r"loss has 1 dimensions.*loss\.sum\(\)"),
    (
        "an integer loss",
        minimize(at.iscalar("n")),
        TypeError,
        "loss has dtype int32; expected float32 or float64",
    ),
    (
        "a loss of something else",
        minimize((Q**2).sum()),
        ValueError,
        r"loss does not depend on params\[0\], p; expected a loss of all that is to be trained",
    ),
    (
        "a loss of a part",
        lambda c: RMSPropOptimizer([P, Q]).minimize(SQUARE),
        ValueError,
        r"loss does not depend on params\[1\], q",
    ),
    *(
        (
            f"momentum {momentum!r}",
            minimize(SQUARE, RMSPropOptimizer, momentum=momentum),
            ValueError,
            rf"momentum is {momentum!r}; expected a number in \[0, 1\)",
        )
        for momentum in (1, 1.5, -0.1, np.nan, "0.5", None)
    ),
    *(
        (
            f"rescale {rescale!r}",
            minimize(SQUARE, RMSPropOptimizer, rescale=rescale),
            ValueError,
            f"rescale is {rescale!r}; expected a number above 0",
        )
        for rescale in (0, -5, np.nan, "5")
    ),
    (
        "eta_plus below 1",
        minimize(SQUARE, RpropOptimizer, eta_plus=0.9),
        ValueError,
        "eta_plus is 0.9; expected a finite number of at least 1",
    ),
    *(
        (
            f"eta_minus {eta_minus}",
            minimize(SQUARE, RpropOptimizer, eta_minus=eta_minus),
            ValueError,
            f"eta_minus is {eta_minus}; expected a number above 0 and below 1",
        )
        for eta_minus in (0, 1)
    ),
    # The compilations
    (
        "the class of the network",
        compiling(net=simpleRNN),
        TypeError,
        r"net is <class .*expected a network: what simpleRNN\(slen, 1, 1\) returns",
    ),
    (
        "the class of an optimizer",
        compiling(optimizer=RMSPropOptimizer),
        TypeError,
        r"optimizer is <class .*expected an object with minimize\(loss\)",
    ),
    (
        "the name of an optimizer",
        compiling(optimizer="sgd"),
        TypeError,
        "optimizer is 'sgd'; expect",
    ),
    (
        "arrays as dataset",
        compiling(dataset=(X, Y, S0)),
        TypeError,
        r"dataset is \(array.*expected CountingDataset\(x, y, s0\)",
    ),
    (
        "a loss by name",
        compiling(loss="mse"),
        TypeError,
        "loss is 'mse'; expected a function of the",
    ),
    (
        "a loss of each sample",
        compiling(loss=lambda y_, y_hypo: (y_ - y_hypo) ** 2),
        ValueError,
        r"loss has 1 dimensions; expected a scalar",
    ),
    (
        "another network's parameters",
        compiling(optimizer=GradientDescentOptimizer([P])),
        ValueError,
        r"loss does not depend on params\[0\], p; .*parameters of the network that the loss",
    ),
    (
        "an optimizer that returns nothing",
        compiling(optimizer=Forgetful(NET.params)),
        ValueError,
        r"Forgetful\.minimize returned None; expected updates",
    ),
    ("no such mode", compiling(mode="FAST"), ValueError, r"mode is 'FAST'; expected .*'FAST_RUN'"),
    (
        "a number as mode",
        lambda c: compile_function([], SQUARE, mode=3),
        ValueError,
        "mode is 3; expected",
    ),
    (
        "answers of no network",
        lambda c: compile_predict(DATA),
        TypeError,
        "net is Counting.*expected",
    ),
    (
        "the cost of no data",
        lambda c: compile_cost(X),
        TypeError,
        "dataset is array.*expected Counting",
    ),
    # The answers
    (
        "a sequence, flat",
        predicted([0, 1, 1]),
        ValueError,
        rf"x has shape \(3,\); {SHAPE}\. .*np\.reshape\(x, \(-1, 1\)\)",
    ),
    ("no sequence", predicted(np.zeros((3, 0))), ValueError, rf"x has shape \(3, 0\); {SHAPE}"),
    ("a sequence as text", predicted([["a"]]), TypeError, "x is .*of dtype <U1; expected real"),
    (
        "a complex sequence",
        predicted([[1j]]),
        TypeError,
        "x is .*of dtype complex128; expected real",
    ),
    ("a sequence with NaN", predicted([[0], [np.nan]]), ValueError, rf"x\[1, 0\] is nan; {FINITE}"),
    ("beyond float32", predicted([[1e39]]), ValueError, rf"x\[0, 0\] is 1e\+39; {FINITE}"),
    (
        "weights that do not pair",
        costs([1, 2, 3], [1, 2]),
        ValueError,
        r"w_x has shape \(3,\) and w_rec \(2,\); expected shapes that broadcast",
    ),
    (
        "a weight as text",
        costs("1", 1),
        TypeError,
        "w_x is '1', of dtype <U1; expected real numbers",
    ),
    (
        "a weight that is NaN",
        costs(1, np.nan),
        ValueError,
        "w_rec is nan; expected numbers that are",
    ),
    # The training
    (
        "a bare function",
        trained(never),
        TypeError,
        r"train_model is <function.*what compile_train_m",
    ),
    *(
        (
            f"{name} {count!r}",
            trained(**{name: count}),
            ValueError,
            rf"{name} is {re.escape(repr(count))}; {COUNT}",
        )
        for name in ("n_epochs", "report_every")
        for count in (0, -5, 1.5, "10", True, np.nan, None)
    ),
    (
        "a report that is none",
        trained(report=False),
        TypeError,
        "report is False; .*or None for no",
    ),
    (
        "lines every 0 epochs",
        lambda c: HISTORY.lines(0),
        ValueError,
        f"report_every is 0; {COUNT}",
    ),
    # The article's conditions
    (
        "a condition by its name",
        run("adam"),
        TypeError,
        r"condition is 'adam'; expected a Condition: CONDITIONS\['gd'\] or CONDITIONS\['rmsprop'\]",
    ),
    ("no epochs of it", run(n_epochs=0), ValueError, f"n_epochs is 0; {COUNT}"),
    ("a report by name", run(report="print"), TypeError, "report is 'print'; expected a function"),
    (
        "a rate that float32 rounds to 0",
        optimizer(NET.params, 1e-60),
        ValueError,
        "learning_rate is 1e-60, which is 0.0 in float32; expected a finite number above 0 there",
    ),
    (
        "a rate beyond float32",
        optimizer(NET.params, 1e39),
        ValueError,
        r"learning_rate is 1e\+39, which is inf in float32",
    ),
    ("a rate beyond floats", optimizer([P], 10**400), ValueError, r"learning_rate is 1000.*; exp"),
    (
        "runs that are numbers",
        lambda c: study.run_study([1, 2], "table.csv"),
        TypeError,
        r"runs\[0\] is 1; expected Settings, for example from grid\(\.\.\.\)",
    ),
    (
        "an executor that is none",
        lambda c: study.run_study(RUNS, "table.csv", executor=4),
        TypeError,
        "executor.submit is None; expected",
    ),
    (
        "a study of too much data",
        lambda c: study.grid(["gd"], [1e-5], [1], num_samples=10**15),
        ValueError,
        r"num_samples \* seq_len = 1000000000000000 \* 10 numbers, needs .* bytes",
    ),
    (
        "a study at a rate that float32 rounds to 0",
        lambda c: study.grid(["gd"], [1e-60], [1]),
        ValueError,
        "learning_rate is 1e-60, which is 0.0 in float32",
    ),
    ("its rate", run(learning_rate=0), ValueError, f"learning_rate is 0; {RATE}"),
    (
        "its seed",
        run(seed=-1),
        ValueError,
        "seed is -1; expected a whole number from 0 to 4294967295",
    ),
    ("its size", run(num_samples=0), ValueError, f"num_samples is 0; {COUNT}"),
    ("a setting that is none", run(epochs=3), TypeError, "unexpected keyword argument 'epochs'"),
    (
        "a comparison with costs",
        lambda c: article.compare(GD, TINY),
        TypeError,
        r"history is array.*expected a History",
    ),
    # The pictures
    (
        "costs in a table",
        picture("loss_curve", X),
        ValueError,
        r"costs has shape \(10, 20\); expected \(n,\)",
    ),
    ("no costs", picture("loss_curve", []), ValueError, r"costs has shape \(0,\); expected \(n,\)"),
    (
        "another scale",
        picture("loss_curve", TINY, yscale="ln"),
        ValueError,
        "yscale is 'ln'; expected 'log'",
    ),
    (
        "published costs in a list",
        picture("loss_curve", TINY, [1, 2]),
        TypeError,
        r"published is \[1, 2\]; expected a dictionary of epoch: cost",
    ),
    (
        "a surface the other way round",
        picture("cost_surface", np.ones(3), np.ones(2), np.ones((3, 2))),
        ValueError,
        r"costs has shape \(3, 2\); expected \(2, 3\)",
    ),
    (
        "a surface of nothing",
        picture("cost_surface", np.ones(2), np.ones(2), np.zeros((2, 2))),
        ValueError,
        "costs holds no finite value above 0",
    ),
    (
        "a path of one weight",
        picture("cost_surface", np.ones(2), np.ones(2), np.ones((2, 2)), {"gd": TINY}),
        ValueError,
        r"paths\['gd'\] has shape \(3,\); expected \(n, 2\)",
    ),
    (
        "gradients in a list",
        picture("gradient_over_time", [TINY]),
        TypeError,
        "gradients is .*dictionary",
    ),
    (
        "times of other sizes",
        picture("scaling", np.ones(4), {"ours": TINY}),
        ValueError,
        r"times\['ours'\] has shape \(3,\); expected \(4,\)",
    ),
    (
        "runs without costs for all",
        picture("learning_rate", {"gd": (TINY, np.ones(2))}),
        ValueError,
        r"runs\['gd'\]\[1\] has shape \(2,\); expected \(3,\)",
    ),
    (
        "a star beside the line",
        picture("learning_rate", {"gd": (TINY, TINY)}, {"gd": 0.5}),
        ValueError,
        r"chosen\['gd'\] is 0\.5; expected a learning rate of runs\['gd'\]",
    ),
    (
        "three weights",
        lambda c: setattr(NET, "weights", (1, 1, 1)),
        ValueError,
        r"weights has shape \(3,\); expected \(2,\): \(w_x, w_rec\)",
    ),
    (
        "a weight NaN",
        lambda c: setattr(NET, "weights", (1, np.nan)),
        ValueError,
        r"weights\[1\] is nan; expected numbers that are finite in float32",
    ),
    ("data of integers", drawn(dtype="int32"), ValueError, "dtype is 'int32'; expected 'float32'"),
    ("a figure", picture("network", ax=Figure()), TypeError, "ax is <Figure .*expected one Axes"),
    (
        "all the axes of a figure",
        picture("loss_curve", TINY, ax=np.array([None, None])),
        TypeError,
        r"ax is array\(\[None, None\].*one entry of what plt\.subplots gave",
    ),
]


@pytest.mark.parametrize(
    ("call", "exception", "message"),
    [pytest.param(*case, id=name) for name, *case in CASES],
)
def test_it_is_refused_before_any_work(
    compiled, tmp_path, monkeypatch, capsys, call, exception, message
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(aesara, "function", never)
    states = [repr(generator.get_state()) for generator in (np.random, RNG)]
    weights = NET.weights
    with pytest.raises(exception, match=message) as info:
        call(compiled)
    assert "\n" not in str(info.value)
    assert len(str(info.value)) < 400
    assert [repr(generator.get_state()) for generator in (np.random, RNG)] == states
    assert NET.weights == weights
    assert TRAIN_MODEL.history is None
    assert plt.get_fignums() == []
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr() == ("", "")


def test_what_is_unusual_but_right_is_taken(compiled):
    data = make_counting_dataset(np.int64(3), np.array(4), rng=RNG)
    assert data.x.shape == (4, 3)
    # Lists, integers and booleans become float32; floats stay.
    data = CountingDataset([[0, 1, 1], [True, False, True]], [1, 1, 2], np.zeros(3))
    assert [array.dtype for array in (data.x, data.y, data.s0)] == ["float32", "float32", "float64"]
    np.testing.assert_array_equal(data.x, [[0, 1, 1], [1, 0, 1]])
    # Targets that are no counts, sequences that are not binary, as many steps as samples.
    CountingDataset(0.5 * X, np.arange(20), S0)
    CountingDataset([[0, 1], [1, 1]], [1, 2], [0, 0])
    for rate in (1, np.float32(0.1), np.array(0.1), at.fscalar(), aesara.shared(0.0)):
        optimizer = RMSPropOptimizer(tuple(NET.params), rate)
        x_t, s0 = aesara.shared(X), aesara.shared(S0)
        optimizer.minimize(NET.state_update(x_t, s0).sum(), momentum=0, rescale=np.inf)
    assert compiled.predict([[True], [False]]).shape == (1,)
    assert compiled.cost(1, [[1], [0]]).shape == (2, 1)


@pytest.fixture
def scripts(monkeypatch):
    """Import a script as a module."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    monkeypatch.setenv("AESARA_FLAGS", "blas__ldflags=")
    return importlib.import_module


WHOLE = "given, a whole number of at least 1 expected"
POSITIVE = "given, a finite number above 0 expected"
LONG = "0123456789" * 40

OPTIONS = [
    ("reproduce", "--condition adam", "invalid choice: 'adam'"),
    ("reproduce", "--epochs 0", f"'0' {WHOLE}"),
    ("reproduce", "--epochs -1", f"'-1' {WHOLE}"),
    ("reproduce", "--epochs 2.5", f"'2.5' {WHOLE}"),
    ("reproduce", "--epochs many", f"'many' {WHOLE}"),
    ("reproduce", f"--epochs -{LONG}", rf"'-01234567890\.\.\.7890123456789' {WHOLE}"),
    ("reproduce", "--learning-rate 0", f"'0' {POSITIVE}"),
    ("reproduce", "--learning-rate=-1e-5", f"'-1e-5' {POSITIVE}"),
    ("reproduce", "--learning-rate 1e-60", f"'1e-60' {POSITIVE}"),
    ("reproduce", "--learning-rate 1e39", f"'1e39' {POSITIVE}"),
    ("reproduce", "--learning-rate nan", f"'nan' {POSITIVE}"),
    ("reproduce", "--learning-rate inf", f"'inf' {POSITIVE}"),
    ("reproduce", "--learning-rate fast", f"'fast' {POSITIVE}"),
    ("reproduce", "--seed -1", "'-1' given, a whole number from 0 to 4294967295 expected"),
    ("reproduce", "--seed 4294967296", "'4294967296' given, a whole number from 0 to"),
    ("reproduce", "--num-samples 0", f"'0' {WHOLE}"),
    ("reproduce", "--seq-len 0", f"'0' {WHOLE}"),
    (
        "reproduce",
        "--num-samples 1000000000000 --seq-len 1000000",
        r"num_samples \* seq_len = 1000000000000 \* 1000000 numbers, needs .* bytes",
    ),
    ("reproduce", "--output nowhere/record.json", "folder of 'nowhere/record.json' does not exist"),
    ("reproduce", "--output .", r"'\.' is not a file; the name of a file is expected"),
    ("reproduce", "--output /dev/null", "'/dev/null' is not a file"),
    ("reproduce", f"--output {LONG}", f"'{LONG}' cannot be written: File name too long"),
    ("reproduce", "--output /proc/record.json", "'/proc/record.json' cannot be written: "),
    ("reproduce", "--rate 1", "unrecognized arguments: --rate 1"),
    (
        "make_figures",
        "--output-dir nowhere/figures",
        "folder above 'nowhere/figures' does not exist",
    ),
    ("make_figures", "--output-dir /proc", "'/proc' cannot be written to: "),
    ("make_figures", "--output-dir /proc/figures", "'/proc/figures' cannot be written to: "),
    (
        "make_figures",
        "--output-dir /dev/null",
        "'/dev/null' is a file; the name of a folder is exp",
    ),
    ("make_figures", f"--output-dir {LONG}", f"'{LONG}' cannot be written to: File name too long"),
    ("make_figures", "--only loss", "invalid choice: 'loss'"),
    ("make_figures", "--format gif", "invalid choice: 'gif'"),
    (
        "make_figures",
        "--redraw --only rnn_loss_log1 --output-dir .",
        r"--redraw needs the saved data, and \. lacks rnn_loss_log1\.csv; run once without",
    ),
    ("benchmark", "--only nothing", "invalid choice: 'nothing'"),
    (
        "benchmark",
        "--quick --output-dir nowhere/here",
        "folder above 'nowhere/here' does not exist",
    ),
    ("check_claims", "--verbose", "unrecognized arguments: --verbose"),
    ("check_gradient", "--verbose", "unrecognized arguments: --verbose"),
    ("learning_rate_study", "--optimizer adam", "invalid choice: 'adam'"),
    ("learning_rate_study", "--seeds 0", "'0' given, a whole number from 1 to 4294967295"),
    ("learning_rate_study", "--rates 1 1e-3 5", "--rates: 1 0.001 5 given, the smallest"),
    ("learning_rate_study", "--rates 1e-3 1 2.5", "--rates: 0.001 1 2.5 given, the smallest"),
    ("learning_rate_study", "--rate 1 --rates 1 2 3", "not allowed with argument --rate"),
    ("learning_rate_study", "--output-dir /dev/null", "'/dev/null' is a file"),
    ("scan_by_example", "--verbose", "unrecognized arguments: --verbose"),
]


@pytest.mark.parametrize(
    ("script", "options", "message"),
    [pytest.param(*case, id=f"{case[0]} {case[1][:60]}") for case in OPTIONS],
)
def test_a_wrong_option_is_status_2_and_one_line(
    scripts, tmp_path, monkeypatch, capsys, script, options, message
):
    if "/proc" in options and sys.platform != "linux":
        pytest.skip("there is no /proc, a folder in which not even root can make a file")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(aesara, "function", never)
    with pytest.raises(SystemExit) as info:
        scripts(script).main(options.split())
    assert info.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    usage, line = err.rstrip("\n").rsplit("\n", 1)
    assert usage.startswith("usage: ")
    assert re.search(r": error: .*" + message, line)
    assert list(tmp_path.iterdir()) == []
