"""What there is to explain: the fields of a scenario, and the families with their kinds."""

from __future__ import annotations

import textwrap
from typing import Any

from recsim.base.component import Component
from recsim.explain.python import in_short
from recsim.problems import listed
from recsim.problems.fields import plural
from recsim.scenario import Scenario

WIDTH = 116
"""Letters of a line."""


def members(family: type[Component]) -> dict[str, str]:
    """The kinds of a family, each with its first line."""
    return {kind: in_short(member) for kind, member in sorted(family.members().items())}


def overview_data() -> dict[str, Any]:
    """The fields of a scenario and the families of components."""
    fields = {name: field.description or "" for name, field in Scenario.model_fields.items()}
    return {"fields": fields, "families": {name: members(one) for name, one in sorted(Component.families.items())}}


def overview() -> str:
    """The fields of a scenario and the families of components, for people."""
    told = overview_data()
    lines = ["A scenario has these fields; `recsim explain FIELD` tells more:"]
    lines += [line for name, text in told["fields"].items() for line in _column(name, text)]
    lines += ["", "and these families of components; `recsim explain KIND` tells more:"]
    families = told["families"].items()
    lines += [line for name, kinds in families for line in _column(plural(name), listed(kinds, limit=100))]
    return "\n".join([*lines, "", "`recsim explain FILE` tells a scenario in words; `recsim --help` lists the verbs."])


def _column(name: str, text: str) -> list[str]:
    """A name, and beside it what it is about."""
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"  {name:<14} ", subsequent_indent=" " * 17, break_on_hyphens=False
    )
