"""What an instrument reads off an item: the truth with noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

from recsim.base.flow import Bools, Inspection, Instrument, Ints

if TYPE_CHECKING:
    from recsim.world.world import World


def inspect(world: World, items: Ints, instrument: Instrument) -> Inspection:
    """Signal detection (Green & Swets 1966): an item is accused where z > θ, and the same look errs the same way.

    z ~ N(0, 1) without the attribute and N(d′, 1) with it, `group_bias` more in the group: θ = Φ⁻¹(1 − false alarm) and
    d′ = Φ⁻¹(sensitivity) + θ. The score is z − θ. The noise is keyed by the instrument's name and the item.
    """
    chance = np.where(_has(world, items, instrument), instrument.sensitivity, instrument.false_alarm)
    margin = ndtri(chance)
    if instrument.group is not None and instrument.group_bias:
        names = [group.name for group in world.catalogue.groups]
        margin = margin + instrument.group_bias * (world.items.group[items] == names.index(instrument.group))
        chance = ndtr(margin)
    luck = world.draws.of("instrument", instrument.name).uniform(world.items.key[items])
    return Inspection(items, luck < chance, margin - ndtri(luck))


def _has(world: World, items: Ints, instrument: Instrument) -> Bools:
    """(j,) whether each item has what is looked for."""
    if instrument.attribute == "made_by_ai":
        return world.items.made_by_ai[items]
    keeps = world.items.quality[items]
    return np.asarray(keeps < (world.items.clickbait[items] if instrument.attribute == "worthless" else 0.0))
