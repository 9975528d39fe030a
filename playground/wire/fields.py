"""Reading foreign request bodies honestly: what is unsupported is refused by name, what is unknown is reported."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from playground.errors import CallerError

Body = TypeVar("Body", bound=BaseModel)


@dataclass(frozen=True)
class Kinds:
    """Objects of several kinds, told apart by their field `by`. One of a kind not named here is not looked into."""

    by: str
    known: Mapping[str, Mapping[str, Inside]]
    default: str = ""


Inside: TypeAlias = "Mapping[str, Inside] | Kinds | None"
"""What is read of a field's value: these fields of its object, or of each object in its list. None: all of it."""


def refuse_unsupported(body: Mapping[str, Any], unsupported: Mapping[str, tuple[Any, ...]]) -> None:
    """Refuse fields that the protocol has and this server does not. A field set to a listed harmless value passes.

    Raises: CallerError naming the field, its value and what would be accepted.
    """
    for name, harmless in unsupported.items():
        if name in body and body[name] not in harmless:
            accepted = " or ".join(repr(value) for value in harmless if value is not None)
            raise CallerError(
                f"{name} is {_shown(body[name])}: this server does not support it. "
                + (f"Leave it out or send {accepted}." if accepted else "Leave it out."),
                code="unsupported_field",
                param=name,
            )


def unknown_fields(body: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    """A warning for each field that the protocol does not have."""
    return [f"{name} is not a field of this endpoint; it was ignored." for name in sorted(set(body) - set(known))]


def unread(body: Mapping[str, Any], inside: Mapping[str, Inside]) -> list[str]:
    """A warning for each field inside the body's own that is not read; one for all items of a list."""
    paths = [path for name, known in inside.items() for path in _unread(body.get(name), known, name)]
    return [f"{path} is not read by this server; it was ignored." for path in dict.fromkeys(paths)]


def _unread(value: Any, known: Inside, where: str) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _unread(one, known, f"{where}.*")
        return
    if isinstance(known, Kinds) and isinstance(value, Mapping):
        known = known.known.get(str(value.get(known.by) or known.default))
    if known is None or isinstance(known, Kinds) or not isinstance(value, Mapping):
        return
    for name, inner in value.items():
        if name in known:
            yield from _unread(inner, known[name], f"{where}.{name}")
        elif inner is not None:
            yield f"{where}.{name}"


_ALTERNATIVE = re.compile(r"(str|int)$|(list|dict)\[|\[key\]")
"""Parts of the place of a fault that name a type which was tried there, not a field."""


def explain(error: ValidationError) -> CallerError:
    """The first fault of a body as our error: where, the value, what was expected."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if not _ALTERNATIVE.match(str(part)))
    text = f"{where or 'body'}: {first['msg'].lower()} (got {_shown(first.get('input'))})."
    return CallerError(text, param=where or None)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def read_body(
    model: type[Body],
    body: Any,
    unsupported: Mapping[str, tuple[Any, ...]],
    no_effect: Collection[str],
    inside: Mapping[str, Inside] | None = None,
) -> tuple[Body, list[str]]:
    """The body as `model`, and a warning for each field that is unknown or one of those without effect.

    `inside`: what is read of the fields that hold objects; whatever else stands there is reported too.

    Raises: CallerError naming the field at fault, and for every `unsupported` one that asks for something.
    """
    request = parse_body(model, body)
    refuse_unsupported(body, unsupported)
    warnings = unknown_fields(body, {*model.model_fields, *unsupported, *no_effect})
    warnings += [f"{name} has no effect on this server." for name in no_effect if body.get(name) is not None]
    return request, warnings + unread(body, inside or {})


def parse_body(model: type[Body], body: Any) -> Body:
    """The body as `model`. Raises: CallerError saying which field is at fault."""
    if not isinstance(body, Mapping):
        raise CallerError(f"The body must be a JSON object, not {type(body).__name__}.")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise explain(error) from error
