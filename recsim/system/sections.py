"""The section `system` of a scenario: what the platform is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from recsim.base.component import AtLeastOne, Block, Count, Share
from recsim.system.generators import Generator
from recsim.system.people import LinkRecommender
from recsim.system.recommenders import Recommender
from recsim.system.recommenders.als import ALS
from recsim.system.recommenders.uniform import Uniform
from recsim.system.rerankers import Reranker

MOST_CELLS = 10_000_000
"""Users × items above which nobody can be shown everything."""


class Warmup(Block):
    """The first ticks, in which human data is gathered: no re-rankers, generators or interventions."""

    ticks: Count = 5
    """Number of ticks of warm-up; 0: none, as suits a scenario with `data`."""
    recommender: Recommender = Uniform()
    """Who decides what is shown meanwhile."""


class System(Block):
    """The platform: who ranks, how often it learns, what it is allowed to forget."""

    slate_size: AtLeastOne | Literal["all"] = 10
    """Items in a slate; `all`: the whole catalogue, in the recommender's order (for at most 10⁷ users × items)."""
    warmup: Warmup = Warmup()
    """How the first log is gathered."""
    retrain_every: AtLeastOne | Literal["once", "never"] = 1
    """Ticks between retrainings, from the end of the warm-up; `once`: only then; `never`: models stay untrained."""
    recommender: Recommender = ALS()
    """Who decides what is shown."""
    rerankers: tuple[Reranker, ...] = ()
    """What reorders the recommender's candidates, one after the other."""
    candidates: AtLeastOne | None = None
    """Length of the lists that re-rankers choose from; default: 5 × slate_size with re-rankers, else slate_size."""
    people: LinkRecommender | None = None
    """Who suggests whom to follow; needs `users.network`; default: nobody does."""
    generators: tuple[Generator, ...] = ()
    """Models that add items, retrained together with the recommender."""
    repeats: bool = False
    """Whether an item that the user has clicked may be recommended again."""
    holdout: Share = 0.1
    """Share of the human data (file or warm-up) kept out of training for ever, to validate on."""
    holdout_by: Literal["random", "latest"] = "random"
    """Which pairs of user and item these are: a `random` share of all; or the `latest` of each user, as a model in use
    meets them: that share of the user's pairs, rounded down, but one of two or more (a pair that comes again is as late
    as its last interaction; ties and a log without a time go by order in the log). What others did later still
    trains."""
    random_share: Share = 0.0
    """Share of users who are always served at random: an unbiased slice to evaluate on."""
    keep_exposures: AtLeastOne = 1
    """Ticks for which the log keeps what was shown, clicked or not; models that learn from non-clicks see these."""
    recent: Annotated[AtLeastOne, Field(le=1000)] = 10
    """Ticks that count as recent, in metrics whose name ends in `_window`."""

    @model_validator(mode="after")
    def _enough_candidates(self) -> System:
        if self.candidates is not None and (self.slate_size == "all" or self.candidates < self.slate_size):
            raise ValueError(f"candidates ({self.candidates}) must be at least slate_size ({self.slate_size})")
        return self
