"""GGUF files are read as the `gguf` package writes them, and unpacked into what transformers computes the same with."""

import json
import threading

import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from playground.engine import weights
from playground.engine.gguf.file import TYPES, read_gguf
from playground.engine.gguf.unpack import read_gguf_checkpoint, unpacked
from playground.engine.weights import LoadStep, Source
from playground.errors import Cancelled, ModelUnavailable
from tests.embedded import embedded_source, unpacked_base
from tests.tiny_models import tiny_model

TOKENS = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>", "\n", "  ", "<0xC3>", "<0xA9>"]
SIZES = {
    "family": "gemma3_text",
    "vocab_size": 64,
    "hidden_size": 64,
    "intermediate_size": 64,
    "head_dim": 32,
    "query_pre_attn_scalar": 32,
}
PIECES = ["▁", "a", "b", "c", "ab", "bc", "▁a", "abc", "▁ab"]


def write_gguf(path, model, *, tokens=None, kind=None, **facts):
    """A tiny Gemma 3 as llama.cpp's converter would write it: norms whole, names its own, an SPM vocabulary."""
    config = model.config
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_sliding_window(config.sliding_window)
    writer.add_rope_freq_base(1e6)
    for name, value in facts.items():
        writer.add_string(name.replace("__", "."), value)
    texts = tokens or [*TOKENS, *PIECES]
    texts += [f"<unused{n}>" for n in range(config.vocab_size - len(texts))]
    kinds = [_kind(text) for text in texts]
    scores = [-float(at) if kind == 1 else -1000.0 for at, kind in enumerate(kinds)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(texts)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GEMMA3, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight":
            continue
        stored = names.get_name(name, try_suffixes=(".weight",))
        numbers = tensor.float().numpy()
        if stored.endswith("_norm.weight"):
            writer.add_tensor(stored, numbers + 1)
        elif kind is None:
            writer.add_tensor(stored, numbers)
        else:
            writer.add_tensor(stored, gguf.quants.quantize(numbers, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _kind(text):
    if text.startswith("<0x"):
        return 6
    if text in ("\n", "  "):
        return 4
    return 3 if text.startswith("<") else 1


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch, request):
    if "embedded" not in request.node.name:
        monkeypatch.setenv("PLAYGROUND_CACHE_FOLDER", str(tmp_path / "cache"))


@pytest.fixture
def tiny():
    model = tiny_model(**SIZES)
    for parameter in model.parameters():
        parameter.data = parameter.data.bfloat16().float()  # what unpacking keeps of them
    return model


def unpack(path):
    return unpacked(path, lambda *_: None, lambda *_: None)


def test_the_unpacked_model_computes_what_the_written_one_does(tiny, tmp_path):
    folder = unpack(write_gguf(tmp_path / "tiny.gguf", tiny))
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = torch.arange(40)[None] % 64
    with torch.no_grad():
        torch.testing.assert_close(model(ids).logits, tiny(ids).logits, rtol=1e-4, atol=1e-4)
    assert model.generation_config.eos_token_id == [1, 106]


def test_a_folder_is_unpacked_once_and_a_changed_file_again(tiny, tmp_path):
    path = write_gguf(tmp_path / "tiny.gguf", tiny)
    folder = unpack(path)
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert unpack(path) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    write_gguf(path, tiny_model(**{**SIZES, "intermediate_size": 96}))
    assert unpack(path) != folder


def test_it_is_loaded_like_any_model_and_says_what_it_is_doing(tiny, tmp_path):
    path = write_gguf(tmp_path / "tiny.gguf", tiny)
    steps: list[LoadStep] = []
    model = weights.load(Source(path), report=steps.append)
    assert [step.stage for step in steps if step.done == step.total] == ["reading", "unpacking", "reading", "placing"]
    assert model.stop_ids >= {1, 5}
    assert model.source.checkpoint().tensors.keys() == weights.load(path).source.checkpoint().tensors.keys()


def test_unpacking_can_be_stopped_and_leaves_nothing_half_done(tiny, tmp_path):
    path = write_gguf(tmp_path / "tiny.gguf", tiny)
    stop = threading.Event()

    def report(step):
        if step.stage == "unpacking":
            stop.set()

    with pytest.raises(Cancelled):
        weights.load(Source(path), report=report, cancel=stop)
    assert not [one for one in (tmp_path / "cache" / "gguf").iterdir() if one.is_dir()]
    weights.load(Source(path))


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_number_format_is_unpacked_as_the_package_does(name, tmp_path):
    """Random bytes but for the scales, which are made finite: every bit pattern of the numbers is met."""
    kind = GGMLQuantizationType[name]
    block, size = gguf.GGML_QUANT_SIZES[kind]
    random = np.random.default_rng(0)
    packed = random.integers(0, 60, (8, 512 // block * size), dtype=np.uint8)
    writer = gguf.GGUFWriter(tmp_path / "one.gguf", "gemma3")
    if kind in (GGMLQuantizationType.F32, GGMLQuantizationType.F16):
        plain = random.normal(size=(8, 512)).astype(np.float32 if name == "F32" else np.float16)
        writer.add_tensor("token_embd.weight", plain)
        expected = plain.astype(np.float32)
    else:
        writer.add_tensor("token_embd.weight", packed, raw_dtype=kind)
        expected = gguf.quants.dequantize(packed, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    np.testing.assert_array_equal(read_gguf(tmp_path / "one.gguf").unpacked("token_embd.weight"), expected)


def test_the_tokenizer_joins_the_best_pair_first_and_spells_the_rest_in_bytes(tiny, tmp_path):
    folder = unpack(write_gguf(tmp_path / "tiny.gguf", tiny))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = [*TOKENS, *PIECES]

    def tokens(text):
        return [texts[token] for token in tokenizer(text, add_special_tokens=False).input_ids]

    assert tokens("abc") == ["abc"]  # by ab, which comes before bc in the order of scores
    assert tokens("bc  ab") == ["bc", "  ", "ab"]
    assert tokens("c ab") == ["c", "▁ab"]
    assert tokens("aé") == ["a", "<0xC3>", "<0xA9>"]
    assert tokens("<end_of_turn>\n") == ["<end_of_turn>", "\n"]
    assert tokenizer("a").input_ids[0] == 2
    assert tokenizer.decode(tokenizer("a bc  é", add_special_tokens=False).input_ids) == "a bc  é"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda data: data[: len(data) // 2], "cuts off"),
        (lambda data: data[:20], "in the middle of its head"),
        (lambda data: b"GGML" + data[4:], "does not begin as a GGUF file does"),
        (lambda data: data[:4] + b"\x09\0\0\0" + data[8:], "version 9"),
        (lambda data: data[:16] + b"\xff" * 8 + data[24:], "claims to hold"),
        (lambda data: b"", "does not begin"),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(tiny, tmp_path, spoil, words):
    path = write_gguf(tmp_path / "tiny.gguf", tiny)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ModelUnavailable, match=words) as caught:
        read_gguf_checkpoint(path)
    assert str(path) in caught.value.message


def test_another_architecture_is_refused_by_its_name(tmp_path):
    writer = gguf.GGUFWriter(tmp_path / "x.gguf", "llama")
    writer.add_tensor("token_embd.weight", np.zeros((4, 4), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    with pytest.raises(ModelUnavailable, match="architecture 'llama'"):
        Source(tmp_path / "x.gguf").checkpoint()


def test_the_embedded_file_is_read_as_the_package_reads_it():
    file = read_gguf(embedded_source().place)
    assert file.fact("gemma3.block_count") == 18
    assert {tensor.kind.name for tensor in file.tensors.values()} == {"F32", "Q4_K", "Q5_0", "Q6_K", "Q8_0"}
    assert len(file.tensors) == 236


def test_embedded_tokens_are_those_of_the_published_tokenizer():
    """Ids read off Gemma 3's published tokenizer, which cannot be had here: see docs/decisions.md."""
    tokenizer = Tokenizer.from_file(str(unpacked_base() / "tokenizer.json"))
    assert tokenizer.token_to_id("<start_of_turn>") == 105
    assert tokenizer.encode("\n\n", add_special_tokens=False).ids == [108]
    text = "Hello,  world!\n\n\tDas ist schön: 日本 🙂 <table> 12345"
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False).ids) == text
    described = json.loads(tokenizer.to_str())
    assert len(described["model"]["vocab"]) == 262_144
