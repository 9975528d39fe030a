"""What a model will take is foreseen from its files, and what does not fit is refused with figures."""

import pytest
import torch
from transformers import Gemma3TextConfig, Gemma4TextConfig

from playground.engine.checkpoint import read_checkpoint
from playground.engine.chunks import CHUNK_TOKENS
from playground.engine.devices import Precision
from playground.engine.kv_cache import capacity_for
from playground.engine.memory import (
    FORESEEN_REPLY,
    MemoryNeed,
    cache_bytes,
    foresee,
    free_host_bytes,
    gigabytes,
    place,
    place_on_gpus,
)
from playground.engine.runner import Runner
from playground.engine.weights import load
from playground.errors import ModelUnavailable
from tests.engine import tiny_checkpoints
from tests.engine.tiny_checkpoints import FAMILIES, save

GB = 1_000_000_000
GEMMA3_1B = {"num_hidden_layers": 26, "num_key_value_heads": 1, "head_dim": 256, "sliding_window": 512}


@pytest.mark.parametrize("model_type", FAMILIES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_foreseen_weights_are_the_loaded_ones(model_type, dtype, tmp_path):
    save(model_type, tmp_path)
    foreseen = foresee(read_checkpoint(tmp_path), Precision(dtype, "")).weights
    model = load(tmp_path, device="cpu", dtype=str(dtype).removeprefix("torch.")).model
    loaded = sum(parameter.nbytes for parameter in model.parameters())
    assert loaded <= foreseen <= loaded * 1.05 + 1024


@pytest.mark.parametrize("model_type", ["gemma3_text", "gemma4_text"])
@pytest.mark.parametrize("tokens", [10, 300])
def test_the_foreseen_cache_is_as_large_as_a_real_one(model_type, tokens):
    model = tiny_checkpoints.build(model_type)
    runner = Runner(model)
    cache = runner.new_cache()
    with torch.no_grad():
        runner.read(cache, [50] * tokens)
    assert cache_bytes(model.config.to_dict(), tokens, 4) == cache.size_bytes


def test_the_foreseen_cache_is_that_of_a_long_prompt_and_a_reply():
    model = tiny_checkpoints.build("gemma3_text")
    runner = Runner(model)
    cache = runner.new_cache()
    with torch.no_grad():
        for start in range(0, 2560, CHUNK_TOKENS):
            cache.trim(start)
            runner.read(cache, [50] * CHUNK_TOKENS)
        for _ in range(FORESEEN_REPLY):
            runner.decode([(cache, [60])])
    assert cache_bytes(model.config.to_dict(), cache.length, 4) == cache.size_bytes


def test_the_cache_of_gemma_3_1b_is_computed_from_its_config():
    # keys and values of one head of 256, two bytes; 4 layers keep 8,192 tokens, and 22 a window, a chunk and a reply
    assert cache_bytes(GEMMA3_1B, 8192, 2) == (4 * 8192 + 22 * capacity_for(511 + 512 + 1024)) * 2 * 256 * 2


def test_the_cache_of_gemma_4_e4b_is_computed_from_its_published_config():
    config = {
        "model_type": "gemma4_text",
        "num_hidden_layers": 42,
        "num_kv_shared_layers": 18,
        "num_key_value_heads": 2,
        "head_dim": 256,
        "global_head_dim": 512,
        "sliding_window": 512,
    }
    # 24 layers keep keys and values: 20 sliding ones and 4 full ones, with heads twice as large
    assert cache_bytes(config, 8192, 2) == (2048 * 20 * 256 + 8192 * 4 * 512) * 2 * 2 * 2


def test_configs_with_and_without_defaults_written_out_agree():
    for config in (Gemma3TextConfig(), Gemma4TextConfig()):
        full = config.to_dict()
        sparse = {key: full[key] for key in ("model_type", "num_hidden_layers", "sliding_window")}
        assert cache_bytes(sparse, 8192, 2) == cache_bytes(full, 8192, 2)


def test_a_model_that_does_not_fit_is_refused_with_all_figures():
    need = MemoryNeed(weights=900_000 * GB, cache=2 * GB, working=GB)
    with pytest.raises(
        ModelUnavailable, match=r"huge needs 900003\.0 GB .weights .* conversation .* 2\.0 GB"
    ) as caught:
        place("huge", need, torch.device("cpu"))
    assert gigabytes(free_host_bytes())[:2] in caught.value.message
    assert "smaller model" in caught.value.message
    assert caught.value.code == "not_enough_memory"


def test_it_can_be_forced():
    need = MemoryNeed(weights=900_000 * GB, cache=0, working=0)
    assert place("huge", need, torch.device("cpu"), force=True).device == torch.device("cpu")


def test_nothing_is_read_of_a_model_that_does_not_fit(tmp_path, monkeypatch):
    save("gemma3_text", tmp_path)
    monkeypatch.setattr("playground.engine.memory.free_host_bytes", lambda: 1000)
    steps = []
    with pytest.raises(ModelUnavailable, match="needs 2"):
        load(tmp_path, device="cpu", report=steps.append)
    assert steps == []
    assert load(tmp_path, device="cpu", force=True).parameters > 0


def test_one_gpu_is_taken_where_the_model_fits_one():
    placement = place_on_gpus("m", MemoryNeed(8 * GB, GB, GB), [6 * GB, 24 * GB])
    assert placement.device == torch.device("cuda", 1)
    assert placement.device_map is None


def test_several_gpus_are_taken_where_one_is_too_small():
    placement = place_on_gpus("m", MemoryNeed(30 * GB, GB, GB), [24 * GB, 20 * GB])
    assert placement.device_map == "auto"
    assert sum(placement.max_memory.values()) >= 30 * GB
    assert all(placement.max_memory[gpu] < free for gpu, free in enumerate([24 * GB, 20 * GB]))


def test_gpus_that_are_too_small_together_are_refused():
    with pytest.raises(ModelUnavailable, match=r"needs 32\.0 GB .* 28\.5 GB of memory of 2 GPUs are free"):
        place_on_gpus("m", MemoryNeed(30 * GB, GB, GB), [20 * GB, 10 * GB])


def test_the_limit_of_a_container_counts(tmp_path):
    (tmp_path / "memory.max").write_text("1000000\n")
    (tmp_path / "memory.current").write_text("700000\n")
    (tmp_path / "memory.stat").write_text("anon 500000\ninactive_file 100000\nactive_file 50000\n")
    assert free_host_bytes(tmp_path) == 1_000_000 - 700_000 + 150_000


@pytest.mark.parametrize("limit", ["max\n", ""])
def test_a_container_without_a_limit_has_the_machines_memory(limit, tmp_path):
    (tmp_path / "memory.max").write_text(limit)
    assert free_host_bytes(tmp_path) > 1_000_000
    assert free_host_bytes(tmp_path / "absent") > 1_000_000


def test_amounts_read_well():
    assert [gigabytes(n) for n in (8_600_000_000, 20_400_000, 1)] == ["8.6 GB", "20 MB", "0 MB"]
