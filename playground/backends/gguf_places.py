"""GGUF files of Gemma that other programs have downloaded: LM Studio, llama.cpp and Ollama, at their usual places.

Source of the places: LM Studio's and llama.cpp's documentation, and Ollama's manifests (2026-11).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

MODEL_LAYER = "application/vnd.ollama.image.model"
PROJECTOR = "mmproj"
"""In the name of files that hold a vision tower alone."""


def found_files() -> dict[str, Path]:
    """Files by the name under which they can be chosen, such as `lmstudio/gemma-3-1b-it-Q8_0` or `ollama/gemma3:1b`.

    Only what is called Gemma is looked at; whether it can be loaded, its head will say.
    """
    files: dict[str, Path] = {}
    for owner, folder in _folders():
        for path in sorted(folder.rglob("*.gguf")):
            name = path.stem.lower()
            if "gemma" in name and PROJECTOR not in name and path.is_file():
                files.setdefault(f"{owner}/{path.stem}", path)
    return files | dict(_of_ollama(_home("OLLAMA_MODELS", ".ollama", "models")))


def _folders() -> Iterator[tuple[str, Path]]:
    yield "lmstudio", _home("", ".lmstudio", "models")
    yield "lmstudio", _home("", ".cache", "lm-studio", "models")
    mac = ("Library", "Caches", "llama.cpp") if sys.platform == "darwin" else (".cache", "llama.cpp")
    yield "llama.cpp", _home("LLAMA_CACHE", *mac)


def _home(variable: str, *parts: str) -> Path:
    if variable and (chosen := os.environ.get(variable)):
        return Path(chosen)
    return Path(os.path.expanduser("~")).joinpath(*parts)


def _of_ollama(models: Path) -> Iterator[tuple[str, Path]]:
    """Ollama keeps files by their sum, and for each model a manifest that names them."""
    for manifest in sorted(models.glob("manifests/*/*/*gemma*/*")):
        try:
            layers = json.loads(manifest.read_text(encoding="utf-8"))["layers"]
            digest = next(str(layer["digest"]) for layer in layers if layer["mediaType"] == MODEL_LAYER)
        except (OSError, ValueError, KeyError, TypeError, StopIteration):
            continue  # somebody else's half-written file is none of ours
        file = models / "blobs" / digest.replace(":", "-")
        if file.is_file():
            yield f"ollama/{manifest.parent.name}:{manifest.name}", file
