"""Builds the C++ kernels for this CPU, once, and loads them. Where that cannot be, says why.

The sources are compiled for the instructions that the CPU has, into a folder of the user's cache; the file's name holds
a hash of sources and flags. Torch's OpenMP runtime is loaded already, so the kernels share its threads.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from playground.engine.cache import cache_folder
from playground.engine.cpu import cpu_features

log = logging.getLogger(__name__)

SOURCES = Path(__file__).parent
COMPILERS = ("g++", "clang++")
FLAGS = ("-O3", "-std=c++17", "-fPIC", "-shared", "-fopenmp", "-ffp-contract=off", "-fno-math-errno", "-w")
"""No contraction: a compiler that fuses here and not there would give a row two results."""
BUILD_S = 300


@dataclass(frozen=True)
class Isa:
    """An instruction set: features that torch must report of the CPU, and flags for the compiler."""

    name: str
    needs: tuple[str, ...]
    flags: tuple[str, ...]


ISAS = (
    Isa(
        "AVX-512",
        ("avx512_f", "avx512_bw", "avx512_vl", "avx512_dq", "avx512_bf16", "avx512_vnni"),
        ("-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512bf16", "-mavx512vnni", "-mavx2", "-mfma"),
    ),
    Isa(
        "AVX-512 without BF16",
        ("avx512_f", "avx512_bw", "avx512_vl", "avx512_dq", "avx512_vnni"),
        ("-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512vnni", "-mavx2", "-mfma"),
    ),
    Isa("AVX-VNNI", ("avx2", "fma3", "avx_vnni"), ("-mavx2", "-mfma", "-mavxvnni")),
    # The same instructions as AVX-512 encodes them: what is written for AVX-VNNI can be tried on a CPU with that.
    Isa("AVX-VNNI", ("avx2", "fma3", "avx512_vl", "avx512_vnni"), ("-mavx2", "-mfma", "-mavx512vl", "-mavx512vnni")),
    Isa("AVX2", ("avx2", "fma3"), ("-mavx2", "-mfma")),
    Isa("NEON", ("neon", "dot"), ("-march=armv8.2-a+dotprod",)),
)
"""Best first."""


@dataclass(frozen=True)
class Kernels:
    """The loaded library, and the name of the instruction set it was built for."""

    isa: str
    library: Any = field(repr=False)


class NoKernels(Exception):
    """There are no kernels here; the message says why, for people."""


class OldCompiler(NoKernels):
    """The compiler failed, perhaps because it does not know the instruction set; it may know a lesser one."""


def isas(features: Mapping[str, Any]) -> list[Isa]:
    """The instruction sets that a CPU with these features has, best first."""
    return [isa for isa in ISAS if all(features.get(name) for name in isa.needs)]


@lru_cache
def load_kernels(name: str | None = None) -> Kernels:
    """The kernels for an instruction set, by default the best one that this CPU has. Builds them the first time.

    Raises: NoKernels.
    """
    found = [isa for isa in isas(cpu_features()) if name in (None, isa.name)]
    if not found:
        raise NoKernels(f"this CPU ({platform.machine()}) has neither AVX2 nor NEON with dot products")
    problems: list[NoKernels] = []
    for isa in found:
        try:
            return _loaded(isa, cache_folder() / "kernels")
        except NoKernels as problem:
            problems.append(problem)
            if not isinstance(problem, OldCompiler):
                break
    raise problems[0]


def _loaded(isa: Isa, folder: Path) -> Kernels:
    path = _built(isa, folder)
    try:
        return Kernels(isa.name, ctypes.CDLL(str(path)))
    except OSError as error:
        raise NoKernels(f"{path} cannot be loaded: {error}") from error


@lru_cache
def kernels_if_any() -> Kernels | None:
    """As `load_kernels`; None where there are none."""
    try:
        return load_kernels()
    except NoKernels:
        return None


def release_threads() -> None:
    """End the threads with which OpenMP helps the calling one; they come again when they are needed.

    Each thread that computes has helpers of its own. Once a process has more of them than CPUs, GNU's runtime sends all
    to sleep after every operation, and waking them doubles the time of a short prompt.
    """
    if (kernels := kernels_if_any()) is not None:
        kernels.library.release_threads()


def _built(isa: Isa, folder: Path) -> Path:
    """The library file, built if it is not there; other processes wait for the one that builds."""
    path = folder / f"kernels-{_fingerprint(isa)}.so"
    if path.exists():
        return path
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", timeout=BUILD_S):
            if not path.exists():
                _build(isa, path)
    except Timeout as error:
        raise NoKernels(f"another process has been building {path} for {BUILD_S} seconds") from error
    except OSError as error:
        raise NoKernels(f"{folder} cannot be written: {error}") from error
    return path


def _fingerprint(isa: Isa) -> str:
    digest = hashlib.sha256(" ".join((*FLAGS, *isa.flags, platform.machine())).encode())
    for source in sorted(SOURCES.glob("*.[ch]*")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def _build(isa: Isa, path: Path) -> None:
    compiler = next((found for name in COMPILERS if (found := shutil.which(name))), None)
    if compiler is None:
        raise NoKernels(f"there is no C++ compiler ({' or '.join(COMPILERS)}) to build them with")
    log.warning("Building the CPU kernels for %s, once; this takes about ten seconds.", isa.name)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        command = [compiler, *FLAGS, *isa.flags, str(SOURCES / "decode.cpp"), "-o", str(made)]
        try:
            result = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise NoKernels(f"{compiler} did not finish within {BUILD_S} seconds") from error
        if result.returncode:
            reason = (result.stderr.strip().splitlines() or ["no message"])[0]
            raise OldCompiler(f"{compiler} could not build them: {reason}")
        made.replace(path)
