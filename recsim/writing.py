"""Scenario → YAML text, all defaults written out."""

from __future__ import annotations

import io

from ruamel.yaml import YAML

from recsim.scenario import Scenario


def dump(scenario: Scenario) -> str:
    """The scenario as YAML that `read` reads back."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 120
    stream = io.StringIO()
    yaml.dump(scenario.plain(), stream)
    return stream.getvalue()
