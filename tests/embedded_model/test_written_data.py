"""The data that modules write: it is what they write, and what the app's own tools say."""

import json

import pytest

from embedded_model import built_in_dialogues, everyday_dialogues, recall_dialogues, rule_dialogues
from embedded_model.dialogues import read_dialogues
from embedded_model.families import families, in_groups
from embedded_model.judging import check, read_cases
from tools.arguments import check_arguments
from tools.built_in import BUILT_IN_SPECS
from tools.calculator import show
from tools.expression import evaluate

WRITERS = [built_in_dialogues, everyday_dialogues, recall_dialogues, rule_dialogues]


@pytest.mark.parametrize("writer", WRITERS)
def test_the_file_is_what_its_module_writes(writer):
    assert writer.PATH.read_text(encoding="utf-8") == "".join(writer.lines())


@pytest.mark.parametrize("writer", WRITERS)
def test_another_seed_writes_something_else(writer):
    assert list(writer.lines(1)) != list(writer.lines(2))


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
