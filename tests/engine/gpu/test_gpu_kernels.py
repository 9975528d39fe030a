"""Every kernel compiles to machine code for GPUs of several ages, in the shapes of real models."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from playground.engine.gpu import kernels
from tests.engine.gpu import interpreted

SHARED = {75: 64 << 10, 80: 163 << 10, 86: 99 << 10, 90: 227 << 10, 120: 99 << 10}
"""Bytes of shared memory that a program may have, by compute capability (CUDA C++ Programming Guide)."""


@pytest.mark.parametrize("capabilities", [(80,), pytest.param(tuple(SHARED), marks=pytest.mark.thorough)], ids=str)
def test_kernels_compile_and_fit_the_shared_memory(capabilities, tmp_path):
    assert interpreted.decoder.kernels is kernels
    run = subprocess.run(
        [sys.executable, "-m", "tests.engine.gpu.compiled", *map(str, capabilities)],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    made = [json.loads(line) for line in run.stdout.splitlines()]
    names = {name for name, value in vars(kernels).items() if hasattr(value, "fn") and not name.startswith("_")}
    assert {one["kernel"] for one in made} <= names
    assert {one["kernel"] for one in made} == names or capabilities != tuple(SHARED)
    assert {one["capability"] for one in made} == set(capabilities)
    assert all(one["shared"] <= SHARED[one["capability"]] and one["bytes"] > 1000 for one in made)
