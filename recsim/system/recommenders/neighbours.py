"""Ask the neighbours: items that the same people clicked, or people who clicked the same items."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recsim.base.component import AtLeastOne, NonNegative
from recsim.base.draws import Draws, Keys, mix
from recsim.base.flow import Floats, Ints, Public, Request, Slate, Training
from recsim.base.kernels import threads
from recsim.base.kernels.ranking import TILE, Scores, ranked, top_k
from recsim.system.recommenders import Recommender, grown, slate_of


class ItemNeighbours(NamedTuple):
    """What `item_knn` knows: a sparse matrix (i, i), row by row."""

    indptr: NDArray[Any]
    """(i + 1,) where the neighbours of each item begin."""
    items: Ints
    """(e,) the nearest items of each."""
    similarity: Floats
    """(e,) how near."""
    clicks: Floats
    """(i,) weight of the clicks on each item."""


class UserNeighbours(NamedTuple):
    """What `user_knn` knows: sparse matrices (u, u) and (u, i), row by row."""

    indptr: NDArray[Any]
    """(u + 1,) where the neighbours of each user begin."""
    users: Ints
    """(e,) the nearest users of each."""
    similarity: Floats
    """(e,) how near."""
    clicks_indptr: NDArray[Any]
    """(u + 1,) where the clicks of each user begin."""
    clicks_items: Ints
    """(c,) items clicked."""
    clicks_weights: Floats
    """(c,) weight of these clicks."""
    clicks: Floats
    """(i,) weight of the clicks on each item."""


class _Neighbourhood(Recommender):
    """What the two have in common: who is near, and what is done where nobody is."""

    neighbours: AtLeastOne = 20
    """Nearest ones that have a say, k; larger: smoother, and more popular items."""
    shrinkage: NonNegative = 0.0
    """Common clicks at which a similarity counts half; larger: what is seen rarely counts less."""
    cold_users: Literal["popular", "uniform"] = "popular"
    """What a user for whom no neighbour speaks is shown: the most clicked items, or random ones."""

    def near(self, rows: csr_matrix, keys: Keys, draws: Draws) -> csr_matrix:
        """(n, n) the similarities of each row to the `neighbours` nearest others; ties are broken by key.

        Cosine times common / (common + shrinkage), Bell & Koren (ICDM 2007). Common clicks are counted exactly and
        divided once, so equal similarities are equal in all bits.
        """
        others, squares = csr_matrix(rows.T), np.asarray(rows.multiply(rows).sum(axis=1)).ravel()  # (n,)
        alike = csr_matrix((np.ones(rows.nnz), rows.indices, rows.indptr), shape=rows.shape)
        alike_others = csr_matrix(alike.T)
        best = np.full((rows.shape[0], self.neighbours), -1, np.int32)
        found = np.zeros(best.shape)

        def look(start: int) -> None:
            here = slice(start, start + TILE)
            product = rows[here] @ others
            row, col = np.repeat(np.arange(product.shape[0]), np.diff(product.indptr)), product.indices
            cosine = product.data / np.sqrt(squares[start + row] * squares[col])
            if self.shrinkage:
                common = (alike[here] @ alike_others).data
                cosine *= common / (common + self.shrinkage)
            close = np.full(product.shape, -np.inf)  # (t, n)
            close[row, col] = np.where((cosine > 0) & (start + row != col), cosine, -np.inf)  # nobody is near oneself
            owner = draws.keys(keys[here])
            best[here] = top_k(close, self.neighbours, lambda r, c: mix(owner[r], keys[c]))
            found[here] = np.take_along_axis(close, best[here], axis=1)

        threads.each(look, range(0, rows.shape[0], TILE))
        row, col = np.nonzero(best >= 0)
        return csr_matrix((found[row, col], (row, best[row, col])), shape=(rows.shape[0], rows.shape[0]))

    def slates(self, voters: csr_matrix, votes: csr_matrix, clicks: Floats, request: Request, draws: Draws) -> Slate:
        """Lists by votes: voters (n, v) times votes (v, i); items without a vote follow, the most clicked first."""
        offered = votes[:, request.items]
        clicks = grown(clicks, len(request.public.item_keys))
        keys = draws.of("rest").keys(request.public.item_keys[request.items])
        order = np.lexsort((keys, -clicks[request.items]))
        rest = np.empty(len(order))
        rest[order] = -np.arange(1.0, len(order) + 1) / (
            len(order) + 1
        )  # distinct, so that no list has ties at its end

        def score(rows: Ints) -> Scores:
            found = (voters[np.searchsorted(request.users, rows)] @ offered).toarray()  # (TILE, j)
            return np.where(found > 0, found, rest)

        items, scores = ranked(request, score, draws)
        speaks = np.asarray(voters @ np.diff(votes.indptr).astype(np.float64) > 0)
        scores = np.where((scores < 0) & (items >= 0), 0.0, scores)
        return slate_of(request, (items, scores), ~speaks, self.cold_users, clicks, draws)


class ItemKNN(_Neighbourhood):
    """Items that are near those which the user has clicked: Σ over the user's clicks of the similarity.

    Item-based collaborative filtering (Sarwar, Karypis, Konstan & Riedl, WWW 2001; Deshpande & Karypis, TOIS 2004): an
    item is near another if the same users clicked both. Similarities are as of the last fit, the user's clicks as of
    now. An item without interactions is nobody's neighbour.
    """

    policy = ItemNeighbours

    def fit(self, training: Training, public: Public, previous: Any, draws: Draws) -> ItemNeighbours:
        """Find each item's neighbours."""
        clicks = _clicks(training, public)
        near = self.near(csr_matrix(clicks.T), public.item_keys, draws)
        of_item = np.bincount(training.items, training.weights, minlength=clicks.shape[1])
        return ItemNeighbours(near.indptr, near.indices, near.data, of_item)

    def rank(self, policy: ItemNeighbours, request: Request, draws: Draws) -> Slate:
        """Each click speaks for the item's neighbours."""
        n_items = len(request.public.item_keys)
        near = _matrix(policy.indptr, policy.items, policy.similarity, n_items, n_items)
        mine = request.history
        clicked = _matrix(mine.indptr, mine.items, np.ones(len(mine.items)), len(request.users), n_items)
        return self.slates(clicked, near, policy.clicks, request, draws)


class UserKNN(_Neighbourhood):
    """What those have clicked who clicked the same as the user: Σ over the neighbours of similarity · clicks.

    User-based collaborative filtering (Resnick, Iacovou, Suchak, Bergstrom & Riedl, CSCW 1994; Herlocker, Konstan,
    Borchers & Riedl, SIGIR 1999). Neighbours and their clicks are as of the last fit. With 5 neighbours, votes of equal
    weight and `discount` 0 or 1 it is the recommender r1 or r2 of Fleder & Hosanagar (Management Science 2009).
    """

    policy = UserNeighbours

    votes: Literal["similarity", "equal"] = "similarity"
    """What a neighbour's click counts: as much as the neighbour is near, or one each."""
    discount: NonNegative = 0.0
    """Votes are divided by the clicks of the item to this power; larger: less popular items; 0: not at all."""

    def fit(self, training: Training, public: Public, previous: Any, draws: Draws) -> UserNeighbours:
        """Find each user's neighbours."""
        clicks = _clicks(training, public)
        near = self.near(clicks, public.user_keys, draws)
        of_item = np.bincount(training.items, training.weights, minlength=clicks.shape[1])
        return UserNeighbours(near.indptr, near.indices, near.data, clicks.indptr, clicks.indices, clicks.data, of_item)

    def rank(self, policy: UserNeighbours, request: Request, draws: Draws) -> Slate:
        """Each neighbour speaks for what that neighbour has clicked."""
        n_users, n_items = len(request.public.user_keys), len(request.public.item_keys)
        weight = policy.similarity if self.votes == "similarity" else np.ones(len(policy.similarity))
        near = _matrix(policy.indptr, policy.users, weight, n_users, n_users)
        popular = policy.clicks[policy.clicks_items] ** self.discount
        votes = _matrix(policy.clicks_indptr, policy.clicks_items, policy.clicks_weights / popular, n_users, n_items)
        return self.slates(near[request.users], votes, policy.clicks, request, draws)


def _clicks(training: Training, public: Public) -> csr_matrix:
    """(u, i) weight of the clicks of each user on each item."""
    shape = len(public.user_keys), len(public.item_keys)
    clicks = csr_matrix((training.weights, (training.users, training.items)), shape=shape)
    clicks.sum_duplicates()
    return clicks


def _matrix(indptr: NDArray[Any], cols: Ints, data: Floats, n_rows: int, n_cols: int) -> csr_matrix:
    """A sparse matrix of this shape; rows that came since are empty."""
    ends = np.append(indptr, np.full(n_rows + 1 - len(indptr), indptr[-1], indptr.dtype))
    return csr_matrix((data, cols, ends), shape=(n_rows, n_cols))
