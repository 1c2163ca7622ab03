"""What people do about the loop: a value in, a value out, at a named point of the tick, on a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from recsim.base.component import AtLeastOne, Block, Component, Count, Name, import_all
from recsim.base.draws import Draws
from recsim.base.flow import Catalogue, Feedback, Slate, Training
from recsim.base.table import Column

if TYPE_CHECKING:
    from recsim.system.models import Model
    from recsim.system.service import Service


class After(Block):
    """A start that is not known beforehand: some ticks after a monitor's alarm."""

    after: Name
    """Name of the monitor."""
    delay: AtLeastOne = 1
    """Ticks between the alarm and the start."""


class Intervention(Component):
    """Family of the treatments. It gets the system, never the world; it acts from the end of the warm-up on.

    Each hook returns the value it was given, or another one. `on_candidates` and `on_slate` treat each user's row by
    itself (rows are cut into cohorts); what counts across users belongs to the other hooks.
    """

    family = "intervention"
    user_columns: ClassVar[Mapping[str, Column]] = {}
    """Columns of the service's own table of users that it needs: `service.users[f"{self.label}.{name}"]`."""
    item_columns: ClassVar[Mapping[str, Column]] = {}
    """Columns of the service's own table of items that it needs: `service.items[f"{self.label}.{name}"]`."""
    memory: ClassVar[Mapping[str, Any]] = {}
    """Arrays that it remembers, by name, with their first values: `service.memory[self.label]`."""

    start: Count | After = 0
    """First tick on which it acts, or `{after: MONITOR, delay: ticks}`; 0: as soon as the warm-up is over."""
    stop: Count | None = None
    """First tick on which it no longer acts; default: never."""
    every: AtLeastOne = 1
    """Ticks between actions, counted from its start."""

    def begins(self, service: Service) -> int | None:
        """The tick it starts on, never before the warm-up is over; None while its monitor has not raised an alarm."""
        if isinstance(self.start, int):
            return max(self.start, service.first_tick)
        alarm = service.alarms.get(self.start.after)
        return None if alarm is None else max(alarm + self.start.delay, service.first_tick)

    def in_force(self, service: Service) -> bool:
        """Whether it has started and not stopped."""
        start = self.begins(service)
        return start is not None and start <= service.tick and (self.stop is None or service.tick < self.stop)

    def due(self, service: Service) -> bool:
        """Whether it acts on this tick: in force, and its turn, counted from its start."""
        start = self.begins(service)
        return start is not None and self.in_force(service) and (service.tick - start) % self.every == 0

    def does(self) -> str:
        """What it does, in words, without saying when."""
        return self.model_copy(update={"start": 0, "stop": None, "every": 1}).words()

    def __str__(self) -> str:
        """In words: when, and what."""
        start = (
            f"from tick {self.start}"
            if isinstance(self.start, int)
            else f"{self.start.delay} ticks after '{self.start.after}' sounds"
        )
        stop = f" to {self.stop - 1}" if self.stop is not None else ""
        return f"{start}{stop}, {f'every {self.every} ticks' if self.every > 1 else 'every tick'}: {self.does()}"

    def on_items(self, catalogue: Catalogue, service: Service, draws: Draws) -> Catalogue:
        """Before anything is shown: moderation, review, delisting. Called every tick it is in force, due or not.

        What it takes off `catalogue.listed` is hidden for this tick; `service.items.listed` is for good.
        """
        return catalogue

    def on_candidates(self, slate: Slate, service: Service, draws: Draws) -> Slate:
        """Lists of candidates before they are cut to the slate; row by row."""
        return slate

    def on_slate(self, slate: Slate, service: Service, draws: Draws) -> Slate:
        """Slates about to be shown; row by row."""
        return slate

    def on_feedback(self, feedback: Feedback, service: Service, draws: Draws) -> Feedback:
        """What the log is about to store."""
        return feedback

    def on_training(self, training: Training, service: Service, draws: Draws) -> Training:
        """What a model is about to learn from; `training.consumer` says which."""
        return training

    def on_policy(self, policy: Any, model: Model, service: Service, draws: Draws) -> Any:
        """What a model has just learned, before it is in force; `service.models.policy(model)` still is."""
        return policy

    def on_report(self, report: Mapping[str, float], service: Service, draws: Draws) -> None:
        """The tick's platform metrics by name (group `all`)."""


Consumer = Literal["generator", "recommender", "all"]
"""Whose training an intervention treats: that of generators, of the recommender, or both."""


def feeds(training: Training, consumer: Consumer) -> bool:
    """Whether a training is of the sort that an intervention treats."""
    return consumer == "all" or (training.consumer == "recommender") == (consumer == "recommender")


class Watcher(Intervention):
    """What all monitors have in common: they look at every report, and raise alarms.

    The first alarm stands, and other interventions may start on it: `start: {after: NAME, delay: 1}`. Later ones are
    counted.
    """

    abstract = True
    null = "it changes nothing by itself"
    memory = {"sounded": np.zeros(0, np.int32)}

    since: Count | None = None
    """Tick of the change that is to be found, for `detection_delay` and `false_alarms`; it does not know it itself."""

    @property
    def watches(self) -> str | None:
        """Name of the metric that it looks at; None if it looks at the log itself."""
        return getattr(self, "metric", None)

    def on_report(self, report: Mapping[str, float], service: Service, draws: Draws) -> None:
        """Sound where there is a reason; a metric that is undefined is no report."""
        memory = service.memory[self.label]
        if self.notices(report.get(self.watches or "", np.nan), memory, service):
            memory["sounded"] = np.append(memory["sounded"], np.int32(service.tick))
            service.alarms.setdefault(self.label, service.tick)

    def notices(self, value: float, memory: dict[str, NDArray[Any]], service: Service) -> bool:
        """Whether the newest value, NaN if there is none, is a reason for an alarm; it may write into its memory."""
        raise NotImplementedError


import_all(__name__, __path__)
