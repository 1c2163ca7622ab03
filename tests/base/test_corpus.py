"""Titles as numbers, and back."""

from __future__ import annotations

import numpy as np
import pytest

from recsim.base.corpus import (
    FIRST_WORD,
    FORMS,
    LETTERS,
    UNKNOWN,
    decode,
    encode,
    held_out,
    human,
    span,
    subjects,
    words,
    words_of,
)


def test_there_are_twelve_titles_of_each_form_and_subject_and_a_third_is_held_out():
    everything = [human("word"), held_out("word")]
    cells = [titles.form * 10 + titles.subject for titles in everything]
    assert len(FORMS) == 4 and len(subjects()) == 10
    assert [np.unique(cell, return_counts=True)[1].tolist() for cell in cells] == [[8] * 40, [4] * 40]


def test_no_title_stands_twice_and_all_are_spelled_with_the_letters_there_are():
    texts = decode(human("character").tokens) + decode(held_out("character").tokens)
    assert len(texts) == 480
    assert len(set(texts)) == 480
    assert all(letter in LETTERS for text in texts for letter in text)
    assert all(text == " ".join(text.split()) for text in texts)


@pytest.mark.parametrize("unit", ["word", "character"])
def test_a_title_is_read_as_it_was_written(unit):
    texts = ["why does my sourdough collapse overnight", "parse dates without a library in rust"]
    tokens = encode(texts, unit, 60)
    assert tokens.dtype == np.int32 and tokens.shape == (2, 60)
    assert decode(tokens) == texts
    assert span(tokens) == {"word": (FIRST_WORD, len(words())), "character": (0, len(LETTERS))}[unit]


def test_words_are_numbered_in_alphabetical_order_and_nobody_knows_those_of_held_out_titles_only():
    assert list(words()) == sorted(words())
    assert encode([words()[0], words()[-1], "xyzzy"], "word", 1)[:, 0].tolist() == [
        FIRST_WORD, FIRST_WORD + len(words()) - 1, UNKNOWN,
    ]  # fmt: skip
    assert decode(encode(["how xyzzy heals"], "word", 4)) == ["how … heals"]
    assert (human("word").tokens != UNKNOWN).all()
    hidden = held_out("word").tokens
    assert 0.3 < (hidden == UNKNOWN).sum() / (hidden >= 0).sum() < 0.5


def test_human_titles_fill_the_row_and_held_out_ones_leave_room_for_the_end():
    assert (human("word").tokens[:, -1] >= 0).any()
    assert (held_out("word").tokens[:, -1] < 0).all()


def test_nobody_can_write_into_the_corpus():
    with pytest.raises(ValueError, match="read-only"):
        human("word").tokens[0, 0] = 1


def test_the_words_of_titles_in_letters_are_those_of_titles_in_words():
    row, word = words_of(human("word").tokens)
    letter_row, fingerprint = words_of(human("character").tokens)
    assert np.array_equal(row, letter_row)
    pairs = np.unique(np.stack([word, fingerprint]), axis=1)
    assert pairs.shape[1] == len(np.unique(word)) == len(np.unique(fingerprint)) == len(words())


def test_words_in_letters_end_at_spaces_and_at_the_end_of_the_row():
    titles = encode([" ab  c", "c ab", "abc", " "], "character", 6)
    row, word = words_of(titles)
    assert row.tolist() == [0, 0, 1, 1, 2]
    assert word[0] == word[3] and word[1] == word[2]
    assert len(np.unique(word)) == 3
    assert [len(part) for part in words_of(np.full((2, 3), -1, np.int32))] == [0, 0]
