"""Steps of Gemma on the CPU by the C++ kernels: several tokens of several sequences at once, or those of a prompt.

What is computed for a token does not depend on its company, bit for bit (see kernels/linear.h), so `Runner.decode` may
put together whatever there is to do, and a prompt's states are the same however it is cut into chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from playground.engine.gemma3 import norm_factor
from playground.engine.kernels import native
from playground.engine.kernels.library import Kernels, NoKernels, load_kernels
from playground.engine.kv_cache import KVCache
from playground.engine.placement import is_whole
from playground.engine.quantised import QuantisedEmbedding, QuantisedLinear

MODEL_TYPES = ("gemma3_text", "gemma4_text")
GROUP = 32
"""Inputs are rounded in groups of this many, and vectors read in such pieces."""


class Decoder:
    """Owns the structs that describe a model to the kernels. The model keeps its weights."""

    def __init__(self, kernels: Kernels, text: Any, head: Any, config: Any) -> None:
        """Only for what `find_kernels` found kernels for."""
        self._kernels = kernels
        self._text = text
        self._kept: list[torch.Tensor] = []  # the structs hold addresses only
        self._frequencies = {
            kind: self._keep(getattr(text.rotary_emb, f"{kind}_inv_freq").float()) for kind in set(config.layer_types)
        }
        self._likes: dict[int, torch.Tensor] = {}  # what the states of each layer that stores any look like
        self._layers = (native.Layer * len(text.layers))(*(self._layer(layer, config) for layer in text.layers))
        self._own = int(getattr(config, "hidden_size_per_layer_input", 0) or 0)
        self._soft_cap = getattr(config, "final_logit_softcapping", None)
        self._model = native.Model(
            layers=self._layers,
            layer_count=len(text.layers),
            hidden=config.hidden_size,
            heads=config.num_attention_heads,
            first_shared=max(self._likes) + 1,
            epsilon=config.rms_norm_eps,
            scaling=float(text.layers[0].self_attn.scaling),
            norm=self._norm(text.norm),
            head=matrix_of(head),
            **self._own_inputs(text),
        )
        embedding = text.embed_tokens
        packed = isinstance(embedding, QuantisedEmbedding)
        self._embedding = embedding.packed.matrix if packed else native.plain_matrix(embedding.weight)
        self.reads_prompts = packed or kernels.isa == "AVX-512"
        """Whether a prompt is read faster here than by torch: not where bfloat16 has to be widened again and again."""
        self._scale = float(torch.tensor(embedding.scalar_embed_scale).bfloat16())
        matrices = [getattr(layer, name) for layer in self._layers for name in native.MATRICES]
        matrices += [self._model.head, self._model.own_projection]
        self._numbers = sum(matrix.inputs * matrix.outputs for matrix in matrices)
        self.threads: int | None = None
        """Threads to use; as many as are worth it where this is None. No result depends on it."""

    def decode(self, rows: Sequence[tuple[KVCache, Sequence[int]]]) -> torch.Tensor:
        """See `Runner.decode`."""
        logits = torch.empty((sum(len(ids) for _, ids in rows), self._model.head.outputs))
        self._step(rows, logits)
        return self._capped(logits)

    def read(self, cache: KVCache, ids: Sequence[int]) -> torch.Tensor:
        """See `Runner.read`; in float32."""
        return self._step([(cache, ids)], None)[None, :1]

    def _step(self, rows: Sequence[tuple[KVCache, Sequence[int]]], logits: torch.Tensor | None) -> torch.Tensor:
        """Append each row's ids to its cache, and fill `logits`; without them, the last id's state is given first."""
        tokens: list[native.Token] = []
        for cache, ids in rows:
            reserved = cache.reserve(len(ids), self._likes)
            layers = (native.States(own.data_ptr(), own.shape[-2], first) for own, first in reserved)
            states = (native.States * len(reserved))(*layers)
            tokens += [native.Token(cache.length + place, states) for place in range(len(ids))]
        flat = [token for _, ids in rows for token in ids]
        hidden = native.embed(self._kernels, self._embedding, flat, self._scale)
        threads = self.threads or native.threads_for(self._numbers * len(tokens))
        own = self._text.get_per_layer_inputs(torch.tensor([flat]), None)[0].contiguous() if self._own else None
        native.decode(self._kernels, self._model, tokens, threads, hidden, own, logits)
        for cache, ids in rows:
            cache.extend(len(ids))
        return hidden

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Logits [M, V] of hidden states [M, hidden] after the last norm."""
        return self._capped(native.project(self._kernels, self._model.head, hidden))

    def _capped(self, logits: torch.Tensor) -> torch.Tensor:
        return logits if self._soft_cap is None else torch.tanh(logits / self._soft_cap) * self._soft_cap

    def _layer(self, layer: Any, config: Any) -> native.Layer:
        attention, mlp = layer.self_attn, layer.mlp
        kind, size = attention.layer_type, int(attention.head_dim)
        shared = getattr(attention, "is_kv_shared_layer", False)
        if not shared:
            heads = matrix_of(attention.k_proj).outputs // size
            self._likes[attention.layer_idx] = torch.empty((1, heads, 0, size), dtype=torch.bfloat16)
        # A layer without states of its own looks at those of the last one of its kind that has some.
        kinds = [config.layer_types[index] for index in self._likes]
        states = len(kinds) - 1 - kinds[::-1].index(kind)
        matrices = {
            "q": attention.q_proj,
            "k": None if shared else attention.k_proj,
            "v": None if shared else attention.v_proj,
            "o": attention.o_proj,
            "gate": mlp.gate_proj,
            "up": mlp.up_proj,
            "down": mlp.down_proj,
            "own_gate": getattr(layer, "per_layer_input_gate", None),
            "own_out": getattr(layer, "per_layer_projection", None),
        }
        norms = {
            "input_norm": layer.input_layernorm,
            "q_norm": attention.q_norm,
            "k_norm": None if shared else attention.k_norm,
            "v_norm": None if shared else getattr(attention, "v_norm", None),
            "attention_norm": layer.post_attention_layernorm,
            "mlp_norm": layer.pre_feedforward_layernorm,
            "output_norm": layer.post_feedforward_layernorm,
            "own_norm": getattr(layer, "post_per_layer_input_norm", None),
        }
        return native.Layer(
            frequencies=self._frequencies[kind],
            rope_factor=getattr(self._text.rotary_emb, f"{kind}_attention_scaling"),
            scale=float(getattr(layer, "layer_scalar", 1.0)),
            window=config.sliding_window if kind == "sliding_attention" else 0,
            kv_heads=list(self._likes.values())[states].shape[1],
            head_size=size,
            intermediate=matrix_of(mlp.gate_proj).outputs,
            states=states,
            **{name: native.NO_MATRIX if module is None else matrix_of(module) for name, module in matrices.items()},
            **{name: None if module is None else self._norm(module, size) for name, module in norms.items()},
        )

    def _own_inputs(self, text: Any) -> dict[str, Any]:
        """What makes each layer's own inputs of the embeddings."""
        if not self._own:
            return {"own_projection": native.NO_MATRIX}
        return {
            "own": self._own,
            "own_projection": matrix_of(text.per_layer_model_projection),
            "own_projection_norm": self._norm(text.per_layer_projection_norm),
            "own_projection_scale": float(text.per_layer_model_projection_scale),
            "own_scale": float(text.per_layer_input_scale),
        }

    def _norm(self, module: Any, size: int = 0) -> int:
        """Where the factor of a norm is kept, or ones where it has none, so many."""
        return self._keep(norm_factor(module) if hasattr(module, "weight") else torch.ones(size))

    def _keep(self, tensor: torch.Tensor) -> int:
        self._kept.append(tensor)
        return native.address(tensor)


def matrix_of(module: Any) -> native.Matrix:
    """A linear module's weight, as the kernels take it."""
    return module.packed.matrix if isinstance(module, QuantisedLinear) else native.plain_matrix(module.weight)


def find_kernels(model: Any, isa: str | None = None) -> tuple[Kernels | None, str]:
    """The kernels that can decode with this model, and words for people on what runs and why. May build them."""
    try:
        _check(model)
        kernels = load_kernels(isa)
    except NoKernels as reason:
        return None, f"torch's operators; no kernels, as {reason}"
    return kernels, f"own kernels for {kernels.isa}"


def _check(model: Any) -> None:
    """Raises: NoKernels when no kernels can run this model."""
    text, config = model.get_decoder(), model.config.get_text_config()
    if config.model_type not in MODEL_TYPES or not is_whole(text):
        raise NoKernels(f"they are written for Gemma 3 and 4 on one device, and this is {config.model_type}")
    if getattr(config, "enable_moe_block", False) or getattr(config, "use_bidirectional_attention", None) == "all":
        raise NoKernels("this model has experts, or looks both ways at text, which they do not know")
    weight = text.norm.weight
    if weight.device.type != "cpu":
        raise NoKernels(f"they run on the CPU, and this model is on {weight.device}")
    if weight.dtype != torch.bfloat16:
        found = str(weight.dtype).removeprefix("torch.")
        raise NoKernels(f"they compute with bfloat16, and this model was loaded in {found}")
    heads = sorted({int(layer.self_attn.head_dim) for layer in text.layers})
    own = getattr(config, "hidden_size_per_layer_input", 0) or 0
    sizes = (config.hidden_size, config.intermediate_size, *heads, own)
    if any(size % GROUP for size in sizes) or config.hidden_activation != "gelu_pytorch_tanh":
        raise NoKernels(f"they take sizes that are multiples of {GROUP}, and this model's are {sizes}")
    if config.attention_bias or getattr(config, "attn_logit_softcapping", None):
        raise NoKernels("this model has biases, or soft caps in its attention, which they do not know")
