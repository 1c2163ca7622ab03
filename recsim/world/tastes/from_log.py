"""The people and the items of a real log."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from recsim.base.component import AtLeastOne, Positive, Share
from recsim.base.draws import Draws
from recsim.base.flow import Floats, History, Keys
from recsim.world.tastes import Drawn, Fitted, Tastes

CHUNK = 256
"""Users whose choices among all items are held at once."""
CLOSE, SWEEPS = 1e-6, 200
"""The contraction ends where no logarithm of a share is further off, and in any case after so many sweeps."""


class FromLog(Tastes):
    """Tastes, topics, quality and activity fitted to the human data: the truth reproduces the log.

    Tastes: truncated SVD of the binary interaction matrix, R ≈ U S V′, gives tastes U√S and topics V√S (Golub & Van
    Loan, Matrix Computations, §2.5), scaled together so that the likings of the pairs in the log exceed those of random
    pairs by `contrast`. Quality: the contraction δ ← δ + ln s(log) − ln s(model) of Berry, Levinsohn & Pakes
    (Econometrica 1995) finds the δ with which these people, each as often as in the log, choose items with the log's
    popularity if they choose freely among everything by multinomial logit at temperature 1; centred to mean 0.
    Activity: a user's logged count over the mean. Newcomers are given taste or topic, quality and activity of somebody
    in the log, drawn at random.

    Pitfalls: `items.quality_spread` adds to the fitted quality, so write 0 to reproduce the log; a choice at another
    temperature, or from a slate, has another popularity than the log's: that is the recommender's doing.
    """

    factors: AtLeastOne = 16
    """Number of dimensions; those beyond the smaller side of the matrix stay empty."""
    contrast: Positive = 3.0
    """Mean taste·topic of a pair in the log minus that of a random pair; larger: people know better what they want."""
    popularity: Share = 1.0
    """Share of the fitted quality that items keep, from 0 to 1; 0: liking is by taste alone, quality is not fitted."""
    smoothing: Positive = 0.5
    """Clicks that each item is granted beyond its own, so that one without any is not infinitely bad; larger: more even
    popularity than in the log."""
    fitted_users: AtLeastOne = 2000
    """Most users whose choices the quality is fitted to, evenly spread over the log; more: closer, and slower."""
    needs_history = True

    @property
    def width(self) -> int:
        """Number of dimensions."""
        return self.factors

    def fit(self, history: History | None, draws: Draws) -> Fitted:
        """Tastes (u, f), topics (i, f), quality (i,) and activity (u,) of the log."""
        assert history is not None, "from_log tastes come with data: checked when the scenario was read"
        users, items = self._vectors(history)
        counts = np.bincount(history.users, minlength=len(users)).astype(np.float64)
        quality = self._quality(history, users, items, counts) if self.popularity > 0 else None
        return Fitted(users, items, np.zeros((0, self.factors)), quality, counts / counts.mean())

    def _vectors(self, history: History) -> tuple[Floats, Floats]:
        """Tastes (u, f) and topics (i, f); signs fixed so that each factor's largest topic is positive."""
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
        return users * scale, items * scale

    def _quality(self, history: History, users: Floats, items: Floats, counts: Floats) -> Floats:
        """(i,) what makes items as popular with these people as they are in the log, mean 0."""
        some = np.linspace(0, len(users) - 1, min(len(users), self.fitted_users)).astype(np.int64)
        clicks = np.bincount(history.items, minlength=len(items)) + self.smoothing
        target, quality = np.log(clicks / clicks.sum()), np.zeros(len(items))
        for _ in range(SWEEPS):
            off = target - np.log(_shares(users[some], counts[some], items, quality))
            quality += off
            if np.abs(off).max() < CLOSE:
                break
        return self.popularity * (quality - quality.mean())

    def users(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """The fitted tastes, in the order of the log's users."""
        return _known(keys, fitted.users, draws.of("users"))

    def items(self, keys: Keys, fitted: Fitted, draws: Draws) -> Drawn:
        """The fitted topics, in the order of the log's items."""
        return _known(keys, fitted.items, draws.of("items"))


def _shares(tastes: Floats, weights: Floats, topics: Floats, quality: Floats) -> Floats:
    """(i,) share of each item in the choices of users who weigh so much, never users × items at once."""
    total = np.zeros(len(topics))
    for start in range(0, len(tastes), CHUNK):
        mine = slice(start, start + CHUNK)
        worth = tastes[mine] @ topics.T + quality  # (CHUNK, i)
        chance = np.exp(worth - worth.max(axis=1, keepdims=True))
        total += (weights[mine] / chance.sum(axis=1)) @ chance
    return np.asarray(total / weights.sum())


def _known(keys: Keys, vectors: Floats, draws: Draws) -> Drawn:
    """The vectors of those in the log; a newcomer (whose key is no row number) gets somebody's."""
    stranger = (draws.uniform(keys) * len(vectors)).astype(np.int64)
    row = np.where(keys < len(vectors), keys.astype(np.int64), stranger)
    return Drawn(vectors[row], np.zeros(len(keys), np.int32), row.astype(np.int32))
