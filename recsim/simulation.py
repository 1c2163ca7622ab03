"""The loop: a `mesa.Model` whose agents are cohorts of users.

A tick is seven phases that read like the diagram of a feedback loop; `Simulation.step` is that diagram.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import mesa
import numpy as np

from recsim.base.draws import Draws
from recsim.base.flow import Feedback, History, Ints, Slate, joined
from recsim.clock import Clocked
from recsim.holding import one_thread
from recsim.metrics import Tick
from recsim.observing import Comparison, Observer, Row
from recsim.problems import Problem, ScenarioError, SimulationError
from recsim.recording import Recorder
from recsim.scenario import Scenario
from recsim.system.interventions import Watcher
from recsim.system.interventions.change import Change
from recsim.system.service import Service
from recsim.world.world import World

if TYPE_CHECKING:
    import pandas as pd


class Cohort(mesa.Agent):  # type: ignore[misc]
    """Users `lo` to `hi`: the unit of cache and of agency. With `cohort_size: 1` it is one user."""

    model: Simulation
    feedback: Feedback | None = None
    """What its users did in this tick."""

    def __init__(self, model: Simulation, lo: int, hi: int) -> None:
        super().__init__(model)
        self.lo, self.hi = lo, hi

    def __repr__(self) -> str:
        return f"<Cohort of users {self.lo} to {self.hi - 1}>"

    def session(self) -> None:
        """Those who are active see a slate and choose."""
        self.feedback = self.model.session(np.arange(self.lo, self.hi, dtype=np.int32))


class Simulation(Clocked):
    """One run of a scenario, tick by tick.

    `spec` is the scenario in force, `world` the truth, `service` the belief, `rows` what was measured. Mesa's tools
    work on it: `agents` are the cohorts, `datacollector` holds the metrics of everybody, `batch_run(Simulation,
    {"scenario": [spec]})` runs it.

    Args:
        scenario: what to simulate.
        rng: an integer replaces the scenario's seed.
        set: overrides by path, such as `{"system.slate_size": 20}`.

    Raises:
        ScenarioError: an override that does not fit, or an `rng` that is not an integer.
        DataError: the scenario's data cannot be read.
    """

    tick = 0
    """The last tick that was published; 0 is the world before anybody has seen anything."""

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        rng: int | None = None,
        set: Mapping[str, Any] | None = None,  # noqa: A002  (the contract's name)
        _history: History | None = None,
        _comparison: Comparison | None = None,
    ) -> None:
        if not isinstance(scenario, Scenario | None):
            raise TypeError(
                f"a Simulation is of a Scenario, not of {scenario!r}; recsim.read(FILE) reads one from a file"
            )
        spec = scenario if scenario is not None else Scenario()
        overrides = {**(set or {}), **({} if rng is None else {"seed": _integer(rng)})}
        spec = spec.override_all(overrides) if overrides else spec
        super().__init__(rng=spec.seed)
        self.spec, self.draws = spec, Draws(spec.seed)
        self.history, self._comparison = spec.history() if _history is None else _history, _comparison
        self.links = spec.links(self.history)
        self.picks: dict[int, int] = {}
        self.inputs: list[tuple[int, int, int]] = []
        self.recorder = Recorder(spec.record)
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.is_open = False
        one_thread.look()
        with one_thread:
            self._begin()
        self.running = spec.ticks > 0

    # -- the tick ----------------------------------------------------------------------------------------------------

    def step(self) -> None:
        """One tick: publish → expose and choose → collect → evolve → retrain → measure."""
        if self.relives():
            return
        with one_thread:
            self.publish()
            self._timed("expose+choose", self.agents.do, "session")
            feedback = self._timed("collect", self.collect)
            self._timed("evolve", self.evolve, feedback)
            self._timed("retrain", self.retrain)
            self._timed("measure", self.measure, feedback)
        self.running = self.tick < self.spec.ticks

    def publish(self) -> None:
        """People and generators offer items; moderation; the tick's catalogue stands. Does nothing if it is open."""
        if not self.is_open:
            self._timed("publish", self._publish)
            self.is_open = True

    def session(self, users: Ints) -> Feedback:
        """What the active ones among these users are shown, and do. Pure: it reads the tick and writes nothing."""
        by_hand = np.isin(users, list(self.picks))
        slate = self._see(users[self.world.active(users) | by_hand])
        feedback = self.world.choose(slate)
        for user in users[by_hand]:
            row = np.searchsorted(slate.users, user)
            feedback.picks[row, 0], feedback.picks[row, 1:] = self.picks[int(user)] - 1, -1
        return self.world.respond(slate, feedback.picks) if by_hand.any() else feedback

    def collect(self) -> Feedback:
        """All cohorts' feedback as one, into the log."""
        feedback = joined([cohort.feedback for cohort in self.agents if cohort.feedback is not None])
        for cohort in self.agents:
            cohort.feedback = None
        self.service.collect(feedback)
        self.inputs += [(self.tick, user, rank) for user, rank in sorted(self.picks.items())]
        self.picks, self.is_open = {}, False
        return feedback

    def evolve(self, feedback: Feedback) -> None:
        """Tastes move, people leave."""
        self.world.evolve(feedback)
        self.service.look(self.world.public(), self.world.truth())

    def retrain(self) -> None:
        """Fit what is due: log → training → policy in force."""
        self.service.retrain()

    def measure(self, feedback: Feedback) -> None:
        """Rows of metrics, records, and a report to those who watch."""
        self.recorder.record(self.tick, self.world.users, self.service.items, feedback)
        if self.tick % self.spec.measure_every and self.tick != self.spec.ticks:
            return
        with self._locked(feedback):
            report = self.observer.measure(self._look(feedback))
        self.datacollector.collect(self)
        self.service.report(report)

    @property
    def rows(self) -> list[Row]:
        """What was measured so far: tick, metric, group, value."""
        return self.observer.rows

    # -- people in the loop, and looking inside ----------------------------------------------------------------------

    def open(self) -> Simulation:
        """Publish the next tick, so that `slates` can be shown and `picks` made; `step` goes on from there."""
        if not self.running:
            raise RuntimeError(self._ended())
        with one_thread:
            self.publish()
        return self

    def slates(self, users: Iterable[int]) -> Slate:
        """What these users are shown in the open tick; looking changes nothing.

        To choose for somebody set `sim.picks[user] = rank` (1 is the top, 0 is nothing) before the next `step`.

        Raises:
            IndexError: no such user.
        """
        self.open()
        rows = np.unique(np.array([self._user(user) for user in users], np.int32))
        with one_thread:
            return self._see(rows)

    def trace(self, user: int) -> pd.DataFrame:
        """Why this user picks what: the slate of the open tick, the terms of appeal, the noise and the pick.

        One row an item in order of rank, and a last one for choosing nothing; `attrs` holds tick, user, whether the
        user is active, and the recommender's candidates. Looking changes nothing: the next `step` does what it says.
        """
        from recsim.tracing import trace

        self.open()
        with one_thread:
            return trace(self, self._user(user))

    def plan(self) -> pd.DataFrame:
        """The tick as a table: phase, component, what it does."""
        from recsim.tracing import plan

        return plan(self.spec)

    def fork(self, set: Mapping[str, Any] | None = None) -> Simulation:  # noqa: A002
        """A second simulation that goes on from here by itself.

        Overrides are in force from its next tick on, or in the one that is open.

        Raises:
            ScenarioError: an override that does not fit, or that touches what cannot change in the middle of a run.
        """
        from recsim.checkpoint import capture, restore

        return restore(capture(self), self.history, set)

    # -- inside ------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """Tick 0: human data from a file comes first, then the world is measured before anybody sees anything."""
        spec = self.spec
        self.world = World(spec.users, spec.items, self.draws, self.history, spec.creators, self.links)
        self.service = Service(spec.system, spec.interventions, self.draws, self.world.inspect, self.world.content)
        self.service.look(self.world.public(), self.world.truth())
        self._cover_users()
        if self.history is not None:
            self.service.import_history(self.history)
        if spec.system.warmup.ticks == 0:
            self.service.retrain()
        nobody = np.zeros(0, np.int32)
        nothing = Slate(nobody, np.zeros((0, 1), np.int32), np.zeros((0, 1), np.int8))
        feedback = Feedback(nothing, np.zeros((0, 1), np.int32), np.zeros((0, 1)))
        watched = {one.watches for one in spec.interventions if isinstance(one, Watcher) and one.watches is not None}
        with self._locked(feedback):
            self.observer = Observer(spec.metrics, watched, self._look(feedback), self._comparison)
        self.collects()
        self.measure(feedback)

    def _user(self, user: int) -> int:
        """The row of a user who exists."""
        if not 0 <= int(user) < len(self.world.users):
            raise IndexError(f"no user {user}: there are users 0 to {len(self.world.users) - 1}")
        return int(user)

    def _ended(self) -> str:
        return f"this run ended at tick {self.tick}; give the scenario more 'ticks'"

    def ready(self) -> None:
        """A run that has ended, and picks that nobody can make, are found before Mesa's clock moves."""
        if not self.running:
            raise RuntimeError(self._ended())
        if self.picks:
            with one_thread:
                self.publish()
                self._check_picks()

    def _check_picks(self) -> None:
        self.picks = {int(user): int(rank) for user, rank in self.picks.items()}
        for user, rank in self.picks.items():
            if not 0 <= user < len(self.world.users) or not self.world.users.alive[user]:
                raise ValueError(f"picks[{user}]: no such user, or one who has left")
            items = self._see(np.array([user], np.int32)).items[0]
            if not 0 <= rank <= len(items) or (rank and items[rank - 1] < 0):
                raise ValueError(
                    f"picks[{user}] = {rank}: this user's slate has no such rank; 1 is the top, 0 is nothing"
                )

    def _publish(self) -> None:
        self.tick = self.service.tick = self.tick + 1
        self._carry_out_changes()
        self.world.begin(self.tick, self.service.signals())
        self.world.society.introduce(self.service.introductions())
        made = self._generate()
        self.service.begin(self.tick, self.world.public(), self.world.truth(), made)
        self._cover_users()

    def _generate(self) -> Ints:
        """The platform's generators publish; rows of what they made."""
        models, uploads = self.service.models, int((self.world.items.born == self.tick).sum())
        made = [np.zeros(0, np.int32)]
        for generator in () if self.service.warming else self.spec.system.generators:
            works = models.make(generator, uploads)
            if works is not None:
                keys = self.draws.of(generator.stream, self.tick, "birth").keys(np.arange(len(works.quality)))
                made.append(self.world.add_works(works, keys, models.generation(generator)))
        return np.concatenate(made)

    def _carry_out_changes(self) -> None:
        """Do the changes whose tick has come."""
        spec = self.changed(self.spec)
        if spec is not self.spec:
            self.adopt(spec)

    def changed(self, spec: Scenario) -> Scenario:
        """A scenario after the changes whose tick has come by now; one that is done leaves the scenario in force.

        Raises:
            SimulationError: a change that does not fit what others have made of the scenario.
        """
        starts = [(one.begins(self.service), one) for one in spec.interventions if isinstance(one, Change)]
        due = [(start, one) for start, one in starts if start is not None and start <= self.tick]
        for _, change in sorted(due, key=lambda one: one[0]):
            left = tuple(one for one in spec.interventions if one.label != change.label)
            try:
                rest = {"interventions": left, "experiment": None, "claims": ()}  # arms may name the change
                spec = spec.model_copy(update=rest).override(change.path, change.value)
            except ScenarioError as error:
                what = f"tick {self.tick}: the change '{change.label}' no longer fits the scenario it meets"
                raise SimulationError(f"{what}\n{error}") from None
        return spec

    def resume_at(self, tick: int, rows: list[Row], is_open: bool) -> None:
        """Stand at the end of a tick (or in an open one) with tables restored; `checkpoint.restore` calls it."""
        self.relive(tick - is_open, rows)
        self.tick = self.world.tick = self.service.tick = tick
        self.is_open = is_open
        self.service.look(self.world.public(), self.world.truth())
        self.service.log.rebuild(len(self.world.users), len(self.world.items))
        self._cover_users()
        self.running = tick - is_open < self.spec.ticks

    def adopt(self, spec: Scenario) -> None:
        """Go on by another scenario of the same sizes."""
        self.spec = spec
        self.world.adopt(spec.users, spec.items, spec.creators)
        self.service.adopt(spec.system, spec.interventions)
        self.running = self.tick - self.is_open < spec.ticks

    def turn_to(self, spec: Scenario) -> None:
        """Go on by another scenario, as a fork does: monitors must watch what is measured, new models learn at once."""
        known = sorted(metric.label for metric in self.observer.metrics)
        for one in spec.interventions:
            if isinstance(one, Watcher) and one.watches is not None and one.watches not in known:
                text = f"'{one.watches}' is not measured in this run, so the monitor '{one.label}' would never sound"
                raise ScenarioError([Problem(("interventions",), text, f"measured are {', '.join(known)}")])
        self.adopt(spec)
        if self.is_open:
            with one_thread:
                self.service.models.fit_newcomers()

    def _cover_users(self) -> None:
        """Make cohorts for users who have no one yet."""
        n, size = len(self.world.users), self.spec.cohort_size
        last = max(self.agents, key=lambda cohort: cohort.lo, default=None)
        if last is not None:
            last.hi = min(last.lo + size, n)
        for lo in range(last.hi if last is not None else 0, n, size):
            Cohort(self, lo, min(lo + size, n))

    def _see(self, users: Ints) -> Slate:
        """The platform's slate and what these users come across besides."""
        return self.world.meet(self.service.expose(users))

    def _locked(self, feedback: Feedback) -> ExitStack:
        """Metrics may look at everything; tables, policies and the tick's values cannot be written meanwhile."""
        stack, world, service = ExitStack(), self.world, self.service
        tables = (world.users, world.items, world.creators, world.edges, service.users, service.items)
        for table in (*tables, service.log.clicks):
            stack.enter_context(table.locked())
        learned = [array for policy in service.policies.values() if policy is not None for array in policy]
        for array in (*world.fitted, *feedback.slate, *feedback[1:], *learned):
            if isinstance(array, np.ndarray) and array.flags.writeable:
                array.flags.writeable = False
                stack.callback(array.setflags, write=True)
        return stack

    def _look(self, feedback: Feedback) -> Tick:
        users, items = self.world.users.frozen(), self.world.items.frozen()
        return Tick(self.tick, users, items, self.world, self.service, feedback.slate, feedback, {})

    def _timed[T](self, phase: str, act: Callable[..., T], *args: Any) -> T:
        start = time.perf_counter()
        try:
            return act(*args)
        finally:
            self.seconds[phase] += time.perf_counter() - start


def _integer(rng: Any) -> int:
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool):
        return int(rng)
    raise ScenarioError(
        [Problem(("seed",), f"rng is a {type(rng).__name__}", "give an integer: it replaces the scenario's seed")]
    )
