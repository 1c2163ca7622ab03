"""Generative models by themselves: densities against scipy, moments against samples, what is kept and what is lost."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from recsim.base.draws import Draws
from recsim.base.flow import Works
from recsim.system.generators import Generator, anonymous
from recsim.system.generators.categorical import Categorical, Genres
from recsim.system.generators.gaussian import Gaussian
from recsim.system.generators.mixture import Mixture, Parts
from recsim.system.generators.rewrite import Rewrite
from tests.bits import finished, lively
from tests.helpers import make_training, run_all, tiny
from tests.theory.loops import fitted, points, together

DRAWS = Draws(15)
MODELS = [
    Gaussian(temperature=0.7, noise=0.3),
    Mixture(components=3),
    Mixture(components=2, temperature=0.5),
    Categorical(temperature=0.5, smoothing=0.2),
    Categorical(),
    Rewrite(spread=0.4),
    Rewrite(),
]


def content(n: int = 40, d: int = 3) -> Works:
    """Items of four genres around four places, with quality, clickbait and weights of their own."""
    genre = (np.arange(n) % 4).astype(np.int32)
    places = 2.0 * DRAWS.of("places").normal(np.arange(4), np.arange(d))
    topics = places[genre] + 0.5 * DRAWS.of("topics").normal(np.arange(n), np.arange(d))
    quality, clickbait = (DRAWS.of(name).normal(np.arange(n)) for name in ("quality", "clickbait"))
    return anonymous(topics, quality + 1.0, 0.3 * clickbait, genre)


WEIGHTS = 1.0 + 4.0 * DRAWS.of("weights").uniform(np.arange(40))


def name_of(one: Generator) -> str:
    return "-".join([one.kind, *(f"{name}={getattr(one, name)}" for name in sorted(one.model_fields_set))])


# -- what all of them have to do ----


@pytest.mark.parametrize("one", MODELS, ids=name_of)
def test_samples_have_the_moments_that_it_says(one):
    """n = 40 000; standard errors of means and covariances from the samples' own scatter, 4.5 of them."""
    n, policy = 40_000, fitted(one, content(), WEIGHTS)
    topics = one.sample(policy, n, DRAWS.of("sample")).topics
    mean, covariance = one.moments(policy)
    assert (np.abs(topics.mean(axis=0) - mean) < 4.5 * topics.std(axis=0) / np.sqrt(n)).all()
    apart = topics - topics.mean(axis=0)
    products = np.einsum("nd,ne->nde", apart, apart)
    assert (np.abs(products.mean(axis=0) - covariance) < 4.5 * products.std(axis=0) / np.sqrt(n) + 1e-12).all()


@pytest.mark.parametrize("one", [model for model in MODELS if model.kind != "rewrite"], ids=name_of)
def test_the_likelihood_of_its_own_samples_is_higher_than_of_others(one):
    """−E ln p is the smallest cross-entropy (Gibbs): of any other items with the same number it is larger."""
    policy = fitted(one, content(), WEIGHTS)
    own = one.sample(policy, 3000, DRAWS.of("own"))
    shifted = own._replace(topics=own.topics + 1.0)
    assert one.log_likelihood(policy, own).mean() > one.log_likelihood(policy, shifted).mean() + 0.1
    assert one.log_likelihood(policy, own).shape == (3000,)


@pytest.mark.parametrize("one", MODELS, ids=name_of)
def test_what_is_known_stays_where_nothing_is_learned(one):
    before = fitted(one, content(), WEIGHTS)
    nothing = anonymous(np.zeros((0, 3)), np.zeros(0))
    assert fitted(one, nothing) is None
    assert fitted(one, nothing, previous=before) is before
    assert fitted(one, content(), np.zeros(40), previous=before) is before, "no weight is no lesson"


@pytest.mark.parametrize("one", MODELS, ids=name_of)
def test_a_weight_of_two_is_two_rows_and_a_weight_of_nothing_none(one):
    works, weights = content(12), np.tile([2.0, 0.0, 1.0, 1.0], 3)
    rows = np.repeat(np.arange(12), weights.astype(int))
    parts = Works(*(column[rows] for column in works))
    policy, other = fitted(one, works, weights), one.fit(make_training(rows, rows), parts, None, Draws(0))
    for mine, theirs in zip(one.moments(policy), one.moments(other), strict=True):
        assert mine == pytest.approx(theirs, rel=1e-6, abs=1e-9)
    made = [one.sample(known, 50, DRAWS.of("one")) for known in (policy, other)]
    assert made[0].quality == pytest.approx(made[1].quality) and np.array_equal(made[0].genre, made[1].genre)


@pytest.mark.parametrize("one", MODELS, ids=name_of)
def test_the_order_of_rows_means_nothing(one):
    """As rows are the log's, which is in order of how users and items are numbered."""
    mixer = np.random.default_rng(2).permutation(40)
    works = content()
    other = Works(*(column[mixer] for column in works))
    policies = fitted(one, works, WEIGHTS), one.fit(make_training(mixer, mixer, WEIGHTS[mixer]), other, None, Draws(0))
    made = [one.sample(policy, 200, DRAWS.of("one")) for policy in policies]
    assert np.abs(made[0].topics - made[1].topics).max() < 1e-9
    assert np.array_equal(made[0].genre, made[1].genre) and np.array_equal(made[0].parent, made[1].parent)


@pytest.mark.parametrize("one", MODELS, ids=name_of)
def test_the_same_items_are_made_however_many_are_made(one):
    policy = fitted(one, content(), WEIGHTS)
    few, many = (one.sample(policy, n, DRAWS.of("some")) for n in (3, 300))
    assert np.abs(few.topics - many.topics[:3]).max() < 1e-12 and np.array_equal(few.quality, many.quality[:3])
    nothing = one.sample(policy, 0, DRAWS)
    assert nothing.topics.shape == (0, 3) and len(nothing.parent) == 0


@pytest.mark.parametrize("one", [Gaussian(), Mixture(), Categorical()], ids=name_of)
def test_quality_and_clickbait_are_learned_and_quality_is_lost(one):
    """n = 20 000; s.e. σ/√n of a mean and σ/√2n of a standard deviation, 4.5 of them."""
    n, lossy, works = 20_000, one.model_copy(update={"quality_loss": 0.6}), content()
    made = lossy.sample(fitted(lossy, works, WEIGHTS), n, DRAWS.of("worth"))
    for found, known, lost in ((made.quality, works.quality, 0.6), (made.clickbait, works.clickbait, 0.0)):
        mean = np.average(known, weights=WEIGHTS)
        spread = np.sqrt(np.average((known - mean) ** 2, weights=WEIGHTS))
        assert abs(found.mean() - (mean - lost)) < 4.5 * spread / np.sqrt(n)
        assert abs(found.std() - spread) < 4.5 * spread / np.sqrt(2 * n)
    assert abs(np.corrcoef(made.quality, made.clickbait)[0, 1]) < 4.5 / np.sqrt(n), "different dice"


# -- one Gaussian ----


def test_a_gaussian_with_noise_has_the_density_of_scipy():
    one = Gaussian(temperature=0.6, noise=0.5, unbiased=True)
    works = content()
    policy = fitted(one, works, WEIGHTS)
    spread = 0.6 * np.cov(works.topics.T, aweights=WEIGHTS, ddof=1) + 0.25 * np.eye(3)
    expected = multivariate_normal(np.average(works.topics, axis=0, weights=WEIGHTS), spread).logpdf(works.topics)
    assert one.log_likelihood(policy, works) == pytest.approx(expected, rel=1e-6)


def test_noise_keeps_a_gaussian_that_knows_one_item_alive():
    one = Gaussian(noise=0.2)
    policy = fitted(one, points(np.array([[1.0, 2.0]])))
    made = one.sample(policy, 10_000, DRAWS.of("noise")).topics
    assert made.std(axis=0) == pytest.approx([0.2, 0.2], abs=4.5 * 0.2 / np.sqrt(20_000))
    assert not Gaussian().sample(policy, 10, DRAWS).topics.std(axis=0).any()


# -- mixtures ----


def test_a_mixture_has_the_density_of_scipy():
    one = Mixture(components=2, temperature=0.5, floor=0.0)
    means, roots = np.array([[0.0, 0.0], [3.0, 1.0]]), np.array([np.eye(2), [[2.0, 0.0], [1.0, 1.0]]])
    policy = Parts(np.array([0.3, 0.7]), means, roots, np.zeros((2, 2)))
    works = points(DRAWS.of("x").normal(np.arange(20), np.arange(2)))
    spreads = [0.5 * np.eye(2), 0.5 * np.array([[4.0, 2.0], [2.0, 2.0]])]
    parts = [
        multivariate_normal(mean, spread).logpdf(works.topics)
        for mean, spread in zip(policy.means, spreads, strict=True)
    ]
    expected = logsumexp(np.stack(parts, axis=1), axis=1, b=policy.shares)
    assert one.log_likelihood(policy, works) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("components", [1, 2, 5])
def test_expectation_maximisation_never_makes_data_less_likely(components):
    """Step by step from the same start, weighted; without a floor, of which the theorem knows nothing."""
    works = points(DRAWS.of("em").normal(np.arange(300), np.arange(2)) ** 3)
    weights = 0.5 + DRAWS.of("w").uniform(np.arange(300))
    reached = []
    for iterations in range(1, 25):
        one = Mixture(components=components, iterations=iterations, floor=0.0)
        reached.append(float(weights @ one.log_likelihood(fitted(one, works, weights), works)))
    assert (np.diff(reached) > -1e-6).all()
    assert components == 1 or reached[-1] > reached[0] + 1.0


def test_learning_goes_on_where_it_stopped():
    """Ten steps at once or twice five: a component may not jump from one training to the next."""
    works = points(DRAWS.of("em").normal(np.arange(300), np.arange(2)) ** 3)
    once = fitted(Mixture(iterations=10, floor=0.0), works)
    half = fitted(Mixture(iterations=5, floor=0.0), works)
    twice = fitted(Mixture(iterations=5, floor=0.0), works, previous=half, draws=Draws(99))
    assert twice.means == pytest.approx(once.means) and twice.shares == pytest.approx(once.shares)


def test_two_clusters_far_apart_are_found():
    """30 % at (10, 0), 70 % at (−10, 5), spreads ½ and 1; s.e. of what a cluster of n/3 tells, 4.5 of them."""
    n, second = 3000, np.arange(3000) % 10 >= 3
    noise = DRAWS.of("two").normal(np.arange(n), np.arange(2))
    topics = np.where(second[:, None], [-10.0, 5.0] + 1.0 * noise, [10.0, 0.0] + 0.5 * noise)
    one = Mixture(components=2)
    policy = fitted(one, points(topics))
    order = np.argsort(-policy.means[:, 0])
    assert policy.shares[order] == pytest.approx([0.3, 0.7], abs=1e-9)
    for place, centre, spread, size in ((order[0], (10, 0), 0.5, 900), (order[1], (-10, 5), 1.0, 2100)):
        assert policy.means[place] == pytest.approx(centre, abs=4.5 * spread / np.sqrt(size))
        found = policy.roots[place] @ policy.roots[place]
        assert found == pytest.approx(spread**2 * np.eye(2), abs=4.5 * spread**2 * np.sqrt(2 / size) + 1e-3)
    made = one.sample(policy, 2000, DRAWS.of("made")).topics
    assert (np.abs(made[:, 0]) > 4).all(), "the gap between them stays empty"
    blur = Gaussian()
    assert (np.abs(blur.sample(fitted(blur, points(topics)), 2000, DRAWS.of("made")).topics[:, 0]) < 4).mean() > 0.2


def test_fewer_different_items_than_components_make_fewer_components():
    one = Mixture(components=4)
    policy = fitted(one, points(np.array([[0.0, 0.0], [0.0, 0.0], [5.0, 5.0]])))
    assert policy.shares.shape == (2,) and np.sort(policy.shares) == pytest.approx([1 / 3, 2 / 3])
    alone = fitted(one, points(np.ones((3, 2))))
    assert alone.shares.tolist() == [1.0] and alone.means.tolist() == [[1.0, 1.0]]
    made = one.sample(alone, 4000, DRAWS.of("alone")).topics
    assert made.std(axis=0) == pytest.approx(np.sqrt([one.floor, one.floor]), rel=0.06), "the floor keeps it open"


def test_a_component_that_explains_nobody_keeps_its_place_with_share_zero():
    """All items are at the second: the first is dead, is never sampled again, and does no harm."""
    lost = Parts(
        np.array([0.5, 0.5]), np.array([[100.0, 100.0], [0.0, 0.0]]), np.array([np.eye(2)] * 2), np.zeros((2, 2))
    )
    one, works = Mixture(components=2), points(DRAWS.of("here").normal(np.arange(200), np.arange(2)))
    policy = fitted(one, works, previous=lost)
    assert policy.shares.tolist() == [0.0, 1.0] and policy.means[0].tolist() == [100.0, 100.0]
    assert np.isfinite(one.log_likelihood(policy, works)).all()
    assert np.abs(one.sample(policy, 5000, DRAWS.of("dead")).topics).max() < 20
    assert one.moments(policy)[0] == pytest.approx(works.topics.mean(axis=0))
    again = fitted(one, points(np.full((50, 2), 100.0)), previous=policy)
    assert again.shares[0] == 0.0, "what is lost does not come back by itself"


# -- genres ----


def test_shares_means_and_spreads_of_genres_by_hand():
    works = anonymous(np.array([[1.0], [3.0], [10.0], [20.0]]), np.zeros(4), None, np.array([4, 4, 7, 9], np.int32))
    policy = fitted(Categorical(), works, np.array([1.0, 3.0, 4.0, 0.0]))
    assert policy.names.tolist() == [4, 7] and policy.shares.tolist() == [0.5, 0.5], "without weight it is not met"
    assert policy.means[:, 0] == pytest.approx([2.5, 10.0])
    assert policy.spreads[:, 0] == pytest.approx([np.sqrt(0.75), 0.0])


@pytest.mark.parametrize(
    ("temperature", "smoothing", "expected"),
    [
        (1.0, 0.0, [0.6, 0.3, 0.1, 0.0]),
        (0.5, 0.0, [36 / 46, 9 / 46, 1 / 46, 0.0]),
        (0.0, 0.0, [1.0, 0.0, 0.0, 0.0]),
        (1.0, 0.4, [0.46, 0.28, 0.16, 0.1]),
        (0.0, 1.0, [0.25] * 4),
    ],
)
def test_chances_of_genres_by_hand(temperature, smoothing, expected):
    """And as frequent among 20 000 samples; 4.5 s.e. of a share."""
    one, n = Categorical(temperature=temperature, smoothing=smoothing), 20_000
    policy = Genres(
        np.array([2, 3, 5, 8]), np.array([0.6, 0.3, 0.1, 0.0]), np.zeros((4, 1)), np.ones((4, 1)), np.zeros((2, 2))
    )
    chances = one.chances(policy)
    assert chances == pytest.approx(expected)
    made = one.sample(policy, n, DRAWS.of("genre")).genre
    found = (made[:, None] == policy.names).mean(axis=0)
    assert made.dtype == np.int32
    assert (np.abs(found - expected) <= 4.5 * np.sqrt(chances * (1 - chances) / n) + 1e-12).all()


def test_equally_frequent_genres_share_the_cold():
    policy = Genres(np.arange(3), np.array([0.4, 0.4, 0.2]), np.zeros((3, 1)), np.ones((3, 1)), np.zeros((2, 2)))
    assert Categorical(temperature=0.0).chances(policy).tolist() == [0.5, 0.5, 0.0]
    assert np.isfinite(Categorical(temperature=1e-3).chances(policy)).all()


def test_a_genre_that_is_lost_is_remembered_and_new_ones_are_learned():
    one = Categorical(smoothing=0.5)
    first = fitted(one, anonymous(np.array([[1.0], [5.0]]), np.zeros(2), None, np.array([3, 6], np.int32)))
    later = fitted(
        one, anonymous(np.array([[7.0], [9.0]]), np.zeros(2), None, np.array([6, 1], np.int32)), previous=first
    )
    assert later.names.tolist() == [1, 3, 6] and later.shares.tolist() == [0.5, 0.0, 0.5]
    assert later.means[:, 0].tolist() == [9.0, 1.0, 7.0], "where genre 3 was when it was last met"
    made = one.sample(later, 600, DRAWS.of("lost"))
    assert 50 < (made.genre == 3).sum() < 150 and (made.topics[made.genre == 3] == 1.0).all()


def test_the_density_of_genres_is_scipys_whatever_they_are_called():
    one, works = Categorical(smoothing=0.3), content()
    policy = fitted(one, works, WEIGHTS)
    parts = [multivariate_normal(mean, np.diag(spread**2)).logpdf(works.topics)
             for mean, spread in zip(policy.means, policy.spreads, strict=True)]  # fmt: skip
    expected = logsumexp(np.stack(parts, axis=1), axis=1, b=one.chances(policy))
    assert one.log_likelihood(policy, works) == pytest.approx(expected, rel=1e-6)
    assert np.array_equal(
        one.log_likelihood(policy, works._replace(genre=-works.genre)), one.log_likelihood(policy, works)
    )


# -- rewrites ----


def rewritten(one: Rewrite, items, weights=None) -> tuple[Works, Works]:
    """What it was taught, rows of these items, and 3000 rewrites."""
    items = np.asarray(items)
    number = items.astype(float)
    works = anonymous(np.stack([number, -number], axis=1), number / 10, number / 100, (items % 3).astype(np.int32))
    policy = one.fit(make_training(items * 0, items, weights), works, None, Draws(0))
    return works, one.sample(policy, 3000, DRAWS.of("rewrite"))


def test_a_rewrite_is_the_twin_of_its_parent():
    _, made = rewritten(Rewrite(), [5, 9, 12, 9])
    assert np.array_equal(made.topics[:, 0], made.parent) and np.array_equal(made.topics[:, 1], -made.parent)
    assert made.quality == pytest.approx(made.parent / 10) and made.clickbait == pytest.approx(made.parent / 100)
    assert np.array_equal(made.genre, made.parent % 3) and made.parent.dtype == np.int32
    share = (made.parent == 9).mean()
    assert abs(share - 0.5) < 4.5 * np.sqrt(0.25 / 3000), "clicked twice, rewritten twice as often"
    assert set(made.parent.tolist()) == {5, 9, 12}


def test_a_rewrite_may_scatter_lose_and_promise_more():
    _, made = rewritten(Rewrite(spread=0.2, quality_loss=0.5, clickbait_gain=0.7), [5, 9])
    apart = made.topics - np.stack([made.parent, -made.parent], axis=1)
    assert apart.std() == pytest.approx(0.2, abs=4.5 * 0.2 / np.sqrt(12_000))
    assert made.quality == pytest.approx(made.parent / 10 - 0.5)
    assert made.clickbait == pytest.approx(made.parent / 100 + 0.7)


def test_only_the_heaviest_originals_are_kept_and_none_without_weight():
    _, made = rewritten(Rewrite(memory_size=2), [5, 9, 12, 20], [1.0, 3.0, 0.5, 2.0])
    assert set(made.parent.tolist()) == {9, 20}
    assert abs((made.parent == 9).mean() - 0.6) < 4.5 * np.sqrt(0.24 / 3000)
    _, made = rewritten(Rewrite(), [5, 9, 12], [1.0, 0.0, 1.0])
    assert set(made.parent.tolist()) == {5, 12}


def test_the_density_of_rewrites_is_a_kernel_around_originals():
    """Scott's bandwidth where it is larger than the scatter: tr Σ/d · n^(−2/(d + 4))."""
    works = points(DRAWS.of("kernel").normal(np.arange(50), np.arange(2)))
    for spread, variance in ((3.0, 9.0), (0.0, float(np.trace(np.cov(works.topics.T, ddof=0)) / 2 * 50 ** (-2 / 6)))):
        one = Rewrite(spread=spread)
        policy = fitted(one, works)
        parts = [multivariate_normal(centre, variance * np.eye(2)).logpdf(works.topics) for centre in policy.topics]
        assert one.log_likelihood(policy, works) == pytest.approx(logsumexp(parts, axis=0) - np.log(50), rel=1e-9)


def test_in_a_run_rewrites_name_their_parents_by_row():
    """Twins in everything that people see, but for the form of their titles, which only the words tell."""
    sim = run_all(
        tiny(system={"generators": [{"kind": "rewrite", "per_tick": 6}]}, items={"clickbait_spread": 0.5}, metrics=[])
    )
    items = sim.world.items
    made = np.flatnonzero(items.made_by_ai)
    assert len(made) == 24 and (items.parent[made] >= 0).all() and (items.parent[:30] == -1).all()
    for name in ("topics", "quality", "clickbait", "genre"):
        assert np.array_equal(items[name][made], items[name][items.parent[made]]), name
    assert (items.born[items.parent[made]] < items.born[made]).all()
    users = np.arange(40)
    twins = sim.world.utility(users, np.broadcast_to(made, (40, 24)))
    assert np.array_equal(twins, sim.world.utility(users, np.broadcast_to(items.parent[made], (40, 24))))


def test_in_a_run_titles_are_rewritten_with_the_rest():
    sim = finished(
        lively({"system.generators": [{"kind": "rewrite", "per_tick": 3}]}, items={"titles": "corpus"}, metrics=[])
    )
    items = sim.world.items
    made = np.flatnonzero(items.made_by_ai)
    assert len(made) and np.array_equal(items.tokens[made], items.tokens[items.parent[made]])
    assert (items.tokens[made, 0] >= 0).all()


def test_lots_of_items_put_together_are_learned_as_one():
    """What the tests of theory build on."""
    both = together(content(8), content(8))
    assert fitted(Gaussian(), both).mean == pytest.approx(content(8).topics.mean(axis=0))
