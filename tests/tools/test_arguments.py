"""Arguments are checked strictly, and what is wrong is said so that a small model can mend it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.arguments import ArgumentsError, check_arguments, closed
from tools.tool import ToolSpec

BOOK = ToolSpec(
    "book_table",
    "Book a table.",
    {
        "type": "object",
        "properties": {
            "guests": {"type": "integer", "minimum": 1, "maximum": 12},
            "when": {"type": "string"},
            "area": {"type": "string", "enum": ["inside", "terrace"]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "note": {"type": ["string", "null"]},
            "contact": {"type": "object", "properties": {"phone": {"type": "string"}}, "required": ["phone"]},
        },
        "required": ["guests", "when"],
    },
)
GOOD = {"guests": 4, "when": "8 pm"}
TAKES = (
    "book_table takes guests (integer), when (string), area (string, optional), tags (array, optional), "
    "note (string or null, optional), contact (object, optional)."
)


def test_arguments_that_fit_pass_unchanged():
    arguments = {**GOOD, "area": "terrace", "tags": ["quiet"], "note": None, "contact": {"phone": "12"}}
    assert check_arguments(BOOK, arguments) == arguments


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"guests": "four"}, 'argument guests is "four" but must be an integer'),
        ({"guests": "4"}, 'argument guests is "4" but must be an integer'),
        ({"guests": True}, "argument guests is true but must be an integer"),
        ({"guests": 0}, "argument guests is 0 but must be at least 1"),
        ({"guests": 13}, "argument guests is 13 but must be at most 12"),
        ({"area": "roof"}, 'argument area is "roof" but must be one of "inside", "terrace"'),
        ({"tags": ["a", 3]}, "argument tags.1 is 3 but must be a string"),
        ({"contact": {}}, "in contact, 'phone' is missing"),
        ({"colour": "red"}, "there is no argument 'colour'"),
        ({"colour": "red", "size": 1}, "there is no argument 'colour' or 'size'"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value_and_what_it_must_be(change, said):
    with pytest.raises(ArgumentsError) as caught:
        check_arguments(BOOK, {**GOOD, **change})
    assert str(caught.value) == f"book_table was not run: {said}. {TAKES}"


def test_missing_arguments_are_listed_once():
    with pytest.raises(ArgumentsError, match=r"not run: 'guests' and 'when' are missing\. book_table takes"):
        check_arguments(BOOK, {})


def test_many_errors_are_cut_to_three_and_counted():
    with pytest.raises(ArgumentsError, match="must be a string; and 2 more"):
        check_arguments(BOOK, {**GOOD, "tags": [1, 2, 3, 4, 5]})


def test_a_long_value_is_shortened():
    with pytest.raises(ArgumentsError) as caught:
        check_arguments(BOOK, {**GOOD, "guests": "x" * 5000})
    assert len(str(caught.value)) < 500


def test_a_whole_number_written_with_a_point_becomes_an_integer():
    guests = check_arguments(BOOK, {**GOOD, "guests": 4.0})["guests"]
    assert (guests, type(guests)) == (4, int)


def test_null_for_an_optional_argument_counts_as_left_out_and_for_a_required_one_is_wrong():
    assert check_arguments(BOOK, {**GOOD, "area": None}) == GOOD
    with pytest.raises(ArgumentsError, match="argument when is null but must be a string"):
        check_arguments(BOOK, {**GOOD, "when": None})


def test_a_schema_that_speaks_of_further_names_is_left_as_it_is():
    assert closed({"type": "object"}) == {"type": "object", "additionalProperties": False}
    open_schema = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert closed(open_schema) == open_schema
    assert check_arguments(ToolSpec("any", "", open_schema), {"x": 1}) == {"x": 1}


def test_a_tool_without_arguments_says_so():
    with pytest.raises(ArgumentsError, match=r"there is no argument 'x'\. ping takes no arguments\."):
        check_arguments(ToolSpec("ping", "", {"type": "object", "properties": {}}), {"x": 1})


def test_a_remote_reference_is_never_downloaded():
    spec = ToolSpec("far", "", {"type": "object", "properties": {"x": {"$ref": "http://127.0.0.1:9/schema"}}})
    with pytest.raises(ArgumentsError, match=r"far was not run: its schema refers to 'http://127\.0\.0\.1:9/schema'"):
        check_arguments(spec, {"x": 1})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["guests", "when", "area", "tags", "note", "contact", "other"]), JSON))
def test_any_arguments_are_accepted_or_explained_in_a_short_text(arguments):
    try:
        checked = check_arguments(BOOK, arguments)
    except ArgumentsError as error:
        said = str(error)
    else:
        assert {"guests", "when"} <= checked.keys()
        assert type(checked["guests"]) is int
        return
    assert said.startswith("book_table was not run: ")
    assert len(said) < 800
