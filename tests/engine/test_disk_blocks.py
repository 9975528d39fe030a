"""Blocks on disk: what comes back is what was written, to the bit, within the budget; damaged files are no blocks."""

import os

import pytest
import torch

from playground.engine.disk_blocks import DiskBlocks, identity
from playground.engine.engine import Engine
from playground.engine.kv_cache import Block
from playground.engine.request import Token
from tests.engine.asking import ask, words
from tests.tiny_models import tiny_model

KEYS = [bytes([number]) * 32 for number in range(8)]
ROOM = 10**6


def block(seed, tokens=8):
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(2, 1, 3, tokens, 16, generator=generator)
    return Block({0: states, 5: states[:, :, :1].to(torch.bfloat16)}, tokens)


@pytest.fixture
def files(tmp_path):
    """The block files, least recently used first."""

    def listed():
        return sorted(tmp_path.glob("*/*"), key=lambda path: path.stat().st_mtime_ns)

    return listed


def test_a_block_comes_back_as_it_was_and_under_its_key_and_identity_only(tmp_path):
    disk = DiskBlocks(tmp_path, ROOM, "model one")
    disk.store(KEYS[0], block(0))
    disk.close()
    back = DiskBlocks(tmp_path, ROOM, "model one").load(KEYS[0], 8)
    assert set(back.states) == {0, 5}
    for layer, states in block(0).states.items():
        assert torch.equal(back.states[layer], states)
        assert back.states[layer].dtype == states.dtype
    assert back.tokens == 8
    assert disk.load(KEYS[1], 8) is None
    assert DiskBlocks(tmp_path, ROOM, "model two").load(KEYS[0], 8) is None


def test_the_budget_holds_for_all_models_and_the_longest_unused_goes_first(tmp_path, files):
    one, two = DiskBlocks(tmp_path, ROOM, "one"), DiskBlocks(tmp_path, ROOM, "two")
    for number, disk in enumerate((one, two, one)):
        disk.store(KEYS[number], block(number))
        disk.close()
        os.utime(files()[-1], (number + 1, number + 1))
    size = files()[0].stat().st_size
    assert one.load(KEYS[0], 8) is not None, "which makes it the one that was used last"
    small = DiskBlocks(tmp_path, 2 * size + 10, "one")
    assert (len(files()), small.used_bytes) == (2, 2 * size)
    assert two.load(KEYS[1], 8) is None
    small.store(KEYS[3], block(3))
    small.close()
    assert small.used_bytes == sum(path.stat().st_size for path in files()) <= small.budget_bytes
    assert small.load(KEYS[3], 8) is not None


def test_what_is_larger_than_the_budget_is_not_written(tmp_path, files):
    disk = DiskBlocks(tmp_path, 100, "one")
    disk.store(KEYS[0], block(0))
    disk.close()
    assert files() == []


@pytest.mark.parametrize("harm", ["cut off", "a bit turned", "emptied", "of another length"])
def test_a_damaged_file_is_a_miss_and_deleted(tmp_path, files, harm):
    disk = DiskBlocks(tmp_path, ROOM, "one")
    disk.store(KEYS[0], block(0))
    disk.close()
    (path,) = files()
    data = bytearray(path.read_bytes())
    if harm == "a bit turned":
        data[-5] ^= 1
    path.write_bytes({"cut off": data[:-20], "emptied": b""}.get(harm, bytes(data)))
    assert disk.load(KEYS[0], 9 if harm == "of another length" else 8) is None
    assert files() == []
    disk.store(KEYS[0], block(0))
    disk.close()
    assert disk.load(KEYS[0], 8) is not None


def test_an_identity_names_the_machine_and_the_code():
    assert identity("model", "cpu") == identity("model", "cpu") != identity("model", "cuda")
    assert torch.__version__ in identity()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_after_a_restart_the_prompt_is_still_read_and_the_reply_the_same(tmp_path, dtype):
    request = ask(words(70), max_tokens=6, logprobs=True, top_logprobs=20)

    def started(**settings):
        return Engine(tiny_model("gemma3_text", dtype), context_tokens=200, chunk_tokens=16, threads=1, **settings)

    def asked(engine):
        outputs = list(engine.submit(request))
        usage = engine.cache_usage()
        engine.close()
        timing = outputs[-1].timing
        return [output for output in outputs if isinstance(output, Token)], timing.cached, timing.miss, usage

    cold = asked(started(cache_bytes=0))
    first = asked(started(disk=DiskBlocks(tmp_path, ROOM, "one")))
    again = asked(started(disk=DiskBlocks(tmp_path, ROOM, "one")))
    assert cold[0] == first[0] == again[0]
    assert (cold[1], first[1], again[1]) == (0, 0, 64)
    assert again[2] == "its start was read before this engine was started"
    assert 0 < again[3].disk_bytes <= again[3].disk_budget_bytes == ROOM
