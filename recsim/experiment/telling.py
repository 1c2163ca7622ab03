"""What came out of an experiment, as text for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from recsim.inference import interval, moments
from recsim.problems import clean, listed

if TYPE_CHECKING:
    from recsim.experiment.ensemble import Ensemble

WIDEST = 4
"""Arms that stand beside each other."""
MOST = 8
"""Arms that are compared one by one, and metrics that are told of more."""
LONGEST = 40
"""Arms that are told at all."""


def effects_told(ensemble: Ensemble) -> str:
    """One row a metric: its mean in the arm to compare with, and what each other arm adds, with 95 % intervals."""
    if ensemble.metrics.empty:
        return "nothing was measured"
    if len(ensemble.values.arms) < 2:
        return _means_told(ensemble)
    if len(ensemble.values.arms) > MOST:
        return _points_told(ensemble)
    found, against, blocks = _subjects(ensemble.effects()), ensemble.design.against, []
    for window, part in found.groupby("window", sort=False):
        arms = list(dict.fromkeys(part["arm"]))
        for at in range(0, len(arms), WIDEST):
            blocks.append(_block(part, arms[at : at + WIDEST], against, str(window)))
    return "\n\n".join(blocks)


def _subjects(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of everybody, and of metrics that have none those of their groups; named in a column `subject`."""
    whole = frame["metric"].isin(frame.loc[frame["group"] == "all", "metric"])
    kept = frame[np.where(whole, frame["group"] == "all", frame["group"] != "chance")]
    grouped = kept["metric"] + "[" + kept["group"] + "]"
    return kept.assign(subject=kept["metric"].where(kept["group"] == "all", grouped))


def _block(part: pd.DataFrame, arms: Sequence[str], against: str, window: str) -> str:
    rows = {}
    for metric, one in part.groupby("subject", sort=False):
        by_arm = {row["arm"]: row for _, row in one.iterrows()}
        rows[metric] = [_number(one["mean_against"].dropna().head(1))] + [_effect(by_arm[arm]) for arm in arms]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=[against, *arms]).rename_axis("metric")
    n = int(part["n"].max())
    head = f"{window}, {n} seed{'s' * (n != 1)}: mean of '{against}', and what the others add to it [95 % interval]"
    gains = part["pairing_gain"].to_numpy()
    gains = gains[np.isfinite(gains)]
    if not len(gains):
        return f"{head}\n{table.to_string()}"
    bought = f"unpaired, these intervals would be {np.median(gains):.1f} times as wide (median; see effects.csv)"
    return f"{head}\n{table.to_string()}\n{bought}"


def _number(sample: ArrayLike) -> str:
    """The mean of what is defined."""
    mean = moments(sample).mean
    return f"{mean:.4g}" if np.isfinite(mean) else "-"


def _effect(row: pd.Series) -> str:
    if not np.isfinite(row["difference"]):
        return "-"
    if row["difference"] == 0 and (row["n"] < 2 or row["low"] == row["high"] == 0):
        return "the same"
    return _interval(row["difference"], row["low"], row["high"])


def _interval(mean: float, low: float, high: float) -> str:
    if not np.isfinite(mean):
        return "-"
    return f"{mean:+.3g}" + (f" [{low:+.3g}, {high:+.3g}]" if np.isfinite(high) else "")


def _points_told(ensemble: Ensemble) -> str:
    """Many arms: the mean of each metric over the seeds, one row an arm."""
    window, names = ensemble.design.windows[0], [name for name, group in ensemble.values.names if group == "all"]
    rows = {
        arm: [_number(ensemble.values.over(arm, name, window)) for name in names[:MOST]]
        for arm in ensemble.values.arms[:LONGEST]
    }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=names[:MOST]).rename_axis("arm").to_string()
    left = len(ensemble.values.arms) - LONGEST
    rest = f"\n… and {left} more arms, in points.csv and effects.csv" if left > 0 else ""
    return f"{window}, mean of {len(ensemble.seeds)} seeds\n{table}{rest}"


def _means_told(ensemble: Ensemble) -> str:
    """A single arm: means and intervals over its seeds."""
    window, rows = ensemble.design.windows[0], {}
    for arm in ensemble.values.arms:
        frame = pd.DataFrame(ensemble.values.names, columns=["metric", "group"])
        for metric, group, subject in _subjects(frame).itertuples(index=False):
            sample = ensemble.values.over(arm, metric, window, group)
            _, low, high = interval(sample)
            rows[subject] = [_number(sample), f"[{low:.4g}, {high:.4g}]" if np.isfinite(high) else "-"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "95 % interval"]).rename_axis("metric")
    n = len(ensemble.seeds)
    return f"{window}, {n} seed{'s' * (n != 1)}\n{table.to_string()}"


def attribution_told(ensemble: Ensemble) -> str:
    """One row a metric: what each factor contributes to it, and all of them together, with 95 % intervals."""
    blocks = []
    for window, part in _subjects(ensemble.attribution()).groupby("window", sort=False):
        rows = {
            subject: {
                row["factor"]: _interval(row["contribution"], row["low"], row["high"]) for _, row in one.iterrows()
            }
            for subject, one in part.groupby("subject", sort=False)
        }
        table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("metric")
        n = int(part["n"].max())
        head = f"{window}, {n} seeds: what each contributes, over all orders of switching them on [95 % interval]"
        blocks.append(f"{head}\n{table.to_string()}")
    return "\n\n".join(blocks)


def settings_told(settings: pd.DataFrame) -> str:
    """In what arms differ, a line a path."""
    if settings.empty:
        return "no setting differs"
    lines = ["in what they differ:"]
    for path, row in settings.iterrows():
        values = {value: [arm for arm, other in row.items() if other == value] for value in dict.fromkeys(row)}
        lines.append(f"  {path}")
        lines += [f"    {clean(value, 80)}  ({listed(arms, limit=6)})" for value, arms in values.items()]
    return "\n".join(lines)


def claims_told(claims: pd.DataFrame, width: int = 120) -> str:
    """One block a claim: verdict and sentence, then what was expected and what was measured."""
    return "\n".join(line for _, claim in claims.iterrows() for line in _claim_lines(claim, width))


TABLE = ("| scenario | claim | measured, with its 95 % interval | verdict |", "|---|---|---|---|")
"""The head of a Markdown table of claims."""


def table_told(name: str, claims: pd.DataFrame) -> Iterator[str]:
    """A scenario's rows of such a table."""
    for _, claim in claims.iterrows():
        found = f"{claim['measured']} ({claim['n']} seeds)".replace("|", "/")
        known = "" if claim["written"] == "holds" else " (as written)" if claim["as_written"] else ""
        yield f"| `{name}` | {claim['says']} | {found} | {claim['verdict']}{known} |"


def _claim_lines(claim: pd.Series, width: int) -> Iterator[str]:
    mark = "" if claim["as_written"] else f"   NOT AS WRITTEN ({claim['written']})"
    indent = " " * 12
    yield from textwrap.wrap(
        f"  {claim['verdict']:<9} {claim['says']}{mark}", width, subsequent_indent=indent, drop_whitespace=False
    )
    told = f"expected {claim['expected']}; measured {claim['measured']}; {_p(claim['p'])}, {claim['n']} seeds"
    yield from textwrap.wrap(told, width, initial_indent=indent, subsequent_indent=indent)
    source = f"{claim['evidence']}{': ' if claim['source'] else ''}{claim['source']}"
    yield from textwrap.wrap(source, width, initial_indent=indent, subsequent_indent=indent)


def _p(p: float) -> str:
    return f"p = {p:.2g}" if p >= 1e-4 else "p < 0.0001"


def failures_told(failures: pd.DataFrame, limit: int = 10) -> str:
    """The runs that failed, each with its message."""
    lines = [f"{len(failures)} run{'s' * (len(failures) != 1)} failed:"]
    for _, one in failures.head(limit).iterrows():
        first, *rest = str(one["problem"]).split("\n")
        lines += [f"  {one['arm']}, seed {one['seed']}: {first}", *(f"     {line}" for line in rest)]
    if len(failures) > limit:
        lines.append(f"  … and {len(failures) - limit} more, in failures.csv")
    return "\n".join(lines)
