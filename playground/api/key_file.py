"""A file of API keys, hashed, each with its limits; and the command that adds, lists and removes them.

python -m playground.api.key_file keys.json add NAME --requests-per-minute 60 --concurrent 2
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from playground.api.access import Key, hashed
from playground.errors import CallerError

KEY_BYTES = 32
PREFIX = "gp-"


class KeyEntry(BaseModel):
    """One key in the file."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    requests_per_minute: int | None = Field(None, ge=1)
    concurrent: int | None = Field(None, ge=1)


class KeyFile(BaseModel):
    """The file's content."""

    model_config = ConfigDict(extra="forbid")
    keys: list[KeyEntry]


def read_keys(path: Path) -> tuple[Key, ...]:
    """The keys of a file, in its order.

    Raises: CallerError when the file cannot be read, is not of this form or holds no key.
    """
    try:
        entries = KeyFile.model_validate(json.loads(path.read_text(encoding="utf-8"))).keys
    except (OSError, ValueError, ValidationError) as error:
        raise CallerError(
            f"The key file {path} cannot be used: {error}. Create one with `python -m playground.api.key_file`."
        ) from error
    if not entries:
        # An empty list would open the API to everybody.
        raise CallerError(f"The key file {path} holds no key. Add one, or start without --api-keys-file.")
    return tuple(Key(**entry.model_dump()) for entry in entries)


def added(keys: Sequence[Key], name: str, limits: dict[str, Any]) -> tuple[tuple[Key, ...], str]:
    """The keys with a new one, and its text, which is kept nowhere.

    Raises: CallerError when the name is taken.
    """
    if any(key.name == name for key in keys):
        raise CallerError(f"There is a key called {name!r} already. Remove it first, or choose another name.")
    text = PREFIX + secrets.token_urlsafe(KEY_BYTES)
    return (*keys, Key(name, hashed(text), **limits)), text


def write_keys(path: Path, keys: Sequence[Key]) -> None:
    """Write the file anew, readable by its owner only; it is whole at any moment."""
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"keys": [asdict(key) for key in keys]}, file, indent=2)
    beside.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command. Gives the exit code."""
    asked = _parser().parse_args(arguments)
    path = Path(asked.file)
    try:
        keys = read_keys(path) if path.exists() else ()
        sys.stdout.write(_done(asked, path, keys) + "\n")
    except (CallerError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _done(asked: argparse.Namespace, path: Path, keys: tuple[Key, ...]) -> str:
    match asked.action:
        case "add":
            limits = {"requests_per_minute": asked.requests_per_minute, "concurrent": asked.concurrent}
            keys, text = added(keys, asked.name, limits)
            write_keys(path, keys)
            return f"{text}\nThis is the only time that the key is shown; the file holds its hash."
        case "remove":
            left = tuple(key for key in keys if key.name != asked.name)
            if left == keys:
                raise CallerError(f"There is no key called {asked.name!r} in {path}.")
            write_keys(path, left)
            return f"Removed {asked.name!r}."
    return "\n".join(
        f"{key.name}: {key.requests_per_minute or 'any number of'} requests a minute, "
        f"{key.concurrent or 'any number'} at a time"
        for key in keys
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m playground.api.key_file", description="Keys for --api-keys-file.")
    parser.add_argument("file", help="path of the key file; it is created when it is not there")
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="draw a new key and show it once")
    add.add_argument("name", help="whose key it is")
    add.add_argument("--requests-per-minute", type=int, default=None, metavar="N")
    add.add_argument("--concurrent", type=int, default=None, metavar="N", help="requests that may run at a time")
    actions.add_parser("remove", help="make a key useless").add_argument("name")
    actions.add_parser("list", help="names and limits")
    return parser


if __name__ == "__main__":
    sys.exit(main())
