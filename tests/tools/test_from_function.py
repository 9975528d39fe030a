"""A typed function becomes a tool whose schema is as plain as a model needs it."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from tools.arguments import ArgumentsError, check_arguments
from tools.from_function import tool
from tools.tool import CallContext, Tool, ToolError, ToolOutput


@tool
def book_table(
    guests: Annotated[int, Field(ge=1, le=12)],
    when: date,
    area: Literal["inside", "terrace"] = "inside",
    note: str | None = None,
) -> str:
    """Book a table at the
    restaurant.

    More words that the model does not need.

    Args:
        guests: How many people come,
            children included.
        when (date): The day.
        note: Anything else: allergies, say.

    Returns:
        A confirmation.
    """
    return f"{guests} {area} on {when:%d.%m.%Y}, note {note}"


def call(made, **arguments):
    return made.run(arguments, CallContext())


def test_the_specification_is_made_from_hints_defaults_and_docstring():
    assert isinstance(book_table, Tool)
    assert (book_table.spec.name, book_table.spec.description) == ("book_table", "Book a table at the restaurant.")
    assert book_table.origin == "python"
    assert book_table.spec.parameters == {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "guests": {
                "type": "integer",
                "minimum": 1,
                "maximum": 12,
                "description": "How many people come, children included.",
            },
            "when": {"type": "string", "format": "date", "description": "The day."},
            "area": {"type": "string", "enum": ["inside", "terrace"], "default": "inside"},
            "note": {"type": "string", "description": "Anything else: allergies, say."},
        },
        "required": ["guests", "when"],
    }


def test_arguments_arrive_as_the_types_of_the_hints():
    assert call(book_table, guests=3, when="2026-11-20").text == "3 inside on 20.11.2026, note None"


def test_wrong_arguments_are_told_to_the_model():
    with pytest.raises(ToolError, match="book_table was not run: guests: Input should be less than or equal to 12"):
        call(book_table, guests=30, when="2026-11-20")
    with pytest.raises(ToolError, match="when: Input should be a valid date"):
        call(book_table, guests=3, when="soon")
    with pytest.raises(ArgumentsError, match="'guests' and 'when' are missing"):
        check_arguments(book_table.spec, {})


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Person(BaseModel):
    title: str
    age: int = 0


@dataclass
class Receipt:
    total: float
    people: list[str]


def test_enums_models_lists_and_dataclasses_are_understood():
    @tool
    def order(size: Size, people: list[Person]) -> Receipt:
        """Order."""
        return Receipt(9.5 if size is Size.LARGE else 7.0, [person.title for person in people])

    assert call(order, size="large", people=[{"title": "Ms A"}]).text == '{"total":9.5,"people":["Ms A"]}'
    person = order.spec.parameters["$defs"]["Person"]
    assert person["properties"]["title"] == {"type": "string"}
    assert "title" not in order.spec.parameters


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        (None, "Done."),
        (3, "3"),
        ([1, "a"], '[1,"a"]'),
        ({"ü": True}, '{"ü":true}'),
        (date(2026, 1, 2), '"2026-01-02"'),
    ],
)
def test_any_result_becomes_text(value, text):
    @tool
    def give() -> object:
        """Give."""
        return value

    assert call(give) == ToolOutput(text)
    assert give.spec.parameters["properties"] == {}


def test_an_output_of_ones_own_is_kept_and_others_can_be_marked_untrusted():
    own = ToolOutput("x", untrusted=True)

    @tool(untrusted=True, name="renamed", timeout_s=3, asks_first=True)
    def give(which: bool) -> object:
        """Give."""
        return own if which else "text"

    assert call(give, which=True) is own
    assert call(give, which=False) == ToolOutput("text", untrusted=True)
    assert (give.spec.name, give.timeout_s, give.asks_first) == ("renamed", 3, True)


def test_a_function_that_wants_the_context_gets_it_and_the_model_does_not_see_it():
    @tool
    def wait(seconds: float, context: CallContext) -> bool:
        """Wait."""
        return context.cancelled.is_set()

    assert list(wait.spec.parameters["properties"]) == ["seconds"]
    context = CallContext()
    context.cancelled.set()
    assert wait.run({"seconds": 1}, context).text == "true"


def test_the_functions_own_tool_error_passes():
    @tool
    def fail() -> None:
        """Fail."""
        raise ToolError("Out of tables.")

    with pytest.raises(ToolError, match=r"^Out of tables\.$"):
        call(fail)


def no_docstring(a: int) -> int:
    return a


def no_hint(a) -> int:
    """Doc."""


def many(*numbers: int) -> int:
    """Doc."""


def keywords(**numbers: int) -> int:
    """Doc."""


def positional(a: int, /) -> int:
    """Doc."""


async def asynchronous(a: int) -> int:
    """Doc."""


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (no_docstring, "no_docstring has no docstring"),
        (no_hint, "no_hint has no type hint for 'a'"),
        (many, r"many takes \*numbers: 'int'|many takes \*numbers: int"),
        (keywords, "must have names of their own"),
        (positional, "must have names of their own"),
        (asynchronous, "asynchronous is async"),
    ],
)
def test_a_function_that_cannot_be_a_tool_is_refused_when_it_is_made_one(function, said):
    with pytest.raises(TypeError, match=said):
        tool(function)
