"""Flags and `PLAYGROUND_…` variables to settings: each field of `Settings` is one flag."""

from __future__ import annotations

import argparse
import types
from collections.abc import Sequence
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from playground.settings import Settings


def read_settings(arguments: Sequence[str] | None = None) -> Settings:
    """The settings of this start; a flag overrides its variable. A wrong value ends the program with exit code 2."""
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        parser.error(f"{flag(name)} or {variable(name)} is {first['input']!r}: {first['msg'].lower()}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Talk to Gemma in a browser or through an API. Every flag can be set as PLAYGROUND_<FLAG> instead.",
        allow_abbrev=False,
    )
    for name, field in Settings.model_fields.items():
        parser.add_argument(flag(name), dest=name, default=None, help=_help(field), **_kind(field.annotation))
    return parser


def _kind(annotation: Any) -> dict[str, Any]:
    """How argparse reads a field of this type; values are checked by `Settings`."""
    origin = get_origin(annotation)
    if annotation is bool:
        return {"action": argparse.BooleanOptionalAction}
    if origin is Literal:
        return {"choices": get_args(annotation)}
    if origin is tuple:
        return {"action": "append", "metavar": "NAME"}
    if origin in {Union, types.UnionType}:
        return _kind(next(kind for kind in get_args(annotation) if kind is not type(None)))
    return {"metavar": "N" if annotation is int else "TEXT"}


def _help(field: FieldInfo) -> str:
    default = field.default
    shown = ", ".join(map(str, default)) if isinstance(default, tuple) else default
    return f"{field.description}" + (f" (default: {shown})" if shown not in {None, "", False} else "")


def flag(name: str) -> str:
    """A setting's name on the command line."""
    return f"--{name.replace('_', '-')}"


def variable(name: str) -> str:
    """A setting's name in the environment."""
    return f"PLAYGROUND_{name.upper()}"
