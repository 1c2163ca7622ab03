"""The scenario that `recsim new` writes to start from, with the schema that editors check it against."""

from __future__ import annotations

import json
import re
from pathlib import Path

from recsim.explain import meaning
from recsim.explain.schema import TITLE, schema
from recsim.problems import Place, Problem, ScenarioError
from recsim.problems.fields import brief
from recsim.reading import packaged

SCHEMA_FILE = "recsim.schema.json"
LINES = (
    ("about: What happens when a recommender learns from the clicks it has caused?", ""),
    ("ticks: 50", "ticks"),
    ("seed: 1", "seed"),
    ("users:", "users"),
    ("  count: 1000", "users.count"),
    ("  behaviours:", "users.behaviours"),
    ("    - {kind: drift, rate: 0.02}", "drift.rate"),
    ("    - {kind: position_bias, strength: 0.5}", "position_bias.strength"),
    ("items:", "items"),
    ("  count: 500", "items.count"),
    ("system:", "system"),
    ("  slate_size: 10", "system.slate_size"),
    ("  warmup: {ticks: 5, recommender: uniform}", "system.warmup"),
    ("  retrain_every: 1", "system.retrain_every"),
    ("  recommender:", "system.recommender"),
    ("  rerankers: []", "system.rerankers"),
    ("interventions: []", "interventions"),
    ("# experiment:", "experiment"),
    ("#   seeds: 10", "experiment.seeds"),
    ("#   arms:", "experiment.arms"),
    ("#     random: {system.recommender: uniform}", ""),
    ("# claims:", "claims"),
    ("#   - {says: What is learned is worth it, expect: greater, metric: utility, arms: [baseline, random]}", ""),
)
"""What stands in the file, and which field's docstring explains it; the recommender is that of `hello`."""


def new(name: str) -> tuple[Path, Path]:
    """Write a scenario and its schema; a file that is there already is never written over.

    Returns:
        The scenario's file and the schema's.

    Raises:
        ScenarioError: there is a file of that name, or it cannot be one.
        OSError: it cannot be written.
    """
    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", path.name) is None:
        raise _refused(name, "is no name for a scenario", "use up to 64 letters, digits, '.', '-' and '_'")
    beside = path.with_name(SCHEMA_FILE)
    text = starting_text(path.stem)
    if beside.exists() and not _ours(beside):
        raise _refused(
            str(beside), "is there already, and is not a schema of recsim", "move it, or choose another folder"
        )
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _refused(
            str(path), "is there already", "choose another name; recsim never writes over a scenario"
        ) from None
    beside.write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path, beside


def starting_text(name: str) -> str:
    """A scenario in which every line says what it does."""
    head = [
        f"# yaml-language-server: $schema={SCHEMA_FILE}",
        f"# {name}: a loop to start from. Change what you like, then: recsim check, recsim run; recsim explain FIELD.",
        "# From your own log: leave each 'count' out, write 'data: {kind: log, path: clicks.csv}', 'tastes: from_log'",
        "# under 'users'; 'recsim explain log' tells how its columns are named.",
    ]
    lines = [(_as_in_hello(line) if line == "  recommender:" else line, path) for line, path in LINES]
    body = [f"{line:<43} # {brief(meaning(path).text)}" if path else line for line, path in lines]
    return "\n".join([*head, *body]) + "\n"


def _as_in_hello(start: str) -> str:
    """The line that begins so in the packaged scenario `hello`, without its comment."""
    text = packaged()["hello"].read_text(encoding="utf-8")
    return next(line for line in text.splitlines() if line.startswith(start)).partition(" #")[0].rstrip()


def _ours(path: Path) -> bool:
    """Whether a file is a schema that `new` wrote before."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("title") == TITLE


def _refused(name: str, text: str, hint: str) -> ScenarioError:
    return ScenarioError([Problem((), text, hint, place=Place(name, 0, 0))])
