"""A cluster through Dask (its home): one started with Dask's own tools, on SLURM, Kubernetes or a few machines."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ADDRESS = ("tcp://", "tls://", "ucx://", "ws://", "wss://", "inproc://")
_PATIENCE = 60.0
"""Seconds to wait for the first worker."""


class EngineError(ValueError):
    """An engine that cannot be used; the message says which and what to do."""


@contextmanager
def cluster(address: str) -> Iterator[tuple[Executor, int]]:
    """The executor of a Dask cluster, and how many tasks it can have on their way."""
    named = address.startswith(_ADDRESS)
    if not named and not address.endswith(".json"):
        what = "give the address of a Dask scheduler, such as tcp://host:8786, or its scheduler file (….json)"
        raise EngineError(f"--on {address}: no such engine\n   {what}")
    if not named and not Path(address).is_file():
        raise EngineError(
            f"--on {address}: no such scheduler file\n   dask scheduler --scheduler-file {address} writes it"
        )
    try:
        from distributed import Client
    except ImportError:
        raise EngineError("--on needs Dask: pip install 'recsim-loop[cluster]'") from None
    try:
        client: Any = Client(address, timeout=10) if named else Client(scheduler_file=address, timeout=10)
    except (OSError, ValueError) as error:
        raise EngineError(
            f"--on {address}: no scheduler answers there ({error})\n   start one: dask scheduler"
        ) from None
    with client:
        if not client.nthreads():
            try:
                client.wait_for_workers(1, timeout=_PATIENCE)
            except TimeoutError:
                what = f"--on {address}: no worker has come in {_PATIENCE:.0f} s"
                raise EngineError(f"{what}\n   start some: dask worker {address} --nthreads 1") from None
        yield client.get_executor(pure=False), 4 * max(sum(client.nthreads().values()), 1)
