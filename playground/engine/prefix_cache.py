"""What earlier prompts left behind: states of whole prefill chunks, least recently used out first.

Only states of whole chunks are kept, as a chunk's prefill computes them and never of a prompt's ragged end: another
shape may round differently, and a warm run must compute exactly what a cold one computes. Where there is a place on
disk, blocks are kept there too, and come back from it when memory has lost them.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Sequence

from playground.engine.chunks import Chunk
from playground.engine.disk_blocks import DiskBlocks
from playground.engine.kv_cache import Block
from playground.engine.misses import Prompt, common, difference

REMEMBERED_PROMPTS = 32


class PrefixCache:
    """Blocks by chunk key, within a budget in bytes. 0 turns it off."""

    def __init__(self, budget_bytes: int, disk: DiskBlocks | None = None) -> None:
        self.budget_bytes = budget_bytes
        self.used_bytes = 0
        self.disk = disk
        self._blocks: OrderedDict[bytes, Block] = OrderedDict()
        self._prompts: deque[Prompt] = deque(maxlen=REMEMBERED_PROMPTS)

    def __len__(self) -> int:
        return len(self._blocks)

    def find(self, chunks: Sequence[Chunk]) -> list[Block]:
        """The states of the longest run of these chunks from the first on, all of them now recently used."""
        found: list[Block] = []
        for chunk in chunks:
            block = self._get(chunk)
            if block is None:
                break
            found.append(block)
        self._touch(chunks[: len(found)])
        self._shrink()
        return found

    def add(self, chunks: Sequence[Chunk], block: Block) -> None:
        """Keep `block`, the states of the last of `chunks`; the others are its predecessors from the prompt's start."""
        key = chunks[-1].key
        if key is None or key in self._blocks or block.size_bytes > self.budget_bytes:
            return
        self._keep(key, block)
        self._touch(chunks)
        self._shrink()
        if self.disk is not None:
            self.disk.store(key, block)

    def _get(self, chunk: Chunk) -> Block | None:
        """A chunk's block from memory, or from disk, when it is in memory again from then on."""
        if chunk.key is None or not self.budget_bytes:
            return None
        block = self._blocks.get(chunk.key)
        if block is None and self.disk is not None:
            block = self.disk.load(chunk.key, chunk.end - chunk.start)
            if block is not None and block.size_bytes <= self.budget_bytes:
                self._keep(chunk.key, block)
        return block

    def _keep(self, key: bytes, block: Block) -> None:
        self._blocks[key] = block
        self.used_bytes += block.size_bytes

    def _shrink(self) -> None:
        while self.used_bytes > self.budget_bytes:
            _, evicted = self._blocks.popitem(last=False)
            self.used_bytes -= evicted.size_bytes

    def clear(self) -> None:
        """Give all memory back."""
        self._blocks.clear()
        self.used_bytes = 0

    def remember(self, prompt: Prompt) -> None:
        """Note, for later explanations, that this prompt has been read to its end."""
        self._prompts.append(prompt)

    def explain(self, prompt: Prompt, chunks: Sequence[Chunk], cached: int) -> str:
        """Why `cached` tokens of this prompt were reused and no more, in words."""
        if self.budget_bytes == 0:
            return "prompt reuse is off"
        closest = max(self._prompts, key=lambda earlier: common(prompt, earlier), default=None)
        if closest is None:
            return "its start was read before this engine was started" if cached else "first message"
        shared = common(prompt, closest)
        usable = max((chunk.end for chunk in chunks[:-1] if chunk.end <= shared), default=0)
        if cached < usable:
            return f"evicted: {shared} tokens were read before, {cached} of them are still in memory"
        return difference(prompt, closest) + ", and only whole chunks are reused"

    def _touch(self, chunks: Sequence[Chunk]) -> None:
        # The first chunk last: it then leaves last, and no chunk outlives the ones it builds on.
        for chunk in reversed(chunks):
            if chunk.key is not None and chunk.key in self._blocks:
                self._blocks.move_to_end(chunk.key)
