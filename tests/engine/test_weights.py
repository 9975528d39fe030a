"""Every family loads from a saved folder and computes what transformers computes; broken folders say what is wrong."""

import json
import threading

import numpy as np
import PIL.Image
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from playground import images
from playground.engine.weights import LoadStep, load
from playground.errors import Cancelled, ModelUnavailable
from tests.engine import tiny_checkpoints
from tests.engine.tiny_checkpoints import FAMILIES, save

IDS = torch.tensor([[2, 5, *range(40, 90), 6, 5]])
"""Longer than the tiny models' sliding window."""


def shrink(path, keep):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])


def change(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def picture(width=80, height=56):
    pixels = np.random.default_rng(3).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return images.from_picture(PIL.Image.fromarray(pixels))


@pytest.mark.parametrize("model_type", FAMILIES)
def test_logits_equal_those_of_the_model_that_was_saved(model_type, tmp_path):
    saved = save(model_type, tmp_path)
    loaded = load(tmp_path, device="cpu", dtype="float32")
    with torch.no_grad():
        torch.testing.assert_close(loaded.model(IDS).logits, saved(IDS).logits, rtol=0, atol=1e-5)
    assert loaded.model_type == model_type
    assert loaded.family == model_type[:6]


@pytest.mark.parametrize("model_type", ["gemma3", "gemma4"])
def test_logits_with_an_image_equal_those_of_the_model_that_was_saved(model_type, tmp_path):
    saved = save(model_type, tmp_path)
    loaded = load(tmp_path, device="cpu", dtype="float32")
    inputs = loaded.image_inputs.make(picture())
    tokens = loaded.image_tokens
    ids = torch.tensor([[2, 5, tokens.begin, *[tokens.soft] * inputs.length, tokens.end, 40, 41]])
    kinds = (ids == tokens.soft).long()
    extra = {"token_type_ids": kinds} if model_type == "gemma3" else {"mm_token_type_ids": kinds}
    with torch.no_grad():
        ours = loaded.model(ids, **inputs.tensors, **extra).logits
        theirs = saved(ids, **inputs.tensors, **extra).logits
        blank = {**inputs.tensors, "pixel_values": torch.zeros_like(inputs.tensors["pixel_values"])}
        other = loaded.model(ids, **blank, **extra).logits
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
    assert (ours - other).abs().max() > 1e-3, "the picture changes nothing"


@pytest.mark.parametrize("model_type", FAMILIES)
def test_a_model_saved_in_bfloat16_computes_as_transformers_does_in_bfloat16(model_type, tmp_path):
    save(model_type, tmp_path, dtype=torch.bfloat16)
    ours = load(tmp_path, device="cpu", dtype="bfloat16").model
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path, dtype=torch.bfloat16).eval()
    with torch.no_grad():
        torch.testing.assert_close(ours(IDS).logits, theirs(IDS).logits, rtol=0, atol=0)


def test_weights_stored_as_float16_are_not_computed_as_float16(tmp_path):
    save("gemma3_text", tmp_path, dtype=torch.float16)
    loaded = load(tmp_path, device="cpu")
    assert loaded.dtype in (torch.bfloat16, torch.float32)
    assert {parameter.dtype for parameter in loaded.model.parameters()} == {loaded.dtype}
    assert loaded.precision.reason


def test_a_model_in_several_files_loads_as_one(tmp_path):
    saved = save("gemma3_text", tmp_path, shard="60KB")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    loaded = load(tmp_path, device="cpu", dtype="float32")
    with torch.no_grad():
        torch.testing.assert_close(loaded.model(IDS).logits, saved(IDS).logits, rtol=0, atol=1e-5)


def test_the_audio_tower_is_left_out(tmp_path):
    saved = save("gemma4", tmp_path)
    loaded = load(tmp_path, device="cpu", dtype="float32")
    audio = sum(p.numel() for name, p in saved.named_parameters() if "audio" in name)
    assert audio > 0
    assert loaded.parameters == sum(p.numel() for p in saved.parameters()) - audio


def test_replies_stop_at_the_end_of_the_turn_even_where_the_checkpoint_forgot(tmp_path):
    save("gemma3_text", tmp_path)
    change(tmp_path / "generation_config.json", eos_token_id=1)
    loaded = load(tmp_path, device="cpu")
    assert loaded.stop_ids == {1, loaded.tokenizer.token_to_id("<end_of_turn>")}


def test_stop_ids_of_the_generation_config_are_kept(tmp_path):
    save("gemma4_text", tmp_path)
    change(tmp_path / "generation_config.json", eos_token_id=[1, 6, 50])
    assert load(tmp_path, device="cpu").stop_ids == {1, 6, 50}


def test_image_tokens_suppressed_ones_and_rows_without_a_token_are_never_generated(tmp_path):
    save("gemma4", tmp_path)
    loaded = load(tmp_path, device="cpu")
    without_token = set(range(loaded.tokenizer.get_vocab_size(), tiny_checkpoints.VOCAB))
    assert without_token
    assert loaded.forbidden_ids == {7, 8, 9, 10, 11, 12, 20} | without_token


def test_the_context_is_the_one_of_the_config(tmp_path):
    save("gemma3", tmp_path, max_position_embeddings=777)
    assert load(tmp_path, device="cpu").context_tokens == 777


def test_progress_runs_to_the_end_in_bytes_and_then_in_tensors(tmp_path):
    save("gemma3_text", tmp_path)
    steps = []
    load(tmp_path, device="cpu", report=steps.append)
    size = (tmp_path / "model.safetensors").stat().st_size
    assert [step for step in steps if step.stage == "reading"][-1] == LoadStep("reading", size, size)
    placing = [step for step in steps if step.stage == "placing"]
    assert placing[0].done == 0
    assert placing[-1].done == placing[-1].total > 50
    assert [step.done for step in placing] == sorted(step.done for step in placing)


@pytest.mark.parametrize("stage", ["reading", "placing"])
def test_a_load_can_be_stopped_while_it_is(stage, tmp_path):
    save("gemma3_text", tmp_path)
    cancel = threading.Event()
    seen = []

    def report(step):
        seen.append(step)
        if step.stage == stage:
            cancel.set()

    with pytest.raises(Cancelled):
        load(tmp_path, device="cpu", report=report, cancel=cancel)
    assert seen[-1].stage == stage
    assert load(tmp_path, device="cpu").parameters > 0


def test_the_revision_follows_the_contents_and_not_the_place(tmp_path):
    save("gemma3_text", tmp_path / "a")
    save("gemma3_text", tmp_path / "b")
    first = load(tmp_path / "a", device="cpu").revision
    assert first == load(tmp_path / "b", device="cpu").revision
    weights = load_file(tmp_path / "b" / "model.safetensors")
    weights["model.norm.weight"][3] += 1
    save_file(weights, tmp_path / "b" / "model.safetensors", {"format": "pt"})
    assert first != load(tmp_path / "b", device="cpu").revision


@pytest.mark.parametrize("name", ["llama", "gemma4_unified", "gemma2"])
def test_another_kind_of_model_is_refused_with_the_list_of_those_that_work(name, tmp_path):
    save("gemma3_text", tmp_path)
    change(tmp_path / "config.json", model_type=name)
    with pytest.raises(ModelUnavailable, match=f"{name}.*gemma3_text, gemma3, gemma4_text, gemma4"):
        load(tmp_path, device="cpu")


def test_quantised_weights_are_refused_by_their_method(tmp_path):
    save("gemma3_text", tmp_path)
    change(tmp_path / "config.json", quantization_config={"quant_method": "bitsandbytes"})
    with pytest.raises(ModelUnavailable, match=r"quantised .bitsandbytes.; only plain ones"):
        load(tmp_path, device="cpu")


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ModelUnavailable, match=r"There is no folder .*absent"):
        load(tmp_path / "absent")


def test_a_cut_off_weight_file_is_named_with_both_lengths(tmp_path):
    save("gemma3_text", tmp_path)
    full = (tmp_path / "model.safetensors").stat().st_size
    shrink(tmp_path / "model.safetensors", 0.9)
    with pytest.raises(ModelUnavailable, match=f"model.safetensors is damaged.*should be {full:,}.*download it again"):
        load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"12345", b"\xff" * 64, b"\x02\0\0\0\0\0\0\0[]", b"\x05\0\0\0\0\0\0\0{..}}"])
def test_a_file_that_is_no_safetensors_is_named(content, tmp_path):
    save("gemma3_text", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"model\.safetensors is damaged"):
        load(tmp_path)


def test_missing_weight_files_are_counted_and_named(tmp_path):
    save("gemma3_text", tmp_path, shard="60KB")
    shards = sorted(tmp_path.glob("*.safetensors"))
    shards[1].unlink()
    with pytest.raises(ModelUnavailable, match=f"lacks 1 of {len(shards)} weight files .{shards[1].name}"):
        load(tmp_path)


def test_weights_in_another_format_are_explained(tmp_path):
    save("gemma3_text", tmp_path)
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match=r"holds pytorch_model\.bin, but only safetensors"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["{", "[1, 2]", "\x00", '"gemma3"'])
def test_a_broken_config_is_named(text, tmp_path):
    save("gemma3_text", tmp_path)
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ModelUnavailable, match=r"config\.json"):
        load(tmp_path)


def test_a_missing_tokenizer_is_named(tmp_path):
    save("gemma3_text", tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(ModelUnavailable, match=r"tokenizer\.json is missing"):
        load(tmp_path)


def test_a_broken_tokenizer_is_named(tmp_path):
    save("gemma3_text", tmp_path)
    shrink(tmp_path / "tokenizer.json", 0.5)
    with pytest.raises(ModelUnavailable, match=r"tokenizer\.json cannot be read"):
        load(tmp_path)


def test_a_tensor_that_is_missing_is_named_rather_than_drawn_at_random(tmp_path):
    save("gemma3_text", tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["model.layers.2.mlp.up_proj.weight"]
    save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelUnavailable, match=r"model\.layers\.2\.mlp\.up_proj\.weight.*missing"):
        load(tmp_path)


def test_weights_of_another_shape_than_the_config_says_are_refused(tmp_path):
    save("gemma3_text", tmp_path)
    change(tmp_path / "config.json", intermediate_size=48)
    with pytest.raises(ModelUnavailable, match="cannot load"):
        load(tmp_path)
