"""Keys and values of one sequence, layer by layer.

A layer with full attention keeps every position. A sliding one keeps what `trim` was told is still needed, so a long
prompt takes a window's memory there; a sequence can be cut back to that place exactly, and no further. Attention on a
sliding layer is handed the window only; `attention_masks.py` builds masks for the same slices.

Stands in for transformers' `Cache`: with masks and positions given, the models call `update` and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch

SMALLEST_CAPACITY = 256


def capacity_for(length: int) -> int:
    """Positions to allocate for `length`: the next of 256, 384, 512, 768, 1024, 1536, …

    A function of the length alone: memory strides, and with them the kernels that torch picks, then do not depend on
    how a sequence came to this length (read at once, or partly taken from the prefix cache).
    """
    capacity = SMALLEST_CAPACITY
    while capacity < length:
        if capacity * 3 // 2 >= length:
            return capacity * 3 // 2
        capacity *= 2
    return capacity


@dataclass(frozen=True)
class Block:
    """A copy of the states of T positions in a row: for each layer that stores any, keys and values [2, 1, H, T, D]."""

    states: dict[int, torch.Tensor] = field(repr=False)
    tokens: int

    def part(self, start: int, end: int) -> Block:
        """Its positions `start` to `end`, counted from its own first; not copied."""
        return Block({index: state[..., start:end, :] for index, state in self.states.items()}, end - start)

    @property
    def size_bytes(self) -> int:
        """Memory that the copy takes."""
        return sum(state.numel() * state.element_size() for state in self.states.values())


class LayerCache:
    """One layer's keys and values, in one tensor [2, 1, H, capacity, D] on the layer's own device.

    Positions `first` to `length` are in it.
    """

    def __init__(self, window: int | None) -> None:
        self.length = 0
        self.first = 0
        self._needed = 0
        self._window = window
        self._states: torch.Tensor | None = None

    def update(self, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Append states [1, H, T, D]; give back all that these T queries may attend to, [1, H, T', D] each."""
        count = keys.shape[-2]
        states = self._room(self.length + count, like=keys)
        end = self.length + count
        states[0, :, :, self.length - self.first : end - self.first] = keys
        states[1, :, :, self.length - self.first : end - self.first] = values
        first = first_visible(self.length, self._window) - self.first
        self.length = end
        return states[0, :, :, first : end - self.first], states[1, :, :, first : end - self.first]

    def append(self, blocks: Sequence[torch.Tensor]) -> None:
        """Append copied states [2, 1, H, T, D] in order; what comes before the last one's window may be left out."""
        total = self.length + sum(block.shape[-2] for block in blocks)
        self.trim(total - blocks[-1].shape[-2])
        states = self._room(total, like=blocks[0][0])
        for block in blocks:
            start, self.length = self.length, self.length + block.shape[-2]
            begin = max(start, self.first)
            if begin < self.length:
                states[..., begin - self.first : self.length - self.first, :] = block[..., begin - start :, :]

    def copy(self, start: int, end: int) -> torch.Tensor:
        """The states of positions `start` to `end`, copied: [2, 1, H, T, D]."""
        if self._states is None or not self.first <= start <= end <= self.length:
            raise ValueError(f"positions {start} to {end} are not in a cache of {self.first} to {self.length}")
        return self._states[..., start - self.first : end - self.first, :].clone()

    def trim(self, position: int) -> None:
        """Let go of what no query from `position` on attends to, when room is needed next."""
        self._needed = max(self._needed, first_visible(position, self._window))

    def cut(self, length: int) -> None:
        """Forget all positions from `length` on.

        Raises: ValueError when the next query would attend to what is no longer kept.
        """
        needed = first_visible(length, self._window)
        if length < self.length and needed < self.first:
            raise ValueError(f"a sliding layer cannot be cut back to {length}: it begins at {self.first}")
        self.length = min(self.length, length)
        self._needed = min(self._needed, needed)

    @property
    def size_bytes(self) -> int:
        """Memory allocated, used or not."""
        return 0 if self._states is None else self._states.numel() * self._states.element_size()

    def free_places(self, length: int) -> int:
        """Positions that can follow `length` of them in a tensor that is as large as it has to be for those."""
        return capacity_for(length - self.first) - (length - self.first)

    def reserve(self, count: int, like: torch.Tensor) -> tuple[torch.Tensor, int]:
        """The layer's own tensor [2, 1, H, capacity, D] with room for `count` states more, and its first position.

        `like` [1, H, _, D] shows what states look like.
        """
        return self._room(self.length + count, like), self.first

    def _room(self, length: int, like: torch.Tensor) -> torch.Tensor:
        """The tensor for positions up to `length`: another one if it has to grow, or begins with what is not needed."""
        capacity = capacity_for(length - self._needed)
        if self._states is None or self.first < self._needed or self._states.shape[-2] < capacity:
            batch, heads, _, size = like.shape
            room = like.new_empty((2, batch, heads, capacity, size))
            if self._states is not None and self._needed < self.length:
                kept = self._states[..., self._needed - self.first : self.length - self.first, :]
                room[..., : kept.shape[-2], :] = kept
            self._states, self.first = room, self._needed
        return self._states


def first_visible(start: int, window: int | None) -> int:
    """The first position that a query at `start` attends to; a window of W holds the query and W - 1 before it."""
    return 0 if window is None else max(0, start - window + 1)


class KVCache:
    """The past of one sequence. `windows` gives each layer's sliding window, or None for full attention.

    Layers that reuse another layer's states (Gemma 4) never call `update`, so they take no memory.
    """

    def __init__(self, windows: Sequence[int | None]) -> None:
        self._windows = tuple(windows)
        self._layers: dict[int, LayerCache] = {}

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, layer_idx: int, *_: object, **__: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What attention calls: see `LayerCache.update`. The names are those of transformers' `Cache.update`."""
        return self._layer(layer_idx).update(key_states, value_states)

    def reserve(self, count: int, likes: Mapping[int, torch.Tensor]) -> list[tuple[torch.Tensor, int]]:
        """Each layer's own tensor [2, 1, H, capacity, D] and its first position, for kernels that write `count` more.

        `likes` shows what the states of each storing layer look like, [1, H, _, D]. What was written counts once
        `extend` is called.
        """
        return [self._layer(index).reserve(count, like) for index, like in likes.items()]

    def extend(self, count: int) -> None:
        """Count `count` positions more, whose states have been written to the tensors that `reserve` gave."""
        for layer in self._layers.values():
            layer.length += count

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Positions stored; the name and the argument are those of transformers' `Cache`."""
        return self._layers[layer_idx].length if layer_idx in self._layers else 0

    @property
    def length(self) -> int:
        """Positions that every storing layer has."""
        return min((layer.length for layer in self._layers.values()), default=0)

    @property
    def size_bytes(self) -> int:
        """Memory allocated on all layers."""
        return sum(layer.size_bytes for layer in self._layers.values())

    def cut(self, length: int) -> None:
        """Forget all positions from `length` on. Exact, also after a forward pass that broke off half way.

        Raises: ValueError when that is further back than the sliding layers' states reach.
        """
        for layer in self._layers.values():
            layer.cut(length)

    def trim(self, position: int) -> None:
        """Let go of what no query from `position` on attends to. No position before it can be cut back to."""
        for layer in self._layers.values():
            layer.trim(position)

    def free_places(self, length: int) -> int:
        """Positions that can follow `length` of them before any layer needs a larger tensor."""
        return min((layer.free_places(length) for layer in self._layers.values()), default=0)

    def copy(self, start: int, end: int) -> Block:
        """A copy of positions `start` to `end`."""
        return Block({index: layer.copy(start, end) for index, layer in self._layers.items()}, end - start)

    def append(self, *blocks: Block) -> None:
        """Append copies made by `copy`, of this or another sequence. Several at once grow the tensors only once."""
        for index in blocks[0].states if blocks else ():
            self._layer(index).append([block.states[index] for block in blocks])

    def _layer(self, index: int) -> LayerCache:
        if index not in self._layers:
            self._layers[index] = LayerCache(self._windows[index])
        return self._layers[index]
