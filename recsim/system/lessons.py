"""What a generator learns from: items rather than people, weighed by what people did with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.draws import Draws
from recsim.base.flow import Ints, Training
from recsim.system.generators import Generator

if TYPE_CHECKING:
    from recsim.system.service import Service


ROWS = ("users", "items", "weights", "ticks", "ranks", "propensity")
"""The columns of a training that have one entry a row."""


def lesson(generator: Generator, training: Training, service: Service, never: bool) -> Training:
    """The training of a recommender made one of a generator: an item's rows weigh clicks^engagement together.

    With engagement 0 there is one row an item on offer that was born in the window, clicked or not, of no user. Not
    `own_output` leaves out what the platform's generators made.
    """
    if generator.engagement == 0 and not never:
        training = _scrape(generator, training, service)
    elif generator.engagement != 1:
        clicks = np.bincount(training.items, training.weights, len(service.items))[training.items]
        training = training._replace(weights=training.weights * clicks ** (generator.engagement - 1.0))
    return training if generator.own_output else kept(training, ~service.items.own[training.items])


def kept(training: Training, keep: NDArray[Any]) -> Training:
    """Some of the rows: (e,) True or False of each, or their numbers."""
    return training._replace(**{name: getattr(training, name)[keep] for name in ROWS})


def with_rows(training: Training, more: Training) -> Training:
    """A training with the rows of another one behind its own."""
    both: dict[str, Any] = {name: np.concatenate([getattr(training, name), getattr(more, name)]) for name in ROWS}
    return training._replace(**both)


def rows_of(items: Ints, weight: float, template: Training) -> Training:
    """A training of these items, of no user, each with the same weight."""
    n = len(items)
    nobody, blank = np.full(n, -1, np.int32), np.zeros(n, np.int32)
    now = np.full(n, template.tick, np.int32)
    return template._replace(
        users=nobody, items=items, weights=np.full(n, weight), ticks=now, ranks=blank, propensity=np.full(n, np.nan)
    )


def drawn(generator: Generator, training: Training, service: Service, draws: Draws) -> Training:
    """`training_size` rows drawn by weight with replacement, each of weight 1; all of them where it says none.

    Rows come, and are drawn, in order of the items' keys: how items are numbered changes nothing.
    """
    size, total = generator.training_size, training.weights.sum()
    order = np.argsort(service.public.item_keys[training.items], kind="stable")
    if size is None or not total > 0:
        return kept(training, order)
    mass = training.weights[order].cumsum()
    place = np.searchsorted(mass, draws.uniform(np.arange(size)) * mass[-1], side="right")
    return kept(training, order[np.minimum(place, len(order) - 1)])._replace(weights=np.ones(size))


def _scrape(generator: Generator, training: Training, service: Service) -> Training:
    """One row for each item on offer that is young enough."""
    public, since = service.public, -1 if generator.window is None else training.tick - generator.window
    items = np.flatnonzero(service.on_offer & (public.born > since)).astype(np.int32)
    return rows_of(items, 1.0, training)._replace(ticks=public.born[items])
