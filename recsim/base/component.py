"""A component is its parameters: one frozen class, one YAML block, fields that are the only configuration there is.

A family (`Behaviour`, `Recommender`, …) is an abstract subclass of `Component` that names its `family`; a subclass of a
family registers itself under its `kind`, so adding a mechanism is adding one file.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.metadata
import pkgutil
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, StringConstraints
from pydantic_core import PydanticCustomError, core_schema

Share = Annotated[float, Field(ge=0, le=1)]
"""A number from 0 to 1."""
Positive = Annotated[float, Field(gt=0, le=1e15)]
"""A number above 0."""
NonNegative = Annotated[float, Field(ge=0, le=1e15)]
"""A number from 0 upwards."""
Number = Annotated[float, Field(ge=-1e15, le=1e15)]
"""Any finite number."""
Count = Annotated[int, Field(ge=0, le=100_000_000)]
"""An integer from 0 upwards."""
Seed = Annotated[int, Field(ge=0, le=10**15)]
"""An integer from 0 to 10¹⁵."""
AtLeastOne = Annotated[int, Field(ge=1, le=100_000_000)]
"""An integer from 1 upwards."""
ArmName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._=,+-]{0,63}$")]
"""Up to 64 letters, digits, dots, dashes, underscores, commas and signs."""
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""Up to 64 letters, digits, dots, dashes and underscores."""


class Written(NamedTuple):
    """What a text has to look like, beside an annotation: a regular expression for all of it, and in words."""

    pattern: str
    told: str


class KindTakenError(ValueError):
    """A class that would silently replace one of recsim's own."""


class PluginError(ValueError):
    """An installed package that offers components and cannot keep its word; the message names it."""


class Block(BaseModel):
    """A frozen block of fields: a section of the scenario or a component."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False, protected_namespaces=()
    )


class Component(Block):
    """Base of everything that a scenario names by `kind`."""

    family: ClassVar[str] = ""
    """Which sort of mechanism it is; a class that sets it is abstract."""
    key: ClassVar[str] = "kind"
    """Under which key a block says its kind."""
    kind: ClassVar[str] = ""
    """What a scenario calls it; the class name in snake case unless set."""
    abstract: ClassVar[bool] = False
    """True in the body of a class that several kinds share and that is none itself."""
    null: ClassVar[Mapping[str, Any] | str] = "it has no strength to turn off"
    """The fields that make it do nothing, or why there are none."""
    registry: ClassVar[dict[str, dict[str, type[Component]]]] = {}
    families: ClassVar[dict[str, type[Component]]] = {}

    name: Name | None = None
    """Name of this one, needed when a scenario has two of a kind; default: its kind."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "family" in cls.__dict__:
            Component.families[cls.family] = cls
            Component.registry.setdefault(cls.family, {})
        elif cls.family and not cls.__name__.startswith("_") and not cls.__dict__.get("abstract", False):
            if "kind" not in cls.__dict__:
                cls.kind = snake(cls.__name__)
            known = Component.registry[cls.family].get(cls.kind)
            if known is not None and known.__module__ != cls.__module__ and known.__module__.startswith("recsim."):
                raise KindTakenError(
                    f"'{cls.kind}' is a {cls.family} of recsim's own ({known.__module__}), so {cls.__module__} cannot "
                    f"bring another; call the class otherwise, or give it a 'kind = …' of its own"
                )
            Component.registry[cls.family][cls.kind] = cls

    @property
    def label(self) -> str:
        """Its name, or else its kind."""
        return self.name or self.kind

    @property
    def home(self) -> str:
        """Under which name the platform keeps what it has learned: `family.label`."""
        return f"{self.family}.{self.label}"

    @property
    def stream(self) -> str:
        """The stream of random numbers that is its own: `family.kind.label`."""
        return f"{self.family}.{self.kind}.{self.label}"

    @classmethod
    def example(cls) -> Self:
        """One that builds, for tests and documentation; override where the defaults do not build."""
        return cls()

    @classmethod
    def members(cls) -> dict[str, type[Component]]:
        """The components of this family by kind, those of installed plug-ins included."""
        return Component.registry[cls.family]

    @classmethod
    def parse(cls, block: Any) -> Self:
        """A component from what stands in a scenario: a kind, a `{kind: …}` block, or itself.

        Raises:
            pydantic.ValidationError: no such kind in this family, or fields that do not fit.
        """
        if isinstance(block, cls):
            return block
        fields = {cls.key: block} if isinstance(block, str) else cls.shorthand(block)
        if not isinstance(fields, Mapping):
            raise PydanticCustomError(
                "component",
                "expected a {family} (its kind, or a block with a '{key}:')",
                {"family": cls.family, "key": cls.key},
            )
        if "family" not in cls.__dict__:
            fields = {cls.key: cls.kind} | dict(fields)
        if cls.key not in fields:
            raise PydanticCustomError(
                "missing_kind",
                "a {family} needs a '{key}:'",
                {"family": cls.family, "key": cls.key, "kinds": sorted(cls.members())},
            )
        kind = fields[cls.key]
        found = cls.members().get(kind) if isinstance(kind, str) else None
        if found is None or not issubclass(found, cls):
            raise PydanticCustomError(
                "unknown_kind",
                "no {family} is called {kind}",
                {"family": cls.family, "kind": repr(kind), "kinds": sorted(cls.members())},
            )
        return found.model_validate({key: value for key, value in fields.items() if key != cls.key})

    @classmethod
    def shorthand(cls, value: Any) -> Any:
        """What a value that is no block stands for; families with a usual number override it."""
        return value

    def block(self) -> dict[str, Any]:
        """Itself as plain data, all defaults written out; `parse` reads it back."""
        fields = self.model_dump(mode="json")
        return {self.key: self.kind} | {
            key: value for key, value in fields.items() if key != "name" or value is not None
        }

    def words(self) -> str:
        """Its kind and the fields that differ from their defaults, for plans and legends."""
        fields = type(self).model_fields
        told = [f"{key}={value}" for key, value in self.model_dump(mode="json").items() if value != fields[key].default]
        return f"{self.kind}({', '.join(told)})" if told else self.kind

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """A field typed by a family takes any of its members; serialised as its own block."""
        if "family" not in cls.__dict__:
            return handler(source)
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.plain_serializer_function_ser_schema(lambda component: component.block()),
        )


def snake(name: str) -> str:
    """`HumanReview` → `human_review`, `ALS` → `als`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def closest(wrong: str, known: Iterable[str]) -> str | None:
    """The known name that a typing mistake most likely meant, if any is near."""
    found = difflib.get_close_matches(str(wrong).lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def import_all(package: str, path: Iterable[str]) -> None:
    """Import every module of a family's package, so that its components register themselves."""
    for module in sorted(info.name for info in pkgutil.iter_modules(list(path))):
        importlib.import_module(f"{package}.{module}")


def discover_plugins() -> None:
    """Import the modules that installed packages offer under the entry-point group `recsim`.

    One that fails stops everything: without it a scenario that measures all there is would quietly measure less.

    Raises:
        PluginError: a module that cannot be imported, or that brings a kind which another plug-in has brought.
    """
    for point in sorted(importlib.metadata.entry_points(group="recsim"), key=lambda point: point.name):
        package = f"package {point.dist.name}" if point.dist is not None else "package of no name"
        before = {family: dict(members) for family, members in Component.registry.items()}
        try:
            point.load()
        except Exception as error:
            what = f"{type(error).__name__}: {error}".split("\n")[0]
            raise PluginError(
                f"{package}: its plug-in '{point.name}' ({point.value}) cannot be used: {what}; mend or uninstall it"
            ) from error
        for family, members in before.items():
            for kind, known in members.items():
                if (now := Component.registry[family].get(kind)) is not known and now is not None:
                    raise PluginError(
                        f"{package}: its plug-in '{point.name}' brings a {family} '{kind}', which {known.__module__} "
                        f"has brought already; uninstall one of them"
                    )
