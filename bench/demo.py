"""The demo model that ships with the app, as something to measure where text means something; and the app's prompts."""

from __future__ import annotations

import json
from pathlib import Path

from bench.writing import Missing


def demo_folder() -> Path:
    """Its checkpoint. Raises: Missing when it is not here."""
    from playground.backends.known_models import DEMO_FOLDER

    if not (DEMO_FOLDER / "config.json").exists():
        raise Missing(f"{DEMO_FOLDER} holds no demo model")
    return DEMO_FOLDER


def prompt_ids(folder: Path, question: str) -> list[int]:
    """The ids of a first message to a Gemma 3 model, as the app writes them."""
    from tokenizers import Tokenizer

    from playground.dialects import dialect_for
    from playground.dialects.token_text import TokenText
    from playground.messages import user
    from playground.turn import Turn

    dialect = dialect_for("gemma3")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    text = TokenText(tokenizer, dialect.control_tokens, dialect.image_tokens)
    return list(text.encode(dialect.render(Turn((user(question),)))).ids)


def ending_ids(folder: Path) -> list[int]:
    """The tokens that end its replies, for measurements that need a reply of a given length."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    ids = config["eos_token_id"]
    return [ids] if isinstance(ids, int) else list(ids)
