"""Where branches run: in this process, in several on this machine, or on a cluster.

Whatever the engine, a branch is a pure function of what it is told, so the results are the same bytes.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from typing import Any

from recsim.base.kernels.threads import available
from recsim.experiment.cells import Outcome, Work, problem_of, work
from recsim.experiment.classes import learn, own_classes
from recsim.experiment.cluster import EngineError, cluster
from recsim.progress import leave_no_lock

ATTEMPTS = 3
"""How often a branch is given to a worker that dies over it."""


Done = Callable[[Sequence[Outcome]], None]


def run(tasks: Sequence[Work], done: Done, jobs: int | None, on: str | Executor | None) -> None:
    """Run all branches, and tell of each when it is done.

    Args:
        tasks: the branches.
        done: called in this process with the outcomes of a branch.
        jobs: processes on this machine; 1: this one; default: as many as there are cores.
        on: the address (or scheduler file) of a Dask scheduler, or an executor of `concurrent.futures`.
    """
    if isinstance(on, Executor):
        _abroad(tasks, done, on, width=256)
    elif on is not None:
        with cluster(on) as (executor, width):
            _abroad(tasks, done, executor, width)
    elif (jobs or min(available(), len(tasks))) <= 1:
        for task in tasks:
            done(work(task))
    else:
        _on_this_machine(tasks, done, jobs or min(available(), len(tasks)))


def far(classes: bytes, task: Work) -> list[Outcome]:
    """What a worker does: learn the classes it does not know, and run the branch."""
    learn(classes)
    return work(task)


def _spread(tasks: Iterable[Work], done: Done, executor: Executor, width: int) -> tuple[list[Work], list[Work]]:
    """Keep an executor busy, with no more tasks on their way than `width`.

    Returns:
        The tasks that were on their way when a process of the executor died, and those that had not begun.
    """
    classes = b"" if isinstance(executor, ThreadPoolExecutor) else own_classes()
    todo, lost = deque(tasks), list[Work]()
    running: dict[Future[list[Outcome]], Work] = {}
    broken = False
    while running or (todo and not broken):
        while todo and not broken and len(running) < width:
            try:
                with _without_main():
                    running[executor.submit(far, classes, todo[0])] = todo[0]
                todo.popleft()
            except BrokenExecutor:
                broken = True
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            task = running.pop(future)
            try:
                done(future.result())
            except BrokenExecutor:
                lost.append(task)
                broken = True
            except Exception as error:  # whatever an executor raises about a worker of its own
                done(_failed(task, problem_of(error)))
    return lost, list(todo)


def _abroad(tasks: Sequence[Work], done: Done, executor: Executor, width: int) -> None:
    """Run on an executor that is not ours to replace: what it lost is told as failed."""
    lost, rest = _spread(tasks, done, executor, width)
    for task in (*lost, *rest):
        done(_failed(task, "the executor broke; go on with: recsim resume"))


def _failed(task: Work, problem: str) -> list[Outcome]:
    return [Outcome(step.arm, task.seed, problem) for step in task.branch]


def _on_this_machine(tasks: Sequence[Work], done: Done, jobs: int) -> None:
    """Processes of our own; where one is killed, the tasks that were on their way are given to others, one by one."""
    todo = list(tasks)
    while todo:
        before = len(todo)
        lost, todo = _pooled(todo, done, jobs)
        if len(todo) == before:
            raise EngineError("processes die as soon as they are started; run with --jobs 1 to see why")
        for task in lost:
            if not any(not any(_pooled([task], done, 1)) for _ in range(ATTEMPTS - 1)):
                done(_failed(task, f"its process died {ATTEMPTS} times (killed, or out of memory)"))


def _pooled(tasks: Sequence[Work], done: Done, jobs: int) -> tuple[list[Work], list[Work]]:
    with _threads(max(available() // jobs, 1)):
        pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), _begin, (os.getpid(),))
        try:
            left = _spread(tasks, done, pool, width=jobs + 1)
        except BaseException:
            _stop(pool)
            raise
        pool.shutdown()
    return left


def _begin(parent: int) -> None:
    """A worker leaves Ctrl-C to the process that has started it, and ends when that does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    leave_no_lock()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _stop(pool: ProcessPoolExecutor) -> None:
    """End all workers at once; what they were about is not finished."""
    workers = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()


@contextmanager
def _threads(share: int) -> Iterator[None]:
    """Processes started meanwhile use no more than their share of the cores."""
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = str(share)
    try:
        yield
    finally:
        del os.environ["OMP_NUM_THREADS"]
        os.environ |= {} if before is None else {"OMP_NUM_THREADS": before}


@contextmanager
def _without_main() -> Iterator[None]:
    """Processes started meanwhile do not run the user's script again, which need not be guarded against it."""
    main: Any = sys.modules["__main__"]
    masked = hasattr(signal, "pthread_sigmask")  # so that they do not hear of Ctrl-C while they import
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]) if masked else []
    kept = {name: getattr(main, name) for name in ("__file__", "__spec__") if getattr(main, name, None) is not None}
    for name in kept:
        setattr(main, name, None)
    try:
        yield
    finally:
        for name, value in kept.items():
            setattr(main, name, value)
        if masked:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
