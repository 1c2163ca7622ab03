"""From findings to verdicts: Holm within a scenario, a share of the error for each look, and the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from recsim.claims import LOOKS, Claim, Finding, Looks, table, verdicts
from recsim.claims.judging import COLUMNS, holm
from recsim.values import Values
from tests.measured import values

NOTHING = values({"a": [1.0]})


def scripted(*p: tuple[float, float], known: str | None = None) -> Claim:
    """A claim that finds these p-values, one pair a look, whatever is measured."""

    class _Scripted(Claim):
        """Finds what it is told; with its underscore no member of the family."""

        def expected(self) -> str:
            return "something"

        def find(self, values: Values) -> Finding:
            holds, fails = script.pop(0)
            return Finding(0.0, 0.0, 0.0, holds, fails, 5, "something else")

    script = list(p)
    return _Scripted(says="It is as scripted", metric="m", known=known)


def test_holm_by_hand():
    """0.01·4, 0.02·3, then 0.03·2 = 0.06 and 0.05·1, which may not be below it."""
    assert holm([0.03, 0.01, 0.05, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([0.02]) == [0.02] and holm([]) == []
    assert holm([0.0, 1.0, 0.0]) == [0, 1, 0]


def test_a_p_value_counts_twice_and_for_every_claim_and_look():
    """One claim, one look: 2p. Two claims: the smaller 2·2p. Four looks: four times as much."""
    one = Looks([scripted((0.01, 0.99))], looks=(5,)).look(NOTHING)
    assert one[0].p == pytest.approx(0.02)
    two = Looks([scripted((0.01, 0.99)), scripted((0.98, 0.02))], looks=(5,)).look(NOTHING)
    assert [one.p for one in two] == pytest.approx([0.04, 0.04])
    four = Looks([scripted((0.001, 0.999))]).look(NOTHING)
    assert four[0].p == pytest.approx(0.008)


@pytest.mark.parametrize(
    ("p", "verdict"),
    [((0.025, 0.975), "holds"), ((0.0251, 0.9749), "undecided"), ((0.9, 0.02), "fails"), ((0.0, 1.0), "holds"),
     ((1.0, 0.0), "fails"), ((1.0, 1.0), "undecided"), ((0.5, 0.5), "undecided")],
)  # fmt: skip
def test_what_is_decided_at_5_percent(p, verdict):
    assert Looks([scripted(p)], looks=(5,)).look(NOTHING)[0].verdict == verdict


def test_looking_goes_on_until_all_is_decided():
    sure, slow = scripted((1e-9, 1.0)), scripted((0.4, 0.6), (0.03, 0.97), (1e-4, 1.0))
    looks = Looks([sure, slow])
    assert looks.wanted == 5 and looks.verdicts == []
    assert [one.verdict for one in looks.look(NOTHING)] == ["holds", "undecided"]
    assert looks.wanted == 10
    looks.look(NOTHING)
    assert looks.wanted == 20
    assert [one.verdict for one in looks.look(NOTHING)] == ["holds", "holds"]
    assert looks.wanted is None


def test_what_is_decided_stays_decided_and_is_not_looked_at_again():
    """The script of the first claim has one entry: a second look at it would raise."""
    looks = Looks([scripted((1.0, 1e-9)), scripted((0.5, 0.5), (0.5, 0.5))])
    first = looks.look(NOTHING)[0]
    assert looks.look(NOTHING)[0] is first and first.verdict == "fails"


def test_what_is_decided_leaves_its_share_to_the_others():
    """0.002: four looks · 2 = 0.016 alone; with two claims left 0.032, with three 0.048."""
    others = [scripted((1e-9, 1.0)) for _ in range(2)]
    looks = Looks([*others, scripted((0.5, 0.5), (0.0035, 1.0))])
    looks.look(NOTHING)
    assert looks.look(NOTHING)[2].p == pytest.approx(4 * 2 * 0.0035)


def test_there_are_four_looks_and_no_more():
    assert LOOKS == (5, 10, 20, 40)
    looks = Looks([scripted(*[(0.5, 0.5)] * 9)])
    for wanted in LOOKS:
        assert looks.wanted == wanted
        looks.look(NOTHING)
    assert looks.wanted is None and looks.verdicts[0].verdict == "undecided"
    with pytest.raises(ValueError, match="true by looking"):
        looks.look(NOTHING)


def test_no_claims_need_no_look():
    assert Looks([]).wanted is None
    assert len(verdicts([], NOTHING)) == 0


@pytest.mark.parametrize("looks", [(), (5, 5), (10, 5)])
def test_looks_grow(looks):
    with pytest.raises(ValueError, match="numbers that grow"):
        Looks([], looks=looks)


def test_a_known_verdict_is_as_written_when_it_comes():
    for known, p, expected in (
        (None, (1e-9, 1.0), True), (None, (1.0, 1e-9), False), (None, (0.5, 0.5), False),
        ("fails, because of a reason", (1.0, 1e-9), True), ("fails, because of a reason", (1e-9, 1.0), False),
        ("undecided, because of noise", (0.5, 0.5), True), ("undecided, because of noise", (1.0, 1e-9), False),
    ):  # fmt: skip
        (one,) = Looks([scripted(p, known=known)], looks=(5,)).look(NOTHING)
        assert one.as_written is expected


def test_the_table_has_one_row_a_claim():
    arms: dict[str, Any] = {"a": [3.0, 4.1, 5.0, 6.2], "b": [1.0, 2.0, 3.0, 4.0]}
    fields = {"metric": "m", "at": "end", "source": "by hand", "evidence": "published"}
    sides = [
        {"expect": "greater", "says": "A is more", "arms": ["a", "b"]},
        {"expect": "less", "says": "A is less", "arms": ["a", "b"], "known": "fails, because no"},
        {"expect": "greater", "says": "No matter", "arms": ["a"], "than": "tick 1", "at": "last 2 ticks"},
    ]
    claims = [Claim.parse(fields | one) for one in sides]
    found = verdicts(claims, values(arms))
    assert list(found.columns) == list(COLUMNS)
    assert found["verdict"].tolist() == ["holds", "fails", "undecided"], "four zeros may be luck"
    assert found["written"].tolist() == ["holds", "fails", "holds"]
    assert found["as_written"].tolist() == [True, True, False]
    assert found["expect"].tolist() == ["greater", "less", "greater"]
    assert found["arms"].tolist() == ["a, b", "a, b", "a"]
    assert found["window"].tolist() == ["end", "end", "last 2 ticks / tick 1"]
    assert found["n"].tolist() == [4, 4, 4]
    assert found["estimate"].tolist() == pytest.approx([2.075, 2.075, 0])
    assert found["expected"][0] == "a > b at the end" and "difference 2.08" in found["measured"][0]
    assert found["source"].tolist() == ["by hand"] * 3 and found["evidence"].tolist() == ["published"] * 3
    again = Looks(claims, looks=(4,)).look(values(arms))
    assert table(again).equals(found)


def test_verdicts_do_not_depend_on_the_order_of_claims():
    rng = np.random.default_rng(3)
    arms = {name: rng.normal(level, 1.0, 10) for name, level in (("a", 0.0), ("b", 0.8), ("c", 3.0))}
    pairs = [("a", "b"), ("b", "c"), ("c", "a"), ("a", "c")]
    claims = [Claim.parse({"expect": "less", "says": "So", "metric": "m", "at": "end", "arms": pair}) for pair in pairs]
    forward, backward = verdicts(claims, values(arms)), verdicts(claims[::-1], values(arms))
    assert forward["p"].tolist() == backward["p"].tolist()[::-1]
    assert forward["verdict"].tolist() == backward["verdict"].tolist()[::-1]
