"""What llama.cpp itself makes of a file: all logits, and the tokens of a text. In single precision but for GELU."""

import ctypes

import llama_cpp
import torch
from torch.nn import functional

from bench.gguf_file import silence

F32, NEVER = 0, 0
ENDS = 10


class HalfGelu(torch.nn.Module):
    """As llama.cpp computes it on a CPU, by a table of half-precision numbers (ggml/src/ggml-cpu/vec.h, 2026-11)."""

    def forward(self, numbers):
        found = functional.gelu(numbers.half().float(), approximate="tanh").half().float()
        return torch.where(numbers >= ENDS, numbers, torch.where(numbers <= -ENDS, 0.0, found))


def logits(path, ids):
    """The logits after each of `ids`."""
    model = _model(path)
    params = llama_cpp.llama_context_default_params()
    params.n_ctx, params.n_threads, params.n_threads_batch, params.swa_full = 512, 1, 1, True
    params.type_k, params.type_v, params.flash_attn_type = F32, F32, NEVER
    context = llama_cpp.llama_init_from_model(model, params)
    batch = llama_cpp.llama_batch_init(len(ids), 0, 1)
    batch.n_tokens = len(ids)
    for at, token in enumerate(ids):
        batch.token[at], batch.pos[at], batch.n_seq_id[at], batch.seq_id[at][0], batch.logits[at] = token, at, 1, 0, 1
    assert llama_cpp.llama_decode(context, batch) == 0
    size = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    found = torch.tensor([llama_cpp.llama_get_logits_ith(context, at)[:size] for at in range(len(ids))])
    llama_cpp.llama_batch_free(batch)
    llama_cpp.llama_free(context)
    llama_cpp.llama_model_free(model)
    return found


def tokens(path, text):
    """The ids of a text in which control tokens are read as such, with what goes before any text."""
    model = _model(path)
    data = text.encode()
    ids = (ctypes.c_int32 * (len(data) + 8))()
    vocabulary = llama_cpp.llama_model_get_vocab(model)
    count = llama_cpp.llama_tokenize(vocabulary, data, len(data), ids, len(ids), True, True)
    llama_cpp.llama_model_free(model)
    return list(ids[:count])


def _model(path):
    silence()
    llama_cpp.llama_backend_init()
    params = llama_cpp.llama_model_default_params()
    params.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
    assert model, f"llama.cpp cannot load {path}"
    return model
