"""How often verdicts are wrong and how often they are found, by simulation: four looks, several claims.

Monte-Carlo errors: a share p of n repetitions has the standard error √(p(1 − p)/n); bounds allow for four of them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsim.claims import LOOKS, Claim, Finding, Looks, finding
from recsim.inference import interval, positive, seeds_needed, within
from recsim.values import Values

ALPHA = 0.05
RNG = np.random.default_rng(20240607)


def share(wrong: int, n: int) -> tuple[float, float]:
    """A share, and its standard error."""
    return wrong / n, float(np.sqrt(max(wrong, 1) / n * (1 - wrong / n) / n))


class _AboveNothing(Claim):
    """The mean of one row of what it is given is above 0; `metric` is the number of the row."""

    def expected(self) -> str:
        """In words."""
        return "above 0"

    def find(self, values: Values) -> Finding:
        """The mean of the row."""
        sample = values[int(self.metric)]  # type: ignore[index]  # the rows themselves
        return finding(sample, positive(sample), "mean")


CLAIMS = [_AboveNothing(says="Above 0", metric=str(row)) for row in range(6)]


def judged(samples: np.ndarray, looks: tuple[int, ...] = LOOKS, alpha: float = ALPHA) -> list[str]:
    """Verdicts about rows (m, 40), of which each look sees the first so many seeds."""
    judge = Looks(CLAIMS[: len(samples)], looks, alpha)
    while (seeds := judge.wanted) is not None:
        judge.look(samples[:, :seeds])  # type: ignore[arg-type]
    return [one.verdict for one in judge.verdicts]


def correlated(count: int, claims: int, rho: float) -> np.ndarray:
    """(count, claims, 40) standard normal differences, correlated over claims like arms with a common control."""
    common = RNG.normal(size=(count, 1, 40))
    return np.sqrt(rho) * common + np.sqrt(1 - rho) * RNG.normal(size=(count, claims, 40))


@pytest.mark.parametrize("rho", [0.0, 0.6])
def test_four_looks_at_six_claims_on_the_border_give_a_false_verdict_in_5_percent_at_most(rho):
    """Truth on the border of every claim, so any verdict counts as false; 1000 repetitions, s.e. 0.7 %."""
    wrong = sum(any(one != "undecided" for one in judged(samples)) for samples in correlated(1000, 6, rho))
    found, error = share(wrong, 1000)
    assert found <= ALPHA + 4 * error
    assert found > 0.005, "and it is not for want of trying"


def test_looking_four_times_without_paying_for_it_makes_things_true():
    """What the spending prevents: each look and each claim at 5 %, and more than half of all scenarios lie."""
    wrong = 0
    for samples in correlated(200, 6, 0.0):
        wrong += any(
            judged(samples[row : row + 1, :seeds], (seeds,), ALPHA) != ["undecided"]
            for row in range(6)
            for seeds in LOOKS
        )
    assert share(wrong, 200)[0] > 0.4


def test_true_claims_among_them_do_not_raise_the_false_ones():
    """Two large effects are found at once and leave their share; the four on the border still lie in 5 % at most."""
    samples = correlated(600, 6, 0.3)
    samples[:, :2] += 3.0
    verdicts = [judged(one) for one in samples]
    assert all(one[:2] == ["holds", "holds"] for one in verdicts)
    found, error = share(sum(any(its != "undecided" for its in one[2:]) for one in verdicts), 600)
    assert found <= ALPHA + 4 * error


def test_a_false_sign_is_rarer_still():
    """Effects of a tenth of a standard deviation: "fails" is wrong, and the share of runs with any is below 5 %."""
    samples = correlated(600, 6, 0.3) + 0.1
    found, error = share(sum("fails" in judged(one) for one in samples), 600)
    assert found <= ALPHA + 4 * error


@pytest.mark.parametrize(("effect", "least"), [(3.0, 0.99), (1.0, 0.95), (0.7, 0.9)])
def test_effects_of_a_usual_size_are_found(effect, least):
    """One standard deviation of the paired differences: all but always within 40 seeds; 300 repetitions, s.e. 2 %."""
    verdicts = [judged(samples[:3]) for samples in correlated(300, 3, 0.0) + effect]
    assert np.mean([one == "holds" for its in verdicts for one in its]) > least


def test_large_effects_need_only_the_first_look():
    sample = correlated(1, 3, 0.0)[0] / 5 + 3.0
    judge = Looks(CLAIMS[:3])
    assert judge.wanted == 5
    judge.look(sample[:, :5])  # type: ignore[arg-type]
    assert judge.wanted is None


def test_a_metric_of_two_values_lies_no_more_often():
    """±1 by the toss of a coin: five seeds are alike once in sixteen, which the t test alone would take for certain."""
    coins = RNG.choice([-1.0, 1.0], (600, 6, 40))
    found, error = share(sum(any(one != "undecided" for one in judged(samples)) for samples in coins), 600)
    assert found <= ALPHA + 4 * error


# -- the tests themselves, 20 000 samples each: s.e. 0.15 % at 5 % ----


@pytest.mark.parametrize("n", [3, 5, 10, 40])
def test_a_t_interval_covers_the_mean_in_95_percent(n):
    found = interval(RNG.normal(2.0, 3.0, (20_000, n)))
    covered = np.mean((found.low <= 2.0) & (found.high >= 2.0))
    assert abs(covered - 0.95) < 4 * np.sqrt(0.95 * 0.05 / 20_000)


@pytest.mark.parametrize("n", [5, 20])
@pytest.mark.parametrize("level", [0.05, 0.0125])
def test_a_p_value_is_as_small_as_it_says_on_the_border(n, level):
    above, below = positive(RNG.normal(0.0, 1.0, (20_000, n)))
    for p in (above, below):
        assert abs(np.mean(p <= level) - level) < 4 * np.sqrt(level * (1 - level) / 20_000)


@pytest.mark.parametrize("side", [-1, 1])
def test_at_its_margin_an_equivalence_is_shown_in_5_percent(side):
    """A margin of ten standard errors: the other side does not matter, so the level is exact."""
    holds, fails = within(RNG.normal(side * 2.0, 1.0, (20_000, 25)), 2.0)
    assert abs(np.mean(holds <= 0.05) - 0.05) < 4 * np.sqrt(0.05 * 0.95 / 20_000)
    assert abs(np.mean(fails <= 0.05) - 0.025) < 4 * np.sqrt(0.025 * 0.975 / 20_000), "Bonferroni over two sides"


def test_a_narrow_margin_is_never_shown_by_noise_and_never_refuted_too_often():
    """A margin of a tenth of a standard error: TOST cannot find anything; both sides together refute in 5 % at most."""
    holds, fails = within(RNG.normal(0.0, 1.0, (20_000, 25)), 0.02)
    assert np.mean(holds <= 0.05) == 0
    assert np.mean(fails <= 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 20_000)


def test_equality_is_found_when_it_is_there():
    """A margin of one standard deviation, 25 seeds: power above 99 %."""
    holds, _ = within(RNG.normal(0.0, 1.0, (20_000, 25)), 1.0)
    assert np.mean(holds <= 0.05) > 0.99


@pytest.mark.parametrize("effect", [0.5, 1.2])
def test_the_seeds_needed_give_80_percent_power(effect):
    """Power is 80 % or a little more at n, less at n − 1."""
    n = int(seeds_needed(effect))
    for seeds, enough in ((n, True), (n - 1, False)):
        above, _ = positive(RNG.normal(effect, 1.0, (20_000, seeds)))
        power = np.mean(above <= 0.025)
        assert abs(power - 0.8) < 0.08
        assert power > 0.8 - 0.012 if enough else power < 0.8 + 0.012


def test_rare_differences_are_not_taken_for_none():
    """Differences that are 0 in most seeds: neither "no effect" nor "equal" may be concluded from a few zeros."""
    wrong = {"greater": 0, "equal": 0}
    rng, share, runs = np.random.default_rng(11), 0.1, 300
    for _ in range(runs):
        more = (rng.random(40) < share).astype(float)
        luck = rng.normal(size=40)
        for form, fields in (("greater", {}), ("equal", {"margin": share / 4})):
            claim = Claim.parse({"expect": form, "says": "so", "metric": "m", "arms": ["a", "b"], "at": "end"} | fields)
            looks = Looks([claim])
            frame = pd.DataFrame(
                {"arm": arm, "seed": seed, "tick": 1, "metric": metric, "group": "all", "value": value}
                for seed in range(40)
                for arm, metric, value in (
                    ("a", "m", more[seed]), ("b", "m", 0.0), ("a", "other", luck[seed]), ("b", "other", luck[seed]),
                )
            )  # fmt: skip
            whole = Values(frame)
            while (count := looks.wanted) is not None:
                looks.look(whole.first(count))
            wrong[form] += looks.verdicts[0].verdict == ("fails" if form == "greater" else "holds")
    assert wrong["greater"] <= 0.05 * runs + 3 * (0.05 * 0.95 * runs) ** 0.5, wrong
    assert wrong["equal"] <= 0.05 * runs + 3 * (0.05 * 0.95 * runs) ** 0.5, wrong
