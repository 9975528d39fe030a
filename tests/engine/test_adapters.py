"""LoRA adapters are merged as PEFT merges them, and refused where they do not fit."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from playground.backends.embedded import ADAPTER
from playground.engine import weights
from playground.engine.adapters import merge_adapter
from playground.engine.weights import Source
from playground.errors import ModelUnavailable
from tests.engine.tiny_checkpoints import save
from tests.tiny_models import tiny_model

PATH = "base_model.model.model.layers.0.self_attn.q_proj"


def write_adapter(folder, model, *, rank=4, **config):
    """An adapter of random numbers for the first query projection and two rows of the embedding."""
    folder.mkdir(exist_ok=True)
    weight = model.get_parameter("model.layers.0.self_attn.q_proj.weight")
    torch.manual_seed(0)
    tensors = {
        f"{PATH}.lora_A.weight": torch.randn(rank, weight.shape[1]),
        f"{PATH}.lora_B.weight": torch.randn(weight.shape[0], rank),
        "base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta": torch.randn(2, weight.shape[1]),
    }
    save_file(tensors, folder / "adapter_model.safetensors")
    settings = {"peft_type": "LORA", "r": rank, "lora_alpha": 8, "trainable_token_indices": [3, 5], **config}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    return tensors


@pytest.mark.parametrize(("config", "scale"), [({}, 2.0), ({"use_rslora": True}, 4.0)])
def test_a_merge_is_the_formula_and_nothing_else_changes(tmp_path, config, scale):
    model = tiny_model("gemma3_text")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    tensors = write_adapter(tmp_path / "adapter", model, **config)
    merge_adapter(model, tmp_path / "adapter")
    first, second, rows = tensors.values()
    query, embedding = "model.layers.0.self_attn.q_proj.weight", "model.embed_tokens.weight"
    expected = before[query] + scale * second @ first
    after = model.state_dict()
    torch.testing.assert_close(after[query], expected)
    torch.testing.assert_close(after[embedding][[3, 5]], rows)
    kept = [at for at in range(len(after[embedding])) if at not in (3, 5)]
    assert torch.equal(after[embedding][kept], before[embedding][kept])
    untouched = before.keys() - {query, embedding, "lm_head.weight"}
    assert all(torch.equal(after[name], before[name]) for name in untouched)


def test_an_adapter_is_part_of_the_models_identity(tmp_path):
    save("gemma3_text", tmp_path / "model")
    plain = weights.load(tmp_path / "model")
    write_adapter(tmp_path / "adapter", plain.model)
    adapted = weights.load(Source(tmp_path / "model", (tmp_path / "adapter",)))
    assert adapted.revision != plain.revision
    assert adapted.parameters == plain.parameters


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"peft_type": "IA3"}, "'IA3'; only LORA"),
        ({"use_dora": True}, "'use_dora', which cannot be merged"),
        ({"bias": "all"}, "trains biases"),
        ({"trainable_token_indices": [3]}, r"embed_tokens is rows \[3\]"),
        ({"trainable_token_indices": [3, 10**6]}, "made for another model"),
    ],
)
def test_what_cannot_be_merged_is_refused_with_the_reason(tmp_path, config, words):
    model = tiny_model("gemma3_text")
    write_adapter(tmp_path / "adapter", model, **config)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(ModelUnavailable, match=words):
        merge_adapter(model, tmp_path / "adapter")
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_an_adapter_of_another_model_is_refused_and_leaves_the_weights_as_they_were(tmp_path):
    model = tiny_model("gemma3_text")
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(ModelUnavailable, match="made for another model"):
        merge_adapter(model, ADAPTER)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_damaged_adapter_is_named(tmp_path):
    model = tiny_model("gemma3_text")
    write_adapter(tmp_path / "adapter", model)
    (tmp_path / "adapter" / "adapter_model.safetensors").write_bytes(b"nothing")
    with pytest.raises(ModelUnavailable, match=r"adapter_model\.safetensors cannot be read"):
        merge_adapter(model, tmp_path / "adapter")
    with pytest.raises(ModelUnavailable, match=r"adapter_config\.json is missing"):
        merge_adapter(model, tmp_path)


def test_what_is_not_understood_in_an_adapter_is_refused_by_name(tmp_path):
    model = tiny_model("gemma3_text")
    write_adapter(tmp_path / "adapter", model)
    path = tmp_path / "adapter" / "adapter_model.safetensors"
    save_file({**load_file(path), f"{PATH}.lora_magnitude_vector": torch.ones(3)}, path)
    with pytest.raises(ModelUnavailable, match="lora_magnitude_vector, which is no part"):
        merge_adapter(model, tmp_path / "adapter")
