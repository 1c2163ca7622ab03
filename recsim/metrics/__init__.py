"""What an observer measures: the only code, besides ideal recommenders, that sees both halves. It changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import Component, import_all
from recsim.base.flow import Bools, Feedback, Floats, Ints, Slate
from recsim.base.kernels.concentration import mean
from recsim.base.kernels.geometry import units
from recsim.base.table import Table

if TYPE_CHECKING:
    from recsim.system.generators import Generator
    from recsim.system.interventions import Intervention
    from recsim.system.service import Service
    from recsim.world.world import World

Context = Mapping[str, NDArray[Any]]
ALL, CHANCE, START = "all", "chance", "start"
"""The groups that every metric may have: everybody together, what chance alone would give, what there was at first."""


class Tick(NamedTuple):
    """A read-only view of one tick."""

    number: int
    """The tick; 0 is the world before anybody has seen anything."""
    users: Table
    """The world's users, read-only."""
    items: Table
    """The world's items, read-only."""
    world: World
    """The truth; ask it `utility(users, items)`."""
    service: Service
    """The belief: log, policies, ledger."""
    slate: Slate
    """What was in front of the users of this tick, what they met by themselves included."""
    feedback: Feedback
    """What they did with it."""
    shared: dict[str, Any]
    """What metrics of this tick have worked out for each other, such as the model's lists; empty at first."""
    reference: Mapping[str, Context] = {}
    """By label of a metric that compares with another arm: what that arm left of this tick."""


class Metric(Component):
    """Family of the measurements. A plain name is this tick's value; undefined is NaN, never 0.

    What it measures must not depend on parts of the scenario whose time has not come, such as a recommender during the
    warm-up: arms are the same until then. (Arms that measure something of your own are not forked, to be sure.)

    The docstring of a metric gives formula, range, reference and pitfalls. A scenario without `metrics:` measures the
    usual ones that apply to it; those marked "by name" are measured where `metrics:` names them.
    """

    family = "metric"
    null = "it changes nothing"
    platform: ClassVar[bool] = False
    """True if a platform could compute it: it uses nothing of the truth."""
    by_default: ClassVar[bool] = True
    """False if it is measured only where a scenario, or a monitor, names it."""
    unit: ClassVar[str] = ""
    """What its numbers are, for the axis of a picture."""

    def applies(self, tick: Tick) -> bool:
        """Whether it means anything in this scenario; asked at tick 0, for the default set of metrics."""
        return True

    def prepare(self, tick: Tick) -> Context:
        """What it remembers of tick 0, as arrays."""
        return {}

    def measure(self, tick: Tick, context: Context) -> float | Mapping[str, float]:
        """The value, or one value a group; the group of everybody is `all`, that of pure luck `chance`."""
        raise NotImplementedError

    def leave(self, tick: Tick) -> Context:
        """What an arm leaves of a tick for those that are compared with it; see `recsim.metrics.counterfactual`."""
        return {}


# -- what several metrics need ----


def by_group(tick: Tick, users: Ints, values: NDArray[Any]) -> dict[str, float]:
    """Mean of values (n,) that belong to users (n,): of `all`, and of each group of users; NaN is left out."""
    groups = tick.users.group[users]
    parts = {name: mean(values[groups == number]) for number, name in enumerate(tick.world.group_names)}
    return {"all": mean(values)} | parts


def ratio_by_group(tick: Tick, users: Ints, above: NDArray[Any], below: NDArray[Any]) -> dict[str, float]:
    """Ratio of the sums of two columns (n,) that belong to users (n,), by group; NaN where the lower sum is 0."""
    groups = tick.users.group[users]
    masks = {name: groups == number for number, name in enumerate(tick.world.group_names)}
    sums = {"all": (above.sum(), below.sum())} | {name: (above[m].sum(), below[m].sum()) for name, m in masks.items()}
    return {name: float(top / bottom) if bottom else float("nan") for name, (top, bottom) in sums.items()}


def shared[T](tick: Tick, name: str, make: Callable[[], T]) -> T:
    """What is worked out once a tick, whoever asks first."""
    if name not in tick.shared:
        tick.shared[name] = make()
    found: T = tick.shared[name]
    return found


def machines(tick: Tick) -> tuple[Generator, ...]:
    """The generators, once the warm-up is over: what is told by their names must not depend on those still to come."""
    section = tick.service.section
    return section.generators if tick.number >= section.warmup.ticks else ()


def begun(tick: Tick) -> list[Intervention]:
    """The interventions whose time has come: what is told by their names must not depend on those still to come."""
    starts = [(one.begins(tick.service), one) for one in tick.service.interventions]
    return [one for start, one in starts if start is not None and start <= tick.number]


def views(tick: Tick) -> NDArray[np.int64]:
    """(i,) how often the platform showed each item this tick."""
    shown = tick.slate
    return shared(tick, "views", lambda: np.bincount(shown.items[shown.by_platform], minlength=len(tick.items)))


def gains(tick: Tick) -> Floats:
    """(n,) true utility that each user of the slate gained from what was chosen, when they chose it; 0 for nothing."""
    return shared(tick, "gains", lambda: np.nansum(tick.world.gained(tick.feedback), axis=1))


def picked_utility(tick: Tick) -> Floats:
    """(n, m) true utility of each pick as it is now, after the tick has changed people; NaN for none."""
    return tick.world.utility(tick.slate.users, picked(tick))


def picked(tick: Tick) -> Ints:
    """(n, m) items that were chosen, −1 for none."""
    picks, slate = tick.feedback.picks, tick.slate
    if not slate.items.shape[1]:
        return np.full(picks.shape, -1, np.int32)
    return np.where(picks >= 0, np.take_along_axis(slate.items, np.maximum(picks, 0), axis=1), -1)


def sampled(tick: Tick, users: Ints, size: int) -> Bools:
    """(n,) whether each of these users belongs to a fixed sample of about `size` of the first users, and its like.

    Membership hangs on a user's key alone: it is the same on every tick and in every arm.
    """
    first = int((tick.users.born == 0).sum())
    draws = tick.world.draws.of("metric", "sample")
    return np.asarray(draws.uniform(tick.users.key[users]) < size / max(first, 1))


def logged(tick: Tick, since: int, until: int) -> slice:
    """Rows of the log of the ticks `since` to `until`, both included."""
    lo, hi = np.searchsorted(tick.service.log.clicks.tick, [since, until + 1])
    return slice(int(lo), int(hi))


def window(tick: Tick) -> slice:
    """Rows of the log of the last `system.recent` ticks, this one included; never of the human data from a file."""
    return logged(tick, max(tick.number - tick.service.section.recent + 1, 1), tick.number)


def human(tick: Tick) -> slice:
    """Rows of the log of the human data, file or warm-up; none before the warm-up is over."""
    rows = logged(tick, 0, tick.service.section.warmup.ticks)
    return rows if tick.service.log.clicks.human[rows].any() else slice(0, 0)


def kinds(tick: Tick) -> Floats | None:
    """(i, g) which kinds each item is of, in shares; rows of 0 where nothing is known. None: items have no kinds.

    The platform's features where they are never negative, such as genres; otherwise the true cluster whose centre is
    nearest in direction (items that machines make have no `home`).
    """
    return shared(tick, "kinds", lambda: _kinds(tick))


def _kinds(tick: Tick) -> Floats | None:
    features, centres = tick.items.features, tick.world.fitted.centres
    if features.any() and (features >= 0).all():
        total = features.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(features, total, out=np.zeros_like(features), where=total > 0))
    if len(centres) < 2:
        return None
    nearest = np.einsum("id,cd->ic", units(tick.items.topics), units(centres)).argmax(axis=1)
    return np.asarray(np.eye(len(centres))[nearest])


import_all(__name__, __path__)
