"""Quantised while loading, kept for the next start, and made again when the file is damaged."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from playground.engine import quantised
from playground.engine.checkpoint import read_checkpoint
from playground.engine.devices import Precision, choose_precision
from playground.engine.memory import Placement, foresee
from playground.engine.quantised import QuantisedLinear, pack
from playground.engine.runner import Runner
from playground.engine.weights import _load_model, load
from playground.errors import ModelUnavailable
from tests.engine.asking import words
from tests.engine.tiny_checkpoints import save

SHAPE = {"hidden_size": 64, "intermediate_size": 96, "head_dim": 32}


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Where packed weights go; the kernels stay where they have been built."""
    monkeypatch.setattr("playground.engine.packed_weights.cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache" / "weights"


def logits_of(model):
    with torch.inference_mode():
        runner = Runner(model)
        cache = runner.new_cache()
        first = runner.logits(runner.read(cache, words(20)))
        return torch.cat([first, runner.decode([(cache, [30, 31])])])


@pytest.fixture
def reads(monkeypatch):
    """Hears of every checkpoint whose weights are read."""
    read = []

    def note(checkpoint, *rest):
        read.append(checkpoint.folder)
        return _load_model(checkpoint, *rest)

    monkeypatch.setattr("playground.engine.weights._load_model", note)
    return read


@pytest.mark.parametrize("bits", ["int8", "int4"])
@pytest.mark.parametrize("family", ["gemma3", "gemma3_text", "gemma4_text"])
def test_the_second_start_takes_the_kept_weights_and_writes_the_same(family, bits, kept, reads, tmp_path):
    save(family, tmp_path / "model", dtype=torch.bfloat16, **SHAPE)
    first = load(tmp_path / "model", device="cpu", quantize=bits)
    assert len(reads) == 1
    (file,) = kept.iterdir()
    before = file.stat().st_ino
    second = load(tmp_path / "model", device="cpu", quantize=bits)
    assert len(reads) == 1
    assert second.parameters == first.parameters
    assert (second.stop_ids, second.forbidden_ids) == (first.stop_ids, first.forbidden_ids)
    assert {name: tensor.dtype for name, tensor in second.model.named_parameters()} == {
        name: tensor.dtype for name, tensor in first.model.named_parameters()
    }
    assert [path.stat().st_ino for path in kept.iterdir()] == [before]
    assert torch.equal(logits_of(first.model), logits_of(second.model))
    assert (first.precision.name, first.dtype) == (bits, torch.bfloat16)
    foreseen = foresee(read_checkpoint(tmp_path / "model"), Precision(torch.bfloat16, "", bits)).weights
    assert 0.9 * foreseen < first.weight_bytes < 1.3 * foreseen


def test_another_checkpoint_takes_none_of_it(kept, tmp_path):
    save("gemma3_text", tmp_path / "one", dtype=torch.bfloat16, **SHAPE)
    save("gemma3_text", tmp_path / "two", dtype=torch.bfloat16, **SHAPE, num_hidden_layers=3)
    for name in ("one", "two"):
        load(tmp_path / name, device="cpu", quantize="int8")
    assert len(list(kept.iterdir())) == 2


def test_what_is_large_and_not_packed_stays_in_the_checkpoint_alone(kept, reads, tmp_path):
    """As Gemma 4's embeddings for each layer."""
    save("gemma4_text", tmp_path / "model", dtype=torch.bfloat16, **SHAPE, hidden_size_per_layer_input=512)
    first, second = (load(tmp_path / "model", device="cpu", quantize="int8") for _ in range(2))
    assert len(reads) == 2
    (file,) = kept.iterdir()
    assert file.stat().st_size < first.weight_bytes / 2
    assert torch.equal(logits_of(first.model), logits_of(second.model))


@pytest.mark.parametrize("bits", ["int8", "int4"])
def test_an_image_is_seen_the_same_after_the_second_start(bits, kept, reads, tmp_path):
    save("gemma3", tmp_path / "model", dtype=torch.bfloat16, **SHAPE)
    loaded = [load(tmp_path / "model", device="cpu", quantize=bits) for _ in range(2)]
    assert len(reads) == 1
    pixels = torch.rand(1, 3, *[loaded[0].model.config.vision_config.image_size] * 2, dtype=torch.bfloat16)
    with torch.inference_mode():
        first, second = (one.model.model.get_image_features(pixels).pooler_output for one in loaded)
    assert torch.equal(first, second)


def test_a_file_of_another_shape_is_not_taken(kept, reads, tmp_path, caplog):
    """As after a change in transformers' classes: the file is sound, and does not fit."""
    save("gemma3_text", tmp_path / "model", dtype=torch.bfloat16, **SHAPE)
    expected = logits_of(load(tmp_path / "model", device="cpu", quantize="int8").model)
    (file,) = kept.iterdir()
    with safe_open(file, "pt") as content:
        facts = json.loads(content.metadata()["packed"])
        tensors = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118  # no dict
    gone = facts["others"].pop()
    facts["other_sums"].pop()
    del tensors["other:" + gone]
    file.unlink()
    save_file(tensors, file, metadata={"packed": json.dumps(facts)})
    again = load(tmp_path / "model", device="cpu", quantize="int8")
    assert "does not fit" in caplog.text
    assert len(reads) == 2
    assert torch.equal(logits_of(again.model), expected)
    load(tmp_path / "model", device="cpu", quantize="int8")
    assert len(reads) == 2, "it was not made again"


@pytest.mark.parametrize("damage", ["one bit", "cut short", "emptied"])
def test_a_damaged_file_is_noticed_and_made_again(damage, kept, tmp_path, caplog):
    save("gemma3_text", tmp_path / "model", dtype=torch.bfloat16, **SHAPE)
    expected = logits_of(load(tmp_path / "model", device="cpu", quantize="int4").model)
    (file,) = kept.iterdir()
    whole = file.read_bytes()
    bad = {"one bit": whole[:-9] + bytes([whole[-9] ^ 4]) + whole[-8:], "cut short": whole[:-100], "emptied": b""}
    file.unlink()  # the first model still has it mapped
    file.write_bytes(bad[damage])
    again = load(tmp_path / "model", device="cpu", quantize="int4")
    assert "damaged" in caplog.text
    assert torch.equal(logits_of(again.model), expected)
    assert file.read_bytes() == whole


def test_a_folder_that_cannot_be_written_only_costs_time(kept, tmp_path, caplog):
    save("gemma3_text", tmp_path / "model", dtype=torch.bfloat16, **SHAPE)
    kept.parent.write_text("a file in its place")
    load(tmp_path / "model", device="cpu", quantize="int8")
    assert "not kept" in caplog.text


@pytest.mark.parametrize("bits", ["int8", "int4"])
@pytest.mark.parametrize("family", ["gemma3", "gemma4_text"])
def test_a_quantised_model_can_be_moved_to_another_device(family, bits, kept, tmp_path):
    """The `meta` device stands for a GPU: whatever stayed behind would meet it in a product, which torch refuses."""
    save(family, tmp_path / "model", dtype=torch.bfloat16, **SHAPE)
    model = load(tmp_path / "model", device="cpu", quantize=bits).model
    here = model(torch.tensor([words(20)])).logits
    moved = model.to("meta")
    assert {tensor.device.type for tensor in (*moved.parameters(), *moved.buffers())} == {"meta"}
    there = moved(torch.tensor([words(20)], device="meta")).logits
    assert there.is_meta
    assert (there.shape, there.dtype) == (here.shape, here.dtype)


def test_a_large_product_without_kernels_is_computed_in_pieces(monkeypatch):
    weight = torch.randn(96, 64)
    linear = QuantisedLinear(pack(weight, "int8"))
    x = torch.randn(3, 64)
    whole = linear(x)
    monkeypatch.setattr(quantised, "PIECE", 64 * 40)
    torch.testing.assert_close(linear(x), whole)


def test_a_gpu_takes_quantised_weights_unless_they_had_to_be_spread(monkeypatch, tmp_path):
    save("gemma3_text", tmp_path, dtype=torch.bfloat16, **SHAPE)
    gpu = torch.device("cuda", 0)
    assert choose_precision(gpu, "auto", "int4").name == "int4"
    assert choose_precision(gpu, "auto", "int4").dtype == torch.bfloat16
    monkeypatch.setattr("playground.engine.weights.choose_device", lambda _: gpu)
    monkeypatch.setattr("playground.engine.weights.place", lambda *_, **__: Placement(gpu, "auto", {0: 1, 1: 1}))
    with pytest.raises(ModelUnavailable, match="not spread over several"):
        load(tmp_path, quantize="int8")


def test_what_cannot_be_quantised_is_refused_with_the_cure():
    with pytest.raises(ModelUnavailable, match="--device cpu"):
        choose_precision(torch.device("mps"), "auto", "int4")
    with pytest.raises(ModelUnavailable, match="Leave --dtype float32 out"):
        choose_precision(torch.device("cpu"), "float32", "int8")
