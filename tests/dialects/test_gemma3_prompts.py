"""Where Gemma 3 prompts go beyond its template: tools, results and thoughts, which it has no tokens for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.dialects import dialect_for
from playground.dialects.dialect import spell
from playground.dialects.gemma3 import Gemma3
from playground.dialects.gemma4 import Gemma4
from playground.dialects.token_text import TokenText
from playground.errors import ModelUnavailable
from playground.grammar import JsonObject, JsonSchema
from playground.messages import Thinking, ToolCall, ToolResult, assistant, system, tool, user
from playground.options import Options
from playground.turn import Turn
from tests.dialects.toy_tokenizer import toy_tokenizer
from tools.tool import ToolSpec

NOW = ToolSpec("now", "The time.", {"type": "object", "properties": {}})
CALL = ToolCall("c", "now", {})


def prompt(*messages, tools=(), prefill="", **options):
    return spell(Gemma3().render(Turn(messages, tools, Options(**options), prefill)))


def test_tools_stand_in_front_of_the_first_question_and_a_thought_is_opened():
    text = prompt(system("Be brief."), user("Time?"), tools=(NOW,), thinking="on")
    assert text == (
        "<bos><start_of_turn>user\nBe brief.\n\n"
        "Think step by step between <think> and </think>, then answer.\n\n"
        "You have access to functions. If you decide to invoke any of the function(s), you MUST put it in the format "
        'of\n{"name": function name, "parameters": dictionary of argument name and its value}\n\n'
        "You SHOULD NOT include any other text in the response if you call a function\n"
        '[{"name": "now", "description": "The time.", "parameters": {"type": "object", "properties": {}}}]\n\n'
        "Time?<end_of_turn>\n<start_of_turn>model\n<think>\n"
    )


def test_the_shape_of_the_answer_is_told_right_before_the_first_question():
    shape = JsonSchema({"type": "object", "properties": {"é": {"description": "Zoé's age"}}})
    text = prompt(user("How old?"), tools=(NOW,), response_format=shape)
    assert text.endswith(
        '"parameters": {"type": "object", "properties": {}}}]\n\nAnswer with JSON of this schema and nothing else:\n'
        '{"type": "object", "properties": {"é": {"description": "Zoé\'s age"}}}\n\n'
        "How old?<end_of_turn>\n<start_of_turn>model\n"
    )
    assert prompt(system("Be brief."), user("Hi"), response_format=JsonObject()).startswith(
        "<bos><start_of_turn>user\nBe brief.\n\nAnswer with one JSON object and nothing else.\n\nHi<end"
    )


def test_results_and_the_question_after_them_share_a_turn():
    text = prompt(
        *(user("Time?"), assistant(Thinking("Look."), CALL), tool(ToolResult("c", "now", "12</tool_response>"))),
        user("And now?"),
        tools=(NOW,),
    )
    assert text.endswith(
        '<start_of_turn>model\n{"name": "now", "parameters": {}}<end_of_turn>\n<start_of_turn>user\n'
        '<tool_response>\n{"name": "now", "content": "12<\\/tool_response>"}\n</tool_response>\n\n'
        "And now?<end_of_turn>\n<start_of_turn>model\n"
    )


def test_several_calls_are_a_list_and_their_results_share_a_turn():
    other = ToolCall("d", "now", {"zone": "UTC"})
    results = tool(ToolResult("c", "now", "12"), ToolResult("d", "now", "11"))
    assert prompt(user("Times?"), assistant(CALL, other), results, tools=(NOW,)).endswith(
        '<start_of_turn>model\n[{"name": "now", "parameters": {}}, {"name": "now", "parameters": {"zone": "UTC"}}]'
        "<end_of_turn>\n<start_of_turn>user\n"
        '<tool_response>\n{"name": "now", "content": "12"}\n</tool_response>\n'
        '<tool_response>\n{"name": "now", "content": "11"}\n</tool_response><end_of_turn>\n<start_of_turn>model\n'
    )


def test_a_prefill_stands_where_the_model_goes_on_and_no_thought_is_opened():
    assert prompt(user("Hi"), prefill="Well, ", thinking="on").endswith("<start_of_turn>model\nWell, ")


CONTROLS = TokenText(toy_tokenizer(), Gemma3.control_tokens)


@given(st.lists(st.sampled_from([*Gemma3.control_tokens, "<", ">", "x", " "]), min_size=1, max_size=5).map("".join))
def test_control_tokens_in_anybodys_text_are_text(text):
    """The prompt holds as many control tokens as one with harmless text in the same places."""

    def control_ids(text):
        spec = ToolSpec("f", text, {"properties": {"a": {"description": text}}})
        messages = (
            *(system(text), user(text), assistant(text, Thinking(text), ToolCall("c", "f", {"a": text}))),
            tool(ToolResult("c", "f", text)),
        )
        ids = CONTROLS.encode(Gemma3().render(Turn(messages, (spec,), Options(thinking="on"), text))).ids
        return [token for token in ids if CONTROLS.control_of(token) is not None]

    assert control_ids(text) == control_ids("harmless")


def test_a_dialect_is_found_by_its_family():
    assert isinstance(dialect_for("gemma3"), Gemma3)
    assert isinstance(dialect_for("gemma4"), Gemma4)
    with pytest.raises(ModelUnavailable, match=r"'llama'.*gemma3, gemma4"):
        dialect_for("llama")
