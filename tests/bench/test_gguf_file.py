"""The GGUF file that is measured holds the same model as the checkpoint."""

import pytest
import torch

from bench import model_files
from bench.gguf_file import TENSORS, tensor_name
from bench.shapes import SHAPES
from bench.writing import Spec

TINY = SHAPES["tiny"]


def test_every_tensor_of_the_checkpoint_has_a_name_of_its_own():
    names = [name for name, _ in model_files.random_model(TINY).named_parameters()]
    assert len({tensor_name(name) for name in names}) == len(names) == TINY.num_hidden_layers * len(TENSORS) + 2


def test_an_unknown_tensor_is_refused():
    with pytest.raises(KeyError):
        tensor_name("model.layers.0.self_attn.sinks.weight")


def test_llama_cpp_computes_what_transformers_computes(tmp_path):
    pytest.importorskip("gguf", reason="gguf is in the extra `bench`, not in `test`")
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is in the extra `bench`; it is built from source")
    from transformers import AutoModelForCausalLM

    from bench.peers.llama import load

    folder = model_files.checkpoint(tmp_path, "tiny", TINY)
    ids = [2, *range(20, 120)]  # longer than the sliding window
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.inference_mode():
        expected = model(torch.tensor([ids])).logits[0, -1]
    peer = load(Spec(folder, "bf16", 1, model_files.gguf(tmp_path, "tiny", TINY, "bf16")))
    found = torch.tensor(peer.logits(ids))
    peer.close()
    assert torch.corrcoef(torch.stack([found, expected]))[0, 1] > 0.999
    assert (found - expected).abs().max() < 0.05 * expected.abs().max()
