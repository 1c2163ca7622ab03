"""Measurements made by hand, as an ensemble has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recsim.values import Values


def frame(
    arms: Mapping[str, ArrayLike], metric: str = "m", group: str = "all", ticks: ArrayLike | None = None
) -> pd.DataFrame:
    """A metric of some arms: (s,) at one tick, or (s, t); seeds count from 1, ticks from 1 unless given."""
    rows: list[dict[str, Any]] = []
    for arm, given in arms.items():
        table = np.asarray(given, np.float64)
        table = table[:, None] if table.ndim == 1 else table
        for seed, series in enumerate(table, 1):
            for tick, value in zip(np.arange(1, len(series) + 1) if ticks is None else ticks, series, strict=True):
                rows.append(
                    {"arm": arm, "seed": seed, "tick": int(tick), "metric": metric, "group": group, "value": value}
                )
    return pd.DataFrame(rows, columns=["arm", "seed", "tick", "metric", "group", "value"])


def values(arms: Mapping[str, ArrayLike], **more: Any) -> Values:
    """The same as `Values`; `warmup`, `sweeps` and `alike` are passed on."""
    about = {name: more.pop(name) for name in ("warmup", "sweeps", "alike") if name in more}
    return Values(frame(arms, **more), **about)
