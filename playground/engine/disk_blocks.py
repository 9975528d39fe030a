"""Blocks of past prompts on disk, so that what was read once stays read across restarts; oldest use out first.

One safetensors file per block, in a folder per identity: whatever decides a state's last bit (model, number format,
device, versions). A file that is cut off, changed or of another shape counts as missing and is deleted.
Writing happens on a thread of its own, through a temporary name, so that no half file is ever found.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import queue
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

import torch
import transformers
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from playground.engine.kv_cache import Block

log = logging.getLogger(__name__)

WAITING = 64
"""Blocks that may wait to be written; more are not kept on disk."""


def identity(*parts: object) -> str:
    """Names a setting in which states come out the same to the last bit: `parts`, this machine's ways, and our code."""
    code = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in {".py", ".cpp", ".h"}:
            code.update(path.read_bytes())
    machine = (torch.__version__, transformers.__version__, torch.backends.cpu.get_cpu_capability())
    return repr((*parts, *machine, torch.get_num_threads(), code.hexdigest()))


class DiskBlocks:
    """Used by the engine's thread; `used_bytes` may be read by any."""

    def __init__(self, folder: Path, budget_bytes: int, identity: str) -> None:
        """`folder` may hold blocks of other identities: all share the budget."""
        self.budget_bytes = budget_bytes
        self.used_bytes = 0
        self._folder = folder
        self._own = folder / hashlib.sha256(identity.encode()).hexdigest()[:32]
        self._waiting: queue.Queue[tuple[Path, Block] | None] = queue.Queue(WAITING)
        self._writer: threading.Thread | None = None
        self._own.mkdir(parents=True, exist_ok=True, mode=0o700)  # what was read can be made out from its states
        self._make_room(0)

    def load(self, key: bytes, tokens: int) -> Block | None:
        """The block of this chunk, which has so many tokens; None where there is no sound one."""
        path = self._path(key)
        try:
            with safe_open(path, framework="pt") as file:
                metadata = file.metadata() or {}
                states = {int(name): file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
            _check(states, metadata, tokens)
            devices = json.loads(metadata["devices"])
            os.utime(path)
        except FileNotFoundError:
            return None
        except (OSError, SafetensorError, ValueError, KeyError) as error:
            log.warning("%s is damaged (%s) and is deleted", path, error)
            path.unlink(missing_ok=True)
            return None
        return Block({layer: state.to(devices[str(layer)]) for layer, state in states.items()}, tokens)

    def store(self, key: bytes, block: Block) -> None:
        """Write a block soon; nothing happens when it is there, or too much is waiting to be written."""
        path = self._path(key)
        if block.size_bytes > self.budget_bytes or path.exists():
            return
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_all, name="prompt cache", daemon=True)
            self._writer.start()
        try:
            self._waiting.put_nowait((path, block))
        except queue.Full:
            log.debug("the disk is too slow; a block is not kept on it")

    def close(self) -> None:
        """Write what is waiting and end the thread."""
        if self._writer is not None:
            self._waiting.put(None)
            self._writer.join()
            self._writer = None

    def _path(self, key: bytes) -> Path:
        return self._own / f"{key.hex()}.safetensors"

    def _write_all(self) -> None:
        while (item := self._waiting.get()) is not None:
            try:
                self._write(*item)
            except OSError as error:
                log.warning("a part of a prompt cannot be kept on disk: %s", error)

    def _write(self, path: Path, block: Block) -> None:
        states = {layer: state.cpu().contiguous() for layer, state in block.states.items()}
        devices = {str(layer): str(state.device) for layer, state in block.states.items()}
        metadata = {"digest": _digest(states), "devices": json.dumps(devices)}
        self._make_room(block.size_bytes)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            temporary = Path(file.name)
        try:
            save_file({str(layer): state for layer, state in states.items()}, temporary, metadata)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        self._make_room(0)

    def _make_room(self, size: int) -> None:
        """Delete what has not been used for longest, and parts that a crash left, until `size` bytes more fit."""
        files = []
        for path in self._folder.glob("*/*"):
            try:
                stat = path.stat()
            except OSError:
                continue  # another process deleted it
            files.append((path.suffix != ".part", stat.st_mtime_ns, stat.st_size, path))
        used = sum(length for _, _, length, _ in files)
        for _, _, length, path in sorted(files):
            if used + size <= self.budget_bytes:
                break
            path.unlink(missing_ok=True)
            used -= length
        self.used_bytes = used


def _check(states: Mapping[int, torch.Tensor], metadata: Mapping[str, str], tokens: int) -> None:
    """Raises: ValueError when the file does not hold what was written, or states of another number of tokens."""
    if any(state.ndim != 5 or state.shape[:2] != (2, 1) or state.shape[3] != tokens for state in states.values()):
        raise ValueError(f"it does not hold states of {tokens} tokens")
    if not states or _digest(states) != metadata.get("digest"):
        raise ValueError("its digest is another")


def _digest(states: Mapping[int, torch.Tensor]) -> str:
    digest = hashlib.blake2b(digest_size=32)
    for layer, state in sorted(states.items()):
        digest.update(f"{layer} {state.dtype} {tuple(state.shape)}".encode())
        digest.update(state.contiguous().view(torch.uint8).numpy().data)
    return digest.hexdigest()
