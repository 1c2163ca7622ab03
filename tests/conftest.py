"""Fixtures; the functions themselves are in `tests/helpers.py`, for those who would rather import them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

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
