"""Where and with what something was measured."""

from __future__ import annotations

import datetime
import os
import platform
import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from playground.engine.cpu import HOLDS

PACKAGES = ("torch", "transformers", "llama-cpp-python", "gradio", "llguidance")
FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "amx_int8", "asimd", "bf16")
NOT_THERE = "not installed"


def about(threads: int, shape: str, quick: bool) -> dict[str, Any]:
    """Hardware, versions and date; nothing that names the machine."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "features": _features(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: _version(name) for name in PACKAGES},
        "threads": threads,
        "shape": shape,
        "quick": quick,
    }


def described(about: Mapping[str, Any]) -> str:
    """As a line of text."""
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    return (
        f"{about['cpu']}, {about['cores']} cores ({', '.join(about['features'])}), {about['memory_gb']} GB, "
        f"{about['system']}; {about['threads']} threads each; {versions}"
    )


def _cpu() -> str:
    path = Path("/proc/cpuinfo")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(r"model name\s*: (.+)", text)
    return found[1].strip() if found else platform.processor() or platform.machine()


def _features() -> list[str]:
    path = Path("/proc/cpuinfo")
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.search(r"^(?:flags|Features)\s*: (.+)", text, re.M)
    there = set(found[1].split()) if found else set()
    held = HOLDS.get(os.environ.get("ATEN_CPU_CAPABILITY", ""), ())
    return [feature for feature in FEATURES if feature in there and not feature.startswith(held)]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return NOT_THERE
