"""What only a second arm can tell: whom the recommender changed, and who would have been better off without it.

Arms share their people and their dice, so one user can be compared with the same user in another arm. A metric of this
file names the arm it compares with in its field `reference`; that arm runs first. In a run without other arms it is
undefined (NaN).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import ArmName, AtLeastOne
from recsim.base.flow import Ints
from recsim.metrics import Context, Metric, Tick, by_group, gains, sampled


class _Counterfactual(Metric):
    """Compares users with themselves in another arm: abstract."""

    by_default = False
    reference: ArmName = "baseline"
    """The arm to compare with."""
    sample: AtLeastOne = 2000
    """How many of the first users to look at, about; the same ones in all arms."""

    def _rows(self, tick: Tick) -> Ints:
        """Rows of the slate that belong to the sample."""
        return np.flatnonzero(sampled(tick, tick.slate.users, self.sample)).astype(np.int32)

    def _pairs(self, tick: Tick) -> tuple[Context, Ints, Ints] | None:
        """What the other arm left, and rows here and there of the users who had a session in both; None: nothing."""
        left = tick.reference.get(self.label)
        if not left:
            return None
        rows = self._rows(tick)
        _, here, there = np.intersect1d(tick.users.key[tick.slate.users[rows]], left["users"], return_indices=True)
        return left, rows[here], there.astype(np.int32)


class SlateOverlap(_Counterfactual):
    """Mean Jaccard index |A ∩ B|/|A ∪ B| of what the platform shows a user here and in the `reference` arm; 0 to 1.

    Over the users of a fixed sample who have a session in both arms on this tick. 1 until the arms differ; how fast it
    falls says how far one change spreads through what everybody clicks and the model learns. Pairs of empty slates are
    left out. The index of two lists of k is in steps: one item of ten in common is 1/19. NaN without a reference arm.
    """

    unit = "Jaccard, 1 the same slate"

    def leave(self, tick: Tick) -> Context:
        """Keys of users (n,), and of the items that each was shown (n, k); 0 for none."""
        rows = self._rows(tick)
        return {"users": tick.users.key[tick.slate.users[rows]], "items": _shown(tick, rows)}

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over users, by group."""
        found = self._pairs(tick)
        if found is None:
            return by_group(tick, np.zeros(0, np.int32), np.zeros(0))
        left, here, there = found
        mine, theirs = _shown(tick, here), left["items"][there]
        same = ((mine[:, :, None] == theirs[:, None, :]) & (mine > 0)[:, :, None]).sum(axis=(1, 2))
        either = (mine > 0).sum(axis=1) + (theirs > 0).sum(axis=1) - same
        index = np.divide(same, either, out=np.full(len(same), np.nan), where=either > 0)
        return by_group(tick, tick.slate.users[here], index)


def _shown(tick: Tick, rows: Ints) -> NDArray[np.uint64]:
    """(n, k) keys of what the platform showed in rows of the slate, each plus 1; 0 for none."""
    items, seen = tick.slate.items[rows], tick.slate.by_platform[rows]
    return np.where(seen, tick.items.key[np.maximum(items, 0)] + np.uint64(1), np.uint64(0))


class _Compared(_Counterfactual):
    """Users whose gain differs from what it is in the other arm: abstract."""

    unit = "share of the users"
    sign: ClassVar[int] = 0

    def leave(self, tick: Tick) -> Context:
        """Keys of users (n,) and what each gained."""
        rows = self._rows(tick)
        return {"users": tick.users.key[tick.slate.users[rows]], "gains": gains(tick)[rows]}

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Share of the users, by group."""
        found = self._pairs(tick)
        if found is None:
            return by_group(tick, np.zeros(0, np.int32), np.zeros(0))
        left, here, there = found
        better = self.sign * (gains(tick)[here] - left["gains"][there]) > 0
        return by_group(tick, tick.slate.users[here], better.astype(np.float64))


class BetterOff(_Compared):
    """Share of the users who gain more on this tick than the same user does in the `reference` arm; 0 to 1, by group.

    True utility of what was chosen, over the users of a fixed sample who have a session in both arms. A mean that rises
    may hide many who lose: look at `worse_off` beside it; the rest gain exactly the same. NaN without a reference arm.
    """

    sign = 1


class WorseOff(_Compared):
    """Share of the users who gain less on this tick than they do in the `reference` arm; see `better_off`."""

    sign = -1
