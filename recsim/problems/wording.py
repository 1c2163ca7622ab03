"""What is wrong with a single value, given what its field may hold; and what to write instead."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from recsim.base.component import closest
from recsim.problems import clean, listed, shown
from recsim.problems.fields import Form, words
from recsim.problems.scalars import OLD_TRUTHS, meant
from recsim.problems.trail import kind_of


def nearest(wrong: str, known: Iterable[str]) -> list[str]:
    """The names that a wrong one most likely meant: of which it is a word, the closest in spelling, or a part of which.

    Of several the two shortest.
    """
    names, part = sorted(known, key=lambda name: (len(name), name)), wrong.strip().lower()
    if len(part) > 2 and (whole := [name for name in names if part in name.split("_")]):
        return whole[:2]
    near = closest(wrong, names)
    return [near] if near is not None else [name for name in names if len(part) > 2 and part in name][:2]


def meaning_of(names: Sequence[str]) -> str:
    """`did you mean 'a' or 'b'?`; nothing where there are none."""
    return f"did you mean {listed([f"'{name}'" for name in names], 'or')}?" if names else ""


def as_written(text: str, number: object) -> str:
    """What to write where a text was meant to be a number or truth value."""
    if re.fullmatch(r"\s*[-+]?[0-9]*,[0-9]+\s*", text) and isinstance(number, float):
        return f"decimals take a point: write {shown(number)}"
    return f"write {shown(number)}, without quotes"


def wrong_value(value: Any, forms: Sequence[Form], otherwise: str) -> tuple[str, str]:
    """What was found, and what to write instead (may be empty).

    Args:
        value: what stands in the scenario.
        forms: what its field may hold.
        otherwise: what to say where the forms do not tell what is wrong.
    """
    real = [form for form in forms if form.sort != "null"]
    if value is None:
        return f"nothing stands here, and {_nouns(real)} is needed", ""
    if isinstance(value, bool):
        return f"{shown(value)} is not {_nouns(real)}", ""
    if isinstance(value, str):
        return _wrong_text(value, real, otherwise)
    if isinstance(value, (int, float)):
        return _wrong_number(value, real, otherwise)
    if isinstance(value, (Mapping, list, tuple)) and not any(
        form.accepts(value) for form in real if form.sort != "component"
    ):
        return f"{shown(value)} is not {_nouns(real)}", _as_list(value, real)
    return otherwise, ""


def _wrong_number(value: float, forms: Sequence[Form], otherwise: str) -> tuple[str, str]:
    if isinstance(value, float) and not math.isfinite(value):
        return f"{shown(value)} is not a finite number", ""
    for form in forms:
        if form.sort in ("integer", "number") and form.accepts(value):
            if form.low is not None and (value < form.low or (form.above and value == form.low)):
                return f"{shown(value)} is {'not above' if value == form.low else 'below'} {shown(form.low)}", ""
            if form.high is not None and (value > form.high or (form.below and value == form.high)):
                return f"{shown(value)} is {'not below' if value == form.high else 'above'} {_grouped(form.high)}", ""
            return otherwise, ""
    if [form.sort for form in forms] == ["text"]:
        return f"{shown(value)} is a number, not text", f"put it in quotes: '{shown(value)}'"
    if any(form.sort == "boolean" for form in forms) and value in (0, 1):
        return f"{shown(value)} is a number, not true or false", f"write {shown(bool(value))}"
    return f"{shown(value)} is not {_nouns(forms)}", _as_list(value, forms)


def _wrong_text(value: str, forms: Sequence[Form], otherwise: str) -> tuple[str, str]:
    guess = meant(value)
    if not isinstance(guess, str) and any(
        form.accepts(guess) for form in forms if form.sort in ("integer", "number", "boolean")
    ):
        old = (
            " (in YAML 1.2 'yes', 'no', 'on' and 'off' are text)"
            if value.lower() in OLD_TRUTHS and isinstance(guess, bool)
            else ""
        )
        looks = "a truth value" if isinstance(guess, bool) else "a number"
        return f"{shown(value)} is text that looks like {looks}", f"{as_written(value, guess)}{old}"
    choices = [str(one) for form in forms for one in form.choices]
    if choices:
        near = closest(value, choices)
        return f"{shown(value)} is not {_nouns(forms)}", f"did you mean '{near}'?" if near else ""
    if any(form.pattern for form in forms):
        return f"{shown(value)} is not a name", ""
    if any(form.sort == "text" for form in forms):
        return otherwise, ""
    return f"{shown(value)} is text, not {_nouns(forms)}", _as_list(value, forms)


def _as_list(value: Any, forms: Sequence[Form]) -> str:
    """How to write a single value where a list is needed."""
    if not any(form.sort == "list" for form in forms):
        return ""
    members = [member for form in forms for member in form.members]
    if isinstance(value, str) and any(member.sort == "component" and kind_of(member, value) for member in members):
        return f"a list has brackets, even with one entry: [{clean(value)}]"
    if isinstance(value, Mapping):
        return "each entry of a list begins with '- '"
    return "a list has brackets, or a line with '- ' for each entry"


def _nouns(forms: Sequence[Form]) -> str:
    """`an integer, once or never`."""
    nouns = {
        "integer": "an integer",
        "number": "a number",
        "text": "text",
        "list": "a list",
        "mapping": "a block",
        "block": "a block",
    }
    parts: list[str] = []
    for form in forms:
        if form.sort == "component":
            parts.append(f"{'an' if form.model.family[0] in 'aeiou' else 'a'} {form.model.family}")
        else:
            parts += [nouns[form.sort]] if form.sort in nouns else words([form]).split(" or ")
    return listed(dict.fromkeys(parts), "or")


def _grouped(number: float) -> str:
    """`100,000,000`."""
    return f"{number:,.0f}" if float(number).is_integer() else shown(number)
