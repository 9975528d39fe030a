"""Steps of Gemma on the CPU by the C++ kernels: several tokens of several sequences at once, or those of a prompt.

What is computed for a token does not depend on its company, bit for bit (see kernels/linear.h), so `Runner.decode` may
put together whatever there is to do, and a prompt's states are the same however it is cut into chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from playground.engine.kernels import native
from playground.engine.kernels.library import Kernels, NoKernels, load_kernels
from playground.engine.kv_cache import KVCache
from playground.engine.layers import LayerParts, check_model, layer_parts, norm_factor, outputs_of, states_like
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
        parts = layer_parts(text, config)
        self._likes = states_like(parts, torch.bfloat16, torch.device("cpu"))
        self._layers = (native.Layer * len(parts))(*(self._layer(one) for one in parts))
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
            norm=self._keep(norm_factor(text.norm)),
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

    def _layer(self, parts: LayerParts) -> native.Layer:
        return native.Layer(
            frequencies=self._frequencies[parts.kind],
            rope_factor=getattr(self._text.rotary_emb, f"{parts.kind}_attention_scaling"),
            scale=parts.scale,
            window=parts.window or 0,
            kv_heads=parts.kv_heads,
            head_size=parts.head_size,
            intermediate=outputs_of(parts.matrices["gate"]),
            states=parts.states,
            **{
                name: native.NO_MATRIX if module is None else matrix_of(module)
                for name, module in parts.matrices.items()
            },
            **{
                name: None if module is None else self._keep(norm_factor(module, parts.head_size))
                for name, module in parts.norms.items()
            },
        )

    def _own_inputs(self, text: Any) -> dict[str, Any]:
        """What makes each layer's own inputs of the embeddings."""
        if not self._own:
            return {"own_projection": native.NO_MATRIX}
        return {
            "own": self._own,
            "own_projection": matrix_of(text.per_layer_model_projection),
            "own_projection_norm": self._keep(norm_factor(text.per_layer_projection_norm)),
            "own_projection_scale": float(text.per_layer_model_projection_scale),
            "own_scale": float(text.per_layer_input_scale),
        }

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
    check_model(model)
    text, config = model.get_decoder(), model.config.get_text_config()
    weight = text.norm.weight
    if weight.device.type != "cpu":
        raise NoKernels(f"they run on the CPU, and this model is on {weight.device}")
    if weight.dtype != torch.bfloat16:
        found = str(weight.dtype).removeprefix("torch.")
        raise NoKernels(f"they compute with bfloat16, and this model was loaded in {found}")
    heads = sorted({int(layer.self_attn.head_dim) for layer in text.layers})
    own = getattr(config, "hidden_size_per_layer_input", 0) or 0
    sizes = (config.hidden_size, config.intermediate_size, *heads, own)
    if any(size % GROUP for size in sizes):
        raise NoKernels(f"they take sizes that are multiples of {GROUP}, and this model's are {sizes}")
