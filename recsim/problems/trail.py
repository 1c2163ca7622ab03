"""From the top of a scenario down to one place in it, along the fields and along the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from recsim.base.component import Component
from recsim.problems.fields import Form, forms


class Spot(NamedTuple):
    """A place in a scenario: what stands there and what may stand there."""

    path: tuple[str | int, ...]
    """Keys and indices that lead there."""
    value: Any
    """What stands there; None if nothing does."""
    forms: tuple[Form, ...]
    """What may stand there; none for an unknown field."""
    block: Any = None
    """The class whose field it is."""
    field: FieldInfo | None = None
    """The field."""
    explain: str = ""
    """Its path for `recsim explain`, kinds in place of indices."""
    tagged: bool = False
    """Whether pydantic has named one of the alternatives."""

    @property
    def key(self) -> str:
        """The last step."""
        return str(self.path[-1]) if self.path else ""


def spot(model: type[BaseModel], data: Any, path: Sequence[str | int], tags: bool = False) -> Spot:
    """The place that a path leads to.

    Args:
        model: the class of the whole.
        data: plain data for it.
        path: keys and indices.
        tags: whether the path is pydantic's, which adds the alternative chosen, as in `start.After.delay`.
    """
    here = Spot((), data, (Form("block", model=model),))
    for step in path:
        real = [form for form in here.forms if form.sort != "null"]
        here = here._replace(tagged=True) if tags and len(real) > 1 and not here.tagged else below(here, step)
    return here


def below(here: Spot, step: str | int) -> Spot:
    """One step further."""
    value, path = here.value, (*here.path, step)
    if isinstance(step, int):
        inside = value[step] if isinstance(value, (list, tuple)) and step < len(value) else None
        members = tuple(member for form in here.forms if form.sort == "list" for member in form.members)
        return Spot(path, inside, members, explain=here.explain)
    block = block_of(here)
    inside = _inside(here, step)
    above = here.explain
    if isinstance(block, type) and issubclass(block, Component):
        above = f"{above}.{block.kind}" if above else block.kind
    explain = f"{above}.{step}" if above else step
    if block is None:
        members = tuple(member for form in here.forms if form.sort == "mapping" for member in form.members)
        return Spot(path, inside, members, explain=above)
    field = block.model_fields.get(step)
    return Spot(path, inside, forms(field) if field else (), block, field, explain)


def _inside(here: Spot, step: str) -> Any:
    """What stands in a field, written out or in a family's shorthand."""
    for value in (here.value, *(form.model.shorthand(here.value) for form in here.forms if form.sort == "component")):
        if isinstance(value, Mapping):
            return value.get(step)
        if isinstance(value, BaseModel):
            return getattr(value, step, None)
    return None


def block_of(here: Spot) -> Any:
    """The class that the block at a place is to become, or None where that cannot be known."""
    for form in here.forms:
        if form.sort == "component" and (kind := kind_of(form, here.value)) is not None:
            return kind
    return next((form.model for form in here.forms if form.sort == "block"), None)


def kind_of(form: Form, value: Any) -> type[Component] | None:
    """The component that a value stands for, if its kind is known."""
    if isinstance(value, Component):
        return type(value)
    fields = {form.model.key: value} if isinstance(value, str) else form.model.shorthand(value)
    kind = fields.get(form.model.key) if isinstance(fields, Mapping) else None
    return form.model.members().get(kind) if isinstance(kind, str) else None


def leaves(here: Spot) -> Iterator[Spot]:
    """Every number, text or truth value from a place downwards that stands where a field is known."""
    if isinstance(here.value, Mapping):
        block = block_of(here)
        for step in here.value:
            if isinstance(step, str) and (block is None or step in block.model_fields):
                yield from leaves(below(here, step))
    elif isinstance(here.value, (list, tuple)):
        for index in range(len(here.value)):
            yield from leaves(below(here, index))
    elif isinstance(here.value, (str, int, float)) and here.forms:
        yield here
