"""Steps of Gemma 3 on the CPU by the C++ kernels: several tokens of several sequences at once, or those of a prompt.

What is computed for a token does not depend on its company, bit for bit (see kernels/linear.h), so `Runner.decode` may
put together whatever there is to do, and a prompt's states are the same however it is cut into chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from playground.engine.gemma3 import is_whole_gemma3, norm_factor
from playground.engine.kernels import native
from playground.engine.kernels.library import Kernels, NoKernels, load_kernels
from playground.engine.kv_cache import KVCache
from playground.engine.quantised import QuantisedEmbedding, QuantisedLinear

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
        self._layers = (native.Layer * len(text.layers))(*(self._layer(layer, config) for layer in text.layers))
        self._model = native.Model(
            layers=self._layers,
            layer_count=len(text.layers),
            hidden=config.hidden_size,
            intermediate=config.intermediate_size,
            heads=config.num_attention_heads,
            kv_heads=config.num_key_value_heads,
            head_size=config.head_dim,
            epsilon=config.rms_norm_eps,
            scaling=float(config.query_pre_attn_scalar) ** -0.5,
            norm=self._keep(norm_factor(text.norm)),
            head=matrix_of(head),
        )
        embedding = text.embed_tokens
        packed = isinstance(embedding, QuantisedEmbedding)
        self._embedding = embedding.packed.matrix if packed else native.plain_matrix(embedding.weight)
        self.reads_prompts = packed or kernels.isa == "AVX-512"
        """Whether a prompt is read faster here than by torch: not where bfloat16 has to be widened again and again."""
        self._scale = float(torch.tensor(embedding.scalar_embed_scale).bfloat16())
        matrices = [getattr(layer, name) for layer in self._layers for name in native.MATRICES] + [self._model.head]
        self._numbers = sum(matrix.inputs * matrix.outputs for matrix in matrices)
        self.threads: int | None = None
        """Threads to use; as many as are worth it where this is None. No result depends on it."""
        self._like = torch.empty((1, config.num_key_value_heads, 0, config.head_dim), dtype=torch.bfloat16)

    def decode(self, rows: Sequence[tuple[KVCache, Sequence[int]]]) -> torch.Tensor:
        """See `Runner.decode`."""
        logits = self._like.new_empty((sum(len(ids) for _, ids in rows), self._model.head.outputs), dtype=torch.float32)
        self._step(rows, logits)
        return logits

    def read(self, cache: KVCache, ids: Sequence[int]) -> torch.Tensor:
        """See `Runner.read`; in float32."""
        return self._step([(cache, ids)], None)[None, :1]

    def _step(self, rows: Sequence[tuple[KVCache, Sequence[int]]], logits: torch.Tensor | None) -> torch.Tensor:
        """Append each row's ids to its cache, and fill `logits`; without them, the last id's state is given first."""
        tokens: list[native.Token] = []
        for cache, ids in rows:
            reserved = cache.reserve(len(ids), self._like, len(self._layers))
            layers = (native.States(own.data_ptr(), own.shape[-2], first) for own, first in reserved)
            states = (native.States * len(reserved))(*layers)
            tokens += [native.Token(cache.length + place, states) for place in range(len(ids))]
        flat = [token for _, ids in rows for token in ids]
        hidden = native.embed(self._kernels, self._embedding, flat, self._scale)
        threads = self.threads or native.threads_for(self._numbers * len(tokens))
        native.decode(self._kernels, self._model, tokens, threads, hidden, logits)
        for cache, ids in rows:
            cache.extend(len(ids))
        return hidden

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Logits [M, V] of hidden states [M, hidden] after the last norm."""
        return native.project(self._kernels, self._model.head, hidden)

    def _layer(self, layer: Any, config: Any) -> native.Layer:
        attention, mlp = layer.self_attn, layer.mlp
        kind = attention.layer_type
        norms = {
            "input_norm": layer.input_layernorm,
            "q_norm": attention.q_norm,
            "k_norm": attention.k_norm,
            "attention_norm": layer.post_attention_layernorm,
            "mlp_norm": layer.pre_feedforward_layernorm,
            "output_norm": layer.post_feedforward_layernorm,
        }
        return native.Layer(
            q=matrix_of(attention.q_proj),
            k=matrix_of(attention.k_proj),
            v=matrix_of(attention.v_proj),
            o=matrix_of(attention.o_proj),
            gate=matrix_of(mlp.gate_proj),
            up=matrix_of(mlp.up_proj),
            down=matrix_of(mlp.down_proj),
            frequencies=self._frequencies[kind],
            rope_factor=getattr(self._text.rotary_emb, f"{kind}_attention_scaling"),
            window=config.sliding_window if kind == "sliding_attention" else 0,
            **{name: self._keep(norm_factor(module)) for name, module in norms.items()},
        )

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
    if not is_whole_gemma3(text, config):
        raise NoKernels(f"they are written for Gemma 3 on one device, and this is {config.model_type}")
    weight = text.norm.weight
    if weight.device.type != "cpu":
        raise NoKernels(f"they run on the CPU, and this model is on {weight.device}")
    if weight.dtype != torch.bfloat16:
        found = str(weight.dtype).removeprefix("torch.")
        raise NoKernels(f"they compute with bfloat16, and this model was loaded in {found}")
    sizes = (config.hidden_size, config.intermediate_size, config.head_dim)
    if any(size % GROUP for size in sizes) or config.hidden_activation != "gelu_pytorch_tanh":
        raise NoKernels(f"they take sizes that are multiples of {GROUP}, and this model's are {sizes}")
    if config.attention_bias or config.final_logit_softcapping or config.attn_logit_softcapping:
        raise NoKernels("this model has biases or soft caps, which they do not know")
