"""The simplest recurrent network, built with ``scan``, that learns to count the ones in a sequence.

A reproduction, on Aesara, of an article that builds this network on Theano and trains it with
gradient descent and with RMSProp. In the order of the data:

- :mod:`~simple_rnn.data`: the counting task;
- :mod:`~simple_rnn.model`: the network, a symbolic graph with ``scan`` over time;
- :mod:`~simple_rnn.optimizers`: from a loss to updates;
- :mod:`~simple_rnn.training`: the compiled epoch, the loop around it, and its history;
- :mod:`~simple_rnn.article`: what the article published, and the comparison with it;
- :mod:`~simple_rnn.plotting`: the pictures.

- :mod:`simple_rnn.study`, which is imported by itself: many small runs, and their table.

Beside them :mod:`~simple_rnn.numerics` says how Aesara is asked to compute, so that the digits are
the same everywhere, and :mod:`~simple_rnn.numpy_reference` is the same network in NumPy, to check
against.
"""

import simple_rnn._quiet_aesara  # noqa: F401  (first, before any module imports Aesara)
from simple_rnn import article, numpy_reference, plotting
from simple_rnn.data import CountingDataset, make_counting_dataset
from simple_rnn.model import simpleRNN
from simple_rnn.numerics import compile_function
from simple_rnn.optimizers import (
    GradientDescentOptimizer,
    Optimizer,
    RMSPropOptimizer,
    RpropOptimizer,
)
from simple_rnn.training import (
    History,
    TrainingDiverged,
    compile_predict,
    compile_train_model,
    train,
)

__version__ = "0.1.0"

__all__ = [
    "CountingDataset",
    "GradientDescentOptimizer",
    "History",
    "Optimizer",
    "RMSPropOptimizer",
    "RpropOptimizer",
    "TrainingDiverged",
    "article",
    "compile_function",
    "compile_predict",
    "compile_train_model",
    "make_counting_dataset",
    "numpy_reference",
    "plotting",
    "simpleRNN",
    "train",
]
