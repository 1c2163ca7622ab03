"""Experiments: the same world, the same people and the same dice, one thing changed, over enough seeds."""

from __future__ import annotations

import copy
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recsim import folder
from recsim.arms import Design, arms_of
from recsim.claims import Claim
from recsim.experiment import engines
from recsim.experiment.cells import TOKEN, Outcome, Work, finished, unpack
from recsim.experiment.ensemble import Ensemble
from recsim.experiment.sharing import branches
from recsim.experiment.storage import ABOVE, arms_in, assembled, begun, tabled, written
from recsim.left import references
from recsim.metrics import Metric
from recsim.runs import Interrupted, prepared
from recsim.scenario import Scenario
from recsim.simulation import Simulation

__all__ = ["Ensemble", "Experiment"]


class Experiment:
    """A scenario's arms on a number of seeds.

    Args:
        scenario: a file, the name of a packaged scenario, a `Scenario`, or its fields as plain data.
        seeds: replaces the number of seeds.
        set: overrides by path for all arms, such as `{"system.slate_size": 20}`.
        data: folder or file of the scenario's `data:`.
        fork: whether what arms share is computed once; the results are the same bytes.

    Attributes:
        scenario: the scenario with its experiment.
        arms: the scenario of each arm, by name.
        seeds: the seeds.

    Raises:
        ScenarioError: the scenario, an arm, or an override does not fit.
        DataError: its data cannot be found or read.
    """

    def __init__(
        self,
        scenario: str | Path | Scenario | Mapping[str, Any],
        *,
        seeds: int | None = None,
        set: Mapping[str, Any] | None = None,  # noqa: A002
        data: str | Path | None = None,
        fork: bool = True,
    ) -> None:
        spec = prepared(scenario, set=set, data=data)
        design = spec.experiment or Design()
        design = design if seeds is None else Design.model_validate({**design.model_dump(), "seeds": seeds})
        self.scenario = spec.model_copy(update={"experiment": design})
        self.seeds = [spec.seed + number for number in range(design.seeds)]
        self.arms = _measured_alike(arms_of(self.scenario), self.scenario.claims)
        self.fork, self.branches = fork, branches(self.arms, fork=fork)

    def of(self, arms: Sequence[str] | None) -> Experiment:
        """The same with some of the arms only, and those they are compared with; None: all of them."""
        few = copy.copy(self)
        if arms is not None:
            wanted = list(arms)
            for arm in wanted:  # grows by what each is compared with
                wanted += [other for other in references(self.arms[arm]) if other in self.arms and other not in wanted]
            few.arms = {arm: spec for arm, spec in self.arms.items() if arm in wanted}
            few.branches = branches(few.arms, fork=self.fork)
        return few

    def run(
        self,
        out: str | Path | None = None,
        *,
        jobs: int | None = None,
        on: str | Executor | None = None,
        checkpoint_every: int | None = None,
        progress: bool = False,
    ) -> Ensemble:
        """Run every arm on every seed, and see what came out.

        Args:
            out: a new directory, or one in which this experiment was begun: what is finished there is not done again.
                Default: nothing is kept but the metrics.
            jobs: processes on this machine; 1: this one; default: as many as there are cores.
            on: another engine: the address of a Dask scheduler (`tcp://host:8786`), its scheduler file, or an executor
                of `concurrent.futures`.
            checkpoint_every: ticks between checkpoints of a cell; default: a cell that is interrupted begins again.
            progress: whether to show a progress bar on stderr.

        Raises:
            RunExistsError: `out` holds something else.
            EngineError: the engine cannot be used.
            Interrupted: SIGINT or SIGTERM came; what is finished in `out` stays.
        """
        if out is not None:
            result = self._run(self._begun(Path(out), checkpoint_every), jobs, on, checkpoint_every, progress)
            tabled(result, Path(out))
            return result
        with tempfile.TemporaryDirectory(prefix="recsim-") as place:
            return self._run(self._begun(Path(place), None), jobs, on, None, progress)

    def _run(
        self, place: Path, jobs: int | None, on: str | Executor | None, checkpoint_every: int | None, progress: bool
    ) -> Ensemble:
        from recsim.progress import bar

        where, token = str(place.absolute()), (place / TOKEN).read_text()
        plain = {arm: spec.plain() for arm, spec in self.arms.items()}
        tasks = [
            Work(seed, branch, {step.arm: plain[step.arm] for step in branch}, where, token, checkpoint_every)
            for seed in self.seeds
            for branch in self.branches
            if not all(finished(place, step.arm, seed) for step in branch)
        ]
        failures: dict[tuple[str, int], str] = {}
        total = len(self.arms) * len(self.seeds)
        left = sum(not finished(place, arm, seed) for arm in self.arms for seed in self.seeds)
        shown = bar(total, total - left, place.name, unit="run") if progress else None

        def done(outcomes: Sequence[Outcome]) -> None:
            for one in outcomes:
                if one.files is not None:
                    unpack(place, one)
                if one.problem and not finished(place, one.arm, one.seed):
                    failures[one.arm, one.seed] = one.problem
                if shown is not None:
                    shown.update()

        with _stoppable(f"what is finished is kept, go on with: recsim resume {place}"):
            engines.run(tasks, done, jobs, on)
        if shown is not None:
            shown.close()
        failures = {one: why for one, why in failures.items() if not finished(place, *one)}
        return assembled(place, self, failures)

    def _begun(self, place: Path, checkpoint_every: int | None) -> Path:
        """The directory, begun or gone on with.

        Raises:
            RunExistsError: it holds something else.
        """
        about = folder.provenance(self.scenario, checkpoint_every, self.scenario.history())
        about |= {"seeds": self.seeds}
        if (place / TOKEN).is_file():
            if arms_in(place) != self.arms or begun(place)["data_sha256"] != about["data_sha256"]:
                raise folder.RunExistsError(f"{place}: holds another experiment; name another place with -o")
            for name in ABOVE:
                (place / name).unlink(missing_ok=True)
            folder.begin(place, self.scenario, about)
            return place
        folder.claim(place, self.scenario, about, checkpoint_every)
        written(place, self.arms)
        folder.put(place / TOKEN, f"{about['scenario_sha256']} {os.getpid()} {time.time_ns()}")
        return place


def _measured_alike(arms: Mapping[str, Scenario], claims: Sequence[Claim]) -> dict[str, Scenario]:
    """The arms; where they do not say what to measure, all measure what applies in any of them, and what is claimed."""
    open_ones = {arm: spec for arm, spec in arms.items() if spec.metrics is None}
    if not open_ones:
        return dict(arms)
    named = [name for claim in claims for name in (claim.metric, getattr(claim, "other", None)) if name is not None]
    found = {name: Metric.parse(name) for name in named}
    history = next(iter(arms.values())).history()
    for spec in {_signs(spec.plain()): spec for spec in open_ones.values()}.values():
        found |= {metric.label: metric for metric in Simulation(spec, _history=history).observer.metrics}
    metrics = tuple(found[label] for label in Metric.members() if label in found)
    return dict(arms) | {arm: spec.model_copy(update={"metrics": metrics}) for arm, spec in open_ones.items()}


def _signs(value: Any) -> str:
    """Plain data with the sign of each number in its place: what applies does not hang on how large they are."""
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{name}:{_signs(its)}' for name, its in value.items())}}}"
    if isinstance(value, list):
        return f"[{','.join(map(_signs, value))}]"
    return str((value > 0) - (value < 0)) if isinstance(value, (int, float)) else repr(value)


@contextmanager
def _stoppable(advice: str) -> Iterator[None]:
    """SIGTERM is Ctrl-C, and both end in a message that says how to go on."""
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler) if main else None
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"stopped; {advice}") from None
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)
