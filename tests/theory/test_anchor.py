"""Generations of a Gaussian with an anchor mixed in by weight: how much variance is left for ever."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Works
from recsim.system.generators.gaussian import Gaussian
from recsim.system.interventions.anchor import Anchor
from recsim.system.lessons import drawn
from tests.helpers import make_public, make_training
from tests.theory.loops import near, real, together

M, D, BURN, LAST = 20, 8, 25, 45
"""Samples of a generation, directions (each a run of its own), and the generations that are averaged over."""


def platform(n: int, world: dict[str, Works]) -> Any:
    """Rows 0 to n − 1 are people's, all of them verified and all of them in the human data; M others are machines'."""
    verified = np.repeat([1, 0], [n, M]).astype(np.int8)
    items = {"anchor.verified": verified, "own": ~verified.astype(bool)}
    everybody = np.arange(n, dtype=np.int32)
    clicks = SimpleNamespace(human=everybody >= 0, held=everybody < 0, user=everybody, item=everybody)
    return SimpleNamespace(
        items=items,
        public=make_public(n, n + M),
        log=SimpleNamespace(clicks=clicks),
        draws=Draws(1),
        content=lambda rows: Works(*(column[rows] for column in together(world["people"], world["machines"]))),
    )


def left(alpha: float, n: int, refresh: str, runs: int) -> np.ndarray:
    """Mean variance of the last generations, of each run."""
    generator = Gaussian(training_size=M)
    anchor = Anchor(share=alpha, refresh=refresh, size=n)
    found = []
    for run in range(runs):
        draws, world = Draws(2).of(refresh, run), {}
        world["people"], world["machines"] = real(n, D, draws.of("first")), real(M, D, draws.of("machines"))
        service, kept = platform(n, world), []
        for generation in range(BURN + LAST):
            if refresh == "fresh":
                world["people"] = real(n, D, draws.of("people", generation))
            given = make_training(np.zeros(M, int), np.arange(n, n + M))._replace(consumer="gaussian")
            lesson = anchor.on_training(given, service, draws)
            lesson = drawn(generator, lesson, service, draws.of("training", generation))
            policy = generator.fit(lesson, service.content(lesson.items), None, draws)
            world["machines"] = generator.sample(policy, M, draws.of("sample", generation))
            kept.append(np.trace(generator.moments(policy)[1]) / D)
        found.append(np.mean(kept[BURN:]))
    return np.array(found)


def closed_form(alpha: float, n: int, refresh: str) -> float:
    """Of M draws by weight. Variance and squared drift make 1 together, drift d′ = (1 − (1 − α)²d − α²/n)/M + (1 − α)²d
    + α²/n with a new anchor of n each time; a fixed one has (1 − 1/n) of the variance, and the drift is about its mean.

    The machines' part is M samples of the generator, drawn from again: their own mean drifts by V/M more.
    """
    beta = 1.0 - alpha
    if refresh == "fixed":
        return (1.0 - 1.0 / n) * _stationary(lambda d: beta**2 * (d + (1 - d) / M))
    return _stationary(lambda d: beta**2 * (d + (1 - d) / M) + alpha**2 / n)


def _stationary(mean: Any) -> float:
    """1 − d with d = E[mean²] + (1 − E[mean²])/M of what is drawn from."""
    d = 0.0
    for _ in range(5000):
        d = mean(d) + (1.0 - mean(d)) / M
    return 1.0 - d


@pytest.mark.parametrize(("alpha", "n", "refresh"), [(0.1, 200, "fresh"), (0.3, 200, "fresh"), (0.3, 10, "fixed")])
def test_the_variance_that_an_anchor_keeps(alpha, n, refresh):
    """4 s.e. over runs."""
    assert near(left(alpha, n, refresh, 16), closed_form(alpha, n, refresh))


def test_fresh_keeps_more_than_fixed_and_more_keeps_more():
    assert closed_form(0.3, 10, "fresh") > closed_form(0.3, 10, "fixed")
    kept = [closed_form(alpha, 200, "fresh") for alpha in (0.0, 0.05, 0.1, 0.3, 1.0)]
    assert kept == sorted(kept) and kept[0] < 1e-6 and kept[-1] == pytest.approx((1 - 1 / M) * (1 - 1 / 200))
