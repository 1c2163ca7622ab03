"""Linear algebra on one thread: the bits of a product depend on how many share it."""

from __future__ import annotations

import sys
import threading
from types import TracebackType

from threadpoolctl import ThreadpoolController


class _OneThread:
    """Holds BLAS to one thread while anybody is inside, from whichever thread: the limit is the whole process's."""

    def __init__(self) -> None:
        self._lock, self._inside, self._modules = threading.Lock(), 0, 0
        self._controller: ThreadpoolController | None = None
        self._limit: object = None

    def look(self) -> None:
        """Learn which libraries there are by now; new ones come with new modules only."""
        with self._lock:
            if not self._inside and self._modules != len(sys.modules):
                self._controller, self._modules = ThreadpoolController(), len(sys.modules)

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._controller = self._controller or ThreadpoolController()
                _anybody_may(self._controller)
                self._limit = self._controller.limit(limits=1, user_api="blas")
            self._inside += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside and self._controller is not None:
                _anybody_may(self._controller)
                self._limit.restore_original_limits()  # type: ignore[attr-defined]


def _anybody_may(controller: ThreadpoolController) -> None:
    """Let this thread set limits: threadpoolctl 3.8 obeys only the one that has set the first of a library."""
    for library in controller.lib_controllers:
        if hasattr(library, "clear_controlling_thread"):
            library.clear_controlling_thread(force=True)


one_thread = _OneThread()
