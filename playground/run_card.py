"""The record of a reply: everything that is needed to write it again, and to see whether it came out the same.

A model turn's card is JSON. Keys: `model` (name, family, revision: the hash of its files), `template` (hash of the
prompt layout), `prompt_ids`, `images` (digests), `options` as used with their `seed`, `grammar` (hash, or null),
`device`, `dtype` (of the weights), `computing` (by which kernels, and why), `versions`, `usage` (tokens and seconds),
`output_ids`, `output_sha256`, `reason`, `calls`; and `remote` when another server wrote it: such a reply cannot be
replayed, and the card says what is unknown.

The tool loop's card holds those of its model turns in `turns`, and its tools' results, so that a replay needs no tools.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from playground.errors import CallerError
from playground.events import Reason, Usage
from playground.grammar import JsonObject, JsonSchema, ResponseFormat
from playground.messages import ToolCall
from playground.options import Options, parse_options

FORMAT = 1
LIBRARIES = ("gemma-playground", "torch", "transformers", "tokenizers", "llguidance", "numpy")
INPUTS = ("model", "template", "images", "options", "grammar", "device", "dtype", "computing", "versions")
"""What may differ between two cards besides their tokens, in the order in which it is reported."""

TOLD = ("logprobs", "top_logprobs")
"""Options that change nothing of what is written."""


@dataclass(frozen=True)
class Setting:
    """What does not change from reply to reply: the model, where it runs and how prompts are laid out."""

    name: str
    family: str
    revision: str
    template_hash: str
    device: str
    dtype: str
    computing: str = ""


@dataclass(frozen=True)
class Comparison:
    """`identical`: the same output ids. Else `turn` and `token` say where the first that differs is, counted from 0."""

    identical: bool
    text: str
    turn: int = 0
    token: int | None = None


def make_card(
    setting: Setting,
    *,
    prompt_ids: Sequence[int],
    images: Sequence[str],
    options: Options,
    grammar: str | None,
    output_ids: Sequence[int],
    reason: Reason,
    usage: Usage,
    calls: Sequence[ToolCall],
) -> dict[str, Any]:
    """The card of a reply. `images` are the digests of the prompt's images, in order."""
    return {
        "format": FORMAT,
        "model": {"name": setting.name, "family": setting.family, "revision": setting.revision},
        "template": setting.template_hash,
        "prompt_ids": list(prompt_ids),
        "images": list(images),
        "options": write_options(options),
        "seed": options.seed,
        "grammar": hashlib.sha256(grammar.encode()).hexdigest() if grammar is not None else None,
        "device": setting.device,
        "dtype": setting.dtype,
        "computing": setting.computing,
        "versions": versions(),
        "usage": dataclasses.asdict(usage),
        "output_ids": list(output_ids),
        "output_sha256": ids_hash(output_ids),
        "reason": reason,
        "calls": [{"id": call.id, "name": call.name, "arguments": dict(call.arguments)} for call in calls],
    }


def compare(first: Mapping[str, Any], second: Mapping[str, Any]) -> Comparison:
    """Whether two cards record the same reply; where not, the first token that differs and what went in differently.

    A first reply that was stopped by a person is the same when the second begins with it.
    """
    one, two = _turns(first), _turns(second)
    for number, (a, b) in enumerate(zip(one, two, strict=False)):
        if remote := a.get("remote") or b.get("remote"):
            return Comparison(False, f"{remote['server']} wrote it and tells no token ids: nobody can compare.", number)
        if a["reason"] == "cancelled" and a["output_ids"] == b["output_ids"][: len(a["output_ids"])]:
            count = sum(len(card["output_ids"]) for card in one)
            text = f"Identical up to where the reply was stopped: the same {count} tokens."
            return Comparison(True, f"{text}{_causes(a, b)}")
        token = _first_difference(a["output_ids"], b["output_ids"])
        if token is not None:
            place = f"Token {token}" + (f" of model turn {number + 1}" if len(one) > 1 else "")
            shown = f"{_show(a['output_ids'], token)} and {_show(b['output_ids'], token)}"
            return Comparison(False, f"{place} differs: {shown}.{_causes(a, b)}", number, token)
    if len(one) != len(two):
        text = f"The first {min(len(one), len(two))} model turns are identical; then only one reply goes on."
        return Comparison(False, text, min(len(one), len(two)))
    tokens = sum(len(card["output_ids"]) for card in one)
    causes = next((cause for a, b in zip(one, two, strict=True) if (cause := _causes(a, b))), "")
    return Comparison(True, f"Identical: the same {tokens} tokens.{causes}")


def _turns(card: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The cards of a reply's model turns: those in a loop's card, or the card itself."""
    turns: Sequence[Mapping[str, Any]] = card.get("turns", (card,))
    return turns


def ids_hash(ids: Sequence[int]) -> str:
    """SHA-256 of token ids, written in decimal with spaces between."""
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()


@lru_cache
def _versions() -> tuple[tuple[str, str], ...]:
    found = [("python", platform.python_version())]
    for library in LIBRARIES:
        try:
            found.append((library, importlib.metadata.version(library)))
        except importlib.metadata.PackageNotFoundError:  # run from a folder that was not installed
            continue
    return tuple(found)


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that decide what is written."""
    return dict(_versions())


def write_options(options: Options) -> dict[str, Any]:
    """Options as JSON values, the shape of the answer named by its kind."""
    values = options.model_dump(mode="json")
    return {**values, "response_format": _shape(options.response_format)}


def read_options(values: Mapping[str, Any]) -> Options:
    """What `write_options` wrote, checked: the values may come from anybody.

    Raises: CallerError naming the option, the value and the range.
    """
    return parse_options({**values, "response_format": _read_shape(values.get("response_format"))})


def _shape(shape: ResponseFormat) -> dict[str, Any] | None:
    match shape:
        case JsonObject():
            return {"type": "json_object"}
        case JsonSchema(schema, strict):
            return {"type": "json_schema", "schema": dict(schema), "strict": strict}
    return None


def _read_shape(shape: Any) -> ResponseFormat:
    match shape:
        case None:
            return None
        case {"type": "json_object"}:
            return JsonObject()
        case {"type": "json_schema", "schema": dict(schema), "strict": bool(strict)}:
            return JsonSchema(schema, strict)
        case {"type": "json_schema", "schema": dict(schema)}:  # as cards said it before they told `strict`
            return JsonSchema(schema)
    raise CallerError(f"response_format is {shape!r:.200}, which no recording has.", param="response_format")


def _causes(first: Mapping[str, Any], second: Mapping[str, Any]) -> str:
    """A sentence on what went in differently; empty when nothing did."""
    differing = [key for key in INPUTS if _deciding(key, first.get(key)) != _deciding(key, second.get(key))]
    prompt = _first_difference(first["prompt_ids"], second["prompt_ids"])
    if prompt is not None:
        differing.insert(0, f"prompt (from token {prompt} on)")
    return f" What went in differs too: {', '.join(differing)}." if differing else ""


def _deciding(key: str, value: Any) -> Any:
    """The value without options that only ask for more to be told."""
    if key != "options" or not isinstance(value, Mapping):
        return value
    return {name: one for name, one in value.items() if name not in TOLD}


def _first_difference(one: Sequence[int], two: Sequence[int]) -> int | None:
    if list(one) == list(two):
        return None
    pairs = enumerate(zip(one, two, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(two)))


def _show(ids: Sequence[int], at: int) -> str:
    return str(ids[at]) if at < len(ids) else "the end"
