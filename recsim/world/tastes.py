"""How tastes, topics and quality are first drawn; newcomers are drawn from the same distribution.

Everything is keyed by the entity's own key, so that a user or item born in the middle of a run is the same one in every
arm of an experiment.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from recsim.base.component import AtLeastOne, Component, NonNegative, Positive
from recsim.base.draws import Draws
from recsim.base.flow import Floats, History, Ints, Keys
from recsim.base.kernels.geometry import units


class Drawn(NamedTuple):
    """What a newcomer brings: users use `vectors` as tastes, items as topics."""

    vectors: Floats
    """(n, d) tastes or topics."""
    home: Ints
    """(n,) number of the cluster; 0 where there are none."""


class Fitted(NamedTuple):
    """What tastes and topics are drawn from."""

    users: Floats
    """(a, d) centres, or the vectors of the users in the log."""
    items: Floats
    """(b, d) likewise for items."""
    centres: Floats
    """(c, d) centres of clusters; none where tastes have no clusters."""


class Tastes(Component):
    """Family of the first distributions of tastes and topics."""

    family = "tastes"
    null = "a world needs tastes"
    needs_history: ClassVar[bool] = False
    """True if it can only be fitted to `data:`."""

    @property
    def width(self) -> int:
        """Number of dimensions d."""
        raise NotImplementedError

    def fit(self, history: History | None, draws: Draws) -> Fitted:
        """What all newcomers have in common, found once when the world is built."""
        raise NotImplementedError

    def users(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Tastes of the users with these keys (n, d)."""
        raise NotImplementedError

    def items(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Topics of the items with these keys (n, d)."""
        raise NotImplementedError


class Clusters(Tastes):
    """Users and items scatter around common centres: taste = centre + spread · N(0, I), topics likewise.

    Centres are random directions of length `strength`: an item of a user's own cluster is worth strength² on average,
    one of another cluster 0, with a standard deviation of strength²(1 + spread²)/√d between pairs of people and items.
    """

    dimensions: AtLeastOne = 8
    """Number of dimensions of tastes and topics."""
    clusters: AtLeastOne = 6
    """Number of centres, equally likely for users and items."""
    spread: NonNegative = 0.4
    """Length of the scatter around a centre, relative to that of the centre; 0: everybody in a cluster is alike."""
    strength: Positive = 2.0
    """Length of a centre; larger: tastes weigh more against the noise of a choice."""

    @property
    def width(self) -> int:
        """Number of dimensions."""
        return self.dimensions

    def fit(self, history: History | None, draws: Draws) -> Fitted:
        """The centres (c, d)."""
        directions = draws.of("centres").normal(np.arange(self.clusters), np.arange(self.dimensions))
        centres = self.strength * units(directions)
        return Fitted(centres, centres, centres)

    def users(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Tastes around the centres."""
        return self._scatter(keys, fitted.users, draws.of("users"))

    def items(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """Topics around the same centres."""
        return self._scatter(keys, fitted.items, draws.of("items"))

    def _scatter(self, keys: Keys, centres: Floats, draws: Draws) -> Drawn:
        home = (draws.of("home").uniform(keys) * self.clusters).astype(np.int32)  # (n,)
        scatter = self.spread * self.strength / np.sqrt(self.dimensions)
        return Drawn(centres[home] + scatter * draws.normal(keys, np.arange(self.dimensions)), home)


class FromLog(Tastes):
    """Tastes and topics fitted to the human data by truncated SVD of the binary interaction matrix.

    R ≈ U S V′ gives tastes U√S and topics V√S (Golub & Van Loan, Matrix Computations, §2.5), scaled together so that
    the utilities of the pairs in the log exceed those of random pairs by `contrast`. Newcomers are given the vector of
    somebody in the log, drawn at random.
    """

    factors: AtLeastOne = 16
    """Number of dimensions; those beyond the smaller side of the matrix stay empty."""
    contrast: Positive = 3.0
    """Mean utility of a pair in the log minus that of a random pair; larger: people know better what they want."""
    needs_history = True

    @property
    def width(self) -> int:
        """Number of dimensions."""
        return self.factors

    def fit(self, history: History | None, draws: Draws) -> Fitted:
        """Tastes (u, f) and topics (i, f) of the log; signs fixed so that each factor's largest topic is positive."""
        assert history is not None, "from_log tastes come with data: checked when the scenario was read"
        shape = len(history.user_ids), len(history.item_ids)
        matrix = csr_matrix((np.ones(len(history.users)), (history.users, history.items)), shape=shape)
        matrix.data[:] = 1.0
        f = min(self.factors, *shape)
        if f == min(shape):  # a log so small that the sparse solver refuses it
            left, values, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
        else:
            left, values, right = svds(matrix, k=f, v0=np.ones(min(shape)))
        signs = np.sign(right[np.arange(f), np.abs(right).argmax(axis=1)])
        users, items = np.zeros((shape[0], self.factors)), np.zeros((shape[1], self.factors))
        users[:, :f] = (left * signs * np.sqrt(values))[:, np.argsort(-values)]
        items[:, :f] = (right.T * signs * np.sqrt(values))[:, np.argsort(-values)]
        logged = np.einsum("ef,ef->e", users[history.users], items[history.items]).mean()
        apart = logged - users.mean(axis=0) @ items.mean(axis=0)
        scale = np.sqrt(self.contrast / apart) if apart > 1e-9 else 1.0  # a log of all pairs has no contrast
        return Fitted(users * scale, items * scale, np.zeros((0, self.factors)))

    def users(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """The fitted tastes, in the order of the log's users."""
        return _known(keys, fitted.users, draws.of("users"))

    def items(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """The fitted topics, in the order of the log's items."""
        return _known(keys, fitted.items, draws.of("items"))


def _known(keys: Keys, vectors: Floats, draws: Draws) -> Drawn:
    """The vectors of those in the log; a newcomer (whose key is no row number) gets somebody's."""
    stranger = (draws.uniform(keys) * len(vectors)).astype(np.int64)
    row = np.where(keys < len(vectors), keys.astype(np.int64), stranger)
    return Drawn(vectors[row], np.zeros(len(keys), np.int32))
