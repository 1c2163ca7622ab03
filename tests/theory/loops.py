"""Generations of a generative model in the hand of a test: its own `fit` and `sample`, no platform around them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recsim.base.draws import Draws
from recsim.base.flow import Works
from recsim.system.generators import Generator, anonymous
from tests.helpers import make_training


def points(topics: NDArray[Any], quality: NDArray[Any] | None = None, clickbait: NDArray[Any] | None = None) -> Works:
    """Items at these topics (n, d), or (n,) in one dimension."""
    topics = np.asarray(topics, np.float64)
    topics = topics[:, None] if topics.ndim == 1 else topics
    return anonymous(topics, np.zeros(len(topics)) if quality is None else quality, clickbait)


def fitted(
    generator: Generator,
    works: Works,
    weights: NDArray[Any] | None = None,
    previous: Any = None,
    draws: Draws | None = None,
) -> Any:
    """What it learns from these items, one training row each."""
    rows = np.arange(len(works.quality))
    return generator.fit(make_training(rows * 0, rows, weights), works, previous, draws or Draws(0))


def together(*parts: Works) -> Works:
    """Several lots of items as one."""
    return Works(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def real(n: int, d: int, draws: Draws) -> Works:
    """People's items: N(0, 1) in every direction."""
    return points(draws.normal(np.arange(n), np.arange(d)))


def variance(generator: Generator, policy: Any) -> float:
    """Mean variance over the directions."""
    return float(np.trace(generator.moments(policy)[1])) / len(generator.moments(policy)[0])


def near(found: NDArray[Any], expected: float, errors: float = 4.0) -> bool:
    """Whether the mean of independent values (r,) is within some standard errors of what theory says."""
    return bool(abs(found.mean() - expected) < errors * found.std(ddof=1) / np.sqrt(len(found)))
