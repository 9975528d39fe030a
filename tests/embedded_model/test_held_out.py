"""The questions that the adapter is judged by: how many there are, and that none of them was trained on."""

import json

import jsonschema
import pytest

from embedded_model.dialogues import DATA, read_dialogues, training_files
from embedded_model.judging import HELD_OUT_FOLDER, check, is_held_out, read_cases

COUNTS = {"recall": 40, "system_prompts": 40, "everyday": 60, "shaped": 40}


@pytest.mark.parametrize(("name", "count"), COUNTS.items())
def test_there_are_as_many_questions_as_the_card_says(name, count):
    assert len(read_cases(name)) == count


def test_no_held_out_question_was_trained_on():
    dialogues = (one for path in training_files() for one in read_dialogues(path))
    asked = {message.text for one in dialogues for message in one.turn.messages if message.role == "user"}
    assert len(asked) > 10_000
    assert [text for text in asked if is_held_out(text)] == []


@pytest.mark.parametrize("text", ["What is my parrot called?", "what IS my parrot called", "My parrot is called what?"])
def test_a_question_in_nearly_the_same_words_is_held_out_too(text):
    assert is_held_out(text)
    assert not is_held_out("What is my dog called?")


def test_recall_takes_three_to_six_questions():
    asked = [sum(message.role == "user" for message in case.messages) for case in read_cases("recall")]
    assert set(asked) <= {3, 4, 5, 6}
    assert len(set(asked)) > 1


@pytest.mark.parametrize("name", COUNTS)
def test_every_check_is_known_and_fails_on_nonsense(name):
    for case in read_cases(name):
        assert case.checks
        assert not check("Zq.\nZq zq zq zq zq zq zq zq zq zq zq. ", case.checks), case.id


@pytest.mark.parametrize(
    ("reply", "checks", "passes"),
    [
        ("It is Lisbon.", {"has": [["lisbon"]]}, True),
        ("It is 100 degrees.", {"has": [["10"]]}, False),
        ("It is ten.", {"has": [["10", "ten"]]}, True),
        ("A dogma.", {"lacks": [["dog"]]}, True),
        ("A dog.", {"lacks": [["dog"]]}, False),
        ("BEES MAKE HONEY!", {"upper": True}, True),
        ("BEES make honey", {"upper": True}, False),
        ("paris.", {"lower": True}, True),
        ("Cold.", {"words": 1}, True),
        ("It is cold.", {"words": 1}, False),
        ("They keep you dry.", {"max_words": 4}, True),
        ("One. Two.", {"sentences": 1}, False),
        ("Le ciel est bleu et la mer aussi.", {"language": "fr"}, True),
        ("The sky is blue.", {"language": "fr"}, False),
        ("Sure. Over.", {"ends": "over."}, True),
        ("Well now, they do.", {"starts": "well now"}, True),
        ("- cow\n- pig", {"list": 2}, True),
        ("cow, pig", {"list": 2}, False),
        ("```python\ndef double(x):\n    return 2 * x\n```", {"python_function": "double"}, True),
        ("def double(x) return", {"python_function": "double"}, False),
        ("apple, pear", {"regex": "apple.*pear"}, True),
        ('{"a": ["Oslo", 1]}', {"json": {"a": ["oslo", 1]}}, True),
        ('{"a": ["Oslo", 1.5]}', {"json": {"a": ["oslo", 1]}}, False),
        ('{"a": 1}', {"json": {"a": True}}, False),
        ("a: 1", {"json": {"a": 1}}, False),
    ],
)
def test_checks(reply, checks, passes):
    assert check(reply, checks) is passes


def test_cases_are_written_as_json_lines():
    for path in HELD_OUT_FOLDER.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert set(json.loads(line)) - {"schema"} == {"id", "messages", "checks"}


def schemas(dialogues):
    return [one.turn.options.response_format.schema for one in dialogues]


def test_what_is_to_be_filled_in_fits_its_schema_and_no_such_schema_is_learnt():
    held = read_cases("shaped")
    for case, schema in zip(held, schemas(held), strict=True):
        jsonschema.validate(case.checks["json"], schema)
    learnt = [set(schema.get("properties", ())) for schema in schemas(read_dialogues(DATA / "shaped.jsonl"))]
    assert len(learnt) > 2000
    assert not [schema for schema in schemas(held) if "properties" in schema and set(schema["properties"]) in learnt]
