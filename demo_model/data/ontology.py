"""Concepts become tools: a name in some style, a description, a JSON Schema, and the parameters behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from demo_model.data import words
from demo_model.data.kinds import KINDS, Kind
from demo_model.data.spin import Speaker
from demo_model.data.words import split
from tools.tool import ToolSpec

FOLDER = Path(__file__).parent / "domains"
"""Functions people really offer a model, a block each: `nouns :: verbs`, `d` description, `p` parameters, requests.

A parameter is `kind`, `label:kind`, `label=option/option` for an enum or `label!` for a flag; a final `?` marks it
optional. Nouns and verbs are `|` separated; wording is in the grammar of `spin.py`.
"""


SWITCHES = {
    ("on", "off"),
    ("lock", "unlock"),
    ("open", "close"),
    ("start", "stop"),
    ("show", "hide"),
    ("mute", "unmute"),
}


@dataclass(frozen=True)
class Slot:
    """One parameter of a concept: `label` is its place in requests, `options` make it an enum."""

    label: str
    kind: Kind | None
    kind_name: str
    required: bool
    options: tuple[str, ...] = ()
    is_flag: bool = False
    fixed_name: bool = False


@dataclass(frozen=True)
class Concept:
    """A function people offer a model, with many names and many ways to ask for it."""

    nouns: tuple[str, ...]
    verbs: tuple[str, ...]
    description: str
    slots: tuple[Slot, ...]
    asks: tuple[str, ...]


@dataclass(frozen=True)
class DraftedTool:
    """A concept as one concrete tool: what is declared, and which parameter name stands for which slot."""

    concept: Concept
    spec: ToolSpec
    names: Mapping[str, str] = field(default_factory=dict)
    switches: frozenset[str] = frozenset()
    """Labels of two-way enums that this tool declares as booleans: the first option is true."""


def read_slot(text: str) -> Slot:
    """A parameter from the notation of `domains/`."""
    required = not text.endswith("?")
    text = text.removesuffix("?")
    if text.endswith("!"):
        return Slot(text[:-1], None, "flag", False, is_flag=True, fixed_name=True)
    if "=" in text:
        label, options = text.split("=")
        return Slot(label, None, "enum", required, tuple(options.split("/")), fixed_name=True)
    label, _, kind = text.partition(":")
    return Slot(label, KINDS[kind or label], kind or label, required, fixed_name=bool(kind))


def read_concept(block: str) -> Concept:
    """A concept from one block of `domains/`."""
    head, description, parameters, *asks = block.strip().split("\n")
    nouns, _, verbs = head.partition("::")
    slots = tuple(read_slot(part) for part in parameters[1:].split())
    return Concept(split(nouns), split(verbs), description[2:], slots, tuple(asks))


@lru_cache
def concepts(section: str) -> tuple[Concept, ...]:
    """All concepts of a section of `domains/`."""
    text = (FOLDER / f"{section}.txt").read_text(encoding="utf-8")
    return tuple(read_concept(block) for block in text.strip().split("\n\n"))


@lru_cache
def everyday() -> tuple[Concept, ...]:
    """The whole ontology except the built-in tools."""
    sections = sorted(path.stem for path in FOLDER.glob("*.txt"))
    return tuple(concept for section in sections if section != "built_in" for concept in concepts(section))


def styled(text: str, style: str) -> str:
    """Words as an identifier."""
    parts = re.findall(r"[A-Za-z0-9]+", text)
    match style:
        case "camel":
            return parts[0].lower() + "".join(part.capitalize() for part in parts[1:])
        case "pascal":
            return "".join(part.capitalize() for part in parts)
        case "kebab":
            return "-".join(part.lower() for part in parts)
        case "dotted":
            return ".".join((parts[0].lower(), "_".join(part.lower() for part in parts[1:]))) if parts[1:] else parts[0]
        case _:
            return "_".join(part.lower() for part in parts)


def tool_name(sp: Speaker, concept: Concept) -> str:
    """A name for the concept: verb and noun, noun alone, or noun and verb."""
    style = sp.pick(("snake",) * 6 + ("camel",) * 3 + ("kebab", "dotted", "pascal"))
    noun = sp.pick(concept.nouns[:2] if sp.chance(0.5) else concept.nouns)
    verb = sp.pick(concept.verbs)
    roll = sp.rng.random()
    if roll < 0.6:
        text = f"{verb} {noun}" if not noun.startswith(verb) else noun
    elif roll < 0.78:
        text = noun
    elif roll < 0.85:
        text = sp.pick(noun.split()) if sp.chance(0.5) else verb
    elif roll < 0.95:
        text = f"{noun} {verb}" if verb not in noun else noun
    else:
        text = f"{sp.pick(('my', 'app', 'api', 'home', 'svc', words.syllables(sp.rng, 1, 1)))} {verb} {noun}"
    return styled(text, style)


def draft(sp: Speaker, concept: Concept, taken: set[str] | None = None, *, lean: bool = False) -> DraftedTool:
    """The concept as a tool nobody has seen, with a name that is not taken yet. `lean`: only what is required."""
    name = tool_name(sp, concept)
    while taken is not None and name in taken:
        name = tool_name(sp, concept) + sp.pick(("", "_2", "_v2", "_" + words.syllables(sp.rng, 1, 1)))
    style = sp.pick(("snake", "snake", "camel")) if "_" not in name else "snake"
    keep = [slot for slot in concept.slots if slot.required or (not lean and sp.chance(0.75))]
    names: dict[str, str] = {}
    for slot in keep:
        names[slot.label] = _parameter_name(sp, slot, style, set(names.values()))
    short = lean or sp.chance(0.15)
    switches = frozenset(slot.label for slot in keep if slot.options in SWITCHES and sp.chance(0.55))
    properties = {
        names[slot.label]: switch_schema(sp, slot) if slot.label in switches else property_schema(sp, slot, short)
        for slot in keep
    }
    required = [names[slot.label] for slot in keep if slot.required]
    description = sp.say(concept.description)
    if sp.chance(0.5):
        description += "."
    if sp.chance(0.08):
        description = f"{sp.pick(('Tool', 'Function', 'Use this'))} to {description[0].lower()}{description[1:]}"
    return DraftedTool(concept, ToolSpec(name, description, schema(sp, properties, required)), names, switches)


def _parameter_name(sp: Speaker, slot: Slot, style: str, taken: set[str]) -> str:
    options = (slot.label,) if slot.fixed_name or slot.kind is None else slot.kind.names
    if slot.options in SWITCHES:
        options = (slot.label, slot.label, slot.options[0], f"is {slot.options[0]}", "enabled", "active", "value")
    for _ in range(20):
        text = sp.pick(options) if sp.chance(0.97) else words.syllables(sp.rng, 1, 2)
        name = styled(text.replace("_", " "), style)
        if name not in taken:
            return name
    return styled(slot.label + " " + words.syllables(sp.rng), style)


def property_schema(sp: Speaker, slot: Slot, short: bool) -> dict[str, Any]:
    """One parameter's JSON Schema, keys in a varying order."""
    if slot.is_flag:
        base: dict[str, Any] = {"type": "boolean"}
        text = sp.say(f"[Whether to|Also|If it should] [include|use|have|be] {slot.label.replace('_', ' ')}")
    elif slot.options:
        base = {"type": "string", "enum": list(slot.options)}
        text = sp.say(f"[The|Which] {slot.label.replace('_', ' ')}[ to use|]")
    else:
        assert slot.kind is not None
        base = _typed(slot.kind.type)
        text = sp.say(sp.pick(slot.kind.descriptions))
    if short or sp.chance(0.2):
        return base
    if sp.chance(0.1) and not slot.required and slot.kind is not None and slot.kind.type == "integer":
        base["default"] = sp.pick((1, 3, 5, 10))
    return {"description": text, **base} if sp.chance(0.2) else {**base, "description": text}


def switch_schema(sp: Speaker, slot: Slot) -> dict[str, Any]:
    """A two-way choice as a boolean."""
    yes, no = slot.options
    pattern = f"[True|true] [to {yes}|means {yes}|for {yes}][, false [to {no}|means {no}|for {no}]|]"
    text = sp.say(sp.pick((pattern, f"Whether [it is|to turn it|to set it] {yes}", f"{yes.capitalize()} or {no}")))
    return {"type": "boolean", "description": text} if sp.chance(0.8) else {"type": "boolean"}


def _typed(kind: str) -> dict[str, Any]:
    if kind.startswith("array"):
        return {"type": "array", "items": {"type": kind.partition(":")[2] or "string"}}
    return {"type": kind}


def schema(sp: Speaker, properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    """A JSON Schema of type object."""
    value: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    if required or sp.chance(0.3):
        value["required"] = required
    if sp.chance(0.2):
        value["additionalProperties"] = False
    return value
