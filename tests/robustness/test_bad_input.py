"""What a user may get wrong: it is refused with one line, and before any work is done."""

import aesara
import aesara.tensor as at
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from simple_rnn import (
    CountingDataset,
    GradientDescentOptimizer,
    History,
    Optimizer,
    RMSPropOptimizer,
    RpropOptimizer,
    accumulator,
    article,
    compile_cost,
    compile_function,
    compile_predict,
    compile_train_model,
    make_counting_dataset,
    parameter,
    plot_cost,
    plotting,
    save_state,
    simpleRNN,
    study,
    train,
)
from simple_rnn._own_parts import answers_to
from simple_rnn.training import TrainModel

NET = simpleRNN(10, 1, 1, rng=np.random.RandomState(1))
DATA = article.dataset()
X, Y, S0 = DATA.x, DATA.y, DATA.s0
GD = article.CONDITIONS["gd"]
OPTIMIZER = GradientDescentOptimizer(NET.params)
HISTORY = History(np.ones(3), np.ones((4, 2)), 1.0)
P, Q = (aesara.shared(np.array([4.0]), name=name) for name in "pq")
SQUARE = (P**2).sum()
COUNT = aesara.shared(0, name="t")
ONES = np.ones(3)


def never(*arguments, **keywords):
    raise AssertionError("work was done before the input was looked at")


TRAIN_MODEL = TrainModel(NET, never)


def own_optimizer(minimize):
    """Compile an epoch with an optimizer that a user wrote."""
    optimizer = type("Own", (Optimizer,), {"minimize": lambda self, loss: minimize()})
    return compile_train_model(NET, optimizer(NET.params, 0.1), DATA)


class Answering(simpleRNN):
    """A network that a user wrote."""

    def __init__(self, y_t):
        super().__init__(10, 1, 1)
        self.state_update = lambda x_t, s0: y_t


class Mixing(simpleRNN):
    """A network whose steps return a float32 matrix, whatever the state at the start."""

    def __init__(self, start, answers=lambda states: states[:, :, 0]):
        super().__init__(10, 1, 1)
        self.start, self.answers = start, answers

    def state_update(self, x_t, s0):
        def one_step(x, s):
            return at.cast(x[:, np.newaxis] * self.w_x + s, "float32")

        states, _ = aesara.scan(one_step, x_t, self.start)
        return self.answers(states)


class Stepping(simpleRNN):
    """A network with another step."""

    def __init__(self, step):
        super().__init__(10, 1, 1)
        self.step = step


# The line of one_step that computes.
STEP_LINE = Mixing.state_update.__code__.co_firstlineno + 2


def with_params(net):
    net.params = [P]


def with_nan(array, index):
    changed = array.copy()
    changed[index] = np.nan
    return changed


# The numbers and shapes that are refused, each with a part of what is said.
VALUES = [
    # The data
    (lambda: make_counting_dataset(0), "num_samples is 0; expected a whole number of at least 1"),
    (lambda: make_counting_dataset(2.5), "num_samples is 2.5; expected a whole number"),
    (lambda: make_counting_dataset(seq_len="3"), "seq_len is '3'; expected a whole number"),
    (lambda: make_counting_dataset(seq_len=True), "seq_len is True; expected a whole number"),
    (lambda: make_counting_dataset(dtype="int32"), "dtype is 'int32'; expected 'float32' or"),
    (
        lambda: CountingDataset(X.T, Y, S0),
        "y has shape (20,) where x has shape (20, 10), which is (seq_len, num_samples); expected"
        " (10,), one entry per column of x. If x has one row per sample, pass x.T",
    ),
    (
        lambda: CountingDataset(X[:, :10].T, X[:, :10].sum(axis=0), S0[:10]),
        "y holds the sums of the rows of x; expected those of its columns, along which time runs",
    ),
    (
        lambda: CountingDataset(X, Y[1:], S0),
        "y has shape (19,) where x has shape (10, 20), which is (seq_len, num_samples); expected"
        " (20,), one entry per column of x",
    ),
    (
        lambda: CountingDataset(X, X),
        "expected (20,), one entry per column of x. A target at every step is in the notebook's",
    ),
    (lambda: CountingDataset(X, Y, 0.0), "s0 has shape ()"),
    (lambda: CountingDataset([[0, 1], [1]], Y), "x is [[0, 1], [1]]; expected rows of one length"),
    (lambda: CountingDataset(X[:, 0], Y, S0), "x has shape (10,); expected (seq_len, num_samples)"),
    (
        lambda: CountingDataset(X[:, :, np.newaxis], Y, S0),
        "both at least 1. For several numbers at a step, compile functions of your own, to train",
    ),
    (lambda: CountingDataset(X[:0], Y, S0), "x has shape (0, 20); expected (seq_len, num_samples)"),
    (lambda: CountingDataset(with_nan(X, (3, 5)), Y, S0), "x holds nan at index (3, 5)"),
    (lambda: CountingDataset(X, Y, S0 - np.inf), "s0 holds -inf at index (0,)"),
    # The network
    (lambda: simpleRNN(0, 1, 1), "slen is 0; expected a whole number of at least 1"),
    (lambda: simpleRNN(10, 2, 1), "nx is 2 and nrec is 1; expected 1 and 1: this network has"),
    (lambda: simpleRNN(10, 1, 2), "nx is 1 and nrec is 2; expected 1 and 1"),
    (lambda: simpleRNN(10, 1, 1, dtype=int), "dtype is <class 'int'>; expected"),
    (lambda: setattr(NET, "weights", (1, 1, 1)), "weights has shape (3,); expected (2,)"),
    (lambda: setattr(NET, "weights", (1, 1e39)), "weights holds 1e+39 at index (1,); expected"),
    (
        lambda: NET.state_update(at.fvector(), at.fvector()),
        "x_t has 1 dimensions and s0 has 1; expected 2",
    ),
    (lambda: NET.state_update(X.T, S0), "s0 has shape (20,) where x_t has shape (20, 10)"),
    # The optimizers
    (lambda: RpropOptimizer([P], 0), "learning_rate is 0; expected a finite number above 0"),
    (lambda: RMSPropOptimizer([P], np.inf), "learning_rate is inf; expected a finite number"),
    (lambda: RMSPropOptimizer([P], "0.1"), "learning_rate is '0.1'; expected a finite number"),
    (lambda: OPTIMIZER.minimize(at.square(NET.w_x)), "loss has 1 dimensions; expected a scalar"),
    (lambda: OPTIMIZER.minimize(SQUARE), "loss does not depend on w_x, w_rec; expected"),
    (lambda: OPTIMIZER.minimize(at.exp(NET.w_rec).sum()), "loss does not depend on w_x; expected"),
    (
        lambda: own_optimizer(lambda: [(p, p / 2) for p in (*NET.params, NET.w_x)]),
        "minimize returned 2 updates of w_x; expected one, with all that changes it",
    ),
    (
        lambda: own_optimizer(lambda: [(NET.w_x, NET.w_x / 2)]),
        "minimize returned no update of w_rec; expected one pair, (variable, new expression), for",
    ),
    (
        lambda: own_optimizer(lambda: [(p, p - accumulator(p, "m")) for p in NET.params]),
        "expected one pair, (variable, new expression), for each parameter and each accumulator",
    ),
    *(
        (
            lambda m=momentum: RMSPropOptimizer([P]).minimize(SQUARE, momentum=m),
            "expected a number in [0, 1)",
        )
        for momentum in (1, -0.1, np.nan, None)
    ),
    (lambda: RMSPropOptimizer([P]).minimize(SQUARE, rescale=0), "rescale is 0; expected a number"),
    (lambda: RpropOptimizer([P]).minimize(SQUARE, eta_plus=0.9), "eta_plus is 0.9; expected"),
    (lambda: RpropOptimizer([P]).minimize(SQUARE, eta_minus=1), "eta_minus is 1; expected"),
    # A run
    (
        lambda: compile_predict(Stepping(lambda x, *_: x[:, :1])),
        "too many indices for array. scan walks along the first axis, time: in its step, x_t is a",
    ),
    *(
        (
            lambda net=net: compile_train_model(net, OPTIMIZER, DATA),
            f"a step of scan {said}",
        )
        for net, said in (
            (
                Mixing(at.zeros((20, 1), "float64")),
                "is given a state of dtype float64 and returns float32; expected float32 of all",
            ),
            (
                Mixing(at.zeros(20, "float32")),
                "returns a state of another shape than the one it is",
            ),
            (Stepping(lambda x, *_: x[:3]), "returns a state of another shape than the one it"),
            (Stepping(lambda *_: None), "returns something else than formulas, as it does without"),
            (Stepping(lambda x, s, *_: [s, x]), "returns more or fewer values than outputs_info"),
        )
    ),
    (
        lambda: compile_train_model(
            Stepping(lambda x, s, *_: np.outer(x[:3], s)[0]), OPTIMIZER, DATA
        ),
        "In place of np.dot and np.outer write T.dot and T.outer",
    ),
    (
        lambda: compile_train_model(Mixing(np.zeros((3, 4), "float32")), OPTIMIZER, DATA),
        f"shapes do not fit in one_step, line {STEP_LINE}, return at.cast(x[:, np.newaxis] * self.w"
        '_x + s, "float32"): Shapes on dimension 0 do not match: (20, 3). scan walks along the'
        " first axis, time: in its step, x_t is a vector, here of shape (20,), and"
        " x_t[:, np.newaxis] a column. What the step returns has the shape of the state it is"
        " given. In place of np.dot and np.outer write T.dot and T.outer",
    ),
    (
        lambda: compile_train_model(
            Mixing(np.zeros((20, 3), "float32"), lambda y: y[:, :9, 0]), OPTIMIZER, DATA
        ),
        "state_update gives answers of shape (9,) for x of shape (10, 20); expected (20,), one for",
    ),
    (lambda: train(TRAIN_MODEL, 0), "n_epochs is 0; expected a whole number of at least 1"),
    (lambda: train(TRAIN_MODEL, 5, report_every=-1), "report_every is -1; expected a whole"),
    (lambda: HISTORY.lines(0), "report_every is 0; expected a whole number of at least 1"),
    (lambda: article.run(GD, n_epochs=0), "n_epochs is 0; expected a whole number"),
    (lambda: article.run(GD, seed=-1), "seed is -1; expected a whole number of at least 0"),
    (lambda: article.run(GD, learning_rate=0), "learning_rate is 0; expected a finite number"),
    # The pictures
    (lambda: plotting.loss_curve(X), "costs has shape (10, 20); expected (n,)"),
    (lambda: plotting.loss_curve([]), "costs has shape (0,); expected (n,)"),
    (lambda: plotting.loss_curve(ONES, yscale="ln"), "yscale is 'ln'; expected 'log' or 'linear'"),
    (
        lambda: plotting.cost_surface(ONES, ONES[:2], np.ones((3, 2))),
        "costs has shape (3, 2); expected (2, 3)",
    ),
    (
        lambda: plotting.cost_surface(ONES, ONES, np.zeros((3, 3))),
        "costs holds no finite value above 0",
    ),
    (
        lambda: plot_cost(DATA, {"own": History(ONES, np.ones((4, 3)), 0.1)}),
        "histories['own'] is of a network of 3 weights; expected two, over which",
    ),
    (lambda: plot_cost(DATA, limits=(2, 1)), "limits is (2, 1); expected two numbers, the smaller"),
    (
        lambda: plotting.learning_rate({"gd": (ONES, ONES)}, {"gd": 0.5}),
        "chosen['gd'] is 0.5; expected a learning rate of runs['gd']",
    ),
]

# The objects and dtypes that are refused.
TYPES = [
    (
        lambda: make_counting_dataset(rng=np.random.default_rng(1)),
        "expected a numpy.random.RandomState, whose draws are the article's: RandomState(1)",
    ),
    (lambda: simpleRNN(10, 1, 1, rng=1), "rng is 1; expected a numpy.random.RandomState"),
    (lambda: CountingDataset(X.astype(complex), Y, S0), "of dtype complex128; expected real"),
    (
        lambda: NET.state_update(at.imatrix(), S0),
        "x_t has dtype int32; expected float32 or float64",
    ),
    (lambda: RMSPropOptimizer(NET), "expected a list of shared variables, for example net.params"),
    (lambda: accumulator(NET.params, "m"), "param is [w_x, w_rec]; expected one parameter"),
    (lambda: RMSPropOptimizer(P), "params is p; expected a list of shared variables"),
    (lambda: RMSPropOptimizer([P, ONES]), "params[1] is array([1., 1., 1.]); expected a shared"),
    (
        lambda: RMSPropOptimizer([aesara.shared(np.array([1]), name="i")]),
        "params[0], i, has dtype int64; expected float32 or float64",
    ),
    (lambda: RMSPropOptimizer([P], at.dvector("r")), "expected a symbolic scalar"),
    (lambda: RMSPropOptimizer([P], aesara.shared([0.1])), "expected a symbolic scalar"),
    (lambda: OPTIMIZER.minimize(None), "loss is None; expected a symbolic scalar, for example"),
    (
        lambda: compile_train_model(simpleRNN, OPTIMIZER, DATA),
        "expected a network: simpleRNN(slen, 1, 1), or one of a subclass",
    ),
    (
        lambda: compile_train_model(NET, RMSPropOptimizer, DATA),
        "expected an object with minimize(loss), for example RMSPropOptimizer(net.params",
    ),
    (
        lambda: compile_predict(Stepping(lambda x, s: x)),
        "positional arguments but 4 were given. scan calls a step with a row of each of its seq",
    ),
    (
        lambda: own_optimizer(lambda: None),
        "minimize returned None; expected updates, a list of",
    ),
    (lambda: own_optimizer(list), "minimize returned []; expected updates"),
    (lambda: own_optimizer(lambda: NET.w_x - 1), "Elemwise{sub,no_inplace}.0; expected updates"),
    (lambda: own_optimizer(lambda: (NET.w_x, NET.w_x)), "returned (w_x, w_x); expected updates"),
    (lambda: own_optimizer(lambda: [(SQUARE, P)]), "expected updates, a list of (shared variable"),
    (
        lambda: own_optimizer(lambda: [(NET.w_x, SQUARE)]),
        "the update of w_x has dtype float64 and shape (); expected float32 and (1,), as w_x has."
        " accumulator(param, name) makes a variable like a parameter, aesara.shared(0.0) a float,"
        " constant_like(param, value)",
    ),
    (
        lambda: own_optimizer(lambda: [(NET.w_x, at.stack([P[0], P[0]]))]),
        "the update of w_x has dtype float64 and shape (2,); expected float32 and (1,)",
    ),
    (
        lambda: own_optimizer(lambda: [(aesara.shared(0, name="t"), SQUARE)]),
        "the update of t has dtype float64 and shape (); expected int64 and ()",
    ),
    *(
        (lambda y_t=y_t: compile_train_model(Answering(y_t), OPTIMIZER, DATA), said)
        for y_t, said in (
            (None, "state_update returned None, <class 'NoneType'>; expected a symbolic matrix, ("),
            ((at.fmatrix("y"), {}), "state_update returned (y, {}), <class 'tuple'>; expected"),
            (at.ftensor3("y"), "state_update returned y, of 3 dimensions; expected a symbolic"),
        )
    ),
    (
        lambda: compile_predict(type("Own", (simpleRNN,), {"__init__": lambda self: None})()),
        "Own has no params; expected a list of what is trained: self.params = [...] in its",
    ),
    (lambda: compile_train_model(NET, OPTIMIZER, (X, Y, S0)), "or CountingDataset(x, y)"),
    (
        lambda: compile_predict(type("Own", (simpleRNN,), {"forward": None})(10, 1, 1)),
        "Own has no state_update of its own, and that of simpleRNN calls step with w_x and w_rec",
    ),
    (
        lambda: compile_predict(type("Own", (simpleRNN,), {"__init__": with_params})()),
        "expected state_update(self, x_t, s0), which returns the answers, or step(self, x_t,",
    ),
    (lambda: parameter("b", ONES), "expected a string: parameter(values, name)"),
    (lambda: parameter("zeros", "b"), "b is 'zeros', of dtype <U5; expected real numbers"),
    (
        lambda: save_state(NET, "file"),
        "expected what compile_train_model(...) returns. Parameters that a function of your own",
    ),
    (lambda: plot_cost(DATA, HISTORY), """expected a mapping, for example {"RMSProp": history}"""),
    (
        lambda: plot_cost(DATA, {"gd": ONES}),
        "histories['gd'] is array([1., 1., 1.]); expected what",
    ),
    (lambda: compile_predict(DATA), "expected a network"),
    (
        lambda: compile_train_model(NET, OPTIMIZER, DATA, "mse"),
        "loss is 'mse'; expected a function",
    ),
    (
        lambda: compile_function([], SQUARE, updates={NET.w_x: NET.w_x * np.float64(2)}),
        "updates replaces w_x, of dtype float32, by a value of dtype float64; expected float32.",
    ),
    (
        lambda: compile_function([], SQUARE, givens=[(P, X[0])]),
        "givens replaces p, of dtype float64, by a value of dtype float32; expected float64."
        " Plain numbers, T.matrix and T.vector take their dtype from aesara.config.floatX: first"
        " set it to 'float32', as for the article. aesara.shared(0.1) is float64, and a whole"
        " number, int64, makes float64: aesara.shared(np.float32(0.1)), or"
        " constant_like(param, value)",
    ),
    (
        lambda: compile_function([], NET.w_x, updates=[(NET.w_x, NET.w_x * P + COUNT * P)]),
        "by a value of dtype float64, computed from p (float64), t (int64); expected float32.",
    ),
    (
        lambda: compile_function([], SQUARE, [(P, P / 2)]),
        "expected None, or a mode of Aesara's; updates go in by name: updates=...",
    ),
    (
        lambda: compile_cost(DATA, Mixing(None)),
        "expected a network of two weights, whose step may be its own, and whose state_update is",
    ),
    (lambda: compile_cost(X), "expected what make_counting_dataset() returns"),
    (lambda: train(never, 5), "expected what compile_train_model(...) returns"),
    (lambda: article.run("adam"), "condition is 'adam'; expected a Condition: CONDITIONS['gd'] or"),
    (lambda: article.compare(GD, ONES), "expected a History: what run(condition) returns"),
    (lambda: plotting.network(ax=Figure()), "expected one Axes, for example plt.gca()"),
    (lambda: study.run_study([1], "table.csv"), "runs[0] is 1; expected Settings"),
]


@pytest.mark.parametrize(
    ("exception", "call", "message"),
    [
        pytest.param(exception, *case, id=case[1])
        for exception, cases in ((ValueError, VALUES), (TypeError, TYPES))
        for case in cases
    ],
)
def test_it_is_refused_before_any_work(tmp_path, monkeypatch, capsys, exception, call, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(aesara, "function", never)
    before = NET.weights, TRAIN_MODEL.history, plt.get_fignums(), list(tmp_path.iterdir())
    with pytest.raises(exception) as info:
        call()
    assert message in str(info.value)
    assert "\n" not in str(info.value)
    assert len(str(info.value)) < 400
    after = NET.weights, TRAIN_MODEL.history, plt.get_fignums(), list(tmp_path.iterdir())
    assert after == before
    assert capsys.readouterr() == ("", "")


def test_sequences_that_cannot_be_answered():
    predict = compile_predict(NET)
    with pytest.raises(ValueError, match=r"x has shape \(3,\); .*np\.reshape\(sequence, \(-1, 1\)"):
        predict([0, 1, 1])
    with pytest.raises(ValueError, match=r"x holds nan at index \(1, 0\)"):
        predict([[0], [np.nan]])
    with pytest.raises(TypeError, match="of dtype <U1; expected real numbers"):
        predict([["a"]])


def test_a_network_that_gives_too_many_answers():
    def twenty(net, x_t, s0):
        return at.zeros((3, 20), "float32") + x_t.sum()

    predict = compile_predict(type("Own", (simpleRNN,), {"state_update": twenty})(10, 1, 1))
    assert predict(X[:, :20]).shape == (20,)
    with pytest.raises(ValueError, match=r"answers of shape \(20,\) for x of shape \(10, 2\); exp"):
        predict(X[:, :2])


def test_a_network_that_takes_one_number_of_sequences_only():
    predict = compile_predict(Mixing(np.zeros((20, 1), "float32")))
    assert predict(X[:, :20]).shape == (20,)
    with pytest.raises(ValueError, match=r"not take x of shape \(10, 3\) \(.*\); expected one"):
        predict(X[:, :3])


def test_a_network_that_stops_without_a_word():
    def silent(x):
        raise AssertionError

    with pytest.raises(ValueError, match=r"state_update does not take x of shape \(10, 20\)"):
        answers_to(silent, X)


def test_another_step_of_the_article_s_network_is_tried_too():
    net = simpleRNN(10, 1, 1)
    net.step = lambda x_t, s_tm1, w_x, w_rec: None
    with pytest.raises(ValueError, match="a step of scan returns something else than formulas"):
        compile_predict(net)


def test_a_parameter_is_not_replaced():
    w_x = NET.w_x
    with pytest.raises(AttributeError) as info:
        NET.w_x = 3
    assert str(info.value) == (
        "w_x is a parameter already; 3 in its place would not be trained. To set its value:"
        " w_x.set_value(np.array(values, 'float32')), of shape (1,), or net.weights = ... for all"
    )
    assert NET.w_x is w_x


def test_weights_that_have_no_cost():
    cost = compile_cost(DATA)
    with pytest.raises(ValueError, match=r"w_x has shape \(3,\) and w_rec \(2,\); expected shapes"):
        cost([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match="w_rec holds nan"):
        cost(1, np.nan)


def test_a_network_and_an_optimizer_that_do_not_belong_together():
    with pytest.raises(ValueError, match="loss does not depend on p, q; expected a loss of"):
        compile_train_model(NET, GradientDescentOptimizer([P, Q]), DATA)


def test_what_is_unusual_but_right_is_taken():
    states = NET.state_update(X, S0)
    for rate in (1, np.float32(0.1), at.fscalar(), aesara.shared(0.0)):
        optimizer = RMSPropOptimizer(tuple(NET.params), rate)
        assert optimizer.minimize(states.sum(), momentum=0, rescale=np.inf)
    assert RpropOptimizer(NET.params).minimize(states.sum(), eta_plus=1)
