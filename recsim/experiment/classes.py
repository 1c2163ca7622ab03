"""Classes of one's own on their way to other processes, by value (the home of cloudpickle)."""

from __future__ import annotations

import sys
import sysconfig
import threading
from pathlib import Path

from recsim.base.component import Component
from recsim.experiment.cluster import EngineError

_LEARNING, _LEARNED = threading.Lock(), list[bytes]()
"""The classes that this process has been told of."""


def own_classes() -> bytes:
    """The components that a worker cannot import by itself, such as those of a notebook cell, by value."""
    import cloudpickle

    found = [one for members in Component.registry.values() for one in members.values() if not _installed(one)]
    names = dict.fromkeys(one.__module__ for one in found)
    modules = [sys.modules[name] for name in names if name != "__main__" and name in sys.modules]
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        return bytes(cloudpickle.dumps(found)) if found else b""
    except Exception as error:
        kinds = ", ".join(sorted(one.kind for one in found))
        what = f"a class of yours ({kinds}) cannot be sent to other processes: {error}"
        raise EngineError(f"{what}\n   run with jobs=1, or put it into an installed package") from error
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)


def _installed(found: type[Component]) -> bool:
    """Whether a component is recsim's own, or that of a package which workers have too."""
    file = getattr(sys.modules.get(found.__module__), "__file__", None)
    places = [Path(sysconfig.get_path(name)) for name in ("purelib", "platlib")]
    packaged = file is not None and any(Path(file).is_relative_to(place) for place in places)
    return found.__module__.startswith("recsim.") or packaged


def learn(classes: bytes) -> None:
    """Let the classes that `own_classes` packed join their families, once."""
    with _LEARNING:
        if classes and classes not in _LEARNED:
            import cloudpickle

            for one in cloudpickle.loads(classes):  # one that was known before has left a hollow twin in its family
                Component.registry[one.family][one.kind] = one
            _LEARNED.append(classes)
