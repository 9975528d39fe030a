"""The held-out evaluation: what it counts as right, whether its cases make sense, and how it asks a model."""

from itertools import chain

import PIL.Image
import pytest
from jsonschema import Draft202012Validator

from demo_model.evaluate import (
    CALL_TASKS,
    TEXT_TASKS,
    Answer,
    Row,
    answer_all,
    grouped_vision_rows,
    markdown,
    text_rows,
)
from demo_model.heldout.answering import BATCH, Answerer
from demo_model.heldout.cases import SETS, read_cases, read_tools, result_text
from demo_model.heldout.checks import Call, Verdict, judge, matches, read_calls, says
from playground.dialects.dialect import spell
from playground.dialects.gemma3 import Gemma3
from playground.messages import user
from playground.options import Options
from playground.turn import Turn
from tests.engine.tiny_checkpoints import save
from tools.arguments import closed
from tools.built_in import BUILT_IN_SPECS

BY_SET = {name: read_cases(folder) for name, folder in SETS.items()}
CASES = [case for cases in BY_SET.values() for case in cases]
WEATHER = {"calls": [{"name": "weather", "parameters": {"town": "Graz"}}]}


def call(**parameters):
    return {"name": "f", "parameters": parameters}


def sample(value):
    """The first value that a matcher accepts, for those that list values."""
    match value:
        case {"$any": [first, *_]} | {"$value": first}:
            return first
        case {"$has": words}:
            return " ".join(words)
        case _:
            return value


# What is right


@pytest.mark.parametrize(
    ("reply", "calls"),
    [
        ('{"name": "f", "parameters": {"a": 1}}', [Call("f", {"a": 1})]),
        ('{"name": "f", "parameters": {}}\n{"name": "g", "parameters": {}}\n', [Call("f", {}), Call("g", {})]),
        ('Sure: {"name": "f", "parameters": {}}', None),
        ('{"name": "f", "parameters": {}}\nDone.', None),
        ('{"name": "f", "parameters": {}, "why": "x"}', None),
        ('{"name": "f", "parameters": [1]}', None),
        ('{"name": "f", "parameters": {"a": ', None),
        ("[1]", None),
        ("", None),
    ],
)
def test_a_reply_is_calls_only_when_all_of_it_is(reply, calls):
    assert read_calls(reply) == calls


@pytest.mark.parametrize(
    ("expected", "value", "right"),
    [
        ("Graz", "Graz", True),
        ("Graz", "graz", False),
        (18, 18.0, True),
        (18, "18", False),
        (1, True, False),
        (True, True, True),
        (True, 1, False),
        ([1, 2], [1, 2], True),
        ([1, 2], [2, 1], False),
        ([1], [True], False),
        (["a"], "a", False),
        ({"$any": ["a", 2]}, 2, True),
        ({"$any": ["a", 2]}, "b", False),
        ({"$has": ["mayor", "Graz"]}, "the Mayor of graz", True),
        ({"$has": ["mayor", "Graz"]}, "mayor", False),
        ({"$value": "17*640/100"}, "17% of 640", True),
        ({"$value": "17*640/100"}, "17 * 640", False),
        ({"$value": "17*640/100"}, "seventeen", False),
        ({"$value": "2"}, 2, False),
    ],
)
def test_arguments_are_compared_as_json_with_the_stated_leeway(expected, value, right):
    assert matches(expected, value) is right


@pytest.mark.parametrize(
    ("text", "alternatives", "right"),
    [
        ("It is 4 degrees.", ["4"], True),
        ("It is 14 degrees.", ["4"], False),
        ("It is 4.5 degrees.", ["4", "5"], False),
        ("It comes to 2,147,483,647.", ["2147483647"], True),
        ("It is -42 today", ["-42"], True),
        ("I DON\N{RIGHT SINGLE QUOTATION MARK}T know", ["don't know"], True),
        ("I couldn't", ["*n't"], True),
        ("At 14:05:09 (JST)", ["14:05*"], True),
        ("known", ["no"], False),
        ("See [2].", ["[2]"], True),
        ("See https://a.example/b", ["https://a.example/b"], True),
        ("Light  drizzle", ["light drizzle"], True),
        ("", ["a"], False),
    ],
)
def test_facts_are_found_as_whole_words_and_whole_numbers(text, alternatives, right):
    assert says(text, alternatives) is right


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ('{"name": "weather", "parameters": {"town": "Graz"}}', Verdict(True, True, True)),
        ('{"name": "weather", "parameters": {"town": "graz"}}', Verdict(False, True, False)),
        ('{"name": "weather", "parameters": {"town": "Graz", "days": 1}}', Verdict(False, True, False)),
        ('{"name": "weather", "parameters": {}}', Verdict(False, True, False)),
        ('{"name": "clock", "parameters": {"town": "Graz"}}', Verdict(False, False)),
        ("It is warm in Graz.", Verdict(False, False)),
        ('{"name": "weather", "parameters": {"town": "Graz"}}\n' * 2, Verdict(False, False)),
    ],
)
def test_a_call_is_judged_by_its_tool_and_then_by_its_arguments(reply, verdict):
    assert judge(WEATHER, reply) == verdict


def test_two_calls_to_one_tool_count_in_any_order_but_each_once():
    expected = {"calls": [call(a={"$any": [1, 2]}), call(a=1)]}
    one, two = '{"name": "f", "parameters": {"a": 1}}', '{"name": "f", "parameters": {"a": 2}}'
    assert judge(expected, f"{one}\n{two}").exact
    assert judge(expected, f"{two}\n{one}").exact
    assert not judge(expected, f"{two}\n{two}").exact


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("I have no tool for that.", True),
        ("", False),
        ('{"name": "f", "parameters": {}}', False),
        ('{"name": "f", "parameters": {', False),
    ],
)
def test_no_call_means_words(reply, right):
    assert judge({"calls": []}, reply) == Verdict(right, right)


@pytest.mark.parametrize(
    ("expected", "reply", "right"),
    [
        ({"style": "upper"}, "HELLO, 2 YOU!", True),
        ({"style": "upper"}, "HELLO, You!", False),
        ({"style": "lower"}, "hello", True),
        ({"style": "lower"}, "Hello", False),
        ({"max_words": 2}, "Hello there", True),
        ({"max_words": 2}, "Hello out there", False),
        ({"honest": True}, "I am only a demo, load Gemma for that.", True),
        ({"honest": True}, "The answer is Paris.", False),
        ({"says": [["Bix"], ["hello", "hi"]]}, "Hi, I am Bix.", True),
        ({"says": [["Bix"], ["hello", "hi"]]}, "I am Bix.", False),
        ({"says": []}, "?!", False),
        ({"says": [["name"]]}, '{"name": "f", "parameters": {}}', False),
    ],
)
def test_words_are_judged_by_what_the_case_asks(expected, reply, right):
    assert judge(expected, reply) == Verdict(right)


def test_a_thought_must_close_and_must_not_appear_unasked():
    expected = {"says": [["hello"]]}
    assert judge(expected, "They greet me.\n</think>\nHello!", thinking=True).passed
    assert not judge(expected, "Hello!", thinking=True).passed
    assert not judge(expected, "\n</think>\nHello!", thinking=True).passed
    assert not judge(expected, "hello\n</think>\nBye!", thinking=True).passed
    assert not judge(expected, "a\n</think>\nHello! <think>", thinking=True).passed
    assert not judge(expected, "<think>They greet me.</think>Hello!").passed


# The cases


def test_every_case_has_its_own_name_and_renders():
    assert len({case.id for case in CASES}) == len(CASES)
    for case in CASES:
        assert spell(Gemma3().render(case.turn)).endswith("<think>\n" if case.thinking else "model\n")


@pytest.mark.parametrize("cases", BY_SET.values(), ids=BY_SET.keys())
def test_there_are_enough_cases_and_tools_for_the_figures_to_mean_something(cases):
    count = {task: sum(case.task == task for case in cases) for task in {case.task for case in cases}}
    assert count["one_call"] >= 140
    assert min(count["built_in_call"], count["thinking"] + count["no_thinking"]) >= 30
    assert count["no_call"] >= 25
    assert min(count["answer"], count["recall"]) >= 50
    assert count["refusal"] >= 90
    called = {row["name"] for case in cases for row in case.expected.get("calls", [])}
    assert len(called - {spec.name for spec in BUILT_IN_SPECS}) >= 80


def test_expected_calls_are_ones_that_the_offered_tools_allow():
    for case in CASES:
        offered = {spec.name: spec for spec in case.turn.tools}
        for row in case.expected.get("calls", []):
            arguments = {name: sample(value) for name, value in row["parameters"].items()}
            Draft202012Validator(closed(offered[row["name"]].parameters)).validate(arguments)


def test_calls_in_the_history_are_ones_that_the_offered_tools_allow():
    for case in CASES:
        offered = {spec.name: spec for spec in case.turn.tools}
        for made in (made for message in case.turn.messages for made in message.calls):
            Draft202012Validator(closed(offered[made.name].parameters)).validate(made.arguments)


def test_the_facts_that_an_answer_must_hold_stand_in_the_conversation():
    for case in CASES:
        if case.task == "recall":
            known = " ".join(message.text for message in case.turn.messages)
            # A long list is the ways to say "you have not told me".
            facts = [alternatives for alternatives in case.expected["says"] if len(alternatives) < 4]
            assert all(says(known, alternatives) for alternatives in facts), case.id


def test_every_tool_is_a_valid_schema():
    for spec in chain.from_iterable(read_tools(folder).values() for folder in SETS.values()):
        Draft202012Validator.check_schema(spec.parameters)


def test_web_results_are_marked_as_data():
    hits = [{"title": "Otters", "url": "https://o.example", "snippet": "They swim."}]
    assert "https://o.example" in result_text({"hits": hits})
    assert "<data" in result_text({"hits": hits})
    assert "<data" in result_text({"page": {"url": "https://o.example", "title": "Otters", "text": "They swim."}})


# The table


def test_the_table_scores_arguments_only_where_the_tool_was_right():
    verdicts = [Verdict(True, True, True), Verdict(False, True, False), Verdict(False, False)]
    calls = [case for case in CASES if case.task == CALL_TASKS[0]]
    rows = text_rows([Answer(case, "", verdict) for case, verdict in zip(calls, verdicts, strict=False)])
    assert rows == [
        Row("tool choice", 2, 3),
        Row("- one_call", 2, 3),
        Row("arguments exact", 1, 2),
        Row("- one_call", 1, 2),
    ]


def test_the_table_adds_up_what_shapes_look_like():
    scores = {"colour": (9, 10), "shape": (8, 10), "size": (10, 10), "position": (7, 10), "count": (6, 10)}
    rows = grouped_vision_rows(scores)
    assert rows[0] == Row("vision attributes", 34, 40)
    assert rows[-1] == Row("vision count", 6, 10)


def test_the_table_names_the_missed_targets():
    table = markdown([Row("recall", 94, 100), Row("refusal", 95, 100), Row("answer", 1, 3)])
    assert "| recall | 100 | 94.0% | 95% (missed) |" in table
    assert "| refusal | 100 | 95.0% | 95% |" in table
    assert "| answer | 3 | 33.3% |  |" in table


# Asking a model


@pytest.fixture(scope="module")
def answerer(tmp_path_factory) -> Answerer:
    folder = tmp_path_factory.mktemp("tiny")
    save("gemma3", folder)
    return Answerer(folder)


def turns(*texts: str) -> list[Turn]:
    return [Turn((user(text),), options=Options(thinking="off")) for text in texts]


def test_a_reply_does_not_depend_on_the_prompts_beside_it(answerer):
    asked = turns(*("abc " * count for count in range(1, BATCH + 3)))
    together = answerer.replies(asked, 12)
    some = range(0, len(asked), 11)
    assert [together[number] for number in some] == [answerer.replies([asked[number]], 12)[0] for number in some]
    assert len(set(together)) > 1


def test_a_picture_changes_the_reply(answerer):
    asked = [(PIL.Image.new("RGB", (56, 56), colour), "?" * n) for n, colour in enumerate(("red", "blue", "white"), 1)]
    together = answerer.look(asked, 24)
    assert together == [answerer.look([one], 24)[0] for one in asked]
    assert len({answerer.look([(picture, "?")], 24)[0] for picture, _ in asked}) > 1


def test_every_case_is_asked_and_judged(answerer):
    cases = [next(case for case in CASES if case.task == task) for task in TEXT_TASKS]
    answers = answer_all(answerer, cases, tokens=4, thinking_tokens=4)
    assert {answer.case.id for answer in answers} == {case.id for case in cases}
    assert {row.task for row in text_rows(answers)} >= {"tool choice", "recall", "refusal", "thinking"}
    # A random model opens no call and closes no thought.
    assert not any(answer.verdict.passed for answer in answers if answer.case.task in {"one_call", "thinking"})
