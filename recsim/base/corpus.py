"""A small corpus of titles that people wrote, so that a run can be read: its vocabulary, and titles as numbers.

The titles in `titles.txt` were written for recsim. A third of them is held out: no item of a run ever carries one, so
that a model of language can be examined on what nobody could have taught it.

A title is a row of tokens, −1 behind the last. Letters are the tokens from 0, `UNKNOWN` is a word that only held-out
titles have, and the words of all other titles are the tokens from `FIRST_WORD` on, in alphabetical order. So a row says
itself whether it is spelled in letters or in words.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recsim.base.draws import mix
from recsim.base.flow import Ints

Unit = Literal["word", "character"]
Form = Literal["article", "documentation", "code", "discussion"]

FORMS: tuple[Form, ...] = ("article", "documentation", "code", "discussion")
"""What an item may be; its number is the item's genre."""
LETTERS = " abcdefghijklmnopqrstuvwxyz'-"
"""What titles are spelled with; the token of a letter is its place here."""
UNKNOWN = len(LETTERS)
FIRST_WORD = UNKNOWN + 1
SPACE = 0


class Written(NamedTuple):
    """Titles, and what they are titles of."""

    tokens: Ints
    """(n, w) letters or words, −1 behind the last."""
    form: Ints
    """(n,) number in `FORMS`."""
    subject: Ints
    """(n,) number of the subject: health, climate, …"""


class _Line(NamedTuple):
    form: int
    subject: int
    text: str
    held_out: bool


def human(unit: Unit) -> Written:
    """The titles that items of a run may carry; as wide as the longest."""
    return _titles(unit, False)


def held_out(unit: Unit) -> Written:
    """The titles that no item carries; one column wider than the longest, so that the end of each is part of it."""
    return _titles(unit, True)


def span(tokens: Ints) -> tuple[int, int]:
    """The first token of the alphabet these titles are spelled in, and the number of its tokens."""
    letters = bool((tokens >= FIRST_WORD).sum() == 0)
    return (0, len(LETTERS)) if letters else (FIRST_WORD, len(words()))


@cache
def words() -> tuple[str, ...]:
    """The vocabulary, ascending: every word of a title that is not held out."""
    return tuple(sorted({word: None for line in _lines() if not line.held_out for word in line.text.split()}))


@cache
def subjects() -> tuple[str, ...]:
    """Names of the subjects, in the order of the file."""
    return tuple(_read()[1])


def decode(tokens: Ints) -> list[str]:
    """Titles (n, w) as people read them."""
    vocabulary = (*LETTERS, "…", *words())
    found = []
    for row in np.asarray(tokens).tolist():
        spelled = [token for token in row if token >= 0]
        between = " " if any(token >= UNKNOWN for token in spelled) else ""
        found.append(between.join(vocabulary[token] for token in spelled))
    return found


def encode(texts: list[str], unit: Unit, width: int) -> Ints:
    """Titles as tokens (n, width)."""
    if unit == "word":
        number = {word: FIRST_WORD + place for place, word in enumerate(words())}
        rows = [[number.get(word, UNKNOWN) for word in text.split()] for text in texts]
    else:
        rows = [[LETTERS.index(letter) for letter in text] for text in texts]
    tokens = np.full((len(rows), width), -1, np.int32)
    for place, row in enumerate(rows):
        tokens[place, : len(row)] = row
    return tokens


def words_of(tokens: Ints) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """(e,) the row of each word in titles (n, w), in reading order, and (e,) a number that is the word's own.

    The number of a word in letters is a fingerprint of its spelling: a machine may have invented it.
    """
    row, col = np.nonzero(tokens >= 0)
    token = tokens[row, col].astype(np.int64)
    if not len(token) or token.max() >= UNKNOWN:
        return row, token
    letter = token != SPACE
    same_row = np.concatenate([[False], row[1:] == row[:-1]])
    starts = letter & ~(same_row & np.concatenate([[False], letter[:-1]]))
    row, token, first = row[letter], token[letter], np.flatnonzero(starts[letter])
    if not len(first):
        return row, token
    word = np.cumsum(starts[letter]) - 1
    place = np.arange(len(token)) - first[word]
    return row[first], np.add.reduceat(mix(place, token), first).view(np.int64)


@cache
def _titles(unit: Unit, held: bool) -> Written:
    lines = [line for line in _lines() if line.held_out == held]
    longest = max(len(line.text.split() if unit == "word" else line.text) for line in lines)
    form, subject = (np.array([line[place] for line in lines], np.int32) for place in (0, 1))
    found = Written(encode([line.text for line in lines], unit, longest + held), form, subject)
    for array in found:
        array.flags.writeable = False
    return found


def _lines() -> tuple[_Line, ...]:
    return _read()[0]


@cache
def _read() -> tuple[tuple[_Line, ...], tuple[str, ...]]:
    """Every title of the file; the third, sixth, … of a section are held out."""
    lines: list[_Line] = []
    names: list[str] = []
    form = place = 0
    for text in Path(__file__).with_name("titles.txt").read_text(encoding="utf-8").splitlines():
        if text.startswith("["):
            name, subject = text.strip("[]").split()
            form, place = [str(one) for one in FORMS].index(name), 0
            names += [] if subject in names else [subject]
        elif text and not text.startswith("#"):
            place += 1
            lines.append(_Line(form, names.index(subject), text, place % 3 == 0))
    return tuple(lines), tuple(names)
