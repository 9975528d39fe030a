"""The whole app as a process of its own, asked as its users ask it."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
START_S = 300


class AppServer:
    """Starts with a model and ends with the `with` block. `start_s`: seconds until it said that it answers."""

    def __init__(self, model: str, *flags: str) -> None:
        begin = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "app.py", "--model", model, "--port", "0", "--device", "cpu", *flags],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.address = self._wait()
        self.start_s = time.perf_counter() - begin

    def _wait(self) -> str:
        watch = threading.Timer(START_S, self._process.kill)
        watch.start()
        try:
            assert self._process.stdout is not None
            for line in self._process.stdout:
                if found := re.search(r"http://\S+", line):
                    return found[0]
        finally:
            watch.cancel()
        raise RuntimeError(f"app.py ended with code {self._process.wait()} before it answered")

    def first_piece_s(self, question: str) -> float:
        """Seconds until the first piece of an answer comes through `/v1`."""
        begin = time.perf_counter()
        for _ in self._pieces(question, {"max_tokens": 8}):
            return time.perf_counter() - begin
        raise RuntimeError("app.py gave an answer without text")

    def v1_s(self, question: str, count: int, seed: int) -> float:
        """Seconds for a streamed answer of `count` tokens through `/v1`, to its last piece."""
        begin = time.perf_counter()
        for _ in self._pieces(question, {"max_tokens": count, "seed": seed}):
            pass
        return time.perf_counter() - begin

    def gradio_s(self, client: Any, question: str, count: int, seed: int) -> float:
        """Seconds for an answer of `count` tokens through Gradio's `/chat`, to its last piece.

        Raises: RuntimeError when the answer was of another length.
        """
        begin = time.perf_counter()
        job = client.submit(message=question, max_tokens=count, seed=seed, api_name="/chat")
        for _ in job:
            pass
        taken = time.perf_counter() - begin
        written = job.outputs()[-1][1]["usage"]["completion_tokens"]
        if written != count:
            raise RuntimeError(f"the answer has {written} tokens, not {count}; take another seed")
        return taken

    def _pieces(self, question: str, options: dict[str, Any]) -> Any:
        import httpx

        body = {"messages": [{"role": "user", "content": question}], "stream": True, **options}
        with httpx.stream("POST", f"{self.address}/v1/chat/completions", json=body, timeout=600) as answer:
            answer.raise_for_status()
            for line in answer.iter_lines():
                if '"content":' in line:
                    yield line

    def close(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait()

    def __enter__(self) -> AppServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
