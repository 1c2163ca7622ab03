"""How far a run is, and how long it will take: a bar in a terminal or notebook, lines in a pipe (the home of tqdm)."""

from __future__ import annotations

import sys
import threading
from typing import IO, Any

from tqdm.std import tqdm

_EVERY = 2.0
"""Seconds between two lines in a pipe."""


def bar(total: int, done: int, name: str, unit: str = "tick") -> Any:
    """A progress bar on stderr with elapsed and remaining time; call `update()` once a unit, and `close()`."""
    screen = sys.stderr.isatty() or "ipykernel" in sys.modules
    return tqdm(
        total=total,
        initial=done,
        desc=name,
        unit=unit,
        file=sys.stderr if screen else _Lines(sys.stderr),
        mininterval=0.1 if screen else _EVERY,
        ascii=None if screen else " -",
        ncols=None if screen else 80,
        dynamic_ncols=screen,
    )


def leave_no_lock() -> None:
    """Keep tqdm, which `implicit` uses, from a lock between processes: one that is stopped would leave it behind."""
    tqdm.set_lock(threading.RLock())


class _Lines:
    """A stream on which every refresh of the bar is a line of its own."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        told = text.replace("\r", "").rstrip()
        if told:
            self._stream.write(told + "\n")

    def flush(self) -> None:
        self._stream.flush()
