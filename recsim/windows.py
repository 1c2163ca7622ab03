"""Windows of time, as claims and effects name them: `last 20 ticks`, `tick 50`, `end`."""

from __future__ import annotations

import re
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator

from recsim.base.component import Written

FORMS = ("last 20 ticks", "first 10 ticks", "tick 50", "ticks 30 to 40", "end", "after warm-up")
"""An example of everything that can be written."""
_NUMBER = r"(\d{1,9})"
_GRAMMAR = re.compile(rf"(last|first) {_NUMBER} ticks?|tick {_NUMBER}|ticks {_NUMBER} to {_NUMBER}|end|after warm-up")


def window(text: str) -> str:
    """A window as it is written: the same text with single spaces.

    Raises:
        ValueError: it is no window; the message says what can be written.
    """
    written = " ".join(text.split())
    found = _GRAMMAR.fullmatch(written)
    if found is None:
        raise ValueError(f"'{written[:60]}' is no window of time: write {', '.join(FORMS[:-1])} or {FORMS[-1]}")
    if found[2] is not None and int(found[2]) == 0:
        raise ValueError(f"'{written}' is empty: write a number of ticks from 1 upwards")
    if found[4] is not None and int(found[4]) > int(found[5]):
        raise ValueError(f"'{written}' ends before it begins: write 'ticks {found[5]} to {found[4]}'")
    return written


When = Annotated[
    str, AfterValidator(window), Written(f"^({_GRAMMAR.pattern})$", f"window of time such as '{FORMS[0]}'")
]
"""A window of time: `last 20 ticks`, `first 10 ticks`, `tick 50`, `ticks 30 to 40`, `end` or `after warm-up`."""


def ticks_in(when: str, ticks: NDArray[np.int64], warmup: int) -> NDArray[np.bool_]:
    """(t,) which of the measured ticks (t,) lie in a window.

    `last 20 ticks` are the ticks of the clock after the last measured one minus 20, `first 10 ticks` those up to
    warm-up + 10; what was not measured among them is simply not there. Only windows that name their ticks, `tick 50`
    and `ticks 30 to 40` (both included), and `end`, the last measured tick, reach into the warm-up or to tick 0.

    Args:
        when: the window.
        ticks: the ticks at which something was measured.
        warmup: the last tick of the warm-up.

    Raises:
        ValueError: `when` is no window.
    """
    found = _GRAMMAR.fullmatch(window(when))
    assert found is not None
    end = int(ticks.max()) if len(ticks) else 0
    side, count, single, start, stop = found.groups()
    low, high = warmup + 1, end
    if side == "last":
        low = max(end - int(count) + 1, warmup + 1)
    elif side == "first":
        high = warmup + int(count)
    elif single is not None:
        low = high = int(single)
    elif start is not None:
        low, high = int(start), int(stop)
    elif found[0] == "end":
        low = end
    return (ticks >= low) & (ticks <= high)


def words(when: str) -> str:
    """The window within a sentence: `in the last 20 ticks`, `at tick 50`, `at the end`."""
    first = when.split()[0]
    fixed = {"end": "at the end", "after warm-up": "after the warm-up"}
    return fixed.get(when) or {"tick": f"at {when}", "ticks": f"in {when}"}.get(first, f"in the {when}")
