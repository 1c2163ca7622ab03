"""What shipped scenarios claim comes out as written, and does not where the claim's own break lies over all arms."""

import re
from functools import cache
from pathlib import Path

import pytest

from recsim.arms import arms_of, plainly
from recsim.data import DataError
from recsim.experiment.telling import table_told
from recsim.experiment.verifying import broken, verify
from recsim.reading import packaged, read
from recsim.runs import prepared

TOP = Path(__file__).parents[1]
SPECS = {name: read(path) for name, path in packaged().items()}
CLAIMS = [(name, at) for name, spec in SPECS.items() for at in range(len(spec.claims))]
NAMES = [f"{name}-{at + 1}" for name, at in CLAIMS]
OPPOSITE = {"holds": "fails", "fails": "holds"}


def ready(name):
    """The scenario with its data."""
    try:
        return prepared(TOP / "scenarios" / f"{name}.yaml")
    except DataError as error:
        pytest.skip(f"needs data: set RECSIM_DATA ({str(error).splitlines()[0]})")


@cache
def verified(name):
    return verify(ready(name), jobs=2)


def told(claims):
    return claims[["says", "verdict", "written", "measured", "p", "n"]].to_string()


def assert_it_breaks(name, at, seeds, before=None):
    """The break shows the opposite, or at least something else than what was found `before`: then it is undecided."""
    spec = ready(name)
    result = verify(broken(spec, spec.claims[at]), most=seeds, jobs=2)
    found = result.claims.iloc[0]
    assert result.failures.empty
    if spec.claims[at].written == "undecided":
        assert found["verdict"] in OPPOSITE, told(result.claims)
    elif found["verdict"] == "undecided":
        assert before is not None and not found["low"] <= before <= found["high"], told(result.claims)
    else:
        assert found["verdict"] == OPPOSITE[spec.claims[at].written], told(result.claims)


# -- what a claim must have ----


def untreated(spec):
    """The scenario without what is done about the loop."""
    return plainly(spec).model_copy(update={"interventions": ()})


def test_every_scenario_but_hello_is_an_experiment_with_a_counterfactual():
    for name, spec in SPECS.items():
        if name == "hello":
            assert spec.experiment is None and not spec.claims
            continue
        arms = arms_of(spec).values()
        if "/" not in name and not spec.system.generators and spec.users.network.kind == "none":
            assert {arm.system.recommender.kind for arm in arms} & {"uniform", "oracle", "none"}, name
        assert 2 <= len(spec.claims) <= 9, name
        twins = [arm for arm in arms if untreated(arm) == untreated(spec)]
        assert len(twins) > bool(spec.interventions), f"{name} lacks its twin without the intervention"


def test_the_claims_take_many_forms():
    assert len({claim.kind for spec in SPECS.values() for claim in spec.claims}) >= 8


@pytest.mark.parametrize(("name", "at"), CLAIMS, ids=NAMES)
def test_every_claim_says_where_it_is_from_and_has_a_break_that_fits_all_arms(name, at):
    spec = SPECS[name]
    claim = spec.claims[at]
    assert claim.source and not claim.says.endswith(".") and claim.broken_by
    if claim.evidence != "derived":
        assert re.search(r"\b(19|20)\d\d\b", claim.source), "a publication has a year"
    for arm in arms_of(broken(spec, claim)).values():
        assert arm.override_all(claim.broken_by) == arm


def test_a_break_lies_over_what_arms_change_themselves():
    spec = SPECS["filter_bubble"]
    arms = arms_of(broken(spec, spec.claims[2]))
    assert {arm.system.recommender.kind for arm in arms.values()} == {"oracle"}
    assert [claim.says for claim in broken(spec, spec.claims[2]).claims] == [spec.claims[2].says]


# -- a sample of what comes out ----


def test_a_sample_comes_out_as_written():
    result = verify(ready("engagement"), most=5, jobs=2)
    assert result.as_written, told(result.claims)


SAMPLE = [("engagement", 2), ("filter_bubble", 0), ("popularity_bias", 0)]


@pytest.mark.parametrize(("name", "at"), SAMPLE, ids=[f"{name}-{at + 1}" for name, at in SAMPLE])
def test_a_sample_does_not_come_out_when_it_is_broken(name, at):
    assert_it_breaks(name, at, 5)


# -- all of it ----


@pytest.mark.long
@pytest.mark.parametrize("name", dict.fromkeys(name for name, _ in CLAIMS))
def test_every_scenario_comes_out_as_written(name):
    result = verified(name)
    assert result.failures.empty
    assert result.as_written, told(result.claims)


@pytest.mark.long
@pytest.mark.parametrize(("name", "at"), CLAIMS, ids=NAMES)
def test_every_claim_does_not_come_out_when_it_is_broken(name, at):
    claim = verified(name).claims.iloc[at]
    assert_it_breaks(name, at, int(claim["n"]), claim["estimate"])


@pytest.mark.long
def test_the_table_of_the_readme_is_what_verify_finds():
    text = (TOP / "README.md").read_text(encoding="utf-8")
    for mark, of_article in (("verify-table", False), ("article-table", True)):
        table = text.split(f"<!-- {mark} -->\n")[1].split(f"<!-- /{mark} -->")[0]
        names = [name for name in dict.fromkeys(name for name, _ in CLAIMS) if ("/" in name) == of_article]
        found = [row for name in names for row in table_told(name, verified(name).claims)]
        assert table.strip().splitlines()[2:] == found
