"""A peer in a process of its own: its threads, allocator and peak memory are nobody else's."""

from __future__ import annotations

import multiprocessing
import time
import traceback
from importlib import import_module
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any

from bench.writing import Job, Loaded, Missing, Spec, Written

PEERS = {
    "ours": "bench.peers.ours",
    "generate": "bench.peers.generate",
    "serve": "bench.peers.serve",
    "llama.cpp": "bench.peers.llama",
    "machine": "bench.peers.machine",
}
"""Modules by name; each has `load(spec)`, which gives a `Peer`."""


class Failure(Exception):
    """A peer broke down; the message is what it said."""


class Remote:
    """The parent's end."""

    def __init__(self, name: str, spec: Spec) -> None:
        """Start the process and load the model.

        Raises: Missing when the peer cannot run here; Failure when it broke down.
        """
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(name, spec, theirs), daemon=False)
        self._process.start()
        theirs.close()
        self.name = name
        try:
            self.loaded: Loaded = self._answer()
        except BaseException:
            self._process.join()
            raise

    def write(self, job: Job) -> Written:
        """See `Peer.write`. Raises: Failure with what the peer said."""
        return self._ask("write", job)  # type: ignore[no-any-return]  # comes pickled

    def peak_bytes(self) -> int:
        """See `Peer.peak_bytes`."""
        return self._ask("peak_bytes")  # type: ignore[no-any-return]  # comes pickled

    def close(self) -> None:
        """End the process."""
        if self._process.is_alive():
            self._pipe.send(None)
        self._process.join()

    def _ask(self, action: str, *values: Any) -> Any:
        self._pipe.send((action, values))
        return self._answer()

    def _answer(self) -> Any:
        try:
            kind, value = self._pipe.recv()
        except EOFError:
            self._process.join()
            raise Failure(f"its process ended with code {self._process.exitcode}") from None
        if kind == "missing":
            raise Missing(value)
        if kind == "failed":
            raise Failure(value)
        return value

    def __enter__(self) -> Remote:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _serve(name: str, spec: Spec, pipe: Connection) -> None:
    """The child's life: load, then answer until told to stop."""
    try:
        module = import_module(PEERS[name])
        start = time.perf_counter()
        peer = module.load(spec)
    except (ImportError, Missing) as error:
        pipe.send(("missing", str(error)))
        return
    except Exception as error:
        traceback.print_exc()
        pipe.send(("failed", _short(error)))
        return
    pipe.send(("done", Loaded(time.perf_counter() - start, peer.weight_bytes, peer.says)))
    try:
        while (asked := pipe.recv()) is not None:
            action, values = asked
            try:
                pipe.send(("done", getattr(peer, action)(*values)))
            except Missing as error:
                pipe.send(("missing", str(error)))
            except Exception as error:
                traceback.print_exc()
                pipe.send(("failed", _short(error)))
    except EOFError:
        pass  # the parent is gone
    finally:
        peer.close()


def _short(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:300]
