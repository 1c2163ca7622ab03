"""The truth: users with tastes, items with topics, how people choose and how they change. Never imports `system`."""

from recsim.world import activity, affinity, behaviours, choice, discovery, dynamics, network, tastes

__all__ = ["activity", "affinity", "behaviours", "choice", "discovery", "dynamics", "network", "tastes"]
