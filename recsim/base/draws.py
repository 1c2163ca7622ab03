"""Random numbers as a pure function of *who and what they are about*, never of when they were asked for.

A `Draws` is a node in a tree of keys: `Draws(seed).of("behaviour.drift.drift", 7)` is one stream at tick 7. Below it,
a number belongs to a row key (a user) and, if given, a column key (an item). The same user who meets the same item at
the same tick draws the same number in every arm, whatever the cohorts, and there is no state to save.

The mixer is SplitMix64 (Steele, Lea & Flood, OOPSLA 2014); `generator` is Philox (Salmon et al., SC 2011).
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_A, _B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def scramble(x: Keys) -> Keys:
    """SplitMix64's finalizer: a bijection of 64 bits that spreads every bit over all others."""
    x = (x ^ (x >> np.uint64(30))) * _A
    x = (x ^ (x >> np.uint64(27))) * _B
    return x ^ (x >> np.uint64(31))


def mix(keys: ArrayLike, words: ArrayLike) -> Keys:
    """A new key from a key and a word, elementwise; both broadcast."""
    with np.errstate(over="ignore"):  # 64-bit arithmetic wraps; numpy warns for scalars
        return scramble(np.asarray(keys, np.uint64) + (np.asarray(words, np.uint64) + np.uint64(1)) * _GOLDEN)


def word(text: str) -> np.uint64:
    """A text as a 64-bit word, the same in every process (unlike `hash`)."""
    return np.uint64(int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little"))


class Draws:
    """Uniform, normal and Gumbel numbers keyed by rows and columns.

    Args:
        seed: any integer; only its lowest 64 bits count.
    """

    def __init__(self, seed: int) -> None:
        self._key: Keys = mix(np.uint64(0), np.uint64(seed & (2**64 - 1)))

    def of(self, *path: str | int) -> Draws:
        """The draws below this node: one stream, one tick, one purpose."""
        child = Draws(0)
        child._key = self._key
        for step in path:
            child._key = mix(~child._key, word(step) if isinstance(step, str) else np.uint64(step & (2**64 - 1)))
        return child

    def keys(self, rows: ArrayLike, cols: ArrayLike | None = None) -> Keys:
        """64 random bits per row (n,), or per row and column: cols (k,) or (n, k) → (n, k)."""
        bits = mix(self._key, rows)  # (n,)
        return bits if cols is None else mix(bits[..., None], cols)  # (n, k)

    def uniform(self, rows: ArrayLike, cols: ArrayLike | None = None) -> Floats:
        """Numbers strictly between 0 and 1, shape (n,) or (n, k)."""
        return ((self.keys(rows, cols) >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52

    def normal(self, rows: ArrayLike, cols: ArrayLike | None = None) -> Floats:
        """Standard normal numbers (Box & Muller 1958), shape (n,) or (n, k)."""
        radius, angle = self.uniform(rows, cols), self.of("angle").uniform(rows, cols)
        return np.sqrt(-2.0 * np.log(radius)) * np.cos(2.0 * np.pi * angle)

    def gumbel(self, rows: ArrayLike, cols: ArrayLike | None = None) -> Floats:
        """Standard Gumbel numbers: an argmax over appeal + Gumbel is a multinomial logit."""
        return -np.log(-np.log(self.uniform(rows, cols)))

    def generator(self) -> np.random.Generator:
        """A numpy generator for what is not about an entity (a graph, a random start)."""
        return np.random.Generator(np.random.Philox(key=int(self._key)))
