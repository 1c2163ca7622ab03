"""The recommender system: what it sees, what it believes, what it shows. Never imports `world`."""

from recsim.system import generators, interventions, recommenders, rerankers

__all__ = ["generators", "interventions", "recommenders", "rerankers"]
