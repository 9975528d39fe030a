"""What is kept of earlier prompts, what goes first, and how a miss is explained."""

import torch

from playground.engine.chunks import fingerprint, split
from playground.engine.kv_cache import Block
from playground.engine.misses import Prompt, difference
from playground.engine.prefix_cache import PrefixCache
from playground.engine.request import ImageSpan

SIZE = 8
BLOCK_BYTES = 2 * SIZE * 4


def prompt(ids, images=(), instructions=0):
    return Prompt(fingerprint(ids, images), instructions)


def block():
    return Block({0: torch.zeros(2, 1, 1, SIZE, 1)}, SIZE)


def store(cache, ids):
    """As if the prompt had been read from start to end; gives its chunks."""
    chunks = split(ids, (), SIZE)
    for number, chunk in enumerate(chunks, start=1):
        if chunk.key is not None:
            cache.add(chunks[:number], block())
    cache.remember(prompt(ids))
    return chunks


def explain(cache, ids):
    chunks = split(ids, (), SIZE)
    cached = SIZE * len(cache.find(chunks[:-1]))
    return cached, cache.explain(prompt(ids), chunks, cached)


def test_the_longest_stored_start_is_found():
    cache = PrefixCache(10 * BLOCK_BYTES)
    store(cache, list(range(20)))
    assert len(cache.find(split(range(40), (), SIZE))) == 2
    assert len(cache.find(split([*range(10), 99, *range(11, 40)], (), SIZE))) == 1
    assert cache.find(split(range(1, 40), (), SIZE)) == []


def test_the_budget_is_kept_and_measured_in_bytes():
    cache = PrefixCache(3 * BLOCK_BYTES + 1)
    for start in range(0, 1000, 100):
        store(cache, list(range(start, start + 20)))
        assert cache.used_bytes == len(cache) * BLOCK_BYTES <= cache.budget_bytes
    assert len(cache) == 3
    cache.clear()
    assert (cache.used_bytes, len(cache)) == (0, 0)


def test_the_least_recently_used_goes_first_and_ends_before_starts():
    cache = PrefixCache(4 * BLOCK_BYTES)
    old = store(cache, list(range(17)))
    store(cache, list(range(100, 117)))
    cache.find(old[:2])
    store(cache, list(range(200, 209)))
    assert len(cache.find(old[:2])) == 2
    assert len(cache.find(split(range(100, 117), (), SIZE))) == 1


def test_a_long_prompt_that_overflows_the_budget_keeps_its_start():
    cache = PrefixCache(3 * BLOCK_BYTES)
    chunks = store(cache, list(range(6 * SIZE)))
    assert 0 < len(cache.find(chunks)) <= 3


def test_a_block_larger_than_the_budget_is_not_stored():
    cache = PrefixCache(BLOCK_BYTES - 1)
    store(cache, list(range(20)))
    assert len(cache) == 0


def test_misses_are_explained():
    cache = PrefixCache(100 * BLOCK_BYTES)
    assert explain(cache, list(range(20))) == (0, "first message")
    store(cache, list(range(20)))
    assert explain(cache, list(range(40))) == (
        16,
        "the prompt is new from token 20 on, and only whole chunks are reused",
    )
    changed = [*range(13), 99, *range(14, 40)]
    assert explain(cache, changed) == (
        8,
        "a message was edited or left out, or another chat begins, at token 13, and only whole chunks are reused",
    )
    assert explain(cache, list(range(20)))[1].startswith("the whole prompt was read before, but its end")
    cache.clear()
    assert explain(cache, list(range(40))) == (0, "evicted: 20 tokens were read before, 0 of them are still in memory")
    assert explain(PrefixCache(0), [1, 2]) == (0, "prompt reuse is off")


def test_what_parts_two_prompts_is_called_by_its_name():
    ids = list(range(40))
    changed = [*ids[:13], 99, *ids[14:]]
    one, other = (ImageSpan(10, 6, {}, digest) for digest in ("one", "other"))
    edit = "a message was edited or left out, or another chat begins, at token 13"
    assert difference(prompt(changed), prompt(ids)) == edit
    assert difference(prompt(changed, instructions=13), prompt(ids, instructions=13)) == edit
    instructions = "the system prompt or the tools changed at token 13"
    assert difference(prompt(changed, instructions=20), prompt(ids, instructions=20)) == instructions
    assert difference(prompt(changed), prompt(ids, instructions=20)) == instructions
    assert difference(prompt(ids, [other]), prompt(ids, [one])) == "another picture stands at token 10"
    assert difference(prompt(ids, [other]), prompt(ids)) == "a picture was added at token 10"
    assert difference(prompt(ids), prompt(ids, [one])) == "a picture was taken out at token 10"
