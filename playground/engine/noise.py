"""Random numbers without a generator: each is a function of (seed, position, token id) and of nothing else.

So a draw is the same alone or in a batch, whichever candidates stand beside it, in whatever order, on any machine.

The generator is SplitMix64, whose n-th output can be computed directly. Its key is made from seed and position, and
the token id is n. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014;
constants as in java.util.SplittableRandom.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

GOLDEN = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
WORD = 2**64 - 1

LARGEST = -math.log(-math.log1p(-(2.0**-33)))
"""The largest value that `gumbel` gives, 22.9: what lies further than this below the winner cannot win."""


def gumbel(seed: int, position: int, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Standard Gumbel noise for each token id.

    The id that maximises logit + noise is distributed as the softmax of the logits.
    """
    alone: npt.NDArray[np.float64] = gumbel_rows([(seed, position)], ids[None])[0]
    return alone


def gumbel_rows(places: Sequence[tuple[int, int]], ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """As `gumbel` for several draws at once: each has its (seed, position) and a row of ids [N, T]."""
    keys = np.array([_key(seed, position) for seed, position in places], dtype=np.uint64)[:, None]
    counter = ids.astype(np.uint64) + np.uint64(1)
    bits = _mix(keys + counter * np.uint64(GOLDEN))
    uniform = ((bits >> np.uint64(32)).astype(np.float64) + 0.5) * 2.0**-32
    noise: npt.NDArray[np.float64] = -np.log(-np.log(uniform))
    return noise


def _key(seed: int, position: int) -> int:
    return _mix_one(_mix_one(seed + GOLDEN) + (position + 1) * GOLDEN)


def _mix(z: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """SplitMix64's output function. Array arithmetic of numpy wraps around at 2^64, as it should."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(MIX_1)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(MIX_2)
    return np.asarray(z ^ (z >> np.uint64(31)))


def _mix_one(z: int) -> int:
    """The same function of one Python integer."""
    z &= WORD
    z = (z ^ (z >> 30)) * MIX_1 & WORD
    z = (z ^ (z >> 27)) * MIX_2 & WORD
    return z ^ (z >> 31)
