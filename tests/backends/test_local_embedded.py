"""The trained embedded model behind the local backend: prompts, grammar and reader on real replies."""

import json
import threading
from dataclasses import replace

import pytest

from playground.dialects.gemma3 import THINK_CLOSE
from playground.events import Finished, ThinkingDelta
from playground.grammar import Choice, JsonSchema
from playground.messages import Thinking, ToolResult, assistant, tool, user
from playground.options import Options
from playground.run_card import compare
from playground.turn import Signals, Turn
from tools.arguments import check_arguments
from tools.built_in import BUILT_IN_SPECS

TOOLS = tuple(BUILT_IN_SPECS)
BY_NAME = {spec.name: spec for spec in TOOLS}


def reply(embedded, *messages, tools=(), **options):
    defaults = {"temperature": 0, "max_tokens": 200}
    end = list(embedded.reply(Turn(messages, tools, Options(**{**defaults, **options})), threading.Event()))[-1]
    assert isinstance(end, Finished), end
    return end


def test_it_greets_and_stops_by_itself(embedded):
    end = reply(embedded, user("Hello!"))
    assert end.reason == "stop"
    assert end.messages[0].text.startswith(("Hello", "Hi"))


def test_it_remembers_an_earlier_turn(embedded):
    end = reply(embedded, user("My name is Ann."), assistant("Nice to meet you, Ann."), user("What is my name?"))
    assert "Ann" in end.messages[0].text


def test_it_calls_the_calculator_and_answers_with_the_result(embedded):
    question = user("What is 15 * 80?")
    first = reply(embedded, question, tools=TOOLS)
    assert first.reason == "tool_calls"
    (call,) = first.pending
    assert call.name == "calculator"
    check_arguments(BY_NAME[call.name], call.arguments)
    results = tool(ToolResult(call.id, call.name, "1200"))
    second = reply(embedded, question, *first.messages, results, tools=TOOLS)
    assert second.reason == "stop"
    assert "1200" in second.messages[0].text.replace(",", "")


REQUESTS = {
    "calculator": "What is 12 * 7?",
    "current_time": "What time is it in Tokyo?",
    "web_search": "Search the web for lighthouses.",
    "fetch_page": "Read https://example.com for me.",
}


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize(("asked", "temperature"), [("fitting", 0), ("fitting", 1.5), ("Hello!", 1)])
def test_a_call_that_it_is_made_to_make_is_valid_whatever_was_asked(embedded, name, asked, temperature):
    question = REQUESTS[name] if asked == "fitting" else asked
    end = reply(
        embedded, user(question), tools=TOOLS, tool_choice=Choice("named", name), temperature=temperature, seed=1
    )
    # Asked for nonsense it may go on until it is cut off, and then there is no call at all.
    assert end.reason == "tool_calls" or (asked != "fitting" and not end.pending)
    assert {call.name for call in end.pending} <= {name}
    for call in end.pending:
        check_arguments(BY_NAME[name], call.arguments)


@pytest.mark.parametrize("budget", [3, 200])
def test_it_thinks_within_its_budget_and_then_answers(embedded, budget):
    end = reply(embedded, user("What time is it in Tokyo?"), tools=TOOLS, thinking="on", thinking_tokens=budget)
    thought, *answer = end.messages[0].parts
    assert isinstance(thought, Thinking)
    assert answer
    assert end.usage.thinking_tokens <= budget + len(THINK_CLOSE)  # the end may take a token for each of its letters
    assert "think>" not in end.messages[0].text


def test_it_fills_in_a_schema(embedded):
    shape = {"type": "object", "properties": {"age": {"type": "integer", "maximum": 120}}, "required": ["age"]}
    end = reply(embedded, user("How old is Ann?"), response_format=JsonSchema(shape))
    assert json.loads(end.messages[0].text)["age"] <= 120


@pytest.mark.parametrize("after", [0, 1, 2, 3, 4, 5, 6])
def test_a_thought_that_is_ended_by_hand_is_the_one_that_its_budget_gives(embedded, after):
    """The wish comes while the thought is being written; the card names the budget, which then gives the same ids."""
    question = user("Anna has 12 apples and gives away 5. How many are left?")
    options = Options(temperature=0, max_tokens=200, thinking="on", seed=7)
    signals, thoughts, end = Signals(), 0, None
    if after == 0:
        signals.answer_now.set()
    for event in embedded.reply(Turn((question,), (), options), signals):
        thoughts += isinstance(event, ThinkingDelta)
        if thoughts == after:
            signals.answer_now.set()
        end = event
    assert isinstance(end, Finished)
    assert end.reason == "stop"
    assert end.messages[0].text.strip()
    whole = reply(embedded, question, thinking="on", seed=7)
    budget = end.card["options"]["thinking_tokens"]
    if budget is None and after:  # the engine does not wait for who reads, and a short thought was whole by then
        assert end.card["output_ids"] == whole.card["output_ids"]
        return
    assert 1 <= budget < end.usage.completion_tokens
    again = reply(embedded, question, thinking="on", thinking_tokens=budget, seed=7)
    assert again.card["output_ids"] == end.card["output_ids"]
    assert compare(end.card, again.card).identical
    assert "options" not in compare(end.card, again.card).text
    assert whole.usage.thinking_tokens >= end.usage.thinking_tokens
    if after == 0:
        assert whole.usage.thinking_tokens > end.usage.thinking_tokens


def test_a_reply_goes_on_from_any_of_its_tokens_as_it_went_the_first_time(embedded):
    turn = Turn((user("What is 48 * 17?"),), TOOLS, Options(seed=3, temperature=0.3, presence_penalty=0.1))
    first = list(embedded.reply(turn, threading.Event()))[-1]
    ids = first.card["output_ids"]
    for count in (1, len(ids) // 2, len(ids) - 1):
        again = list(embedded.reply(replace(turn, begun=tuple(ids[:count])), threading.Event()))[-1]
        assert isinstance(again, Finished), again
        assert compare(first.card, again.card).text == f"Identical: the same {len(ids)} tokens."
        assert again.pending == first.pending
        assert again.usage.completion_tokens == len(ids) - count
        assert again.usage.cached_tokens > 0


@pytest.mark.parametrize(("begun", "words"), [((0, 0), "its grammar does not allow token 0"), ("END", "ends replies")])
def test_a_beginning_that_no_reply_can_have_is_refused(embedded, begun, words):
    if begun == "END":
        begun = (embedded._tokens.id_of("<end_of_turn>"),)
    turn = Turn((user("Hi"),), TOOLS, Options(tool_choice=Choice("required")), begun=begun)
    end = list(embedded.reply(turn, threading.Event()))[-1]
    assert words in end.error.message


def test_a_trace_tells_of_each_token_how_it_was_read_and_whether_it_had_a_choice(embedded):
    calculator = (BY_NAME["calculator"],)
    turn = Turn((user("What is 48 * 17?"),), calculator, Options(seed=3, temperature=0))
    card = list(embedded.reply(turn, threading.Event()))[-1].card
    trace = embedded.trace(turn, card["prompt_ids"], card["output_ids"])
    assert trace.prompt.startswith("<bos><start_of_turn>user\n")
    assert trace.prompt.endswith("What is 48 * 17?<end_of_turn>\n<start_of_turn>model\n")
    assert json.loads(trace.output)["name"] == "calculator"
    assert [step.id for step in trace.steps] == card["output_ids"]
    assert trace.steps[-1].read == "call of calculator complete"
    by_text = {step.text: step for step in trace.steps}
    assert (by_text["calculator"].grammar, by_text["expression"].grammar) == ("forced", "forced")
    assert (by_text["48" if "48" in by_text else "4"].grammar, trace.steps[0].grammar) == ("limited", "limited")
    free = embedded.trace(Turn((user("Hi"),)), [2], embedded._tokens.encode_text("Hello"))
    assert {(step.grammar, step.read) for step in free.steps} == {("free", "text")}
