"""A checkpoint's tokenizer, from its `tokenizer.json`: vocabulary, joins and control tokens as they were saved.

`tokenizers` reads the file itself. transformers' own class around it would read the 16 MB of a Gemma three times.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from playground.engine.checkpoint import read_optional_json
from playground.errors import ModelUnavailable


def read_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer of a checkpoint's folder.

    Raises: ModelUnavailable when the file cannot be read.
    """
    file = folder / "tokenizer.json"
    try:
        return Tokenizer.from_file(str(file))
    # The Rust tokenizer raises bare `Exception` for a file it cannot parse.
    except Exception as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ModelUnavailable(f"{file} cannot be read ({first}). Copy or download it again.") from error


def eos_token(folder: Path) -> str | None:
    """The token that ends a text, as the tokenizer's settings name it."""
    named = read_optional_json(folder / "tokenizer_config.json").get("eos_token")
    if isinstance(named, dict):  # with how it is found in a text
        named = named.get("content")
    return named if isinstance(named, str) else None


def template_hash(folder: Path) -> str | None:
    """SHA-256 of the checkpoint's own chat template, or None where it has none."""
    template: Any
    try:
        template = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    except OSError:
        template = read_optional_json(folder / "chat_template.json").get("chat_template")
        template = template or read_optional_json(folder / "tokenizer_config.json").get("chat_template")
    return hashlib.sha256(str(template).encode()).hexdigest() if template else None
