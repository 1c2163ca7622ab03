"""A Gaussian that learns from its own samples: what is lost, where it goes, and what real data keep.

Variances are means over d directions, which are exchangeable, and over independent chains, whose scatter gives the
standard error; tolerances are 4 of these. Formulas by martingale arguments: Shumailov et al. (Nature 2024),
Gerstgrasser et al. (2024), Kazdan et al. (2024), Alemohammad et al. (ICLR 2024) study these loops.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import digamma

from recsim.base.draws import Draws
from recsim.base.flow import Works
from recsim.system.generators.gaussian import Gaussian, Moments
from tests.theory.loops import fitted, near, points, real, together, variance

CHAINS, D = 200, 5


def chain(number: int, m: int, generations: int, generator: Gaussian) -> list[tuple[float, float]]:
    """Variance and squared drift of the mean, per direction, after each of some generations of m samples."""
    draws = Draws(7).of("chain", number, m)
    policy = fitted(generator, _unit())
    found = []
    for generation in range(generations):
        policy = fitted(generator, generator.sample(policy, m, draws.of(generation)))
        found.append((variance(generator, policy), float(policy.mean @ policy.mean) / D))
    return found


def _unit() -> Works:
    """Items whose moments are exactly N(0, 1) in every direction."""
    corners = np.sqrt(D) * np.concatenate([np.eye(D), -np.eye(D)])
    return points(corners)


@pytest.fixture(scope="module")
def replaced() -> np.ndarray:
    """(chains, generations, 2) of m = 20."""
    return np.array([chain(number, 20, 10, Gaussian()) for number in range(CHAINS)])


def test_the_start_is_exactly_normal() -> None:
    policy = fitted(Gaussian(), _unit())
    assert policy.mean == pytest.approx(np.zeros(D), abs=1e-12)
    assert Gaussian().moments(policy)[1] == pytest.approx(np.eye(D))


def test_variance_falls_by_one_over_m_each_generation(replaced: np.ndarray) -> None:
    """O1: E σ²_n = (1 − 1/M)^n."""
    for n in (1, 3, 10):
        assert near(replaced[:, n - 1, 0], (1 - 1 / 20) ** n), n


def test_what_is_lost_becomes_drift(replaced: np.ndarray) -> None:
    """O2 and O3: E(μ_n − μ_0)² = 1 − (1 − 1/M)^n, so that both together stay 1."""
    for n in (1, 3, 10):
        assert near(replaced[:, n - 1, 1], 1 - (1 - 1 / 20) ** n), n
        assert near(replaced[:, n - 1].sum(axis=1), 1.0), n


def test_an_unbiased_fit_keeps_the_mean_and_still_collapses() -> None:
    """O4: E σ² = 1, E ln σ² = n [ψ((M − 1)/2) − ln((M − 1)/2)], E drift² = n/M. One direction at a time."""
    m, n, chains, generator = 20, 8, 800, Gaussian(unbiased=True)
    last = np.zeros((chains, 2))
    for number in range(chains):
        policy, draws = fitted(Gaussian(), points(np.array([-1.0, 1.0]))), Draws(3).of("one", number)
        for generation in range(n):
            policy = fitted(generator, generator.sample(policy, m, draws.of(generation)))
        last[number] = variance(generator, policy), policy.mean[0] ** 2
    assert near(last[:, 0], 1.0)
    assert near(np.log(last[:, 0]), n * (digamma((m - 1) / 2) - np.log((m - 1) / 2)))
    assert near(last[:, 1], n / m)
    assert np.median(last[:, 0]) < 0.9


def test_how_much_chains_differ() -> None:
    """O5: Var σ²_n = (1 − 1/M²)^n − (1 − 1/M)^{2n}; one direction, 3000 chains, s.e. from the scatter of squares."""
    m, n, chains, generator = 20, 4, 3000, Gaussian()
    last = np.zeros(chains)
    for number in range(chains):
        policy, draws = fitted(generator, points(np.array([-1.0, 1.0]))), Draws(4).of("one", number)
        for generation in range(n):
            policy = fitted(generator, generator.sample(policy, m, draws.of(generation)))
        last[number] = variance(generator, policy)
    squares = (last - last.mean()) ** 2
    assert near(squares, (1 - 1 / m**2) ** n - (1 - 1 / m) ** (2 * n))


@pytest.mark.parametrize("m", [4, 10])
def test_accumulating_keeps_a_floor(m: int) -> None:
    """O6: E V_n = Π (1 − 1/(M k²)) → sin(π/√M)/(π/√M), each generation fitted on all there were."""
    generations = 12
    found = np.zeros((CHAINS, generations))
    for number in range(CHAINS):
        draws, generator = Draws(5).of("chain", number, m), Gaussian()
        pool = None
        policy = fitted(generator, _unit())
        for generation in range(generations):
            made = generator.sample(policy, m, draws.of(generation))
            pool = made if pool is None else together(pool, made)
            policy = fitted(generator, pool)
            found[number, generation] = variance(generator, policy)
    product = np.cumprod(1 - 1 / (m * np.arange(1, generations + 1) ** 2))
    for n in (1, 4, generations):
        assert near(found[:, n - 1], product[n - 1]), n
    floor = np.sin(np.pi / np.sqrt(m)) / (np.pi / np.sqrt(m))
    assert product[-1] > floor and product[-1] - floor < 0.03
    assert found[:, -1].mean() > (1 - 1 / m) ** generations + 0.1, "replacing would have lost far more"


def settled(alpha: float, m: int, fresh: bool, chains: int = 100) -> np.ndarray:
    """(chains,) variance of a model of which αM of M items are real: new ones each generation, or always the same."""
    found, generator, n_real = np.zeros(chains), Gaussian(), round(alpha * m)
    for number in range(chains):
        draws, late = Draws(6).of("anchor", number), []
        anchor = real(n_real, D, draws.of("anchor"))
        policy = fitted(generator, _unit())
        for generation in range(60):
            made = generator.sample(policy, m - n_real, draws.of("made", generation))
            people = real(n_real, D, draws.of("fresh", generation)) if fresh else anchor
            policy = fitted(generator, together(people, made))
            if generation >= 45:
                late.append(variance(generator, policy))
        found[number] = np.mean(late)
    return found


@pytest.mark.parametrize("alpha", [0.1, 0.25, 0.5])
def test_fresh_real_data_keep_variance(alpha: float) -> None:
    """O8: V* = 1 − 1/(Mα(2 − α) + 1 − α)."""
    m = 20
    assert near(settled(alpha, m, fresh=True), 1 - 1 / (m * alpha * (2 - alpha) + 1 - alpha))


@pytest.mark.parametrize("alpha", [0.1, 0.25, 0.5])
def test_the_same_real_data_keep_less(alpha: float) -> None:
    """O9: V* = (1 − 1/αM) · α(2 − α)/(α(2 − α) + (1 − α)/M)."""
    m = 20
    weight = alpha * (2 - alpha)
    assert near(settled(alpha, m, fresh=False), (1 - 1 / (alpha * m)) * weight / (weight + (1 - alpha) / m))


@pytest.mark.parametrize(("temperature", "share"), [(0.8, 0.1), (0.9, 0.3), (0.5, 0.5)])
def test_temperature_against_real_data(temperature: float, share: float) -> None:
    """O10: S* = λ a/(1 − λ(1 − a)) for infinitely many samples, here four points with the right moments."""
    generator, policy = Gaussian(temperature=temperature), fitted(Gaussian(), points(np.array([-1.0, 1.0])))
    for _ in range(400):
        sampled = np.sqrt(variance(generator, policy))
        four = points(np.array([-1.0, 1.0, -sampled, sampled]))
        policy = fitted(generator, four, np.array([share, share, 1 - share, 1 - share]) / 2)
    assert variance(generator, policy) == pytest.approx(temperature * share / (1 - temperature * (1 - share)))


def test_clickbait_grows_by_kappa_times_its_variance() -> None:
    """O34, the breeder's equation: weighed by e^{κc} the mean of c rises by κ s² a generation and its variance stays.

    20 000 items a generation, s = .3, κ = 1; the s.e. of a weighted mean from its effective sample size.
    """
    kappa, s, n, generations = 1.0, 0.3, 20_000, 4
    draws, generator = Draws(9), Gaussian()
    first = points(np.zeros(n), None, s * draws.normal(np.arange(n)))
    policy = fitted(generator, first)
    means = [policy.traits[1, 0]]
    for generation in range(generations):
        made = generator.sample(policy, n, draws.of(generation))
        weights = np.exp(kappa * made.clickbait)
        policy = fitted(generator, made, weights)
        means.append(policy.traits[1, 0])
    rises, error = np.diff(means), s * np.sqrt(np.exp(kappa**2 * s**2) / n + 1 / n)
    assert (np.abs(rises - kappa * s**2) < 4 * error * 1.3).all(), "variance itself drifts by a few percent"
    assert policy.traits[1, 1] == pytest.approx(s, rel=0.05)


def test_quality_debt() -> None:
    """q⁺ = (1 − c) q_H + c q_A − δ settles at q_H − δ/(1 − c); copies of copies alone fall by δ a generation."""
    people, loss = np.full(4, 1.0), 0.2
    for share in (0.0, 0.5, 0.8):
        generator, made = Gaussian(quality_loss=loss), np.full(4, 1.0)
        for _ in range(200):
            works = together(points(np.zeros(4), people), points(np.zeros(4), made))
            made = _mean_quality(generator, fitted(generator, works, np.repeat([1 - share, share], 4)))
        assert made == pytest.approx(1.0 - loss / (1 - share))
    generator, made = Gaussian(quality_loss=loss), np.full(4, 1.0)
    for n in range(1, 6):
        made = _mean_quality(generator, fitted(generator, points(np.zeros(4), made)))
        assert made == pytest.approx(1.0 - n * loss)


def _mean_quality(generator: Gaussian, policy: Moments) -> np.ndarray:
    """(4,) quality of what it makes when nothing scatters."""
    return generator.sample(policy._replace(traits=policy.traits * [1.0, 0.0]), 4, Draws(1)).quality
