"""People come across items in several ways at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from recsim.base.draws import Draws
from recsim.base.flow import Feedback, Ints
from recsim.base.table import Column
from recsim.world.discovery import Discovery

if TYPE_CHECKING:
    from recsim.world.world import World


class Channels(Discovery):
    """Everything that any of several discoveries finds; what two of them find counts as found by the first.

    Each draws its own numbers, the same that it would draw alone, so that a channel more moves nobody else's.
    """

    of: Annotated[tuple[Discovery, ...], Field(min_length=1)]
    """The discoveries, each by its kind or as a block; two of a kind need names."""
    null = "it is what its channels are"

    @classmethod
    def example(cls) -> Self:
        """Chance and a front page."""
        return cls(of=(Discovery.parse({"kind": "browse", "count": 2}), Discovery.parse("editorial")))

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        labels = Counter(one.label for one in self.of)
        columns = Counter(name for one in self.of for name in (*one.columns, *one.item_columns))
        for name, count in labels.items():
            if count > 1:
                raise ValueError(f"{count} channels are called '{name}'; give each its own 'name'")
        for name, count in columns.items():
            if count > 1:
                raise ValueError(f"{count} channels remember things in '{name}'; keep one of them")
        return self

    @property
    def columns(self) -> Mapping[str, Column]:  # type: ignore[override]  # of an instance: they depend on its channels
        """Those of all channels."""
        return {name: _sized(column, one) for one in self.of for name, column in one.columns.items()}

    @property
    def item_columns(self) -> Mapping[str, Column]:  # type: ignore[override]
        """Those of all channels."""
        return {name: _sized(column, one) for one in self.of for name, column in one.item_columns.items()}

    def too_large(self, users: int, items: int) -> str | None:
        """What the first of them says that refuses."""
        return next((text for one in self.of if (text := one.too_large(users, items)) is not None), None)

    def step(self, world: World, draws: Draws) -> None:
        """One channel after the other."""
        for one in self.of:
            one.step(world, world.stream(one))

    def come_across(self, world: World, users: Ints, draws: Draws) -> tuple[Ints, NDArray[np.int8]]:
        """Side by side."""
        found, why = zip(*(one.come_across(world, users, world.stream(one)) for one in self.of), strict=True)
        return np.concatenate(found, axis=1), np.concatenate(why, axis=1)

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """One channel after the other."""
        for one in self.of:
            one.after(world, feedback, world.stream(one))


def _sized(column: Column, owner: Discovery) -> Column:
    """A width that names a field is one of the channel's own."""
    return column if column.width == "dimensions" else column.sized(owner, 0)
