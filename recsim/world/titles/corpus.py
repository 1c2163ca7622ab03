"""People's titles are drawn from a small corpus."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from recsim.base import corpus
from recsim.base.component import Share
from recsim.base.corpus import FORMS, Form, Unit, Written
from recsim.base.draws import Draws
from recsim.base.flow import Ints, Keys
from recsim.world.titles import Titles


class Corpus(Titles):
    """A human item carries one of the 320 titles of recsim's own corpus, drawn with replacement.

    So human writing is a population that never changes, and two items may be called the same. There are four forms and
    ten subjects; where tastes have clusters, those of cluster c write about subject c (modulo ten). Another 160 titles
    are held out. Real catalogues have a longer tail of words: what is lost here by chance is lost sooner than there.
    """

    unit: Unit = "word"
    """What a model of language sees: whole words, or letters, from which it may make words that nobody has written."""
    forms: Annotated[tuple[Form, ...], Field(min_length=1)] = FORMS
    """Which forms people write in."""
    focus: Share = 1.0
    """Share of the items that are about their cluster's subject, the others about any; 0: titles do not tell tastes."""

    @property
    def width(self) -> int:
        """Most words, or letters, of a title."""
        return int(corpus.human(self.unit).tokens.shape[1])

    def draw(self, keys: Keys, home: Ints | None, draws: Draws) -> tuple[Ints, Ints]:
        """A subject, then one of its titles."""
        titles, n_subjects = corpus.human(self.unit), len(corpus.subjects())
        any_subject = (draws.of("subject").uniform(keys) * n_subjects).astype(np.int32)
        if home is not None:
            about_own = draws.of("focus").uniform(keys) < self.focus
            any_subject = np.where(about_own, home % n_subjects, any_subject)
        wanted = np.isin(titles.form, [FORMS.index(form) for form in self.forms])
        order = np.argsort(np.where(wanted, titles.subject, n_subjects), kind="stable")  # by subject, unwanted last
        count = np.bincount(titles.subject[wanted], minlength=n_subjects)
        start = np.cumsum(count) - count
        place = (draws.uniform(keys) * count[any_subject]).astype(np.int64)
        row = order[start[any_subject] + place]
        return titles.tokens[row], titles.form[row]

    def held_out(self) -> Written:
        """Of the forms that people write in."""
        titles = corpus.held_out(self.unit)
        wanted = np.isin(titles.form, [FORMS.index(form) for form in self.forms])
        return Written(*(array[wanted] for array in titles))
