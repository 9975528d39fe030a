"""The kernels for processors that this machine does not have, emulated: they give the bits of those that it has."""

import shutil
import subprocess
from pathlib import Path

import pytest

from playground.engine.cpu import cpu_features
from playground.engine.kernels.library import FLAGS, ISAS, isas

PROGRAM = Path(__file__).with_name("kernels_apart.cpp")
CROSS, EMULATOR = "aarch64-linux-gnu-g++", "qemu-aarch64"
FLAGS_OF = {isa.name: isa.flags for isa in ISAS}


def printed(folder, isa, compiler, *emulator, linking=()):
    program = folder / isa
    flags = [flag for flag in FLAGS if flag not in {"-fPIC", "-shared"}]
    subprocess.run([compiler, *flags, *FLAGS_OF[isa], *linking, PROGRAM, "-o", program], check=True)
    return subprocess.run([*emulator, program], check=True, capture_output=True, text=True).stdout.splitlines()


@pytest.mark.thorough
@pytest.mark.skipif(not (shutil.which(CROSS) and shutil.which(EMULATOR)), reason=f"needs {CROSS} and {EMULATOR}")
def test_arm_gives_the_bits_of_avx2(tmp_path):
    if "AVX2" not in [isa.name for isa in isas(cpu_features())]:
        pytest.skip("needs a CPU with AVX2")
    here = printed(tmp_path, "AVX2", "g++")
    arm = printed(tmp_path, "NEON", CROSS, EMULATOR, linking=("-static",))
    assert len(here) > 30_000
    assert len({line.split()[-1] for line in here}) > 20_000
    assert arm == here
