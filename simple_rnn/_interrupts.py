"""Ctrl-C waits for the end of an epoch.

An epoch updates the weights and returns the cost that they had before. A Ctrl-C inside it could
leave the new weights without that cost, and the run could not go on where it stopped.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Callable

__all__ = ["ctrl_c_between_epochs"]

# How long a first Ctrl-C waits before a second one stops inside the epoch, in seconds.
PATIENCE = 1.0


@contextmanager
def ctrl_c_between_epochs() -> Iterator[Callable[[], None]]:
    """Hold Ctrl-C back; yields a function that delivers a pending one.

    Where an epoch takes long, a second Ctrl-C, at least PATIENCE after the first, is delivered at
    once. What happens then is up to the handler that was there before; Python's own raises
    KeyboardInterrupt.
    """
    handler = signal.getsignal(signal.SIGINT)
    # Only the main thread gets signals, and a handler that cannot be called is the system's own.
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield lambda: None
        return
    pending = []  # the times of those that came

    def hold(signum: int, frame: Any) -> None:
        pending.append(time.monotonic())
        if pending[-1] - pending[0] > PATIENCE:
            deliver()

    def deliver() -> None:
        if pending:
            pending.clear()
            handler(signal.SIGINT, None)

    signal.signal(signal.SIGINT, hold)
    try:
        yield deliver
    finally:
        signal.signal(signal.SIGINT, handler)
        deliver()
