"""`transformers serve`, as a server of its own, asked through its completions endpoint."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

from bench import resident
from bench.writing import Job, Missing, Spec, Written

START_S = 120


class Serve:
    """One server. `extra={"continuous_batching": True}` starts it so."""

    def __init__(self, spec: Spec) -> None:
        if spec.bits != "bf16":
            raise Missing(f"transformers serve has no {spec.bits} for a CPU without further packages")
        self._name = str(spec.folder)
        self._address = f"http://127.0.0.1:{_free_port()}"
        batching = ["--continuous-batching"] if spec.extra.get("continuous_batching") else []
        self.says = "continuous batching" if batching else ""
        self._process = subprocess.Popen(
            [
                *_command(),
                "serve",
                self._name,
                "--device=cpu",
                "--dtype=bfloat16",
                f"--port={self._address.rsplit(':', 1)[1]}",
                *batching,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.weight_bytes = (spec.folder / "model.safetensors").stat().st_size
        self._wait()

    def write(self, job: Job) -> Written:
        """See `Peer.write`. Prompts go as text, a letter per token; times are those of the pieces that come."""
        if job.extra:
            raise ValueError(f"transformers serve knows no {', '.join(job.extra)}")
        results: list[list[float]] = [[] for _ in job.prompts]
        errors: list[Exception] = []
        start = time.perf_counter()
        threads = [
            threading.Thread(target=self._follow, args=(ids, job.count, times, start, errors))
            for ids, times in zip(job.prompts, results, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return Written(results)

    def peak_bytes(self) -> int:
        """See `Peer.peak_bytes`."""
        return resident.peak_bytes(self._process.pid)

    def close(self) -> None:
        """See `Peer.close`."""
        self._process.terminate()
        self._process.wait()

    def _wait(self) -> None:
        for _ in range(START_S * 5):
            if self._process.poll() is not None:
                raise Missing(f"transformers serve ended with code {self._process.returncode} when it was started")
            try:
                if httpx.get(f"{self._address}/health").is_success:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.2)
        self.close()
        raise Missing(f"transformers serve did not answer within {START_S} s")

    def _follow(self, ids: list[int], count: int, times: list[float], start: float, errors: list[Exception]) -> None:
        body = {
            "model": self._name,
            "prompt": "".join(chr(97 + number % 26) for number in ids),
            "max_tokens": count,
            "temperature": 1.0,
            "stream": True,
        }
        try:
            with httpx.stream("POST", f"{self._address}/v1/completions", json=body, timeout=600) as answer:
                answer.raise_for_status()
                for line in answer.iter_lines():
                    if '"text":"' in line and '"text":""' not in line:
                        times.append(time.perf_counter() - start)
            if len(times) < count // 2:
                raise RuntimeError(f"transformers serve sent {len(times)} pieces for {count} tokens")
        except Exception as error:
            errors.append(error)


def _command() -> list[str]:
    beside = Path(sys.executable).with_name("transformers")
    found = str(beside) if beside.exists() else shutil.which("transformers")
    if found is None:
        raise Missing("the command `transformers` is not installed")
    return [found]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def load(spec: Spec) -> Serve:
    """Start the server."""
    return Serve(spec)
