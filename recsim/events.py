"""Every click of a run as a tidy frame, with the ids of the log it began with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from recsim.simulation import Simulation


def clicks(sim: Simulation) -> pd.DataFrame:
    """One row a click: tick (0: from the log), user, item, value, rank (0: met by the user) and propensity.

    With a survey also what was `stated`; with `data:` also `user_id` and `item_id` as in the file; who or what came
    later has none.
    """
    log, history = sim.service.log.clicks, sim.history
    asked = ("stated",) if sim.spec.users.survey.share else ()
    names = ("tick", "user", "item", "value", "rank", "propensity", *asked)
    frame = pd.DataFrame({name: log[name].copy() for name in names})
    for name, ids in () if history is None else (("user", history.user_ids), ("item", history.item_ids)):
        known = pd.Series(ids).astype("Int64" if ids.dtype.kind in "iu" else "string")
        frame[f"{name}_id"] = known.reindex(frame[name]).array
    return frame
