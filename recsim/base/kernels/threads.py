"""How many threads work may be spread over; never a reason for another result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor


def available() -> int:
    """OMP_NUM_THREADS if it is set, as in `implicit`; else the cores this process may use."""
    wish = os.environ.get("OMP_NUM_THREADS", "")
    if wish.isdigit() and int(wish) > 0:
        return int(wish)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def each[T](act: Callable[[T], None], tasks: Iterable[T]) -> None:
    """Do `act` for every task; they write to places of their own, so their order does not matter.

    Pays where the work is done by numpy on large arrays, which lets other threads run.
    """
    todo = list(tasks)
    if len(todo) < 2 or available() < 2:
        for task in todo:
            act(task)
        return
    with ThreadPoolExecutor(min(available(), len(todo))) as pool:
        for _ in pool.map(act, todo):
            pass
