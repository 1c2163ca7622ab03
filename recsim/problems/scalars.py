"""What a plain scalar of YAML 1.2 (core schema) means, and which numbers are refused."""

from __future__ import annotations

import re

LARGEST = 1e15
"""No quantity of a scenario is larger."""
NULLS = ("", "~", "null", "Null", "NULL")
TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
OLD_TRUTHS = {"yes": True, "on": True, "y": True, "true": True, "no": False, "off": False, "n": False, "false": False}
"""What YAML 1.1 read as true and false; in 1.2 they are text."""
INTEGER = re.compile(r"[-+]?[0-9]+")
OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

Scalar = str | int | float | bool | None


def scalar(text: str) -> Scalar:
    """The value of a plain scalar.

    Raises:
        ValueError: a number that is not finite or out of all proportion; the message says so.
    """
    if text in NULLS:
        return None
    if text in TRUTHS:
        return TRUTHS[text]
    if NOT_FINITE.fullmatch(text):
        raise ValueError(f"{text} is not a finite number")
    if OTHER_BASE.fullmatch(text):
        return _bounded(int(text[2:] if len(text) < 24 else "9" * 19, {"o": 8, "x": 16}[text[1]]))
    if INTEGER.fullmatch(text):
        if len(text.lstrip("+-")) > 20:
            raise ValueError(f"an integer of {len(text.lstrip('+-'))} digits")
        return _bounded(int(text))
    if FLOAT.fullmatch(text):
        return _bounded(float(text))
    return text


def _bounded[Number: (int, float)](number: Number) -> Number:
    if not -LARGEST <= number <= LARGEST:
        raise ValueError(f"{number:g} is beyond ±{LARGEST:g}")
    return number


def meant(text: str) -> Scalar:
    """The number or truth value that a text was probably meant to be; the text itself where it looks like none."""
    bare = text.strip()
    if bare.lower() in OLD_TRUTHS:
        return OLD_TRUTHS[bare.lower()]
    if re.fullmatch(r"[-+]?[0-9.]+ ?%", bare) and FLOAT.fullmatch(bare[:-1].strip()):
        return float(f"{float(bare[:-1]) / 100:.12g}")
    if re.fullmatch(r"[-+]?[1-9][0-9]{0,2}([,_ '][0-9]{3})+(\.[0-9]+)?", bare):
        bare = re.sub(r"[,_ ']", "", bare)
    elif re.fullmatch(r"[-+]?[0-9]*,[0-9]+", bare):
        bare = bare.replace(",", ".")  # a decimal comma
    try:
        value = scalar(bare)
    except ValueError:
        return text
    return text if value is None or isinstance(value, str) else value
