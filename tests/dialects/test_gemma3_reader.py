"""Gemma 3 replies as events, however the text is split."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects.dialect import Plain, Special
from playground.dialects.gemma3 import Gemma3
from playground.events import CallArguments, CallReady, CallStarted, TextDelta, ThinkingDelta
from playground.grammar import Choice
from playground.messages import assistant, user
from playground.options import Options
from playground.turn import Turn
from tests.dialects.replies import read, splits
from tools.tool import ToolSpec

WEATHER = ToolSpec("get_weather", "Weather.", {"type": "object", "properties": {"city": {"type": "string"}}})
NOW = ToolSpec("now", "Time.", {"type": "object", "properties": {}})
TOOLS = (WEATHER, NOW)
CALL = '{"name": "get_weather", "parameters": {"city": "Paris {\\"}\\\\"}}'
NO_CALL = '{"name": "now", "parameters": {}}'


HI = (user("Hi"),)


def turn(tools=TOOLS, messages=HI, **options):
    return Turn(messages, tools, Options(**options))


def events(text, **options):
    return read(Gemma3().reader(turn(**options)), [Plain(text)])


def calls(found):
    return [(event.call.name, event.call.arguments) for event in found if isinstance(event, CallReady)]


PARTS = st.sampled_from(
    [
        *("```json\n", "```tool_code\n", "```", "\n", " ", ",", '"', "{", "}", "{}", "[", "]", "now(", ")", "city='x'"),
        *('{"name"', ":", '"now"', '"get_weather"', ', "parameters": ', CALL, NO_CALL),
        *("</think>", "</th", "<", "Hello"),
    ]
)
TEXTS = st.one_of(st.lists(PARTS, max_size=10).map("".join), st.text('{}"na:\n`[]<', max_size=12))


@given(splits(TEXTS), st.sampled_from(["on", "off"]))
def test_any_split_of_a_reply_gives_the_same_events(text_and_parts, thinking):
    text, parts = text_and_parts
    asked = turn(thinking=thinking)
    assert read(Gemma3().reader(asked), parts) == read(Gemma3().reader(asked), [Plain(text)])


@given(TEXTS)
def test_nothing_of_a_reply_without_calls_is_lost(text):
    found = events(text)
    if not calls(found):
        assert "".join(event.text for event in found if isinstance(event, TextDelta)) == text


def test_a_call_is_announced_as_soon_as_its_name_is_known_and_its_arguments_follow():
    reader = Gemma3().reader(turn())
    assert reader.feed(Plain('{"name": "get_wea')) == []
    (started,) = reader.feed(Plain('ther"'))
    assert started == CallStarted(started.id, "get_weather")
    assert reader.feed(Plain(', "parameters": {"ci')) == [CallArguments(started.id, '{"ci')]
    assert reader.feed(Plain('ty": "x"}')) == [CallArguments(started.id, 'ty": "x"}')]
    (ready,) = reader.feed(Plain("}"))
    assert (ready.call.id, ready.call.arguments) == (started.id, {"city": "x"})
    assert reader.finish() == []


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        f"\n{CALL}\n",
        f"```json\n{CALL}\n```",
        f"```\n{CALL}\n```\n",
        CALL.replace('": ', '":').replace(', "', ',"'),
        '{\n  "name": "get_weather",\n  "parameters": {\n    "city": "Paris {\\"}\\\\"\n  }\n}',
        f"[{CALL}]",
        "[get_weather(city='Paris {\"}\\\\')]",
        "```tool_code\nget_weather(city='Paris {\"}\\\\')\n```",
    ],
)
def test_a_call_is_read_in_every_form_that_gemma_writes(text):
    found = events(text)
    assert calls(found) == [("get_weather", {"city": 'Paris {"}\\'})]
    assert not [event for event in found if isinstance(event, TextDelta)]


@pytest.mark.parametrize("text", [f"{CALL}\n{NO_CALL}", f"[{CALL}, {NO_CALL}]", f"```json\n{CALL},\n{NO_CALL}\n```"])
def test_several_calls_keep_their_order_and_have_different_ids(text):
    found = events(text)
    assert [name for name, _ in calls(found)] == ["get_weather", "now"]
    assert len({event.call.id for event in found if isinstance(event, CallReady)}) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "",
        '{"name": "John", "age": 3}',
        '{"names": []}',
        '{"a": 1}',
        "[1, 2]",
        "[now(1)]",
        "[now(**x)]",
        "[now(a=open('x'))]",
        "[unknown(a=1)]",
        'Like this: {"name": "now", "parameters": {}}',
        '```json\n{"name": "John"}\n```',
        '{"name": "now", "arguments": {}}',
        '{"name": "now", "parameters": []}',
        '{"name": "now", "parameters": {"a": }}',
        '{"name": "get_weather", "parameters": {"city": "Par',
        '{"name": "get_weath',
        '{"name": "now", "parameters": {}, "id": 1}',
        "[now(), 3]",
        "[now(",
    ],
)
def test_what_is_no_call_stays_text_to_the_letter(text):
    found = events(text)
    assert calls(found) == []
    assert "".join(event.text for event in found if isinstance(event, TextDelta)) == text


def test_a_call_that_is_cut_off_leaves_the_whole_calls_before_it():
    found = events(CALL + "\n" + NO_CALL[:-3])
    assert calls(found) == [("get_weather", {"city": 'Paris {"}\\'})]
    assert found[-1] == TextDelta("\n" + NO_CALL[:-3])


def test_text_streams_at_once_when_it_cannot_be_a_call():
    reader = Gemma3().reader(turn())
    assert reader.feed(Plain("Hel")) == [TextDelta("Hel")]
    assert Gemma3().reader(turn()).feed(Plain('{"name": "x')) == [TextDelta('{"name": "x')]


def test_nothing_is_a_call_when_calls_are_forbidden_or_no_tool_is_declared():
    assert events(CALL, tool_choice=Choice("none")) == [TextDelta(CALL)]
    assert events(CALL, tools=()) == [TextDelta(CALL)]


def test_a_thought_ends_at_its_tag_and_the_answer_follows():
    assert events("First, this.\n\nThen.\n</think>\nHi", thinking="on") == [
        ThinkingDelta("First, this.\n\nThen."),
        TextDelta("Hi"),
    ]
    found = events(f"Call it.</think>\n\n{NO_CALL}", thinking="on")
    assert found[0] == ThinkingDelta("Call it.")
    assert calls(found) == [("now", {})]


def test_a_thought_that_is_closed_twice_leaves_no_tag_in_the_answer():
    assert events("So.\n</think>\nHm.\n</think>\nHi </th", thinking="on") == [
        ThinkingDelta("So."),
        TextDelta("Hm.\n\nHi </th"),
    ]
    assert events("a </think> b") == [TextDelta("a </think> b")]


def test_a_thought_that_never_ends_is_all_thought():
    assert events("a < b\n</thi", thinking="on") == [ThinkingDelta("a < b\n</thi")]


def test_control_tokens_within_a_reply_are_left_out():
    reader = Gemma3().reader(turn())
    assert read(reader, [Plain("a"), Special("<start_of_turn>"), Plain("b")]) == [TextDelta("ab")]


def test_call_ids_are_the_same_for_the_same_turn_and_new_in_the_next():
    def first_id(asked):
        return read(Gemma3().reader(asked), [Plain(NO_CALL)])[0].id

    again = turn(messages=(user("Hi"), assistant("Hello"), user("Hi")))
    assert first_id(turn()) == first_id(turn()) != first_id(again)
