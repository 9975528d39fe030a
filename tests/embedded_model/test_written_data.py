"""The data that modules write: it is what they write, and what the app's own tools say."""

import json

import jsonschema
import pytest

from embedded_model import built_in_dialogues, everyday_dialogues, recall_dialogues, rule_dialogues, shaped_dialogues
from embedded_model.dialogues import DATA, Dialogue, read_dialogues
from embedded_model.families import _near_misses, families, in_groups
from embedded_model.judging import check, read_cases
from embedded_model.tool_dialogues.declarations import TOOLS
from embedded_model.whole_answers import with_whole_answers
from playground.messages import Text, ToolCall, ToolResult, assistant, tool, user
from playground.turn import Turn
from tools.arguments import check_arguments
from tools.built_in import BUILT_IN_SPECS
from tools.calculator import show
from tools.expression import evaluate

WRITERS = [built_in_dialogues, everyday_dialogues, recall_dialogues, rule_dialogues]


@pytest.mark.parametrize("writer", [*WRITERS, shaped_dialogues])
def test_the_file_is_what_its_module_writes(writer):
    assert writer.PATH.read_text(encoding="utf-8") == "".join(writer.lines())


@pytest.mark.parametrize("writer", WRITERS)
def test_another_seed_writes_something_else(writer):
    assert list(writer.lines(1)) != list(writer.lines(2))


def test_every_answer_fits_the_schema_that_it_was_given_with():
    for one in read_dialogues(shaped_dialogues.PATH):
        schema = one.turn.options.response_format.schema
        checker = jsonschema.Draft202012Validator(schema)
        for message in one.turn.messages:
            if message.role == "assistant":
                answer = json.loads(message.text)
                checker.validate(answer)
                if "properties" in schema:
                    assert list(answer) == [key for key in schema["properties"] if key in answer], one.id


def calls_and_results(dialogues):
    for one in dialogues:
        calls = {}
        for message in one.turn.messages:
            calls |= {call.id: call for call in message.calls}
            if message.role == "tool":
                yield from ((calls[part.call_id], part.text) for part in message.parts)


def test_the_apps_own_tools_are_offered_and_called_as_they_are():
    specs = {spec.name: spec for spec in BUILT_IN_SPECS}
    dialogues = read_dialogues(built_in_dialogues.PATH)
    assert all(one.turn.tools == BUILT_IN_SPECS for one in dialogues)
    for call, result in calls_and_results(dialogues):
        check_arguments(specs[call.name], call.arguments)
        if call.name == "calculator" and "=" in result:
            expression = call.arguments["expression"]
            assert result == f"{expression} {show(evaluate(expression))}"


def test_near_misses_name_tools_that_there_are_and_are_learnt_without_a_call():
    misses = _near_misses()
    assert len(misses) > 250
    assert {miss.tool for miss in misses} <= {name.replace("_", "").lower() for name in TOOLS}
    learnt = [one for family in families(read_dialogues(DATA / "tools.jsonl"), 1) for one in family]
    near = [one for one in learnt if one.id.startswith("tools-near-")]
    assert len(near) > 300
    assert not any(message.calls for one in near for message in one.turn.messages)


def told(result, answer):
    messages = (
        user("?"),
        assistant(ToolCall("a", "look", {})),
        tool(ToolResult("a", "look", result)),
        assistant(Text(answer)),
    )
    *_, last = with_whole_answers(Dialogue("x", Turn(messages))).turn.messages
    return last.text


@pytest.mark.parametrize(
    ("result", "answer", "whole"),
    [
        ('{"fee": 5.39, "crossing_min": 12}', "The fee is 5.39", "The fee is 5.39. Crossing: 12 minutes."),
        ("city: Oslo\nkeyCode: 9X50", "It is in Oslo.", "It is in Oslo. Key code: 9X50."),
        ('{"depth_m": 14.0, "ok": true, "state": "open"}', "14 metres deep.", "14 metres deep. State: open."),
        ('{"said": "it is as deep as it was last year"}', "As before.", "As before."),
        ('{"status": "error", "code": "E12"}', "That failed.", "That failed."),
        ('{"error": "E12 of Oslo"}', "That failed.", "That failed."),
        ('{"hits": [{"name": "Oslo"}]}', "None.", "None."),
        ('{"dep": ["07:05", "9:40", "x"], "min": 7}', "It takes 7.", "It takes 7. Dep: 07:05, 9:40 and x."),
        ("Oslo: a town. It has\n700,000 people", "A town.", "A town."),
    ],
)
def test_answers_are_completed_from_flat_results(result, answer, whole):
    assert told(result, answer) == whole


def test_system_texts_of_the_held_out_cases_are_not_learnt():
    held = {one.messages[0].text for one in read_cases("system_prompts")}
    learnt = {one.turn.messages[0].text for one in read_dialogues(rule_dialogues.PATH)}
    assert not [text for text in learnt if any(text.endswith(one) for one in held)]


@pytest.mark.parametrize(
    ("name", "checks"), [("upper", {"upper": True}), ("lower", {"lower": True}), ("word", {"words": 1})]
)
def test_replies_obey_their_system_text(name, checks):
    rules = rule_dialogues.words.RULES[name]
    found = 0
    for one in read_dialogues(rule_dialogues.PATH):
        system, *said = one.turn.messages
        if system.text.endswith(rules):
            found += 1
            assert all(check(message.text, checks) for message in said if message.role == "assistant"), one.id
    assert found > 20


def dialogue(number, name, *, calls=True, tools=("a", "b")):
    said = {"role": "assistant", "content": "I can't."}
    if calls:
        said = {"role": "assistant", "tool_calls": [{"name": name, "arguments": {"x": number}}]}
    parameters = {"type": "object", "properties": {"x": {"type": "integer"}}}
    row = {
        "id": f"tools-{'single' if calls else 'notool'}-{number}",
        "tools": [{"name": tool, "description": tool, "parameters": parameters} for tool in tools],
        "messages": [{"role": "user", "content": f"{name} {number}"}, said],
    }
    return json.dumps(row)


def test_a_family_offers_one_list_and_calls_only_what_is_on_it(tmp_path):
    rows = [dialogue(0, "no", calls=False), *(dialogue(n, "abc"[n % 3], tools=("abc"[n % 3],)) for n in range(1, 31))]
    path = tmp_path / "some.jsonl"
    path.write_text("\n".join(rows), encoding="utf-8")
    family, *alone = families(read_dialogues(path), 0)
    assert {tool.name for one in family for tool in one.turn.tools} == {"a", "b"}
    assert len({one.turn.tools[0].name for one in family}) == 1
    assert {call.name for one in family for message in one.turn.messages for call in message.calls} == {"a", "b"}
    assert all(len(one) == 1 for one in alone)


def test_groups_hold_every_dialogue_once():
    dialogues = read_dialogues(built_in_dialogues.PATH)
    grouped = [one.id for group in in_groups(dialogues, 0) for one in group]
    assert sorted(grouped) == sorted(one.id for one in dialogues)
