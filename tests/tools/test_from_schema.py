"""A pasted JSON Schema becomes a tool, or every problem is named with its place."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.internet import redirect, serving
from tools.from_schema import SpecError, read_spec, tool_from_schema
from tools.tool import CallContext, ToolError, ToolSpec
from tools.web_address import FetchError

WEATHER = {
    "name": "get_weather",
    "description": "Weather in a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
        "required": ["city"],
    },
}
SPEC = ToolSpec("get_weather", "Weather in a city.", WEATHER["parameters"])


@pytest.mark.parametrize(
    "document",
    [
        WEATHER,
        json.dumps(WEATHER),
        {"type": "function", "function": WEATHER},
        {"name": "get_weather", "description": "Weather in a city.", "input_schema": WEATHER["parameters"]},
        WEATHER | {"strict": True},
    ],
    ids=["bare", "text", "openai", "anthropic", "further fields"],
)
def test_every_usual_form_is_read(document):
    assert read_spec(document) == SPEC


def test_a_tool_without_arguments_or_description_is_allowed():
    assert read_spec({"name": "ping"}) == ToolSpec("ping", "", {"type": "object", "properties": {}})


NO_OBJECT = 'parameters must have "type": "object", with one property for each argument.'


def changed(**parameters):
    return WEATHER | {"parameters": WEATHER["parameters"] | parameters}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ("{", "Line 1, column 2: Expecting property name enclosed in double quotes."),
        ('{"name": "x",\n "y"}', "Line 2, column 5: Expecting ':' delimiter."),
        ("[]", "A tool is a JSON object with name, description and parameters, not a list."),
        ("3", "A tool is a JSON object with name, description and parameters, not a number."),
        ({}, 'There is no "name".'),
        ({"name": "a b"}, 'The name "a b" must be 1 to 64 letters, digits, _ or -, and begin with a letter or _.'),
        ({"name": ""}, 'The name "" must be 1 to 64 letters, digits, _ or -, and begin with a letter or _.'),
        ({"name": "wetter", "description": 3}, "The description must be a text, not a number."),
        ({"name": "x", "parameters": []}, "parameters must be an object (a JSON Schema), not a list."),
        ({"name": "x", "parameters": {}}, NO_OBJECT),
        ({"name": "x", "parameters": {"type": "string"}}, NO_OBJECT),
        (
            changed(properties={"city": {"type": "text"}}),
            'parameters.properties.city.type: there is no type "text"; '
            "use string, integer, number, boolean, array or object.",
        ),
        (changed(required=["town"]), "parameters: 'town' is required but not among the properties."),
        (changed(required="city"), "parameters.required: 'city' is not of type 'array'."),
        (changed(requried=["city"]), "parameters: there is no keyword 'requried'; did you mean 'required'?"),
        (
            changed(properties={"city": {"type": "string", "minLenght": 3}}),
            "parameters.properties.city: there is no keyword 'minLenght'; did you mean 'minLength'?",
        ),
        (changed(properties={"city": {"enum": "a"}}), "parameters.properties.city.enum: 'a' is not of type 'array'."),
        (
            changed(properties={"city": {"$ref": "https://x.example/city.json"}}),
            "parameters.properties.city: $ref 'https://x.example/city.json' leads out of this schema; "
            "put the part under $defs and refer to it with #.",
        ),
        (
            changed(properties={"city": {"type": "string", "pattern": "("}}),
            "parameters.properties.city: the pattern '(' is no regular expression: "
            "missing ), unterminated subpattern at position 0.",
        ),
    ],
)  # fmt: skip
def test_a_problem_is_named_with_its_place_and_what_to_change(document, problem):
    with pytest.raises(SpecError) as caught:
        read_spec(document)
    assert problem in caught.value.problems


def test_all_problems_are_told_at_once():
    with pytest.raises(SpecError) as caught:
        read_spec(
            {"name": "a b", "description": 1, "parameters": {"type": "object", "properties": {"x": {"type": "y"}}}}
        )
    assert len(caught.value.problems) == 3


def test_a_document_that_is_too_large_or_too_deep_is_refused_quickly():
    deep = {"type": "string"}
    for _ in range(200):
        deep = {"type": "object", "properties": {"x": deep}}
    started = time.monotonic()
    for document, said in [
        ("[" * 60_000, "nested deeper"),
        ("x" * 70_000, "65536 is the most"),
        ({"name": "x", "parameters": deep}, "nested deeper than 20"),
    ]:
        with pytest.raises(SpecError, match=said):
            read_spec(document)
    assert time.monotonic() - started < 1


def test_words_that_json_schema_does_not_know_are_allowed_unless_they_look_like_slips():
    assert read_spec(changed(**{"x-order": 1, "example": {"city": "Rome"}}))


KEYS = st.sampled_from(["name", "parameters", "type", "properties", "required", "$ref", "items", "enum", "function"])
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@given(DOCUMENTS)
def test_any_document_is_read_or_its_problems_are_told(document):
    try:
        assert read_spec(document).parameters["type"] == "object"
    except SpecError as error:
        problems = error.problems
    else:
        return
    assert problems
    assert all(problem.endswith((".", "?")) for problem in problems)


def run(internet, answer, url="http://tool.example/weather", **arguments):
    with serving({"/weather": answer}) as server:
        internet.add("tool.example", server)
        output = tool_from_schema(SPEC, url, asks_first=False).run(arguments, CallContext())
        return server, output


def test_an_endpoint_gets_the_arguments_as_json_and_its_answer_is_untrusted_text(internet):
    server, output = run(internet, (200, {"Content-Type": "application/json"}, '{"sun": "ja"}'), city="Köln", days=2)
    (request,) = server.requests
    assert (request.command, request.headers["Content-Type"]) == ("POST", "application/json")
    assert json.loads(request.sent) == {"city": "Köln", "days": 2}
    assert (output.text, output.untrusted) == ('{"sun": "ja"}', True)
    assert output.citations[0].url == "http://tool.example/weather"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((500, {}, "database is down"), "The endpoint of get_weather answered 500: database is down"),
        ((404, {}, ""), "answered 404: no text"),
        (redirect("http://elsewhere.example/"), r"redirects to http://elsewhere\.example/"),
        ((200, {"Content-Length": "2000000"}, b""), "is larger than 1 MB"),
    ],
)
def test_an_endpoint_that_fails_is_told_to_the_model(answer, said, internet):
    with pytest.raises(ToolError, match=said):
        run(internet, answer, city="Rome")


def test_an_empty_answer_counts_as_done(internet):
    assert run(internet, (204, {}, b""), city="Rome")[1].text == "Done."


def test_a_private_endpoint_is_reached_only_when_that_is_allowed():
    with serving({"/weather": (200, {}, b"sun")}) as server:
        url = f"{server.url}/weather"
        with pytest.raises(ToolError, match="not on the public internet"):
            tool_from_schema(SPEC, url, asks_first=False).run({"city": "x"}, CallContext())
        allowed = tool_from_schema(SPEC, url, asks_first=False, allow_private=True)
        assert allowed.run({"city": "x"}, CallContext()).text == "sun"


def test_an_endpoint_that_is_no_address_is_refused_when_the_tool_is_made():
    with pytest.raises(FetchError, match="does not start with http"):
        tool_from_schema(SPEC, "localhost:8000", asks_first=False)


def test_without_an_endpoint_a_person_answers():
    made = tool_from_schema(SPEC, asks_first=False)
    assert (made.run, made.origin) == (None, "schema")
