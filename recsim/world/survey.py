"""Asking people what a click was worth to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from recsim.base.flow import Floats, Ints, Slate

if TYPE_CHECKING:
    from recsim.world.world import World


def answers(world: World, slate: Slate, picks: Ints) -> Floats | None:
    """(n, m) what those who are asked say of their picks (n, m): what they gain, with an error; NaN: not asked.

    Who is asked about what is keyed by user and item: a larger share asks the same ones, and more. None: nobody is.
    """
    survey = world.people.survey
    if not survey.share:
        return None
    picked = picks >= 0
    row, col = np.nonzero(picked)
    users, items = slate.users[row], slate.items[row, picks[row, col]]  # (e,)
    draws, pair = (
        world.draws.of("users", "survey", world.tick),
        (world.users.key[users], world.items.key[items][:, None]),
    )
    worth = world.utility(users, items[:, None]) + survey.noise * draws.of("noise").normal(*pair)  # (e, 1)
    told = np.full(picks.shape, np.nan)
    told[picked] = np.where(draws.uniform(*pair) < survey.share, worth, np.nan)[:, 0]
    return told
