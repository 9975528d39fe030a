"""A replayed reply of the embedded model taken apart, and conversations that go on from its tokens."""

import threading

import pytest

from playground.backends.scripted import ScriptedBackend
from playground.chat.loop import run
from playground.chat.recording import changed, read_recording, record, replay
from playground.errors import CallerError
from playground.events import Finished, TokenDetail
from playground.images import read_kept_image
from playground.messages import system, user
from playground.options import Options
from playground.turn import Turn
from playground.ui.inside import token_view
from playground.ui.inside.look import fork_at, look_into
from tools.calculator import calculator

TOOL = calculator()


def replayed(embedded, recording):
    events = list(replay(recording, embedded, threading.Event(), {"logprobs": True, "top_logprobs": 3}))
    return events[-1], [event for event in events if isinstance(event, TokenDetail)]


def written(embedded, turn):
    end = list(run(turn, embedded, {"calculator": TOOL}, threading.Event()))[-1]
    assert isinstance(end, Finished), end
    return read_recording(record(turn, end), read_kept_image)


@pytest.fixture(scope="module")
def look(embedded):
    asked = (system("Be brief"), user("What is 48 * 17?"))
    recording = written(embedded, Turn(asked, (TOOL.spec,), Options(seed=3, temperature=0)))
    end, details = replayed(embedded, recording)
    return look_into(changed(recording, {}), end.messages, details, embedded)


def test_every_token_has_its_probability_and_stands_where_it_was_read(look):
    assert len(look.turns) == 2
    for turn in look.turns:
        assert [detail.id for detail in turn.details] == list(turn.output_ids)
    assert "".join(step.text for step in look.turns[1].trace.steps) == look.messages[-1].text
    assert "&quot;others&quot;" in token_view.tokens(look)
    assert "The arguments fit the tool&#x27;s schema." in token_view.calls(look)
    assert "&lt;start_of_turn&gt;model" in token_view.raw(look)


def test_another_token_leads_to_another_call_with_exactly_the_tokens_before_it(embedded, look):
    first = look.turns[0]
    at = next(place for place, step in enumerate(first.trace.steps) if step.text in {"4", "48"})
    other = first.details[at].alternatives[1]
    fork = fork_at(look, 0, at, other.id)
    assert [exchange.question.text for exchange in fork.transcript.exchanges] == ["What is 48 * 17?"]
    assert fork.transcript.exchanges[0].answer == ()
    again = written(embedded, fork.turn)
    assert tuple(again.card["turns"][0]["output_ids"][: at + 1]) == (*first.output_ids[:at], other.id)
    assert again.card["tool_calls"][0]["arguments"] != look.messages[0].calls[0].arguments
    end, details = replayed(embedded, again)
    assert end.card["turns"][0]["output_ids"] == again.card["turns"][0]["output_ids"]
    inside = look_into(again, end.messages, details, embedded)
    assert inside.turns[0].details[: at + 1] == (None,) * (at + 1)
    assert None not in inside.turns[0].details[at + 1 :]
    assert "given, not chosen" in token_view.tokens(inside)


def test_a_fork_after_a_tool_call_keeps_the_call_and_its_result(embedded, look):
    second = look.turns[1]
    fork = fork_at(look, 1, 0, second.output_ids[0])
    [exchange] = fork.transcript.exchanges
    assert [message.role for message in exchange.answer] == ["assistant", "tool"]
    end = list(run(fork.turn, embedded, {"calculator": TOOL}, threading.Event()))[-1]
    assert tuple(end.card["turns"][0]["output_ids"]) == second.output_ids


@pytest.mark.parametrize(("number", "at", "token"), [(0, 999, 5), (7, 0, 5), (0, -1, 5), (None, 0, 5), (0, 0, "5")])
def test_a_place_that_is_not_there_is_refused(look, number, at, token):
    with pytest.raises(CallerError, match=r"is none of them|There is no token"):
        fork_at(look, number, at, token)


def test_a_model_that_tells_no_tokens_is_not_looked_into(look):
    with pytest.raises(CallerError, match="scripted tells nothing of single tokens"):
        look_into(look.recording, look.messages, [], ScriptedBackend())
