"""What users do, and what they get out of it."""

from __future__ import annotations

import numpy as np

from recsim.base.kernels.concentration import mean
from recsim.metrics import Context, Metric, Tick, recommended


class ClicksPerSession(Metric):
    """Clicks divided by sessions of this tick, on recommended and self-found items alike; 0 to picks per session.

    NaN in a tick without sessions.
    """

    platform = True
    unit = "clicks per session"

    def measure(self, tick: Tick, context: Context) -> float:
        """Mean over sessions."""
        return mean((tick.feedback.picks >= 0).sum(axis=1).astype(np.float64))


class Utility(Metric):
    """True utility gained per session: taste · topic + quality of what was chosen, 0 for choosing nothing.

    What a user gains, not what made them click: position and other behaviours are not part of it. Unbounded. NaN in a
    tick without sessions.
    """

    unit = "utility per session"

    def measure(self, tick: Tick, context: Context) -> float:
        """Sum over the picks of each session."""
        picks, slate = tick.feedback.picks, tick.slate
        if not slate.items.shape[1]:
            return mean(np.zeros(len(picks)))
        items = np.where(picks >= 0, np.take_along_axis(slate.items, np.maximum(picks, 0), axis=1), -1)
        return mean(np.nansum(tick.world.utility(slate.users, items), axis=1))


class SlateUtility(Metric):
    """Mean true utility of the recommended items, chosen or not; what the ranking offers. Unbounded.

    NaN if nothing was recommended.
    """

    unit = "utility per item"

    def measure(self, tick: Tick, context: Context) -> float:
        """Mean over all slots."""
        return mean(tick.world.utility(tick.slate.users, tick.slate.items)[recommended(tick.slate)])


class Users(Metric):
    """Number of living users."""

    unit = "users"
    platform = True

    def applies(self, tick: Tick) -> bool:
        """Where users come or go."""
        return bool(tick.world.people.dynamics)

    def measure(self, tick: Tick, context: Context) -> float:
        """Count."""
        return float(tick.users.alive.sum())
