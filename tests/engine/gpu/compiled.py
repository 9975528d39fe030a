"""Compile every kernel that a decode step launches, for GPUs that need not be here: prints a JSON line for each.

    TRITON_INTERPRET=0 python -m tests.engine.gpu.compiled [CAPABILITY …]

Steps of models in their true shape, but a small vocabulary and few layers, are taken with a recorder in the kernels'
place. What they would have launched is compiled to machine code for each compute capability.
"""

import json
import sys
from types import SimpleNamespace

import torch
import triton
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, Gemma4ForCausalLM, Gemma4TextConfig
from triton import JITFunction
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from bench.gemma4 import E2B
from bench.shapes import SHAPES
from playground.engine.gpu import decoder, kernels, products
from playground.engine.quantised import Packed, quantise

FEW = {"vocab_size": 64, "num_hidden_layers": 6}
GEMMA3 = SHAPES["1b"].config()
GEMMA4 = {**E2B, "vocab_size_per_layer_input": 64, "layer_types": E2B["layer_types"][:10], "num_kv_shared_layers": 5}
CASES = (
    ("1b", torch.float32, None, 75),
    ("1b", torch.bfloat16, None, 80),
    ("1b", torch.bfloat16, "int4", 86),
    ("e2b", torch.bfloat16, "int8", 90),
    ("1b", torch.bfloat16, "int8", 120),
)
"""A shape, the number format, the weights' bits, and a compute capability: T4, A100, RTX 30, H100, RTX 50."""
TYPES = {torch.float32: "*fp32", torch.bfloat16: "*bf16", torch.int64: "*i64", torch.int32: "*i32"}


class Recorder:
    """Stands for a kernel, and notes how it is launched."""

    def __init__(self, kernel, found):
        self.kernel = kernel
        self.found = found

    def __getitem__(self, _):
        return self.note

    def note(self, *positional, num_warps=4, num_stages=3, **named):
        kernel, given = self.kernel, dict(zip(self.kernel.arg_names, positional, strict=False)) | named
        constant = {one.name: given[one.name] for one in kernel.params if one.is_constexpr}
        types = {name: "constexpr" if name in constant else type_of(given[name]) for name in kernel.arg_names}
        places = enumerate(kernel.arg_names)
        # Triton looks at the values as well: multiples of 16 are known to be some.
        even = {
            (at,): [["tt.divisibility", 16]] for at, name in places if name not in constant and is_even(given[name])
        }
        source = ASTSource(
            kernel, types, {(kernel.arg_names.index(name),): value for name, value in constant.items()}, even
        )
        self.found[str((kernel.__name__, types, constant, even))] = (
            source,
            {"num_warps": num_warps, "num_stages": num_stages},
        )


def type_of(value):
    return TYPES[value.dtype] if isinstance(value, torch.Tensor) else "i32" if isinstance(value, int) else "fp32"


def is_even(value):
    return isinstance(value, torch.Tensor) or (isinstance(value, int) and value % 16 == 0)


def blank(weight, bits):
    """A quantised weight of the right shape, with nothing in it."""
    outputs, inputs = weight.shape
    if bits == "int8":
        words = torch.empty((outputs // 16, inputs // 4, 16, 4), dtype=torch.uint8)
        return Packed(bits, outputs, inputs, words, torch.empty(outputs))
    words = torch.empty((outputs // 16, inputs // 8, 16, 4), dtype=torch.uint8)
    return Packed(bits, outputs, inputs, words, torch.empty((outputs // 16, inputs // 32, 16), dtype=torch.bfloat16))


def launches(shape, dtype, bits):
    """What one step of a model launches, each once."""
    kind, config = (
        (Gemma4ForCausalLM, Gemma4TextConfig(**{**GEMMA4, **FEW, "num_hidden_layers": 10}))
        if shape == "e2b"
        else (Gemma3ForCausalLM, Gemma3TextConfig(**{**GEMMA3, **FEW}))
    )
    with torch.device("meta"):
        model = kind._from_config(config, dtype=dtype, attn_implementation="sdpa")
    model = model.to_empty(device="cpu").eval().requires_grad_(False)
    for tensor in (*model.parameters(), *model.buffers()):
        tensor.fill_(1)
    if bits:
        quantise(model, bits, keep=lambda _, make: blank(*make.args))
    found = {}
    names = [name for name, value in vars(kernels).items() if isinstance(value, JITFunction)]
    recorders = {name: Recorder(getattr(kernels, name), found) for name in names}
    decoder.kernels = products.kernels = SimpleNamespace(FULL=kernels.FULL, **recorders)
    decoder.GraphDecoder(model.get_decoder(), model.lm_head, config)._step()
    return found.values()


def main():
    wanted = set(map(int, sys.argv[1:])) or {capability for *_, capability in CASES}
    for shape, dtype, bits, capability in CASES:
        if capability not in wanted:
            continue
        for source, options in launches(shape, dtype, bits):
            made = triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)
            facts = {"kernel": source.fn.__name__, "shape": shape, "capability": capability}
            facts |= {"shared": made.metadata.shared, "bytes": len(made.asm["cubin"])}
            sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    with torch.inference_mode():
        main()
