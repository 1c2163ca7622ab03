"""Running a scenario to its end, and the result: tidy numbers that know where they come from."""

from __future__ import annotations

import html
import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recsim import checkpoint, left
from recsim.data.links import located
from recsim.events import clicks
from recsim.folder import RunExistsError, claim, provenance, put, write
from recsim.reading import find, read
from recsim.scenario import Scenario
from recsim.simulation import Simulation
from recsim.titles import read_titles, titles

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Interrupted(Exception):  # noqa: N818  (nothing went wrong)
    """A run was asked to stop, and has written a checkpoint."""


class ResumeError(ValueError):
    """A run that cannot be gone on with, because what it was begun with has changed."""


class Run:
    """What a run measured, detached from the live model.

    Attributes:
        metrics: DataFrame with columns tick, metric, group, value, in order of tick.
        traces: arrays that `record` kept, by name; see `recsim.recording`.
        events: DataFrame of all clicks, if `record.events`; see `recsim.events.clicks`.
        titles: DataFrame of what items are called, if they have titles and `record.items`; see `recsim.titles.titles`.
        inputs: DataFrame of what people picked by hand (tick, user, rank).
        scenario: the whole scenario, as it was at the start.
        provenance: seed, versions, hash of the scenario and of its data.
    """

    def __init__(
        self,
        metrics: pd.DataFrame,
        scenario: Scenario,
        provenance: Mapping[str, Any],
        traces: Mapping[str, NDArray[Any]] | None = None,
        events: pd.DataFrame | None = None,
        inputs: pd.DataFrame | None = None,
        titles: pd.DataFrame | None = None,
    ) -> None:
        self.metrics, self.scenario, self.provenance = metrics, scenario, dict(provenance)
        self.traces, self.events, self.titles = dict(traces or {}), events, titles
        self.inputs = pd.DataFrame({"tick": [], "user": [], "rank": []}, dtype=int) if inputs is None else inputs

    @property
    def seed(self) -> int:
        """The seed it ran with."""
        return self.scenario.seed

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a metric: value when it was first defined, at the end, and the change.

        Where it was measured for groups too, a column `end[group]` holds the last value of each.
        """
        wide = self.wide()
        if wide.empty:
            return pd.DataFrame({"start": [], "end": [], "change": []}, dtype=float).rename_axis("metric")
        names = list(dict.fromkeys(self.metrics["metric"]))
        everybody = wide.reindex(columns=names)
        start, end = everybody.bfill().iloc[0], everybody.iloc[-1]
        found = {"start": start, "end": end, "change": end - start}
        for group in sorted(dict.fromkeys(self.metrics["group"]), key=lambda group: group == "chance"):
            if group != "all":
                theirs = wide.reindex(columns=[f"{name}[{group}]" for name in names]).iloc[-1]
                found[f"end[{group}]"] = theirs.set_axis(names)
        return pd.DataFrame(found, index=names).rename_axis("metric")

    def wide(self) -> pd.DataFrame:
        """One row a tick, one column a metric (`metric[group]` for groups other than `all`)."""
        grouped = self.metrics["group"] != "all"
        name = self.metrics["metric"].where(~grouped, self.metrics["metric"] + "[" + self.metrics["group"] + "]")
        columns = list(dict.fromkeys(name))
        return (
            self.metrics.assign(name=name)
            .pivot(index="tick", columns="name", values="value")[columns]
            .rename_axis(columns=None)
        )

    def plot(self, *names: str) -> Figure:
        """One panel a metric over time (default: all), with warm-up and interventions marked."""
        from recsim.plot import over_time

        if self.metrics.empty:
            raise ValueError("nothing was measured: give the scenario 'metrics'")
        return over_time(self.metrics, self.scenario, names)

    def save(self, place: str | Path) -> Path:
        """Write everything into a directory that holds no results yet.

        Raises:
            RunExistsError: it does.
        """
        folder = claim(Path(place), self.scenario, self.provenance)
        write(self, folder)
        return folder

    @classmethod
    def load(cls, place: str | Path) -> Run:
        """Read a directory that `save` or `recsim run` wrote.

        Raises:
            FileNotFoundError: it holds no finished run.
        """
        folder = Path(place)
        if not folder.is_dir():
            raise FileNotFoundError(f"{folder}: no such directory")
        if not (folder / "metrics.csv").is_file():
            raise FileNotFoundError(
                f"{folder}: no finished run here (no metrics.csv); 'recsim resume {folder}' finishes one"
            )
        traces = {file.stem: np.load(file, allow_pickle=False) for file in sorted((folder / "traces").glob("*.npy"))}
        events, inputs, named = (folder / name for name in ("events/clicks.parquet", "inputs.csv", "traces/titles.csv"))
        return cls(
            read_metrics(folder / "metrics.csv"),
            read(folder / "scenario.yaml"),
            json.loads((folder / "provenance.json").read_text()),
            traces,
            pd.read_parquet(events) if events.is_file() else None,
            pd.read_csv(inputs) if inputs.is_file() else None,
            read_titles(named) if named.is_file() else None,
        )

    def __repr__(self) -> str:
        table = self.table.to_string(float_format="{:.4g}".format, na_rep="-")
        return f"{self.scenario.about or 'A run'}\nseed {self.seed}, {self.scenario.ticks} ticks\n{table}"

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        about = html.escape(self.scenario.about or "A run")
        table = self.table.to_html(float_format="{:.4g}".format, na_rep="-", border=0)
        return f"<p><b>{about}</b><br>seed {self.seed}, {self.scenario.ticks} ticks</p>{table}"


def resume(place: str | Path, progress: bool = False) -> Run:
    """Go on with an interrupted run, from its newest undamaged checkpoint or else from tick 0, to the same result.

    Raises:
        FileNotFoundError: no run was begun there.
        RunExistsError: it is finished.
        ResumeError: the scenario or its data are not those it was begun with.
        CheckpointError: there are checkpoints, but all are damaged.
    """
    folder = Path(place)
    if (folder / "metrics.csv").exists():
        raise RunExistsError(f"{folder}: this run is finished")
    if not (folder / "scenario.yaml").is_file():
        raise FileNotFoundError(f"{folder}: no run was begun here (no scenario.yaml)")
    spec = read(folder / "scenario.yaml")
    begun, now = json.loads((folder / "provenance.json").read_text()), provenance(spec)
    for name, what in (
        ("scenario_sha256", "scenario.yaml"),
        ("data_sha256", f"the data in {spec.data and spec.data.path}"),
    ):
        if begun[name] != now[name]:
            raise ResumeError(f"{folder}: {what} is not what the run was begun with; put it back, or run anew")
    state, comparison = checkpoint.load(folder / "checkpoints"), left.kept(folder, spec)
    sim = (
        Simulation(spec, _comparison=comparison) if state is None else checkpoint.restore(state, comparison=comparison)
    )
    return finish(sim, spec, folder, begun["checkpoint_every"], progress)


def prepared(
    scenario: str | Path | Scenario | Mapping[str, Any],
    *,
    seed: int | None = None,
    set: Mapping[str, Any] | None = None,  # noqa: A002
    data: str | Path | None = None,
) -> Scenario:
    """The scenario that `run` runs: read, overridden, its data located."""
    beside = []
    if isinstance(scenario, Scenario):
        spec = scenario
    elif isinstance(scenario, Mapping):
        spec = Scenario.parse(scenario)
    elif not isinstance(scenario, (str, Path)):
        raise TypeError(f"a scenario is a file, a name, a Scenario or its fields, not a {type(scenario).__name__}")
    else:
        path = find(scenario)
        spec, beside = read(path), [path.parent]
    spec = spec.override_all({**(set or {}), **({} if seed is None else {"seed": seed})})
    if spec.data is None and not spec.users.network.needs_links:
        return spec
    usual = [*beside, Path.cwd(), *(Path(place) for place in (os.environ.get("RECSIM_DATA"),) if place)]
    folders = usual if data is None else [Path(data)]
    network = located(spec.users.network, folders)
    people = spec.users if network is spec.users.network else spec.users.model_copy(update={"network": network})
    found = None if spec.data is None else spec.data.located(folders)
    return spec.model_copy(update={"data": found, "users": people})


def finish(
    sim: Simulation,
    spec: Scenario,
    folder: Path | None = None,
    checkpoint_every: int | None = None,
    progress: bool = False,
    inputs: Mapping[int, Mapping[int, int]] | None = None,
) -> Run:
    """Step a simulation to its end, with checkpoints, and write its results.

    Raises:
        Interrupted: SIGINT or SIGTERM came, and a checkpoint has been written into `folder`.
    """
    from recsim.progress import bar

    shown = bar(spec.ticks, sim.tick, Path(folder).name if folder else "recsim") if progress else None
    with _signals(enabled=folder is not None) as stopped:
        while sim.running:
            sim.picks.update((inputs or {}).get(sim.tick + (not sim.is_open), {}))
            sim.step()
            if shown is not None:
                shown.update()
            if (
                folder is not None
                and sim.running
                and (stopped.is_set() or (checkpoint_every and sim.tick % checkpoint_every == 0))
            ):
                checkpoint.save(sim, folder / "checkpoints")
                if stopped.is_set():
                    raise Interrupted(
                        f"stopped after tick {sim.tick} of {spec.ticks}; go on with: recsim resume {folder}"
                    )
    if shown is not None:
        shown.close()
    result = collected(sim, spec, checkpoint_every)
    if folder is not None:
        write(result, folder)
        put(folder / "timings.json", json.dumps({"seconds": dict(sim.seconds)}, indent=1))
    return result


def collected(sim: Simulation, spec: Scenario, checkpoint_every: int | None = None) -> Run:
    """The result of a simulation so far, detached from it."""
    return Run(
        pd.DataFrame(sim.rows, columns=["tick", "metric", "group", "value"]),
        spec,
        provenance(spec, checkpoint_every, sim.history),
        sim.recorder.arrays(),
        clicks(sim) if spec.record.events else None,
        pd.DataFrame(sim.inputs, columns=["tick", "user", "rank"]),
        titles(sim, spec.record.items) if spec.items.titles is not None and spec.record.items else None,
    )


def read_metrics(path: Path) -> pd.DataFrame:
    """The tidy frame of a run or an ensemble, every bit of its numbers as they were written."""
    text = ("arm", "metric", "group", "value")
    frame = pd.read_csv(path, dtype=dict.fromkeys(text, str), keep_default_na=False)
    return frame.assign(value=[float(text) if text else float("nan") for text in frame["value"]])


@contextmanager
def _signals(*, enabled: bool) -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, so that a run stops between two ticks and never inside one."""
    stopped = threading.Event()
    if not enabled or threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    watched = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: stopped.set()) for number in watched]
    try:
        yield stopped
    finally:
        for number, handler in zip(watched, before, strict=True):
            signal.signal(number, handler)
