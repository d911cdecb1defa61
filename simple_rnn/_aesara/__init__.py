"""The machine room: what keeps Aesara exact and fast. A reader of this package may leave it closed.

Nothing in here says what is computed; the network, its loss and its updates are all outside, and so
is the rule by which every operation is rounded (``simple_rnn.numerics``). Inside are:

- ``startup``: imports Aesara, quickly and without warnings that nobody need act on;
- ``graphs``: settings while a graph is built, shared variables of known shape, types of updates;
- ``mode``: which of Aesara's rewrites are used;
- ``scan_loop``, ``scan_rewrites``: a scan as one loop in C (worth a look: why it is so fast);
- ``compiler``: the C++ compilers, side by side, and what a user hears of them;
- ``calls``: a compiled function, called with little around it.
"""
