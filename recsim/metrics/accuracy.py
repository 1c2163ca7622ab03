"""How well the model ranks what it never saw: the frozen hold-out of the human data."""

from __future__ import annotations

from recsim.base.component import AtLeastOne
from recsim.base.flow import Floats, Ints
from recsim.metrics import Context, Metric, Tick, by_group, shared


class HoldoutRecall(Metric):
    """Recall@k on the hold-out: |top-k ∩ held out| / min(k, |held out|), mean over living users, by group; 0 to 1.

    The model ranks what there was at the end of the warm-up, without the pairs it has learned from, with the same draws
    at every tick; later births, re-rankers and interventions take no part, and no pair that is held out ever trains a
    model. Pitfalls: the hold-out is what people did at the start, so recall falls when tastes move on; and the more a
    user has clicked, the fewer items compete. Users for whom the model lists nothing are left out. NaN before the
    hold-out is cut, and where nobody has a list.
    """

    platform = True
    unit = "share of the hold-out found"
    k: AtLeastOne = 10
    """Length of the list."""

    def applies(self, tick: Tick) -> bool:
        """Where there is human data."""
        return _has_holdout(tick)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over users."""
        users, *found = _hits(tick, self.k)
        return by_group(tick, users, found[0])


class HoldoutNDCG(Metric):
    """nDCG@k on the hold-out: Σ hit/log2(rank + 1) over its largest possible value, mean over users, by group; 0 to 1.

    Järvelin & Kekäläinen (TOIS 2002) with binary gains; otherwise as `holdout_recall`.
    """

    platform = True
    unit = "share of the ideal gain"
    k: AtLeastOne = 10
    """Length of the list."""

    def applies(self, tick: Tick) -> bool:
        """Where there is human data."""
        return _has_holdout(tick)

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over users."""
        users, *found = _hits(tick, self.k)
        return by_group(tick, users, found[1])


def _has_holdout(tick: Tick) -> bool:
    section = tick.service.section
    return section.holdout > 0 and (section.warmup.ticks > 0 or len(tick.service.log) > 0)


def _hits(tick: Tick, k: int) -> tuple[Ints, Floats, Floats]:
    """Living users with a hold-out, and recall and nDCG of each; ranked once a tick, whoever asks."""
    return shared(tick, f"holdout@{k}", lambda: tick.service.models.found(k))
