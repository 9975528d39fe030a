"""Reading foreign request bodies honestly: what is unsupported is refused by name, what is unknown is reported."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from playground.errors import CallerError

Body = TypeVar("Body", bound=BaseModel)


def refuse_unsupported(body: Mapping[str, Any], unsupported: Mapping[str, tuple[Any, ...]]) -> None:
    """Refuse fields that the protocol has and this server does not. A field set to a listed harmless value passes.

    Raises: CallerError naming the field, its value and what would be accepted.
    """
    for name, harmless in unsupported.items():
        if name in body and body[name] not in harmless:
            accepted = " or ".join(repr(value) for value in harmless if value is not None)
            raise CallerError(
                f"{name} is {body[name]!r}: this server does not support it. "
                + (f"Leave it out or send {accepted}." if accepted else "Leave it out."),
                code="unsupported_field",
                param=name,
            )


def unknown_fields(body: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    """A warning for each field that the protocol does not have."""
    return [f"{name} is not a field of this endpoint; it was ignored." for name in sorted(set(body) - set(known))]


def explain(error: ValidationError) -> CallerError:
    """The first fault of a body as our error: where, the value, what was expected."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("str", "list[", "tuple[")))
    value = repr(first.get("input"))
    shown = value if len(value) <= 80 else value[:77] + "…"
    return CallerError(f"{where or 'body'}: {first['msg'].lower()} (got {shown}).", param=where or None)


def read_body(
    model: type[Body], body: Any, unsupported: Mapping[str, tuple[Any, ...]], no_effect: Collection[str]
) -> tuple[Body, list[str]]:
    """The body as `model`, and a warning for each field that is unknown or one of those without effect.

    Raises: CallerError naming the field at fault, and for every `unsupported` one that asks for something.
    """
    request = parse_body(model, body)
    refuse_unsupported(body, unsupported)
    warnings = unknown_fields(body, {*model.model_fields, *unsupported, *no_effect})
    warnings += [f"{name} has no effect on this server." for name in no_effect if body.get(name) is not None]
    return request, warnings


def parse_body(model: type[Body], body: Any) -> Body:
    """The body as `model`. Raises: CallerError saying which field is at fault."""
    if not isinstance(body, Mapping):
        raise CallerError(f"The body must be a JSON object, not {type(body).__name__}.")
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise explain(error) from error
