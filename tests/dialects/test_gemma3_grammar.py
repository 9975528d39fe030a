"""What a Gemma 3 reply may be, checked without a model: by given texts and by random replies under the masks."""

import json

import pytest

from playground.dialects.dialect import Plain
from playground.dialects.gemma3 import Gemma3, call_text
from playground.errors import CallerError
from playground.events import CallReady, TextDelta, ThinkingDelta
from playground.grammar import Choice, JsonObject, JsonSchema
from playground.messages import ToolCall, user
from playground.options import Options
from playground.turn import Turn
from tests.dialects.grammars import masks
from tests.dialects.replies import read
from tests.dialects.schemas import ODD_TOOL, TOOLS
from tools.arguments import check_arguments
from tools.tool import ToolSpec

MASKS = masks(Gemma3.control_tokens, Gemma3.stop_tokens)
CITY = ToolSpec("get_weather", "", {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
NOW = ToolSpec("now", "", {"type": "object", "properties": {}})
CALL = '{"name": "get_weather", "parameters": {"city": "Rome"}}'
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}


def turn(*tools, prefill="", **options):
    return Turn((user("Hi"),), tools, Options(**options), prefill)


def grammar(*tools, **options):
    found = Gemma3().grammar(turn(*tools, **options))
    assert found is not None
    return found


def rejected(text, *tools, **options):
    return MASKS.rejected(grammar(*tools, **options), text)


def test_a_reply_is_free_without_tools_shape_and_thought():
    assert Gemma3().grammar(turn()) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello {there}.\n```json\n" + CALL + "\n```",
        '{"a": 1}',
        '{"name',
        '```json\n{"name": "John"}\n```',
        CALL,
        f"\n{CALL}\n",
        f"```json\n{CALL}\n```",
        f"```tool_code\n{CALL}\n```\n",
        CALL.replace(": ", ":").replace(", ", ","),
        json.dumps(json.loads(CALL), indent=2),
        json.dumps(json.loads(CALL), indent=4),
        f'{CALL}\n{{"name": "now", "parameters": {{}}}}',
        f'[{CALL}, {{"name": "now", "parameters": {{}}}}]',
        f"[{CALL}]",
        f"[\n  {CALL},\n  {CALL}\n]",
        f"```json\n[{CALL}]\n```",
        '[{"name": "John"}]',
        "[now()]",
    ],
)
def test_text_and_calls_in_the_spellings_of_gemma_pass(text):
    assert rejected(text, CITY, NOW) is None


@pytest.mark.parametrize(
    ("text", "refused_after"),
    [
        ('{"name": "get_time"', '{"name": "'),
        ('{"name": 5', '{"name":'),
        ('{"name": "now", "parameters": {"city"', '{"name": "now", "parameters": {'),
        ('{"name": "get_weather", "parameters": {}', '{"name": "get_weather", "parameters": {'),
        ('{"name": "get_weather", "parameters": {"city": 5', '{"name": "get_weather", "parameters": {"city": '),
        ('```json\n{"name": "now", "age"', '```json\n{"name": "now", "'),
        (CALL + " Done.", CALL),
        (CALL + '\n{"name": "other"', CALL + '\n{"name": "'),
        (f'[{CALL}, {{"name": "other"', f'[{CALL}, {{"name": "'),
        (f"[{CALL}, 3", f"[{CALL},"),
        (f"[{CALL}", None),
        ('{"name": "get_weather", "parameters": {"city": "a"', None),
    ],
)
def test_from_where_a_call_opens_only_a_valid_one_can_follow(text, refused_after):
    stopped = rejected(text, CITY, NOW)
    assert stopped is not None
    if refused_after is not None:
        # One token may hold the end of the last right part and the start of the wrong one.
        assert refused_after.startswith(stopped.rstrip(" ")) or stopped.startswith(refused_after)
    assert len(stopped) <= len(text)


def test_a_call_as_it_is_rendered_in_history_passes():
    call = ToolCall("c", "get_weather", {"city": 'São "Paulo"\n\\'})
    assert rejected(call_text(call), CITY, NOW, tool_choice=Choice("required")) is None


def test_calls_can_be_required_named_forbidden_or_single():
    now = '{"name": "now", "parameters": {}}'
    assert rejected("Hello", CITY, NOW, tool_choice=Choice("required")) == ""
    assert rejected(now, CITY, NOW, tool_choice=Choice("named", "get_weather")) is not None
    assert rejected(CALL, CITY, NOW, tool_choice=Choice("named", "get_weather")) is None
    assert rejected(CALL, CITY, NOW, tool_choice=Choice("none")) == ""
    assert rejected(f"```json\n{CALL}", CITY, NOW, tool_choice=Choice("none")) is not None
    assert rejected('```json\n{"a": 1}\n```', CITY, NOW, tool_choice=Choice("none")) is None
    assert rejected("Hello", CITY, NOW, tool_choice=Choice("none")) is None
    assert rejected(f"{CALL}\n{now}", CITY, NOW, parallel_tool_calls=False) is not None
    assert rejected(f"[{CALL}, {now}]", CITY, NOW, parallel_tool_calls=False) is not None
    assert rejected(f"[{CALL}, {now}]", CITY, NOW, tool_choice=Choice("none")) is not None
    assert rejected(f"[{CALL}, {now}]", CITY, NOW, tool_choice=Choice("required")) is None
    assert rejected(CALL, CITY, NOW, parallel_tool_calls=False) is None


def test_a_call_that_nothing_can_answer_is_the_callers_mistake():
    with pytest.raises(CallerError, match="none is declared"):
        Gemma3().grammar(turn(tool_choice=Choice("required")))
    with pytest.raises(CallerError, match="no tool called 'x'"):
        Gemma3().grammar(turn(NOW, tool_choice=Choice("named", "x")))


def test_json_of_a_shape_and_nothing_else():
    assert rejected('{"any": [1, {"b": null}]}', response_format=JsonObject()) is None
    assert rejected("[1]", response_format=JsonObject()) == ""
    assert rejected('{"name": "Ann", "age": 3}', response_format=JsonSchema(PERSON)) is None
    assert rejected('{"name": "Ann", "age": "x"}', response_format=JsonSchema(PERSON)) is not None
    assert rejected("Hello", response_format=JsonSchema(PERSON)) == ""


def test_json_of_a_shape_leaves_room_for_calls_also_where_both_begin_alike():
    for text in (CALL, '{"name": "Ann"}', '{"name": "get_weather", "age": 4}'):
        assert rejected(text, CITY, NOW, response_format=JsonSchema(PERSON)) is None, text
    assert rejected("Hello", CITY, response_format=JsonSchema(PERSON)) == ""
    assert rejected(CALL, CITY, response_format=JsonSchema(PERSON), tool_choice=Choice("none")) is not None
    shared = TOOLS["shared"]
    call = '{"name": "shared", "parameters": {"first": {"x": 1}}}'
    assert rejected(call, shared, response_format=JsonSchema(PERSON)) is None


THOUGHT = "One.\n\n<b> x </thin\n</think\nTwo."


def test_a_thought_may_hold_anything_and_the_answer_after_it_is_held_to_its_shape():
    for close in ("\n</think>\n", "</think>", "</think>\n\n"):
        assert rejected(f"{THOUGHT}{close}Hi", thinking="on") is None
        assert rejected(f"{THOUGHT}{close}{CALL}", CITY, thinking="on", tool_choice=Choice("required")) is None
        assert rejected(f'{THOUGHT}{close}{{"name": "A"}}', thinking="on", response_format=JsonSchema(PERSON)) is None
    assert rejected(f"{THOUGHT}\n</think>\nHi", CITY, thinking="on", tool_choice=Choice("required")) is not None


def test_a_thought_cannot_end_the_reply_and_is_closed_when_its_budget_is_spent():
    assert rejected("Only a thought", thinking="on") == "Only a thought"
    budget = 20
    long = "a" * 40
    stopped = rejected(f"{long}\n</think>\nHi", thinking="on", thinking_tokens=budget)
    assert stopped == "a" * budget
    assert rejected(f"{stopped}\n</think>\nHi", thinking="on", thinking_tokens=budget) is None
    assert rejected("a\n</think>\n" + "b" * 40, thinking="on", thinking_tokens=budget) is None


@pytest.mark.parametrize("budget", [1, 2, 7])
def test_random_thoughts_end_within_the_budget(budget):
    for seed in range(10):
        asked = turn(thinking="on", thinking_tokens=budget, response_format=JsonSchema({"enum": ["yes", "no"]}))
        ids = MASKS.written(Gemma3().grammar(asked), seed, limit=200)
        text = MASKS.tokenizer.decode(ids, skip_special_tokens=False)
        found = read(Gemma3().reader(asked), [Plain(text)])
        assert found[-1] in (TextDelta('"yes"'), TextDelta('"no"'))
        assert len(ids) <= budget + len("\n</think>\n\n") + len('"yes"')
        assert all(isinstance(event, ThinkingDelta) for event in found[:-1])


@pytest.mark.parametrize("spec", [*TOOLS.values(), ODD_TOOL], ids=lambda spec: spec.name)
@pytest.mark.parametrize("thinking", ["off", "on"])
def test_a_random_model_that_must_call_always_makes_valid_calls(spec, thinking):
    asked = turn(spec, NOW, tool_choice=Choice("named", spec.name), thinking=thinking, thinking_tokens=5)
    found = Gemma3().grammar(asked)
    for seed in range(4):
        ids = MASKS.written(found, seed)
        assert ids is not None, "the reply did not end"
        events = read(Gemma3().reader(asked), [Plain(MASKS.tokenizer.decode(ids, skip_special_tokens=False))])
        calls = [event.call for event in events if isinstance(event, CallReady)]
        assert calls
        assert not [event for event in events if isinstance(event, TextDelta)]
        for call in calls:
            assert call.name == spec.name
            check_arguments(spec, call.arguments)


@pytest.mark.parametrize("seed", range(20))
def test_a_random_model_that_may_call_makes_valid_calls_or_none(seed):
    asked = turn(CITY, NOW)
    ids = MASKS.written(Gemma3().grammar(asked), seed)
    text = MASKS.tokenizer.decode(ids, skip_special_tokens=False)
    for event in read(Gemma3().reader(asked), [Plain(text)]):
        if isinstance(event, CallReady):
            check_arguments({"get_weather": CITY, "now": NOW}[event.call.name], event.call.arguments)


@pytest.mark.parametrize(
    ("schema", "word"),
    [
        ({"not": {"type": "string"}}, "'not'"),
        ({"type": "array", "uniqueItems": True}, "'uniqueItems'"),
        ({"type": "string", "pattern": "(?=a)b"}, "look-ahead"),
        ({"$ref": "https://example.com/schema"}, "example.com"),
        ({"type": "text"}, "Invalid type: text"),
    ],
)
def test_what_cannot_be_enforced_is_refused_by_name(schema, word):
    spec = ToolSpec("f", "", {"type": "object", "properties": {"a": schema}})
    with pytest.raises(CallerError, match=r"The tool 'f'") as error:
        Gemma3().grammar(turn(spec))
    assert word in error.value.message
    assert error.value.param == "tools"


def test_a_prefilled_reply_is_free_text():
    assert Gemma3().grammar(turn(NOW, prefill="Sure")) is None
    with pytest.raises(CallerError, match="prefill"):
        Gemma3().grammar(turn(prefill="{", response_format=JsonObject()))
    with pytest.raises(CallerError, match="prefill"):
        Gemma3().grammar(turn(NOW, prefill="{", tool_choice=Choice("required")))
