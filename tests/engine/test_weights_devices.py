"""The number format follows the hardware, and every choice says why."""

import pytest
import torch

from playground.engine import cpu, devices
from playground.engine.cpu import cpu_features
from playground.engine.devices import _cuda_precision, choose_device, choose_precision, cpu_precision, native_dtype
from playground.engine.kernels.library import Kernels, NoKernels
from playground.errors import ModelUnavailable


@pytest.mark.parametrize(
    ("feature", "name"), [("amx_bf16", "AMX"), ("avx512_bf16", "AVX512-BF16"), ("bf16", "Arm BF16")]
)
def test_a_cpu_that_multiplies_bfloat16_gets_bfloat16(feature, name):
    precision = cpu_precision({"avx2": True, feature: True})
    assert precision.dtype is torch.bfloat16
    assert name in precision.reason


@pytest.mark.parametrize(
    ("held", "left"),
    [("", ["avx2", "avx512_bf16", "amx_bf16", "fma3"]), ("avx2", ["avx2", "fma3"]), ("default", ["fma3"])],
)
def test_torchs_own_switch_holds_the_kernels_back_too(held, left, monkeypatch):
    there = dict.fromkeys(["avx2", "avx512_bf16", "amx_bf16", "fma3"], True)
    monkeypatch.setattr(cpu, "_all_features", lambda: there)
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", held)
    assert list(cpu_features()) == left


PLAIN = {"avx2": True, "avx512_f": True, "avx512_bf16": False}


def test_a_cpu_without_bfloat16_keeps_it_where_kernels_read_it(monkeypatch):
    monkeypatch.setattr(devices, "load_kernels", lambda: Kernels("AVX2", None))
    precision = cpu_precision(PLAIN)
    assert precision.dtype is torch.bfloat16
    assert "half the memory; this CPU computes in float32 (AVX2)" in precision.reason


def test_a_cpu_without_bfloat16_and_kernels_gets_float32_and_is_told_what_it_costs(monkeypatch):
    def none():
        raise NoKernels("there is no C++ compiler")

    monkeypatch.setattr(devices, "load_kernels", none)
    precision = cpu_precision(PLAIN)
    assert precision.dtype is torch.float32
    assert "twice the memory" in precision.reason
    assert "no C++ compiler" in precision.reason


def test_training_computes_with_what_the_hardware_multiplies(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(devices, "cpu_features", lambda: PLAIN)
    assert native_dtype(cpu) is torch.float32
    monkeypatch.setattr(devices, "cpu_features", lambda: {"amx_bf16": True})
    assert native_dtype(cpu) is torch.bfloat16


def test_older_gpus_get_float32_rather_than_float16():
    assert _cuda_precision((7, 5), "Tesla T4").dtype is torch.float32
    assert _cuda_precision((8, 0), "A100").dtype is torch.bfloat16
    assert "Tesla T4" in _cuda_precision((7, 5), "Tesla T4").reason


def test_what_is_asked_for_is_taken():
    for name in ("bfloat16", "float32"):
        precision = choose_precision(torch.device("cpu"), name)
        assert precision.dtype is getattr(torch, name)
        assert "asked" in precision.reason


def test_auto_follows_this_cpu():
    assert choose_precision(torch.device("cpu"), "auto") == cpu_precision(cpu_features())


def test_eight_bits_are_taken_on_a_cpu_with_kernels_unless_something_else_is_asked_for(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(devices, "kernels_if_any", lambda: Kernels("AVX2", None))
    assert choose_precision(cpu, "auto", "auto").name == "int8"
    assert "AVX2" in choose_precision(cpu, "auto", "auto").reason
    assert choose_precision(cpu, "float32", "auto").name == "float32"
    assert choose_precision(torch.device("mps"), "auto", "auto").name == "bfloat16"
    monkeypatch.setattr(devices, "kernels_if_any", lambda: None)
    assert choose_precision(cpu, "auto", "auto") == choose_precision(cpu, "auto")


def test_a_device_that_is_not_here_is_refused_with_those_that_are():
    absent = "mps" if not torch.backends.mps.is_available() else "cuda"
    with pytest.raises(ModelUnavailable, match=f"finds no {absent} device here, only .*cpu"):
        choose_device(absent)


def test_auto_finds_a_device():
    assert choose_device("auto").type in {"cpu", "cuda", "mps"}
    assert choose_device("cpu") == torch.device("cpu")
