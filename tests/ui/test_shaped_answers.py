"""Answers that are to be JSON: the schema is judged as it is typed, and the answer is set out or explained."""

import json

import pytest
from playwright.sync_api import expect

from playground.dialects.schema_grammar import shape_rule
from playground.errors import CallerError
from playground.events import Finished, Usage
from playground.grammar import JsonObject, JsonSchema
from playground.messages import assistant
from playground.ui.answer_schema import EXAMPLES, judged, read_schema
from playground.ui.shaped_reply import trouble

NUMBER = JsonSchema({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_is_a_schema_that_replies_can_be_held_to(name):
    assert 'class="verdict right"' in judged(EXAMPLES[name])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"type": "object", "not": {}}', "keyword &#x27;not&#x27;"),
        ('{"type": "object",\n "properties": }', "line 2, column 16"),
        ('["a"]', "must be a JSON object"),
        ('{"type": "objekt"}', "cannot be held to"),
        ('{"$ref": "https://example.com/schema"}', "cannot be held to"),
    ],
)
def test_what_is_wrong_is_named(text, words):
    assert 'class="verdict wrong"' in judged(text)
    assert words in judged(text)


def test_the_verdict_is_that_of_the_api():
    schema = read_schema('{"type": "object", "if": {}}')
    with pytest.raises(CallerError) as refused:
        shape_rule(schema)
    assert refused.value.message.split("'")[1] in judged('{"type": "object", "if": {}}')


@pytest.mark.parametrize(
    ("shape", "text", "reason", "words"),
    [
        (None, "{", "length", ""),
        (NUMBER, '{"n": 1}', "stop", ""),
        (JsonObject(), '{"n": 1}', "stop", ""),
        (NUMBER, '{"n"', "length", "longest length"),
        (NUMBER, '{"n"', "cancelled", "was stopped"),
        (NUMBER, "one", "stop", "is not JSON"),
        (NUMBER, '{"n": "one"}', "stop", "does not fit the schema at n"),
        (JsonObject(), "[1]", "stop", "no object"),
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_explained(shape, text, reason, words):
    said = trouble(shape, Finished(reason, (assistant(text),), Usage(), 1))
    assert words in said
    assert bool(said) == bool(words)


def test_a_schema_is_written_with_its_verdict_and_the_answer_is_set_out(chat):
    chat.page.get_by_role("button", name="Length and form").click()
    chat.page.get_by_label("JSON Schema").check()
    verdict = chat.page.locator("#schema-verdict .verdict")
    expect(verdict).to_have_text("Valid: an object with answer")
    chat.choose("schema-example", "Classification")
    expect(verdict).to_have_text("Valid: an object with label, confidence")
    editor = chat.page.locator("#answer-schema .cm-content")
    editor.click()
    editor.press("ControlOrMeta+a")
    chat.page.keyboard.insert_text('{"type": "object", "not": {}}')
    expect(verdict).to_contain_text("keyword 'not'")
    chat.choose("schema-example", "Nested")
    expect(verdict).to_have_text("Valid: an object with customer, ordered, lines")
    chat.choose("schema-example", "Classification")
    expect(verdict).to_have_text("Valid: an object with label, confidence")

    chat.send("Sort this.")
    chat.wait_for_reply()
    code = chat.replies.last.locator("pre code")
    expect(code).to_contain_text('"label": "praise"')
    assert code.inner_text().strip() == json.dumps({"label": "praise", "confidence": 0.9}, indent=2)
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.replies.last.locator(".code_wrap").hover()
    chat.replies.last.locator(".code_wrap button").first.click()
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert json.loads(copied) == {"label": "praise", "confidence": 0.9}

    chat.send("Be cut.")
    chat.wait_for_reply(2)
    expect(chat.replies.last.locator(".failure")).to_contain_text("Raise “Longest reply”")
    expect(chat.page.locator("#chat .act-continue")).to_have_count(0)
