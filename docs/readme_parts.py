"""Writes the parts of README.md that repeat what the code says: the models, the settings and the file tree.

Run `python docs/readme_parts.py` after adding a file or a setting; a test fails until then.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import torch

from playground.backends.known_models import KNOWN, KnownModel
from playground.command_line import flag, variable
from playground.engine.devices import Precision, Quantize
from playground.engine.memory import gigabytes
from playground.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
TOP = {
    "app.py": None,
    "pyproject.toml": "dependencies; every tool's settings",
    "requirements.txt": "the same dependencies, for Hugging Face Spaces",
    "requirements-gpu.txt": "what a GPU adds, each line with its reason",
    "playground": "the app, in rooms; imports point only down this list, and a test holds them to it",
    "tools": "what a model can call; knows nothing of the app",
    "embedded_model": "the embedded default: adapter, its data, training, evaluation, card",
    "bench": "speed against peers, side by side in one run",
    "docs": "what does not fit here",
    "tests": "mirror the rooms; no network, no GPU",
}
"""The top level in reading order; folders in `WHOLE` are listed file by file."""
WHOLE = ("playground", "tools")
ROOMS = ("ui", "api", "chat", "backends", "wire", "dialects", "engine")
"""The rooms of `playground`, top first; its value files stand after them."""


def tree() -> str:
    """The file tree, two spaces a level, each line with what the file's own docstring says first."""
    lines = ["."]
    for name, said in TOP.items():
        path = ROOT / name
        lines.append(_line(0, path, said or first_sentence(path)))
        if name in WHOLE:
            lines += _inside(path, 1)
    return "\n".join(lines)


def _inside(folder: Path, depth: int) -> Iterator[str]:
    rooms = [folder / room for room in ROOMS if folder.name == "playground"]
    for room in rooms:
        yield _line(depth, room, first_sentence(room / "__init__.py"))
        yield from _inside(room, depth + 1)
    for path in sorted(folder.glob("*.py")):
        if path.name != "__init__.py":
            yield _line(depth, path, first_sentence(path))


def _line(depth: int, path: Path, said: str) -> str:
    name = "  " * depth + path.name + ("/" if path.is_dir() else "")
    return f"{name:<30}  {said}"


def first_sentence(path: Path) -> str:
    """What a module says of itself, up to the first full stop or colon that ends a thought."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    return re.split(r"(?<=[^.])\.(?: |$)", paragraph)[0]


def settings_table() -> str:
    """Every setting as flag, variable, default and meaning."""
    rows = ["| flag | variable | default | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = ", ".join(default) if isinstance(default, tuple) else default
        value = "" if shown in (None, "", False) else f"`{shown}`"
        rows.append(f"| `{flag(name)}` | `{variable(name)}` | {value} | {field.description} |")
    return "\n".join(rows)


def models_table() -> str:
    """Every model with a short name: what it is, what it takes to fetch, and what memory it needs in each format."""
    lines = [
        "| name | what it is | input | download | 8 bits | 4 bits | bfloat16 | float32 | licence |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    smallest = KNOWN[-1]
    lines.append(
        f"| `embedded` | google/gemma-3-270m with our adapter | text | none: a Python package | {_needs(smallest)} "
        "| Gemma terms |"
    )
    for known in reversed(KNOWN):
        sees = "text, images" if known.images else "text"
        terms = "Gemma terms, gated" if known.gated else known.licence
        size = gigabytes(known.weight_bytes)
        lines.append(f"| `{known.name}` | {known.hub_id} | {sees} | {size} | {_needs(known)} | {terms} |")
    return "\n".join(lines)


def _needs(known: KnownModel) -> str:
    formats: tuple[tuple[str, Quantize], ...] = (
        *(("bfloat16", "int8"), ("bfloat16", "int4")),
        *(("bfloat16", "none"), ("float32", "none")),
    )
    needs = (known.need(Precision(getattr(torch, dtype), "", quantize)) for dtype, quantize in formats)
    return " | ".join(gigabytes(need.total) for need in needs)


def rewritten(text: str) -> str:
    """README's text with its parts as the code has them now."""
    parts = (("models", models_table()), ("settings", settings_table()), ("tree", f"```\n{tree()}\n```"))
    for mark, part in parts:
        pattern = rf"(<!-- {mark} -->\n).*?(<!-- {mark} end -->)"
        text = re.sub(pattern, lambda found, part=part: f"{found[1]}{part}\n{found[2]}", text, flags=re.S)
    return text


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text(encoding="utf-8")), encoding="utf-8")
