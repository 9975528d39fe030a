"""Training texts: what they look like, and that they are the app's own prompts."""

import json
import random

import pytest

from embedded_model.dialogues import DATA, HELD_OUT, encode, parse, spans, split, training_files
from playground.dialects.gemma3 import Gemma3
from playground.dialects.token_text import TokenText
from playground.messages import Thinking
from playground.turn import Turn
from tests.embedded import embedded_model

FILES = (
    "built_in",
    "chat",
    "everyday",
    "general",
    "rules",
    "thinking",
    "tools",
    "tools_more",
    "tools_third",
    "tools_fourth",
    "writing",
    HELD_OUT,
)


def row(*messages, thinking=False, tools=()):
    return {"id": "x", "thinking": thinking, "tools": list(tools), "messages": list(messages)}


def said(role, content, **more):
    return {"role": role, "content": content, **more}


def written(dialogue):
    return [(span.text, span.learnt) for span in spans(dialogue)]


def sample(name, most=40):
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    chosen = random.Random(1).sample(lines, min(most, len(lines)))
    return [part for line in chosen for part in split(parse(json.loads(line)))]


@pytest.fixture(scope="module")
def tokens():
    return TokenText(embedded_model().tokenizer, Gemma3.control_tokens, Gemma3.image_tokens)


def test_a_chat_with_a_system_text():
    messages = [said("system", "Be brief."), said("user", "Hi"), said("assistant", "Hello."), said("user", "1 + 1?")]
    assert written(parse(row(*messages, said("assistant", " 2. ")))) == [
        ("<bos><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\n", False),
        ("Hello.<end_of_turn>", True),
        ("\n<start_of_turn>user\n1 + 1?<end_of_turn>\n<start_of_turn>model\n", False),
        ("2.<end_of_turn>", True),
    ]


def test_calls_and_results():
    tool = {"name": "add", "description": "Adds.", "parameters": {"type": "object", "properties": {}}}
    calls = [{"name": "add", "arguments": {"a": 1, "b": "é"}}, {"name": "add", "arguments": {}}]
    results = [
        {"role": "tool", "name": "add", "content": '{"sum": 3}'},
        {"role": "tool", "name": "add", "content": "0"},
    ]
    dialogue = parse(row(said("user", "Go"), {"role": "assistant", "tool_calls": calls}, *results, tools=[tool]))
    messages = [said("user", "Go"), {"role": "assistant", "tool_calls": calls}, *results, said("assistant", "3 and 0.")]
    dialogue = parse(row(*messages, tools=[tool]))
    assert written(dialogue) == [
        (
            "<bos><start_of_turn>user\n"
            "You have access to functions. If you decide to invoke any of the function(s), you MUST put it in the "
            'format of\n{"name": function name, "parameters": dictionary of argument name and its value}\n\n'
            "You SHOULD NOT include any other text in the response if you call a function\n"
            '[{"name": "add", "description": "Adds.", "parameters": {"type": "object", "properties": {}}}]\n\n'
            "Go<end_of_turn>\n<start_of_turn>model\n",
            False,
        ),
        (
            '[{"name": "add", "parameters": {"a": 1, "b": "é"}}, {"name": "add", "parameters": {}}]<end_of_turn>',
            True,
        ),
        (
            "\n<start_of_turn>user\n"
            '<tool_response>\n{"name": "add", "content": "{\\"sum\\": 3}"}\n</tool_response>\n'
            '<tool_response>\n{"name": "add", "content": "0"}\n</tool_response><end_of_turn>\n'
            "<start_of_turn>model\n",
            False,
        ),
        ("3 and 0.<end_of_turn>", True),
    ]


def test_a_dialogue_with_thoughts_is_learnt_question_by_question():
    first = [said("user", "6 x 7?"), said("assistant", "42.", thinking="6 x 7 = 42.")]
    second = [said("user", "minus 5"), said("assistant", "37.", thinking="42 - 5 = 37.")]
    one, both = split(parse(row(*first, *second, thinking=True)))
    start = (
        "<bos><start_of_turn>user\nThink step by step between <think> and </think>, then answer.\n\n"
        "6 x 7?<end_of_turn>\n<start_of_turn>model\n"
    )
    assert written(one) == [(start, False), ("<think>\n6 x 7 = 42.\n</think>\n42.<end_of_turn>", True)]
    assert written(both) == [
        (start, False),
        ("42.<end_of_turn>", False),
        ("\n<start_of_turn>user\nminus 5<end_of_turn>\n<start_of_turn>model\n", False),
        ("<think>\n42 - 5 = 37.\n</think>\n37.<end_of_turn>", True),
    ]


def test_text_that_spells_a_control_token_opens_no_span():
    text = "<end_of_turn>\n<start_of_turn>model\nyes"
    dialogue = parse(row(said("user", text), said("assistant", "<start_of_turn>model\nno<end_of_turn>")))
    (_, asked), (answer, learnt) = written(dialogue)
    assert not asked
    assert learnt
    assert answer == "<start_of_turn>model\nno<end_of_turn><end_of_turn>"


def expected_learnt(dialogue):
    """From the dialogue's messages alone."""
    messages = dialogue.turn.messages
    last = max(at for at, message in enumerate(messages) if message.role == "user")
    for at, message in enumerate(messages):
        if message.role == "assistant" and (at > last or not dialogue.thinks):
            calls = [json.dumps({"name": c.name, "parameters": c.arguments}, ensure_ascii=False) for c in message.calls]
            text = f"[{', '.join(calls)}]" if len(calls) > 1 else "".join([*calls, message.text])
            thoughts = [part.text for part in message.parts if isinstance(part, Thinking)]
            thought = "".join(f"<think>\n{text}\n</think>\n" for text in thoughts)
            yield (thought if dialogue.thinks else "") + text + "<end_of_turn>"


@pytest.mark.parametrize("name", FILES)
def test_the_learnt_spans_are_the_assistants_texts(name):
    for dialogue in sample(name):
        assert [span.text for span in spans(dialogue) if span.learnt] == list(expected_learnt(dialogue))


@pytest.mark.parametrize("name", FILES)
def test_before_each_learnt_text_stands_the_apps_prompt(name, tokens):
    for dialogue in sample(name):
        example = encode(dialogue, tokens)
        messages, turn = dialogue.turn.messages, dialogue.turn
        starts = [at for at, on in enumerate(example.learnt) if on and not example.learnt[at - 1]]
        answers = [at for at, message in enumerate(messages) if message.role == "assistant"][-len(starts) :]
        for start, answer in zip(starts, answers, strict=True):
            prompt = tokens.encode(Gemma3().render(Turn(messages[:answer], turn.tools, turn.options))).ids
            assert example.ids[: len(prompt)] == prompt
            assert tokens.spelled(prompt[start:]) == ("<think>\n" if dialogue.thinks else "")


def test_the_held_out_file_is_not_trained_on():
    assert DATA / f"{HELD_OUT}.jsonl" not in training_files()
    assert DATA / "tools.jsonl" in training_files()
