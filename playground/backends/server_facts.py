"""What a server says of a model when asked: its kind, its context, what the model can do.

Each kind says it in a place of its own; what nobody says is None, and the settings or a guess stand in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.wire.openai_flavours import FlavourName, recognise


@dataclass(frozen=True)
class Facts:
    """`model` is the name to ask for."""

    model: str
    kind: FlavourName
    context_tokens: int | None = None
    images: bool | None = None
    thinking: bool | None = None
    tools: bool | None = None


def read_models(body: Any, wanted: str | None, host: str) -> Facts | None:
    """Facts from `GET /models`; None when the model is not among those listed.

    Without a wish the only model is taken, or the first.
    """
    listed = [one for one in _list(body) if isinstance(one, Mapping) and isinstance(one.get("id"), str)]
    if not listed:
        return None
    chosen = listed[0] if wanted is None else next((one for one in listed if _is_called(one, wanted)), None)
    if chosen is None:
        return None
    inputs = _strings(_under(chosen, "architecture", "input_modalities"))
    parameters = _strings(chosen.get("supported_parameters"))
    return Facts(
        model=wanted or chosen["id"],
        kind=recognise(host, chosen),
        context_tokens=_context(chosen),
        images="image" in inputs if inputs else None,
        thinking=bool({"reasoning", "include_reasoning"} & set(parameters)) if parameters else None,
        tools="tools" in parameters if parameters else None,
    )


def names(body: Any) -> list[str]:
    """The models that the server lists."""
    return [str(one["id"]) for one in _list(body) if isinstance(one, Mapping) and "id" in one]


def read_capabilities(body: Any, model: str) -> Mapping[str, Any]:
    """What our own `/v1/capabilities` says of the model: of it alone where it says so, else of the default."""
    if not isinstance(body, Mapping):
        return {}
    found: Any = body
    for group in (body.get("models"), body.get("data")):
        if isinstance(group, Mapping) and isinstance(group.get(model), Mapping):
            found = group[model]
        elif isinstance(group, Sequence) and not isinstance(group, str):
            same = [one for one in group if isinstance(one, Mapping) and model in {one.get("id"), one.get("name")}]
            found = same[0] if same else found
    said = {name: found.get(name, body.get(name)) for name in ("context_tokens", "images", "thinking", "tools")}
    return {
        name: value
        for name, value in said.items()
        if isinstance(value, int) and (name == "context_tokens") != isinstance(value, bool)
    }


def _list(body: Any) -> Sequence[Any]:
    found = body.get("data", body.get("models")) if isinstance(body, Mapping) else body
    return found if isinstance(found, list) else []


def _is_called(model: Mapping[str, Any], name: str) -> bool:
    return name == model["id"] or name in _strings(model.get("aliases"))


def _context(model: Mapping[str, Any]) -> int | None:
    """vLLM and SGLang say max_model_len, OpenRouter context_length, llama.cpp meta.n_ctx (what it serves with)."""
    places = (
        model.get("max_model_len"),
        _under(model, "meta", "n_ctx"),
        model.get("context_length"),
        model.get("context_window"),
        _under(model, "meta", "n_ctx_train"),
    )
    return next((int(place) for place in places if isinstance(place, int | float) and place >= 1), None)


def _under(model: Mapping[str, Any], first: str, second: str) -> Any:
    inner = model.get(first)
    return inner.get(second) if isinstance(inner, Mapping) else None


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
