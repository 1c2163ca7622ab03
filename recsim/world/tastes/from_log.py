"""The people and the items of a real log."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import svds

from recsim.base.component import AtLeastOne, Positive
from recsim.base.draws import Draws
from recsim.base.flow import Floats, History, Keys
from recsim.world.tastes import Drawn, Fitted, Tastes


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
