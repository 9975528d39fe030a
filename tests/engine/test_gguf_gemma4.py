"""A GGUF file of Gemma 4, written as llama.cpp's converter does, computes and reads text as the model in it."""

import gguf
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from playground.engine import weights
from playground.engine.gguf import file as gguf_file
from playground.engine.gguf.unpack import read_gguf_checkpoint, unpacked
from playground.errors import ModelUnavailable
from tests.engine.gguf_gemma4 import NAMED, gemma4_tokenizer, write_gemma4
from tests.tiny_models import VOCAB, WINDOW, tiny_model

E_SERIES = {"head_dim": 16, "global_head_dim": 32, "use_double_wide_mlp": True}
"""Per-layer embeddings, shared keys and values, wider layers where they are shared: as E2B and E4B."""
DENSE = {
    **E_SERIES,
    "use_double_wide_mlp": False,
    "num_kv_shared_layers": 0,
    "hidden_size_per_layer_input": 0,
    "num_key_value_heads": 2,
    "num_global_key_value_heads": 1,
    "attention_k_eq_v": True,
}
"""Values that are keys in full layers, no per-layer embeddings: as the large models."""
UINT, FLOAT, Q8 = gguf.GGUFValueType.UINT32, gguf.GGUFValueType.FLOAT32, gguf.GGMLQuantizationType.Q8_0
IDS = [2, *(at * 7 % VOCAB for at in range(3 * WINDOW))]
TEXTS = (
    "",
    "a",
    "  a b\n\nabc",
    "aab    ten\n\n\n\n\ners",
    "\n \n\tüber 日本 🙂 <x>",
    '<|turn>user\nab<turn|>\n<|turn>model\n<|tool_call>call:a{b:<|"|>c<|"|>}<tool_call|><|tool_response>',
    "<bos> a<eos><pad>▁a|>",
    "<|channel>a\n<channel|>ten\r\nzéro",
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_CACHE_FOLDER", str(tmp_path / "cache"))


@pytest.fixture
def tokenizer(tmp_path):
    return gemma4_tokenizer(tmp_path / "tokenizer", VOCAB)


def tiny(**shape):
    """A model whose numbers unpacking keeps as they are, each layer scaled by a number of its own."""
    model = tiny_model("gemma4_text", **shape)
    scales = [buffer for name, buffer in model.named_buffers() if name.endswith("layer_scalar")]
    for at, scale in enumerate(scales):
        scale.fill_(0.5 + at / 8)
    for number in model.parameters():
        number.data = number.data.bfloat16().float()
    return model


def unpack(path):
    return unpacked(path, lambda *_: None, lambda *_: None)


@pytest.mark.parametrize("shape", [E_SERIES, DENSE])
def test_the_unpacked_model_computes_what_the_written_one_does(shape, tokenizer, tmp_path):
    model = tiny(**shape)
    folder = unpack(write_gemma4(tmp_path / "tiny.gguf", model, tmp_path / "tokenizer"))
    again = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = torch.tensor([IDS])
    with torch.no_grad():
        torch.testing.assert_close(again(ids).logits, model(ids).logits, rtol=1e-5, atol=1e-5)
    assert again.generation_config.eos_token_id == [1, 106, 50]


@pytest.mark.parametrize("shape", [E_SERIES, DENSE])
def test_llama_cpp_computes_the_same_from_that_file(shape, tokenizer, tmp_path):
    """llama.cpp looks GELU up by half-precision numbers, which such a small model shows, so transformers does here."""
    llama = pytest.importorskip("tests.engine.llama_cpp_logits", reason="llama-cpp-python is in the extra `bench`")
    path = write_gemma4(tmp_path / "tiny.gguf", tiny(**shape), tmp_path / "tokenizer")
    model = AutoModelForCausalLM.from_pretrained(unpack(path), dtype=torch.float32)
    for layer in model.model.layers:
        layer.mlp.act_fn = layer.act_fn = llama.HalfGelu()
    with torch.no_grad():
        expected = model(torch.tensor([IDS])).logits[0]
    found = llama.logits(path, IDS)
    assert (found - expected).abs().max() < 0.005 * expected.abs().max()


def test_the_tokenizer_gives_the_ids_of_the_one_it_was_made_from(tokenizer, tmp_path):
    path = write_gemma4(tmp_path / "tiny.gguf", tiny(**E_SERIES), tmp_path / "tokenizer")
    folder = unpack(path)
    own, loaded = Tokenizer.from_file(str(folder / "tokenizer.json")), AutoTokenizer.from_pretrained(folder)
    for text in TEXTS:
        ids = tokenizer(text).input_ids
        assert own.encode(text).ids == loaded(text).input_ids == ids
        for hidden in (False, True):
            assert own.decode(ids, skip_special_tokens=hidden) == tokenizer.decode(ids, skip_special_tokens=hidden)
    assert all(own.token_to_id(token) == at for at, token in NAMED.items())


def test_llama_cpp_reads_text_the_same_from_that_file(tokenizer, tmp_path):
    llama = pytest.importorskip("tests.engine.llama_cpp_logits", reason="llama-cpp-python is in the extra `bench`")
    path = write_gemma4(tmp_path / "tiny.gguf", tiny(**E_SERIES), tmp_path / "tokenizer")
    assert [llama.tokens(path, text) for text in TEXTS] == [[2, *tokenizer(text).input_ids] for text in TEXTS]


def test_it_is_loaded_like_any_model(tokenizer, tmp_path):
    facts = {"tokenizer__ggml__suppress_tokens": ([20, 21], gguf.GGUFValueType.ARRAY)}
    path = write_gemma4(tmp_path / "tiny.gguf", tiny(**E_SERIES), tmp_path / "tokenizer", Q8, **facts)
    model = weights.load(path, dtype="float32")
    assert (model.family, model.model_type) == ("gemma4", "gemma4_text")
    assert model.stop_ids == {1, 50, 106}
    assert model.forbidden_ids >= {20, 21}
    assert not model.source.checkpoint().has_images


def test_a_large_table_is_unpacked_in_parts_to_the_same(tokenizer, tmp_path, monkeypatch):
    model = tiny(**E_SERIES)
    path = write_gemma4(tmp_path / "tiny.gguf", model, tmp_path / "tokenizer", Q8)
    whole = (unpack(path) / "model.safetensors").read_bytes()
    monkeypatch.setattr(gguf_file, "MOST_AT_ONCE", 1000)
    monkeypatch.setenv("PLAYGROUND_CACHE_FOLDER", str(tmp_path / "other"))
    seen = []
    folder = unpacked(path, lambda *_: None, lambda *step: seen.append(step))
    assert (folder / "model.safetensors").read_bytes() == whole
    assert len(seen) > 200
    assert seen[-1][0] == seen[-1][1]


def test_keys_of_layers_that_share_them_and_frequencies_are_left_out(tokenizer, tmp_path):
    model = tiny(**{**E_SERIES, "num_kv_shared_layers": 0, "use_double_wide_mlp": False})
    facts = {"attention__shared_kv_layers": (2, UINT)}
    path = write_gemma4(tmp_path / "tiny.gguf", model, tmp_path / "tokenizer", **facts)
    names = read_gguf_checkpoint(path).tensors
    assert "model.layers.3.self_attn.k_proj.weight" in names
    assert not [name for name in names if "rope" in name or "layers.4.self_attn.k" in name or "5.self_attn.v" in name]
    assert weights.load(path, dtype="float32").parameters


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"expert_count": (8, UINT)}, "a mixture of experts"),
        ({"rope__dimension_count_swa": (8, UINT)}, "8 rotating dimensions"),
        ({"rope__scaling__factor": (8.0, FLOAT)}, "positions scaled by 8"),
        ({"attention__key_length": (64, UINT)}, "frequencies in rope_freqs.weight"),
        ({"attention__sliding_window_pattern": (2, UINT)}, "for the pattern of its 6 layers"),
        ({"attention__shared_kv_layers": (3, UINT)}, "feed-forward layers of 64, 128"),
        ({"drop": ("rope_freqs.weight",)}, "lacks the tensor 'rope_freqs.weight'"),
        ({"drop": ("blk.1.attn_v.weight",)}, "values in some full layers"),
        ({"drop": ("token_embd.weight",)}, "no language model"),
    ],
)
def test_what_cannot_be_computed_is_refused_by_its_name(changed, words, tokenizer, tmp_path):
    path = write_gemma4(tmp_path / "tiny.gguf", tiny(**E_SERIES), tmp_path / "tokenizer", **changed)
    with pytest.raises(ModelUnavailable, match=words) as caught:
        read_gguf_checkpoint(path)
    assert str(path) in caught.value.message


def test_a_tokenizer_of_another_kind_is_refused(tokenizer, tmp_path):
    other = {"tokenizer__ggml__model": ("llama", gguf.GGUFValueType.STRING)}
    path = write_gemma4(tmp_path / "tiny.gguf", tiny(**E_SERIES), tmp_path / "tokenizer", **other)
    with pytest.raises(ModelUnavailable, match="a tokenizer of kind 'llama'; the model has one of kind 'gemma4'"):
        unpack(path)
