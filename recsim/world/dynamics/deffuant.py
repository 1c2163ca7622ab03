"""Two people meet, and come nearer to each other if they are not too far apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from recsim.base.component import AtLeastOne, Count, NonNegative, Positive
from recsim.base.draws import Draws, mix
from recsim.base.flow import Feedback, Ints, Keys
from recsim.base.kernels.ragged import gathered, strongest
from recsim.world.dynamics import _Opinions

if TYPE_CHECKING:
    from recsim.world.world import World


class Deffuant(_Opinions):
    """Two who meet and differ by less than ε move towards each other by the share μ of their difference.

    x ← x + μ(y − x), y ← y + μ(x − y): the sum of all opinions stays (Deffuant et al., Advances in Complex Systems
    2000). Whom one meets is drawn with P ∝ |x − y|^−γ: γ > 0 is the algorithmic bias of a platform that brings
    like-minded people together (Sîrbu et al., PLoS ONE 2019, μ = ½), which leaves more and farther camps. In a round
    everybody asks somebody, and of meetings that exclude each other the one drawn first takes place; those that do have
    nobody in common, so that their order does not matter, and about half of the people meet.
    """

    tolerance: Positive = 0.5
    """Difference ε of opinions from which on two do not move, in units of taste; larger: fewer camps."""
    step_size: Annotated[float, Field(ge=0, le=0.5)] = 0.5
    """Share μ of the difference that each covers, up to ½, the middle; larger: quicker."""
    bias: NonNegative = 0.0
    """Exponent γ of the algorithmic bias; larger: people meet those who think as they do; 0: no matter whom."""
    among: Literal["followed", "anybody"] = "followed"
    """Whom one may meet: one of those followed, or anybody."""
    looks: AtLeastOne = 20
    """With a bias, people of `anybody` among whom it chooses; larger: it finds more like-minded ones."""
    nearest: Positive = 0.001
    """Difference below which two are as likely to meet as at it, in units of taste; larger: the bias is weaker."""
    meetings: Count = 1
    """Rounds per tick; larger: quicker."""
    null = {"meetings": 0}

    def after(self, world: World, feedback: Feedback, draws: Draws) -> None:
        """Round after round."""
        for turn in range(self.meetings):
            one, other = self.pairs(world, draws.of("round", turn))
            mine = self.opinions(world)
            way = mine[other] - mine[one]
            way[np.abs(way) >= self.tolerance] = 0.0
            np.add.at(mine, np.concatenate([one, other]), self.step_size * np.concatenate([way, -way]))
            self.move(world, mine)

    def pairs(self, world: World, draws: Draws) -> tuple[Ints, Ints]:
        """Who meets whom in a round: nobody twice."""
        users = np.flatnonzero(world.users.alive).astype(np.int32)
        users = users[np.argsort(world.users.key[users], kind="stable")]
        row, who = self._candidates(world, users, draws)
        pull = draws.of("whom").gumbel(mix(world.users.key[users[row]], world.users.key[who]))
        if self.bias:
            mine = self.opinions(world)
            pull -= self.bias * np.log(np.maximum(np.abs(mine[users[row]] - mine[who]), self.nearest))
        chosen = strongest(row, pull, len(users))
        one, other = users[chosen >= 0], who[chosen[chosen >= 0]]
        keep = _first_come(one, other, draws.of("turn").keys(world.users.key[one]), len(world.users))
        return one[keep], other[keep]

    def _candidates(self, world: World, users: Ints, draws: Draws) -> tuple[NDArray[np.int64], Ints]:
        """Positions in `users` (e,), and people whom they may meet (e,)."""
        if self.among == "followed":
            return gathered(world.follows, users)
        n, looks = len(users), self.looks if self.bias else 1
        if n < 2:
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        row, luck = np.repeat(np.arange(n), looks), draws.uniform(world.users.key[users], np.arange(looks)).ravel()
        place = np.minimum((luck * (n - 1)).astype(np.int64), n - 2)
        return row, users[place + (place >= row)]


def _first_come(one: Ints, other: Ints, turns: Keys, n: int) -> NDArray[np.bool_]:
    """(e,) whether neither of the two has a meeting whose turn is earlier."""
    earliest = np.full(n, np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(earliest, one, turns)
    np.minimum.at(earliest, other, turns)
    return np.asarray((earliest[one] == turns) & (earliest[other] == turns))
