"""The simplest recurrent network, built with ``scan``, that learns to count the ones in a sequence.

*The article*, in French and undated, is "J'ai essayé de mettre en œuvre le modèle de base du réseau
neuronal récurrent" (I tried to implement the basic model of the recurrent neural network). It
builds this network on Theano and trains it with gradient descent and with RMSProp. *The blog* is
P. Roelants, "How to implement a recurrent neural network", from which the article takes the
network. This package reproduces both on Aesara, Theano's successor.

Aesara works in two steps. First formulas are written, as a *graph*: ``T.square(x)`` computes
nothing yet, and is called *symbolic*. Then ``compile_function`` (``aesara.function`` with the same
digits on every machine) makes a function of them that can be called. A *shared variable* is an
array that such functions keep between calls, like the weights; *updates* say which of them get
which new value at each call. ``floatX`` is Aesara's setting for the dtype of plain numbers.

For a first reading: :mod:`~simple_rnn.data`, :mod:`~simple_rnn.model`,
:mod:`~simple_rnn.optimizers`, :mod:`~simple_rnn.training`, :mod:`~simple_rnn.article`. All modules,
each of which imports only from those above it:

- :mod:`~simple_rnn.data`: the counting task;
- :mod:`~simple_rnn.numerics`: how the digits come to be the article's, on every machine;
- :mod:`~simple_rnn.model`: the network, a graph with ``scan`` over time;
- :mod:`~simple_rnn.optimizers`: from a loss to updates of the weights;
- :mod:`~simple_rnn.plotting`: the pictures, drawn from arrays;
- :mod:`~simple_rnn.history`: what a run leaves behind;
- :mod:`~simple_rnn.training`: the compiled epoch and the loop around it;
- :mod:`~simple_rnn.surface`: the cost over the two weights;
- :mod:`~simple_rnn.article`: what was published, and the comparison with it;
- :mod:`~simple_rnn.study`: many small runs, each computed from its settings alone.

:mod:`~simple_rnn.numpy_reference` is the same network in NumPy, to check against. Modules with an
underscore can be skipped: ``_checks`` rejects bad input, and ``_aesara`` imports, configures and
speeds up Aesara.
"""

import simple_rnn._aesara.startup  # noqa: F401  (first, before any module imports Aesara)
from simple_rnn import article, numpy_reference, plotting, study
from simple_rnn.data import CountingDataset, make_counting_dataset
from simple_rnn.history import History, TrainingDiverged
from simple_rnn.model import parameter, simpleRNN
from simple_rnn.numerics import compile_function
from simple_rnn.optimizers import (
    GradientDescentOptimizer,
    Optimizer,
    RMSPropOptimizer,
    RpropOptimizer,
)
from simple_rnn.surface import compile_cost, plot_cost
from simple_rnn.training import compile_predict, compile_train_model, train

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
    "compile_cost",
    "compile_function",
    "compile_predict",
    "compile_train_model",
    "make_counting_dataset",
    "numpy_reference",
    "parameter",
    "plot_cost",
    "plotting",
    "simpleRNN",
    "study",
    "train",
]
