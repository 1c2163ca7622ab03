"""What users do, and what they get out of it."""

from __future__ import annotations

import numpy as np

from recsim.metrics import Context, Metric, Tick, by_group, gains, ratio_by_group


class ClicksPerSession(Metric):
    """Clicks divided by sessions of this tick, by group; 0 to picks per session.

    Clicks on recommended and on self-found items alike. NaN in a tick without sessions.
    """

    platform = True
    unit = "clicks per session"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over sessions."""
        return by_group(tick, tick.slate.users, (tick.feedback.picks >= 0).sum(axis=1).astype(np.float64))


class ClickThroughRate(Metric):
    """Clicks on recommended items divided by recommended items, this tick: a ratio of sums, by group; 0 to 1.

    Pitfalls: it depends on the length of the slate (one pick of ten is at most 0.1), and falls when people have used up
    what they like. NaN if nothing was recommended.
    """

    platform = True
    by_default = False
    unit = "clicks per recommended item"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Over slots."""
        shown = tick.slate.by_platform
        return ratio_by_group(tick, tick.slate.users, (tick.feedback.clicked & shown).sum(axis=1), shown.sum(axis=1))


class Utility(Metric):
    """True utility gained per session: affinity + quality of what was chosen, 0 for choosing nothing; by group.

    What a user gains at the click, not what made them click: position, salience and the like are no part of it; what
    behaviours add to the gain itself is, such as satiation and private taste. Unbounded. Pitfall: those who have left
    no longer count; see `utility_intention_to_treat`. NaN in a tick without sessions.
    """

    unit = "utility per session"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Sum over the picks of each session."""
        return by_group(tick, tick.slate.users, gains(tick))


class SlateUtility(Metric):
    """Mean true utility of the recommended items, chosen or not; what the ranking offers. By group; unbounded.

    A mean over slots, so that who has more of them counts more. NaN if nothing was recommended.
    """

    unit = "utility per item"

    def measure(self, tick: Tick, context: Context) -> dict[str, float]:
        """Mean over all slots."""
        shown, users = tick.slate.by_platform, tick.slate.users
        return by_group(tick, users[np.nonzero(shown)[0]], tick.world.utility(users, tick.slate.items)[shown])


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
