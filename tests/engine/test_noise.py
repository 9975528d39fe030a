"""Noise is a function of seed, position and id, and is distributed as it should be."""

import math

import numpy as np
import pytest

from playground.engine.noise import GOLDEN, LARGEST, _mix_one, gumbel

IDS = np.arange(200_000)


def test_splitmix64_gives_the_published_values():
    """The first outputs from state 1234567, as the reference implementations print them."""
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [_mix_one(1234567 + n * GOLDEN) for n in range(1, 5)] == expected


def test_values_do_not_depend_on_which_other_ids_stand_beside_or_in_what_order():
    noise = gumbel(7, 3, IDS)
    order = np.random.default_rng(0).permutation(len(IDS))[:1000]
    assert np.array_equal(gumbel(7, 3, IDS[order]), noise[order])


def test_values_never_change():
    """Recorded: replays of old replies rest on them."""
    assert gumbel(0, 0, np.array([0, 1, 262_143])).tolist() == pytest.approx(
        [-0.6807578023, 3.5293597397, 0.7760041018], abs=1e-9
    )


@pytest.mark.parametrize(("seed", "position"), [(0, 0), (0, 1), (1, 0), (2**31 - 1, 131_071)])
def test_noise_has_the_gumbel_distribution(seed, position):
    noise = gumbel(seed, position, IDS)
    assert noise.mean() == pytest.approx(np.euler_gamma, abs=0.02)
    assert noise.var() == pytest.approx(math.pi**2 / 6, abs=0.04)
    shares = np.sort(np.exp(-np.exp(-noise)))  # uniform if and only if the noise is Gumbel
    assert np.abs(shares - np.linspace(0, 1, len(shares))).max() < 1.63 / math.sqrt(len(shares))  # 1 % level


def test_neighbouring_seeds_positions_and_ids_are_unrelated():
    base = gumbel(5, 9, IDS)
    for other in (gumbel(6, 9, IDS), gumbel(5, 10, IDS), gumbel(9, 5, IDS), np.roll(base, 1)):
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.01


def test_nothing_is_larger_than_the_bound():
    assert -math.log(-math.log1p(-(2.0**-33))) == LARGEST
    assert 22.87 < LARGEST < 22.88
    assert max(gumbel(seed, 0, IDS).max() for seed in range(20)) < LARGEST
