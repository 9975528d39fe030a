"""A typed Python function with a docstring, to a tool.

    @tool
    def area(width: float, height: float = 1.0) -> float:
        '''Area of a rectangle.

        Args:
            width: Width in metres.
            height: Height in metres.
        '''
        return width * height

`area` is then a `Tool`. Types may be anything Pydantic reads; `Annotated[int, Field(ge=1)]` adds rules. A parameter of
type `CallContext` is not shown to the model and gets the call's context. The function's `ToolError` reaches the model.
"""

from __future__ import annotations

import copy
import inspect
import re
import typing
from collections.abc import Callable, Mapping
from typing import Any, overload

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import to_json

from tools.tool import CallContext, Tool, ToolError, ToolOutput, ToolSpec

_OPEN_ENDED = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY}


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...


@overload
def tool(
    *, name: str | None = None, timeout_s: float = 30.0, asks_first: bool = False, untrusted: bool = False
) -> Callable[[Callable[..., Any]], Tool]: ...


def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    timeout_s: float = 30.0,
    asks_first: bool = False,
    untrusted: bool = False,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a function a tool, with or without settings: `@tool` or `@tool(timeout_s=5)`.

    `asks_first` is for functions that change something; `untrusted` for ones whose text comes from outside.

    Raises: TypeError when a hint or the docstring is missing, or the function takes open-ended arguments.
    """
    if function is None:
        return lambda later: _made(later, name, timeout_s, asks_first, untrusted)
    return _made(function, name, timeout_s, asks_first, untrusted)


def _made(function: Callable[..., Any], name: str | None, timeout_s: float, asks_first: bool, untrusted: bool) -> Tool:
    called = name or function.__name__
    summary, notes = _read_docstring(function)
    model, context_name = _arguments_model(function, notes)
    spec = ToolSpec(called, summary, _plain_schema(model.model_json_schema()))

    def run(arguments: Mapping[str, Any], context: CallContext) -> ToolOutput:
        values = _validated(called, model, arguments)
        if context_name is not None:
            values[context_name] = context
        return _output(function(**values), untrusted)

    return Tool(spec, run, timeout_s=timeout_s, asks_first=asks_first, origin="python")


def _arguments_model(function: Callable[..., Any], notes: Mapping[str, str]) -> tuple[type[BaseModel], str | None]:
    """A model of the function's arguments, and the name of the one that takes the context, if there is one."""
    if inspect.iscoroutinefunction(function):
        raise TypeError(f"{function.__name__} is async; tools are plain functions, which run in a thread.")
    hints = typing.get_type_hints(function, include_extras=True)
    fields: dict[str, Any] = {}
    context_name = None
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in _OPEN_ENDED:
            raise TypeError(f"{function.__name__} takes {parameter}; a tool's arguments must have names of their own.")
        if parameter.name not in hints:
            raise TypeError(f"{function.__name__} has no type hint for {parameter.name!r}; the schema is made from it.")
        if hints[parameter.name] is CallContext:
            context_name = parameter.name
            continue
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], Field(default, description=notes.get(parameter.name)))
    return create_model(function.__name__, __config__=ConfigDict(extra="forbid"), **fields), context_name


def _read_docstring(function: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """The first paragraph as one line, and what the `Args:` section says of each argument."""
    text = inspect.getdoc(function)
    if not text:
        raise TypeError(f"{function.__name__} has no docstring; the model reads it to know when to call the tool.")
    summary = " ".join(text.split("\n\n", 1)[0].split())
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", text + "\n", re.MULTILINE)
    notes: dict[str, str] = {}
    entries = re.split(r"^[ \t]{1,4}(?=\w)", section[1], flags=re.MULTILINE) if section else []
    for entry in entries:
        if match := re.match(r"(\w+)[^:\n]*:\s*(.*)", entry, re.DOTALL):
            notes[match[1]] = " ".join(match[2].split())
    return summary, notes


def _plain_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Pydantic's schema in the plain form that models are trained on: no titles, and `T | None = None` as just T."""
    schema = copy.deepcopy(schema)
    _strip_titles(schema)
    for part in schema.get("properties", {}).values():
        kinds = part.get("anyOf", [])
        others = [kind for kind in kinds if kind != {"type": "null"}]
        if part.get("default", ...) is None and len(others) == 1 < len(kinds):
            del part["anyOf"], part["default"]
            part.update({**others[0], **part})
    schema.setdefault("properties", {})
    schema.setdefault("required", [])
    return schema


def _strip_titles(schema: Any) -> None:
    if isinstance(schema, list):
        for part in schema:
            _strip_titles(part)
    if isinstance(schema, dict):
        # A property may itself be called "title": its value is then a schema, not a text.
        if isinstance(schema.get("title"), str):
            del schema["title"]
        for part in schema.values():
            _strip_titles(part)


def _validated(name: str, model: type[BaseModel], arguments: Mapping[str, Any]) -> dict[str, Any]:
    try:
        checked = model.model_validate(dict(arguments))
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc'])) or name}: {e['msg']}" for e in error.errors()[:3])
        raise ToolError(f"{name} was not run: {said}.") from error
    return {field: getattr(checked, field) for field in model.model_fields}


def _output(value: Any, untrusted: bool) -> ToolOutput:
    match value:
        case ToolOutput():
            return value
        case str():
            return ToolOutput(value, untrusted=untrusted)
        case None:
            return ToolOutput("Done.", untrusted=untrusted)
        case _:
            return ToolOutput(to_json(value, fallback=str).decode(), untrusted=untrusted)
