"""Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998) against a plain slow twin."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from recsim.base.draws import Draws
from recsim.base.flow import Slate
from recsim.system.rerankers.diversity import Diversity
from tests.helpers import make_public, make_slate

N, CANDIDATES, K, ITEMS = 60, 15, 5, 40
DRAWS = Draws(17)
FEATURES = DRAWS.of("features").normal(np.arange(ITEMS), np.arange(4))
SERVICE = SimpleNamespace(public=make_public(N, ITEMS, FEATURES), slate_size=K)


def candidates(scored: bool = True, padded: int = 0) -> Slate:
    items = np.argsort(DRAWS.of("items").uniform(np.arange(N), np.arange(ITEMS)), axis=1)[:, :CANDIDATES]
    scores = -np.sort(-DRAWS.of("scores").normal(np.arange(N), np.arange(CANDIDATES)), axis=1)
    if padded:
        items[:, -padded:], scores[:, -padded:] = -1, -np.inf
    return make_slate(items, scores=scores if scored else None)


def slow(slate: Slate, strength: float, row: int) -> list[int]:
    """Slot by slot: (1 − s) · relevance − s · the largest cosine to what was chosen."""
    items = [item for item in slate.items[row].tolist() if item >= 0]
    scores = slate.scores[row] if slate.scores is not None else -np.arange(float(len(items)))
    scores = np.array(scores[: len(items)])
    relevance = (scores - scores.min()) / (scores.max() - scores.min())

    def cosine(a: int, b: int) -> float:
        return FEATURES[a] @ FEATURES[b] / np.linalg.norm(FEATURES[a]) / np.linalg.norm(FEATURES[b])

    chosen: list[int] = []
    while len(chosen) < min(K, len(items)):
        gains = {}
        for place, item in enumerate(items):
            if item not in chosen:
                near = max((cosine(item, other) for other in chosen), default=0.0)
                gains[item] = (1 - strength) * relevance[place] - strength * near
        chosen.append(max(gains, key=gains.__getitem__))
    return chosen


@pytest.mark.parametrize("strength", [0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("scored", [True, False], ids=["scores", "ranks"])
@pytest.mark.parametrize("padded", [0, 4, 12])
def test_it_chooses_what_the_formula_says(strength, scored, padded):
    """At strength 1 the first slot has no relevance left, so ties there go to the recommender's first."""
    slate = candidates(scored, padded)
    found = Diversity(strength=strength).on_candidates(slate, SERVICE, DRAWS)
    for row in range(N):
        expected = slow(slate, strength, row)
        assert found.items[row, : len(expected)].tolist() == expected


def test_what_is_reordered_stays_together():
    slate = candidates()
    found = Diversity(strength=0.6).on_candidates(slate, SERVICE, DRAWS)
    for row in range(N):
        before = dict(zip(slate.items[row].tolist(), slate.scores[row].tolist(), strict=True))
        after = dict(zip(found.items[row].tolist(), found.scores[row].tolist(), strict=True))
        assert before == after
        chosen = set(found.items[row, :K].tolist())
        assert found.items[row, K:].tolist() == [item for item in slate.items[row].tolist() if item not in chosen]


def test_at_strength_0_nothing_moves():
    slate = candidates(padded=3)
    found = Diversity(strength=0.0).on_candidates(slate, SERVICE, DRAWS)
    assert np.array_equal(found.items, slate.items)
    assert np.array_equal(found.scores, slate.scores)


def mean_similarity(items: np.ndarray) -> float:
    unit = FEATURES / np.linalg.norm(FEATURES, axis=1, keepdims=True)
    cosines = np.einsum("nad,nbd->nab", unit[items], unit[items])
    return float(cosines[:, ~np.eye(items.shape[1], dtype=bool)].mean())


def test_a_larger_strength_makes_slates_less_alike():
    slate = candidates()
    found = [
        mean_similarity(Diversity(strength=s).on_candidates(slate, SERVICE, DRAWS).items[:, :K])
        for s in (0.0, 0.2, 0.5, 0.8)
    ]
    assert found == sorted(found, reverse=True)
    assert found[-1] < found[0]


def test_each_row_is_treated_by_itself():
    slate = candidates()
    whole = Diversity(strength=0.5).on_candidates(slate, SERVICE, DRAWS)
    for row in (0, 31, 59):
        alone = make_slate(slate.items[[row]], scores=slate.scores[[row]])
        assert np.array_equal(Diversity(strength=0.5).on_candidates(alone, SERVICE, DRAWS).items[0], whole.items[row])


def test_equal_scores_and_items_without_features_are_safe():
    flat = make_slate(np.tile(np.arange(6), (2, 1)), scores=np.ones((2, 6)))
    blank = SimpleNamespace(public=make_public(2, 6, np.zeros((6, 4))), slate_size=3)
    found = Diversity(strength=0.5).on_candidates(flat, blank, DRAWS)
    assert np.array_equal(found.items, flat.items)
