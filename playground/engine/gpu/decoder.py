"""One token each for up to SLOTS rows on a GPU, replayed as one CUDA graph.

Launching some 300 kernels takes longer than what they compute; a graph launches them at once. It needs shapes and
addresses that never change, so every step computes all slots, idle ones too, and finds each slot's past through a
table of addresses that is filled before it. Reading the weights takes most of the time, and is the same for one row
or sixteen.

Nothing is chosen by what else is in a step, so a row's logits are the same bits beside any others: products have
always the same shape, and each slot's attention depends on its own position only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import triton

from playground.engine.gpu import kernels
from playground.engine.gpu.products import Product
from playground.engine.kv_cache import KVCache
from playground.engine.layers import LayerParts, layer_parts, norm_factor, states_like

SLOTS = 16
SPLITS = 64
"""Programs that share the keys of one head, at most: enough for a GPU's multiprocessors when one row is written."""
GATE_PIECE = 1024
TILE_BYTES = 512 * 32
"""Of keys read at once: two such tiles, and two on their way, fit the shared memory of small GPUs."""


@dataclass(frozen=True)
class _Layer:
    """A layer as the step uses it: its products, and the factors of its norms."""

    parts: LayerParts
    project: Product
    out: Product
    gate_up: Product
    down: Product
    own_gate: Product | None
    own_out: Product | None
    norms: dict[str, torch.Tensor] = field(repr=False)


class GraphDecoder:
    """Decodes as `Runner.decode` says. Owns what lies between the products; the model keeps its weights, though those
    that are multiplied with the same input are moved together.
    """

    def __init__(self, text: Any, head: Any, config: Any, slots: int = SLOTS, splits: int = SPLITS) -> None:
        """Only for a model that `check_model` let pass. On a GPU it warms up, and captures its graph."""
        self._slots, self._splits = slots, splits
        self._text, self._head = text, Product(head)
        self._device, self._dtype = text.norm.weight.device, text.norm.weight.dtype
        self._heads, self._epsilon = int(config.num_attention_heads), float(config.rms_norm_eps)
        self._hidden = int(config.hidden_size)
        self._scaling = float(text.layers[0].self_attn.scaling)
        self._soft_cap = getattr(config, "final_logit_softcapping", None)
        self._own = int(getattr(config, "hidden_size_per_layer_input", 0) or 0)
        parts = layer_parts(text, config)
        self._likes = states_like(parts, self._dtype, self._device)
        self._last_norm = norm_factor(text.norm)
        self._layers = [self._layer(one) for one in parts]
        self._turns = {
            one.kind: (
                getattr(text.rotary_emb, f"{one.kind}_inv_freq").to(self._device, torch.float32),
                float(getattr(text.rotary_emb, f"{one.kind}_attention_scaling")),
            )
            for one in parts
        }
        # What a step is told: ids, positions, and for each storing layer the table of kernels.py.
        count = slots * (2 + 3 * len(self._likes))
        self._told = torch.zeros(count, dtype=torch.long, device=self._device)
        self._ids, self._positions = self._told[:slots], self._told[slots : 2 * slots]
        self._positions.fill_(-1)
        self._tables = self._told[2 * slots :].view(len(self._likes), slots, 3)
        widest = max(one.head_size for one in parts)
        self._sums = self._floats(slots * self._heads * splits * widest)
        self._largest, self._masses = (self._floats(slots * self._heads * splits) for _ in range(2))
        self._replay = self._captured() if self._device.type == "cuda" else self._step

    def decode(self, rows: Sequence[tuple[KVCache, Sequence[int]]]) -> torch.Tensor:
        """See `Runner.decode`."""
        tokens, parts = list(self._tokens(rows)), []
        for start in range(0, len(tokens), self._slots):
            some = tokens[start : start + self._slots]
            self._tell(some)
            parts.append(self._replay()[: len(some)].clone())
        for cache, ids in rows:
            cache.extend(len(ids))
        return torch.cat(parts)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Logits [M, V] in float32 of hidden states [M, hidden] after the last norm."""
        logits = self._head(hidden, torch.float32)
        return logits if self._soft_cap is None else torch.tanh(logits / self._soft_cap) * self._soft_cap

    def _tokens(self, rows: Sequence[tuple[KVCache, Sequence[int]]]) -> Iterator[tuple[int, int, list[int]]]:
        """Each id with its position and where its states lie: three numbers for each storing layer."""
        for cache, ids in rows:
            places = []
            for states, first in cache.reserve(len(ids), self._likes):
                places += [states.data_ptr(), states.shape[-2], first]
            for number, token in enumerate(ids):
                yield token, cache.length + number, places

    def _tell(self, tokens: Sequence[tuple[int, int, list[int]]]) -> None:
        idle = self._slots - len(tokens)
        ids = [token for token, _, _ in tokens] + [0] * idle
        positions = [position for _, position, _ in tokens] + [-1] * idle
        places = [places for _, _, places in tokens] + [[0, 0, 0] * len(self._likes)] * idle
        tables = torch.tensor(places).view(self._slots, -1, 3).transpose(0, 1).flatten()
        self._told.copy_(torch.cat([torch.tensor(ids + positions), tables]))

    @torch.inference_mode()
    def _captured(self) -> Callable[[], torch.Tensor]:
        """The step as one graph."""
        with torch.cuda.device(self._device):
            here, aside = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]  # untyped library
            aside.wait_stream(here)
            with torch.cuda.stream(aside):
                for _ in range(2):  # compiles the kernels, and lets cuBLAS find its workspace
                    self._step()
            here.wait_stream(aside)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):  # other threads may use the GPU meanwhile
                logits = self._step()

        def replay() -> torch.Tensor:
            with torch.cuda.device(self._device):
                graph.replay()
            return logits

        return replay

    def _step(self) -> torch.Tensor:
        """Logits [SLOTS, V] of the ids told."""
        embedded = self._text.embed_tokens(self._ids[None])
        own = None
        if self._own:
            own = self._text.get_per_layer_inputs(self._ids[None], None)
            own = self._text.project_per_layer_inputs(embedded, own)[0]  # [SLOTS, layers, own]
        stream = embedded[0].float()
        turns = {kind: self._turn(*how) for kind, how in self._turns.items()}
        x = self._normed(stream, None, None, self._layers[0].norms["input_norm"])
        nexts = [*(layer.norms["input_norm"] for layer in self._layers[1:]), self._last_norm]
        for number, (layer, following) in enumerate(zip(self._layers, nexts, strict=True)):
            y = layer.out(self._attend(layer, x, turns[layer.parts.kind]))
            x = self._normed(stream, y, layer.norms["attention_norm"], layer.norms["mlp_norm"])
            both = layer.gate_up(x)
            width = both.shape[1] // 2
            y = layer.down(self._gated(both, both[:, width:], width))
            if layer.own_gate is None or layer.own_out is None or own is None:
                x = self._normed(stream, y, layer.norms["output_norm"], following, layer.parts.scale)
                continue
            x = self._normed(stream, y, layer.norms["output_norm"], None)
            y = layer.own_out(self._gated(layer.own_gate(x), own[:, number], self._own))
            x = self._normed(stream, y, layer.norms["own_norm"], following, layer.parts.scale)
        return self.logits(x)

    def _turn(self, frequencies: torch.Tensor, factor: float) -> tuple[torch.Tensor, torch.Tensor]:
        angles = self._positions[:, None].float() * frequencies
        return angles.cos() * factor, angles.sin() * factor

    def _normed(
        self,
        stream: torch.Tensor,
        branch: torch.Tensor | None,
        branch_norm: torch.Tensor | None,
        norm: torch.Tensor | None,
        scale: float = 1.0,
    ) -> torch.Tensor:
        """See `kernels.add_and_norm`; the stream is changed."""
        out = torch.empty((self._slots, self._hidden), dtype=self._dtype, device=self._device)
        kernels.add_and_norm[(self._slots,)](
            stream,
            stream if branch is None else branch,
            stream if branch_norm is None else branch_norm,
            stream if norm is None else norm,
            out,
            scale,
            self._epsilon,
            hidden=self._hidden,
            padded=triton.next_power_of_2(self._hidden),
            adds=branch is not None,
            norms=norm is not None,
        )
        return out

    def _gated(self, gate: torch.Tensor, factor: torch.Tensor, width: int) -> torch.Tensor:
        """See `kernels.gated`; rows may lie apart, the numbers of one do not."""
        out = torch.empty((self._slots, width), dtype=self._dtype, device=self._device)
        grid = (self._slots, triton.cdiv(width, GATE_PIECE))
        kernels.gated[grid](gate, factor, out, gate.stride(0), factor.stride(0), count=width, piece=GATE_PIECE)
        return out

    def _attend(self, layer: _Layer, x: torch.Tensor, turn: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        """What the heads see [SLOTS, heads * size], for normed inputs; a storing layer's states are appended."""
        parts, norms, table = layer.parts, layer.norms, self._tables[layer.parts.states]
        size, padded = parts.head_size, triton.next_power_of_2(parts.head_size)
        stores = parts.stores is not None
        projected = layer.project(x)
        queries = torch.empty((self._slots, self._heads, size), dtype=self._dtype, device=self._device)
        nothing = norms["q_norm"]  # stands where a layer has no such norm, and is not read
        kernels.place_states[(self._slots, self._heads + 2 * parts.kv_heads * stores)](
            projected,
            queries,
            norms["q_norm"],
            norms.get("k_norm", nothing),
            norms.get("v_norm", nothing),
            *turn,
            self._positions,
            table,
            projected.stride(0),
            self._epsilon,
            heads=self._heads,
            kv_heads=parts.kv_heads,
            size=size,
            padded=padded,
            has_values=parts.matrices["v"] is not None,
            norms_values="v_norm" in norms,
        )
        keys = max(16, min(32, TILE_BYTES // (padded * queries.element_size())))
        window = parts.window or kernels.FULL
        splits = min(self._splits, triton.cdiv(window, keys))
        shape = {"heads": self._heads, "size": size, "padded": padded, "splits": splits, "keys": keys}
        partial = self._sums, self._largest, self._masses
        kernels.attend[(self._slots, parts.kv_heads, splits)](
            queries,
            *partial,
            self._positions,
            table,
            window,
            self._scaling,
            kv_heads=parts.kv_heads,
            num_stages=2,
            **shape,
        )
        out = torch.empty((self._slots, self._heads * size), dtype=self._dtype, device=self._device)
        kernels.join_splits[(self._slots, self._heads)](*partial, self._positions, out, window, **shape)
        return out

    def _layer(self, parts: LayerParts) -> _Layer:
        matrices = parts.matrices
        return _Layer(
            parts,
            project=Product(*(matrices[name] for name in ("q", "k", "v") if matrices[name] is not None)),
            out=Product(matrices["o"]),
            gate_up=Product(matrices["gate"], matrices["up"]),
            down=Product(matrices["down"]),
            own_gate=Product(matrices["own_gate"]) if self._own else None,
            own_out=Product(matrices["own_out"]) if self._own else None,
            norms={
                name: norm_factor(module, parts.head_size).to(self._device)
                for name, module in parts.norms.items()
                if module is not None
            },
        )

    def _floats(self, count: int) -> torch.Tensor:
        return torch.empty(count, dtype=torch.float32, device=self._device)
