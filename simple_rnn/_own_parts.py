"""A network and an optimizer of a user's own: whether they fit into a training.

Aesara would find most of these mistakes too: later, and in words about its own operations.
"""

from __future__ import annotations

import re
import traceback
from itertools import takewhile
from pathlib import Path
from typing import Any, Callable

import aesara
import aesara.tensor as at
import numpy as np
from aesara.compile.sharedvalue import SharedVariable
from aesara.graph.basic import ancestors
from aesara.tensor.var import TensorVariable

from simple_rnn._aesara.graphs import folding_in_python
from simple_rnn._checks import check_instance, show
from simple_rnn.model import simpleRNN
from simple_rnn.optimizers import Updates

__all__ = [
    "answers_of",
    "answers_to",
    "calls_step",
    "check_network",
    "check_optimizer",
    "check_updates",
]

AESARA = str(Path(aesara.__file__).parent)
# Where a line is not the user's.
NOT_THE_USERS = (AESARA, str(Path(np.__file__).parent), str(Path(__file__).parent))


def check_network(net: Any) -> None:
    """Raise TypeError unless ``net`` is a network with parameters."""
    expected = "a network: simpleRNN(slen, 1, 1), or one of a subclass"
    check_instance("net", net, simpleRNN, expected)
    if not hasattr(net, "params"):
        raise TypeError(
            f"{type(net).__name__} has no params; expected a list of what is trained:"
            " self.params = [...] in its __init__"
        )
    two_weights = hasattr(net, "w_x") and hasattr(net, "w_rec")
    never_called = hasattr(net, "forward") and net.step is simpleRNN.step
    if calls_step(net) and (never_called or not two_weights):
        raise TypeError(
            f"{type(net).__name__} has no state_update of its own, and that of simpleRNN calls step"
            " with w_x and w_rec, and nothing else; expected state_update(self, x_t, s0), which"
            " returns the answers, or step(self, x_t, s_tm1, w_x, w_rec), the next state"
        )


def calls_step(net: simpleRNN) -> bool:
    """Return whether ``state_update`` is that of the article's network, which calls ``step``."""
    return getattr(net.state_update, "__func__", None) is simpleRNN.state_update


def answers_of(net: Any, x_t: TensorVariable, s0: TensorVariable) -> TensorVariable:
    """Return ``net.state_update(x_t, s0)``, or say what a network of a user's own does not fit.

    Raises
    ------
    TypeError
        If it is not a symbolic matrix.
    ValueError
        If shapes inside it do not fit together, the shape of its answers does not fit ``x_t``, or
        one of its parameters is not in ``params``.
    """
    # By floatX a plain number in the user's formulas, and T.zeros, have the dtype of the data.
    with folding_in_python(), aesara.config.change_flags(floatX=x_t.dtype):
        if not calls_step(net) or net.step is not simpleRNN.step:
            _try_out(net, x_t, s0)
        return net.state_update(x_t, s0)


def _try_out(net: simpleRNN, x_t: TensorVariable, s0: TensorVariable) -> None:
    """Raise an error if ``state_update`` does not fit the values of ``x_t``, where it has values.

    With the flag, Aesara computes each operation as it is written, so that one which does not fit
    stops at its line. Of such a graph it cannot take gradients: another is built to train.
    """
    try:
        with aesara.config.change_flags(compute_test_value="ignore"):
            y_t = net.state_update(x_t, s0)
    except (IndexError, TypeError, ValueError) as error:
        said = _what_aesara_says(error, x_t)
        if not said:
            raise
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(said) from error
    is_symbolic = isinstance(y_t, TensorVariable)
    if not is_symbolic or y_t.ndim != 2:
        kind = f"of {y_t.ndim} dimensions" if is_symbolic else type(y_t)
        raise TypeError(
            f"state_update returned {y_t}, {kind}; expected a symbolic matrix, (seq_len,"
            " num_samples): one answer for each step and sample, for example T.dot(states, W_out)"
            " with a vector W_out, after states, _ = aesara.scan(...)"
        )
    used = (v for v in ancestors([y_t]) if getattr(v.tag, "is_parameter", False))
    missing = ", ".join(str(v) for v in used if v not in net.params)
    if missing:
        raise ValueError(
            f"net.params is {net.params}; expected {missing} in it too, before an optimizer is made"
            " with it. (To keep a parameter as it is, leave it out of the optimizer's params.)"
        )
    if isinstance(x_t, SharedVariable) and hasattr(y_t.tag, "test_value"):
        _check_number_of_answers(y_t.tag.test_value[-1], x_t.get_value(borrow=True))


def _what_aesara_says(error: Exception, x_t: TensorVariable) -> str:
    """Return an error of Aesara's in the words of this package; "" if it is none of these."""
    frames = traceback.extract_tb(error.__traceback__)
    # Below this function of Aesara's are NumPy's and compiled code.
    frames = list(takewhile(lambda frame: frame.name != "compute_test_value", frames))
    if AESARA not in frames[-1].filename:
        return ""
    message = str(error)
    if "positional argument" in message:
        return (
            f"{message}. scan calls a step with a row of each of its sequences, then the states,"
            " then the non_sequences: step(self, x_t, s_tm1, w_x, w_rec) for two weights"
        )
    if isinstance(error, TypeError):
        return ""
    if "may only be made of" in message:
        return (
            "a step of scan returns something else than formulas, as it does without a return;"
            " expected the next state"
        )
    if "behaves like a map" in message:
        return (
            "a step of scan returns more or fewer values than outputs_info has entries; expected"
            " one entry for each: the start of a state, or None for a value that is no state"
        )
    dtypes = re.findall(r"has dtype (\w+)", message)
    if dtypes:
        return (
            f"a step of scan is given a state of dtype {dtypes[0]} and returns {dtypes[1]};"
            f" expected {x_t.dtype} of all that it computes with: a start with dtype=x_t.dtype,"
            " weights from parameter(values, name), NumPy's numbers and arrays, and whole numbers,"
            f" as .astype({x_t.dtype!r})"
        )
    lines = [f for f in frames if not any(folder in f.filename for folder in NOT_THE_USERS)]
    if "outputs_info" in message or not lines:
        return (
            "a step of scan returns a state of another shape than the one it is given, s_tm1;"
            " expected the same shape, which is that of the start: s0, or outputs_info, for example"
            " T.zeros((x_t.shape[1], units), dtype=x_t.dtype)"
        )
    line = lines[-1]
    return (
        f"shapes do not fit in {line.name}, line {line.lineno}, {line.line}: {message}. scan walks"
        " along the first axis, time: in its step, x_t is a vector, here of shape"
        f" {x_t.type.shape[1:]}, and x_t[:, np.newaxis] a column. What the step returns has the"
        " shape of the state it is given. In place of np.dot and np.outer write T.dot and T.outer"
    )


def answers_to(function: Callable, x: np.ndarray) -> np.ndarray:
    """Return ``function(x)``, or say that the network does not take ``x`` of this shape."""
    try:
        y_hypo = function(x)
    except (AssertionError, IndexError, ValueError) as error:
        raise ValueError(
            f"state_update does not take x of shape {x.shape} ({str(error).partition(chr(10))[0]});"
            " expected one that takes any number of steps and of sequences, x_t.shape, for example"
            " T.zeros((x_t.shape[1], units), dtype=x_t.dtype) as the start of scan"
        ) from error
    _check_number_of_answers(y_hypo, x)
    return y_hypo


def _check_number_of_answers(y_hypo: np.ndarray, x: np.ndarray) -> None:
    """Raise ValueError unless there is one answer for each sequence of ``x``."""
    if y_hypo.shape != x.shape[1:]:
        raise ValueError(
            f"state_update gives answers of shape {y_hypo.shape} for x of shape {x.shape};"
            f" expected {x.shape[1:]}, one for each column of x"
        )


def check_optimizer(optimizer: Any) -> None:
    """Raise TypeError unless ``optimizer`` has a ``minimize``; the class itself is rejected."""
    if isinstance(optimizer, type) or not hasattr(optimizer, "minimize"):
        raise TypeError(
            f"optimizer is {show(optimizer)}; expected an object with minimize(loss), for example"
            " RMSPropOptimizer(net.params, learning_rate=0.001)"
        )


def check_updates(updates: Any, optimizer: Any) -> Updates:
    """Return what ``minimize`` returned, each new value in the type of what it updates.

    An update that is written with plain numbers is float64 where its parameter is float32, and one
    that is written with an accumulator whose shape is not known has no known shape either. None of
    the optimizer's parameters and of the accumulators that occur may be left out.
    """
    pairs = list(updates.items()) if isinstance(updates, dict) else updates
    if not (
        isinstance(pairs, (list, tuple))
        and pairs
        and all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in pairs)
        and all(isinstance(variable, SharedVariable) for variable, _ in pairs)
    ):
        raise TypeError(
            f"minimize returned {show(updates)}; expected updates, a list of (shared variable, new"
            " expression). After p -= step, p is an expression: write (p, p - step)"
        )
    typed = [(variable, _in_type_of(variable, new)) for variable, new in pairs]
    updated = [variable for variable, _ in typed]
    for variable in updated:
        if updated.count(variable) > 1:
            raise ValueError(
                f"minimize returned {updated.count(variable)} updates of {variable}; expected one,"
                " with all that changes it. An accumulator belongs to one parameter"
            )
    occurring = ancestors([new for _, new in typed])
    accumulators = (v for v in occurring if getattr(v.tag, "is_accumulator", False))
    params = getattr(optimizer, "params", ())  # only a subclass of Optimizer surely has them
    missing = [v for v in (*params, *accumulators) if v not in updated]
    if missing:
        raise ValueError(
            f"minimize returned no update of {', '.join(map(str, missing))}; expected one pair,"
            " (variable, new expression), for each parameter and each accumulator. After"
            " m = 0.9 * m + g, m is an expression, and nothing is kept: give it another name"
        )
    return typed


def _in_type_of(variable: SharedVariable, new: Any) -> TensorVariable:
    """Return ``new`` in the type of the variable that it updates; as it is if it has this type."""
    new = at.as_tensor_variable(new)
    known = zip(new.type.shape, variable.type.shape)  # None where a length is not known
    if (
        new.type.ndim != variable.type.ndim
        or any(n != m for n, m in known if None not in (n, m))
        or not np.can_cast(new.type.dtype, variable.type.dtype, "same_kind")
    ):
        raise TypeError(
            f"the update of {variable} has dtype {new.type.dtype} and shape {new.type.shape};"
            f" expected {variable.type.dtype} and {variable.type.shape}, as {variable} has."
            " accumulator(param, name) makes a variable like a parameter, aesara.shared(0.0) a"
            " float, constant_like(param, value) a number of the parameter's dtype"
        )
    return variable.type.filter_variable(at.cast(new, variable.type.dtype))
