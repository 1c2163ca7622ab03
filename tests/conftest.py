"""Fixtures; the functions themselves are in `tests/helpers.py`, for those who would rather import them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # two test processes share the cores; set before implicit is there

from recsim.base.component import Component
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from tests import helpers


@pytest.fixture
def tiny() -> Callable[..., Scenario]:
    """The function `tiny(path_overrides=None, /, **sections)`: 40 users, 30 items, 6 ticks."""
    return helpers.tiny


@pytest.fixture
def run_all() -> Callable[[Simulation | Scenario], Simulation]:
    """The function `run_all(sim)`: step to the end."""
    return helpers.run_all


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update-baseline` writes `tests/baseline.yaml` anew."""
    parser.addoption("--update-baseline", action="store_true", help="write tests/baseline.yaml anew, on purpose only")


@pytest.fixture(autouse=True)
def _registry_as_it_was() -> Iterator[None]:
    """A class that a test defines joins its family; it leaves again, so that no other test meets it."""
    before = {family: dict(members) for family, members in Component.registry.items()}
    families = dict(Component.families)
    yield
    for family in list(Component.registry):
        Component.registry[family].clear()
        Component.registry[family].update(before.get(family, {}))
        if family not in before:
            del Component.registry[family]
    Component.families.clear()
    Component.families.update(families)
