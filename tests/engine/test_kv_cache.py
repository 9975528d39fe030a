"""A sequence's past: what attention gets to see, and what copying, growing and cutting leave as it was."""

import pytest
import torch

from playground.engine.kv_cache import KVCache, LayerCache, capacity_for

WINDOW = 4


def states(count, seed=0):
    """Keys or values of one head, [1, 1, T, 2]."""
    return torch.randn(1, 1, count, 2, generator=torch.Generator().manual_seed(seed))


def test_full_layers_show_everything_and_sliding_layers_the_window_of_the_first_query():
    keys = states(9)
    full, sliding = LayerCache(None), LayerCache(WINDOW)
    for start, end in ((0, 3), (3, 5), (5, 6), (6, 9)):
        part = keys[:, :, start:end]
        torch.testing.assert_close(full.update(part, part)[0], keys[:, :, :end])
        torch.testing.assert_close(sliding.update(part, part)[1], keys[:, :, max(0, start - WINDOW + 1) : end])


def test_growing_keeps_what_was_there():
    keys = states(700)
    layer = LayerCache(None)
    for start in range(0, 700, 100):
        seen, _ = layer.update(keys[:, :, start : start + 100], keys[:, :, start : start + 100])
    assert torch.equal(seen, keys)
    assert layer.size_bytes == 2 * 2 * 4 * capacity_for(700)


def test_sliding_layers_keep_what_was_not_trimmed_so_a_cut_can_go_behind_the_window():
    keys = states(30)
    cache = KVCache([WINDOW, None])
    for layer in (0, 1):
        cache.update(keys, keys, layer)
    cache.cut(10)
    seen, _ = cache.update(keys[:, :, 10:11], keys[:, :, 10:11], 0)
    assert torch.equal(seen, keys[:, :, 10 - WINDOW + 1 : 11])


def test_a_trimmed_sliding_layer_shows_the_same_and_takes_a_window_and_what_came_since():
    keys, whole, trimmed = states(3000), KVCache([WINDOW, None]), KVCache([WINDOW, None])
    for start in range(0, 3000, 100):
        part = keys[:, :, start : start + 100]
        trimmed.trim(start)
        for layer in (0, 1):
            assert torch.equal(trimmed.update(part, part, layer)[0], whole.update(part, part, layer)[0])
    number = 2 * 2 * 4
    assert trimmed.size_bytes == number * (capacity_for(WINDOW - 1 + 100) + capacity_for(3000))
    assert torch.equal(trimmed.copy(2900, 3000).states[0], whole.copy(2900, 3000).states[0])


def test_a_trimmed_sliding_layer_can_be_cut_back_to_where_it_was_trimmed_and_no_further():
    keys = states(40)
    cache = KVCache([WINDOW])
    cache.update(keys[:, :, :20], keys[:, :, :20], 0)
    cache.trim(20)
    cache.update(keys[:, :, 20:30], keys[:, :, 20:30], 0)
    cache.cut(20)
    seen, _ = cache.update(keys[:, :, 20:25], keys[:, :, 20:25], 0)
    assert torch.equal(seen, keys[:, :, 20 - WINDOW + 1 : 25])
    with pytest.raises(ValueError, match="cannot be cut back to 19: it begins at 17"):
        cache.cut(19)
    with pytest.raises(ValueError, match="positions 16 to 25 are not in a cache of 17 to 25"):
        cache.copy(16, 25)


def test_of_blocks_a_sliding_layer_takes_the_last_and_the_window_before_it():
    keys = states(50)
    one, other = KVCache([WINDOW]), KVCache([WINDOW])
    one.update(keys, keys, 0)
    other.append(*(one.copy(start, start + 10) for start in range(0, 50, 10)))
    assert other.length == 50
    assert torch.equal(other.copy(37, 50).states[0], one.copy(37, 50).states[0])
    with pytest.raises(ValueError, match="37 to 50"):
        other.copy(36, 50)


def test_a_cut_mends_a_pass_that_broke_off_between_two_layers():
    keys = states(6)
    cache = KVCache([None, None])
    for layer in (0, 1):
        cache.update(keys, keys, layer)
    cache.update(keys, keys, 0)
    assert cache.length == 6
    cache.cut(6)
    assert [cache.get_seq_length(layer) for layer in (0, 1)] == [6, 6]


@pytest.mark.parametrize(("window", "first"), [(WINDOW, 100 - WINDOW + 1), (None, 0)])
def test_copied_blocks_build_up_the_same_past_in_another_sequence(window, first):
    keys, values = states(300), states(300, seed=1)
    one, other = KVCache([window]), KVCache([window])
    one.update(keys, values, 0)
    for start, end in ((0, 100), (100, 290)):
        other.append(one.copy(start, end))
    one.cut(0)
    one.update(states(300, seed=2), states(300, seed=2), 0)  # copies do not change with their original
    block = other.copy(first, 290).states[0]
    assert torch.equal(block[0], keys[:, :, first:290])
    assert torch.equal(block[1], values[:, :, first:290])


def test_layers_that_never_store_take_no_memory():
    cache = KVCache([None, None, None])
    cache.update(states(3), states(3), 1)
    assert cache.length == 3
    assert list(cache.copy(0, 3).states) == [1]
    assert cache.size_bytes == 2 * 2 * 4 * capacity_for(3)


def test_capacity_is_a_function_of_the_length_and_wastes_less_than_half():
    sizes = [capacity_for(length) for length in range(1, 5000)]
    assert sizes == sorted(sizes)
    assert all(length <= size for length, size in enumerate(sizes, start=1))
    assert all(size < 1.51 * length for length, size in enumerate(sizes, start=1) if length >= 256)


def test_copying_what_is_not_there_is_an_error():
    cache = KVCache([None])
    cache.update(states(3), states(3), 0)
    with pytest.raises(ValueError, match="positions 2 to 4 are not in a cache of 0 to 3"):
        cache.copy(2, 4)
