"""A training in a file: it goes on in another process, equal to the bit.

The one process ends with ``save_state(train_model, "run.npz")``. The other one makes its network,
its optimizer and its ``train_model`` in the same way, and then::

    load_state(train_model, "run.npz")
    train(train_model, 1000)
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from simple_rnn._checks import check_instance
from simple_rnn.history import History
from simple_rnn.training import TrainModel

__all__ = ["load_state", "replacing", "save_state"]

HISTORY = ("costs", "weights", "seconds")  # the parts of a History


@contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Give a path beside ``path`` to write to, then put it in its place: no half file is there."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield beside
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def _state(train_model: TrainModel) -> dict[str, Any]:
    """Return the value of each variable that an epoch changes, by its place and its name."""
    expected = (
        "what compile_train_model(...) returns. Parameters that a function of your own trains go"
        " into a file with np.savez(path, *[p.get_value() for p in params])"
    )
    check_instance("train_model", train_model, TrainModel, expected)
    return {
        f"{i} {variable.name}": variable.get_value()
        for i, variable in enumerate(train_model.updated)
    }


def save_state(train_model: TrainModel, path: str | os.PathLike) -> None:
    """Write the weights, what the optimizer keeps from epoch to epoch, and the history to a file.

    Parameters
    ----------
    train_model : TrainModel
        What :func:`~simple_rnn.compile_train_model` returned.
    path : str or path
        The file, in NumPy's format ``.npz``; one that is there is replaced whole.
    """
    state = _state(train_model)
    if train_model.history is not None:
        state |= {name: getattr(train_model.history, name) for name in HISTORY}
    with replacing(path) as beside, beside.open("wb") as file:
        np.savez(file, **state)


def load_state(train_model: TrainModel, path: str | os.PathLike) -> None:
    """Read what :func:`save_state` wrote; :func:`~simple_rnn.train` then goes on from there.

    Nothing is returned: ``train_model`` itself is changed.

    Parameters
    ----------
    train_model : TrainModel
        Compiled like the one that was saved: a network and an optimizer of the same kinds. Data and
        learning rate are not in the file.
    path : str or path
        The file.

    Raises
    ------
    ValueError
        If the file holds anything else; nothing is changed then.
    """
    state = _state(train_model)
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            raise ValueError(f"{path} is not a whole file of save_state; expected one")
        file.seek(0)
        saved = dict(np.load(file, allow_pickle=False))
    parts = [saved.pop(name) for name in HISTORY if name in saved]
    held, expected = (
        {name: f"{a.dtype} of shape {a.shape}" for name, a in arrays.items()}
        for arrays in (saved, state)
    )
    for name in {**expected, **held}:
        if held.get(name) != expected.get(name):
            raise ValueError(
                f"{path} holds {held.get(name, 'nothing')} as {name!r}; expected"
                f" {expected.get(name, 'nothing')}: it was saved from another network or optimizer"
            )
    history = None
    if parts:
        costs, weights, seconds = parts
        history = History(costs, weights, float(seconds))
    for variable, name in zip(train_model.updated, state):
        variable.set_value(saved[name])
    train_model.history = history
