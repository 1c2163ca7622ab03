"""The folder of a MovieLens data set."""

from __future__ import annotations

from pathlib import Path

from recsim.base.component import Number
from recsim.base.flow import History
from recsim.data import Data
from recsim.data.building import Layout, build


class MovieLens(Data):
    """The folder of a MovieLens data set: `ratings.csv` and `movies.csv`, plain or `.gz`.

    Every rating is an interaction of value 1, in order of its time; the features of an item are its genres (Harper &
    Konstan, TiiS 2015). Of a movie that somebody rated twice the last rating counts. Users and items are numbered in
    ascending order of their ids; movies that nobody rated are part of the catalogue.
    """

    kind = "movielens"
    minimum_rating: Number = 0.0
    """Lowest rating, in stars, that counts as an interaction; 0: all of them."""

    def files(self) -> tuple[str, ...]:
        """Ratings and genres."""
        return "ratings.csv", "movies.csv"

    def read(self) -> History:
        """Ratings and genres."""
        ratings, movies = (Path(self.path) / name for name in self.files())
        return build(
            Layout(
                ratings,
                "userId",
                "movieId",
                "rating",
                self.minimum_rating,
                "minimum_rating",
                binary=True,
                time="timestamp",
                time_is_optional=True,
                items=movies,
                features=("genres",),
                no_feature="(no genres listed)",
            )
        )
