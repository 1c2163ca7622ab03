"""The recommender system: what it sees, what it believes, what it shows. Never imports `world`."""

from recsim.system import generators, interventions, people, recommenders, rerankers

__all__ = ["generators", "interventions", "people", "recommenders", "rerankers"]
