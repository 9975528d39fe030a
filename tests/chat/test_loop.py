"""The loop asks, runs tools and asks again; it ends exactly once, whatever the model, the tools or the person do."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.backends.scripted import Pause, ScriptedBackend, calls, says, thinks
from playground.chat.loop import CUT_OFF, NO_ROUNDS, STOPPED, refusal, run
from playground.chat.tool_runner import NO_MORE_CALLS, REPEATED, recorded_results
from playground.dialects.gemma3 import Gemma3
from playground.dialects.gemma4 import Gemma4
from playground.errors import CallerError, ServerError
from playground.events import CallReady, Failed, Finished, TextDelta, ToolFinished, Usage
from playground.grammar import Choice
from playground.messages import Message, Text, ToolCall, ToolResult, assistant, user
from playground.messages import system as system_message
from playground.messages import tool as tool_message
from playground.options import Options
from playground.turn import Turn
from tools.from_function import tool
from tools.from_schema import read_spec, tool_from_schema
from tools.tool import Tool

ran = []


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    ran.append((a, b))
    return a + b


@tool(timeout_s=10)
def wait(seconds: float) -> str:
    """Wait."""
    ran.append(seconds)
    time.sleep(seconds)
    return "done"


@tool(asks_first=True)
def send(text: str) -> str:
    """Send a message."""
    ran.append(text)
    return "sent"


ask_person = tool_from_schema(read_spec({"name": "ask_person", "description": "Ask the person."}), asks_first=False)
TOOLBOX = {made.spec.name: made for made in (add, wait, send, ask_person)}
SPECS = tuple(made.spec for made in TOOLBOX.values())
QUESTION = user("How much is 2 + 3?")


@pytest.fixture(autouse=True)
def _nothing_ran():
    ran.clear()


def reply(backend, *, messages=(QUESTION,), tools=SPECS, toolbox=TOOLBOX, cancel=None, options=None, **settings):
    turn = Turn(tuple(messages), tuple(tools), options or Options(), settings.pop("prefill", ""))
    return list(run(turn, backend, toolbox, cancel or threading.Event(), **settings))


def texts(messages):
    return [
        (message.role, message.text, [part.text for part in message.parts if isinstance(part, ToolResult)])
        for message in messages
    ]


def test_a_reply_without_calls_is_the_models_own():
    backend = ScriptedBackend(says("Five."))
    events = reply(backend, prefill="Fi")
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["Five."]
    assert events[-1].messages == (assistant("FiFive."),)
    assert (events[-1].reason, backend.turns[0].prefill) == ("stop", "Fi")


def test_a_call_is_run_and_its_result_is_asked_about():
    backend = ScriptedBackend([*thinks("Add."), *calls("add", {"a": 2, "b": 3})], says("It is 5."))
    events = reply(backend, prefill="x")
    (done,) = [event for event in events if isinstance(event, ToolFinished)]
    assert (done.result.text, ran) == ("5", [(2, 3)])
    assert backend.turns[1].messages == (QUESTION, backend.turns[1].messages[1], tool_message(done.result))
    assert backend.turns[1].prefill == ""
    assert texts(events[-1].messages) == [("assistant", "x", []), ("tool", "", ["5"]), ("assistant", "It is 5.", [])]
    assert [type(event) for event in events].count(Finished) == 1


def test_several_calls_of_one_reply_are_run_in_order_and_answered_together():
    both = [*calls("add", {"a": 1, "b": 1}, "c1"), *calls("add", {"a": 2, "b": 2}, "c2")]
    events = reply(ScriptedBackend(both, says("2 and 4.")))
    assert ran == [(1, 1), (2, 2)]
    assert texts(events[-1].messages)[1] == ("tool", "", ["2", "4"])


def test_errors_go_back_to_the_model_and_the_loop_goes_on():
    events = reply(
        ScriptedBackend(calls("add", {"a": "two", "b": 3}), calls("add", {"a": 2, "b": 3}, "c2"), says("5."))
    )
    wrong, right = [event.result for event in events if isinstance(event, ToolFinished)]
    assert wrong.is_error
    assert wrong.text.startswith('add was not run: argument a is "two" but must be an integer.')
    assert (right.text, events[-1].reason) == ("5", "stop")


def test_every_round_has_the_same_seed_and_the_seed_is_reported():
    backend = ScriptedBackend(calls("add", {"a": 1, "b": 2}), says("3."))
    events = reply(backend)
    seeds = {turn.options.seed for turn in backend.turns}
    assert seeds == {events[-1].seed}
    assert None not in seeds
    backend = ScriptedBackend(says("3."))
    assert reply(backend, options=Options(seed=7))[-1].seed == backend.turns[0].options.seed == 7


def test_usage_is_summed_over_the_rounds_and_counted_on_while_they_run():
    first = [
        *calls("add", {"a": 1, "b": 2}),
        Finished("tool_calls", (call_message("add", a=1, b=2),), Usage(10, 1, 5, first_token_s=0.5), 0),
    ]
    second = [
        Usage(20, 10, 1),
        TextDelta("3"),
        Finished("stop", (assistant("3"),), Usage(20, 10, 2, first_token_s=0.1), 0),
    ]
    events = reply(ScriptedBackend(first, second))
    assert [event for event in events if isinstance(event, Usage)] == [Usage(30, 11, 6, first_token_s=0.5)]
    assert events[-1].usage == Usage(30, 11, 7, first_token_s=0.5)


def call_message(name, call_id="call_1", **arguments):
    return assistant(ToolCall(call_id, name, arguments))


def test_after_the_last_round_the_model_is_told_and_must_answer():
    backend = ScriptedBackend(
        calls("add", {"a": 1, "b": 1}), calls("add", {"a": 1, "b": 2}, "c2"), says("I stop here.")
    )
    events = reply(backend, options=Options(rounds=2))
    assert [turn.options.tool_choice.mode for turn in backend.turns] == ["auto", "auto", "none"]
    assert backend.turns[2].tools == SPECS
    results = [event.result.text for event in events if isinstance(event, ToolFinished)]
    assert results == ["2", "3" + NO_MORE_CALLS]
    assert (events[-1].reason, events[-1].messages[-1].text) == ("stop", "I stop here.")


def test_a_model_that_calls_even_then_is_not_followed():
    backend = ScriptedBackend(lambda turn: calls("add", {"a": len(turn.messages), "b": 1}), repeat=True)
    events = reply(backend, options=Options(rounds=3))
    assert len(backend.turns) == 4
    assert len(ran) == 3
    assert texts(events[-1].messages)[-1] == ("tool", "", [f"add was not run: {NO_ROUNDS}"])
    assert events[-1].reason == "stop"


def test_the_same_call_in_a_later_round_is_answered_from_the_first():
    events = reply(ScriptedBackend(calls("add", {"a": 1, "b": 1}), calls("add", {"b": 1, "a": 1}, "c2"), says("2.")))
    assert ran == [(1, 1)]
    done = [event for event in events if isinstance(event, ToolFinished)]
    assert [(one.result.text, one.repeated) for one in done] == [("2", False), (REPEATED + "2", True)]


@pytest.mark.parametrize(
    ("asked", "later"),
    [
        (Choice("required"), Choice()),
        (Choice("named", "add"), Choice()),
        (Choice(), Choice()),
        (Choice("none"), Choice("none")),
    ],
)
def test_a_wish_for_a_call_holds_until_it_is_made(asked, later):
    backend = ScriptedBackend(calls("add", {"a": 1, "b": 1}), says("2."))
    reply(backend, options=Options(tool_choice=asked))
    assert [turn.options.tool_choice for turn in backend.turns] == [asked, later]


def test_a_call_that_nobody_here_can_run_ends_the_reply_as_pending():
    script = [*calls("add", {"a": 1, "b": 1}, "c1"), *calls("ask_person", {}, "c2")]
    events = reply(ScriptedBackend(script))
    finished = events[-1]
    assert (finished.reason, finished.pending) == ("tool_calls", (ToolCall("c2", "ask_person", {}),))
    assert texts(finished.messages) == [("assistant", "", []), ("tool", "", ["2"])]


def test_the_clients_own_tools_are_pending_too():
    for toolbox in ({}, {"add": Tool(add.spec, None, origin="client")}):
        finished = reply(ScriptedBackend(calls("add", {"a": 1, "b": 1})), toolbox=toolbox)[-1]
        assert [call.name for call in finished.pending] == ["add"]
    assert ran == []


def test_a_pending_call_is_resumed_with_its_result():
    first = reply(ScriptedBackend([*calls("add", {"a": 1, "b": 1}, "c1"), *calls("ask_person", {}, "c2")]))[-1]
    backend = ScriptedBackend(says("Thanks."))
    answer = tool_message(ToolResult("c2", "ask_person", "Tuesday"))
    finished = reply(backend, messages=(QUESTION, *first.messages, answer))[-1]
    assert finished.messages == (assistant("Thanks."),)
    assert backend.turns[0].messages == (QUESTION, *first.messages, answer)
    assert ran == [(1, 1)]


def test_a_tool_that_asks_first_runs_once_it_is_approved():
    first = reply(ScriptedBackend(calls("send", {"text": "hi"})))[-1]
    assert (first.reason, ran) == ("tool_calls", [])
    backend = ScriptedBackend(says("Sent."))
    events = reply(backend, messages=(QUESTION, *first.messages), approved={"call_1"})
    assert ran == ["hi"]
    assert texts(events[-1].messages) == [("tool", "", ["sent"]), ("assistant", "Sent.", [])]


def test_a_call_that_was_neither_approved_nor_answered_is_still_pending_and_the_model_is_not_asked():
    backend = ScriptedBackend()
    finished = reply(backend, messages=(QUESTION, call_message("send", text="hi")), approved={"other"})[-1]
    assert [call.name for call in finished.pending] == ["send"]
    assert backend.turns == []


def test_a_refused_call_says_so_to_the_model():
    call = ToolCall("call_1", "send", {"text": "hi"})
    backend = ScriptedBackend(says("All right."))
    reply(backend, messages=(QUESTION, assistant(call), tool_message(refusal(call))))
    (result,) = backend.turns[0].messages[-1].parts
    assert (result.is_error, ran) == (True, [])
    assert result.text == "The person refused this call. Do not make it again; go on without it."


def test_a_call_that_the_conversation_has_moved_past_gets_a_result_for_the_template():
    backend = ScriptedBackend(says("All right."))
    reply(backend, messages=(QUESTION, call_message("send", text="hi"), user("Never mind.")))
    roles = [message.role for message in backend.turns[0].messages]
    assert roles == ["user", "assistant", "tool", "user"]
    assert backend.turns[0].messages[2].parts[0].text == "This call was not answered."


def test_stop_while_the_model_writes_keeps_what_it_wrote():
    cancel = threading.Event()
    backend = ScriptedBackend([TextDelta("Well"), Pause(30), TextDelta("never")])
    threading.Timer(0.05, cancel.set).start()
    finished = reply(backend, cancel=cancel)[-1]
    assert (finished.reason, finished.messages) == ("cancelled", (assistant("Well"),))


def test_stop_while_a_tool_runs_shows_which_call_ran_and_which_did_not():
    cancel = threading.Event()
    script = [
        *calls("add", {"a": 1, "b": 1}, "c1"),
        *calls("wait", {"seconds": 5}, "c2"),
        *calls("add", {"a": 2, "b": 2}, "c3"),
    ]
    backend = ScriptedBackend(script)
    threading.Timer(0.1, cancel.set).start()
    started = time.monotonic()
    events = reply(backend, cancel=cancel)
    assert time.monotonic() - started < 2
    assert [event.result.text for event in events if isinstance(event, ToolFinished)] == [
        "2",
        "wait was stopped while it ran; what it had done by then is not known.",
        f"add was not run: {STOPPED}",
    ]
    assert (events[-1].reason, len(backend.turns)) == ("cancelled", 1)
    assert len(events[-1].messages[-1].parts) == 3


def test_stop_before_the_start_asks_nobody():
    cancel = threading.Event()
    cancel.set()
    backend = ScriptedBackend(says("never"))
    finished = reply(backend, cancel=cancel)[-1]
    assert (finished.reason, finished.messages, backend.turns) == ("cancelled", (), [])


def test_a_reply_that_is_cut_off_runs_no_more_calls_and_leaves_none_unanswered():
    call = ToolCall("c1", "add", {"a": 1, "b": 1})
    backend = ScriptedBackend([CallReady(call), Finished("length", (assistant("So", call),), Usage(), 0)])
    finished = reply(backend)[-1]
    assert (finished.reason, ran) == ("length", [])
    assert texts(finished.messages)[-1] == ("tool", "", [f"add was not run: {CUT_OFF}"])


def test_a_failure_keeps_what_was_complete():
    broken = [TextDelta("So"), Failed(ServerError("Out of memory."), (assistant("So"),))]
    events = reply(ScriptedBackend(calls("add", {"a": 1, "b": 1}), broken))
    assert isinstance(events[-1], Failed)
    assert events[-1].error.message == "Out of memory."
    assert texts(events[-1].messages) == [("assistant", "", []), ("tool", "", ["2"]), ("assistant", "So", [])]


class Raising(ScriptedBackend):
    """A backend with a fault of its own."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def reply(self, turn, cancel):
        yield TextDelta("So")
        if self.error:
            raise self.error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ZeroDivisionError("x"), "The model broke off: ZeroDivisionError('x'). The server's log says more."),
        (CallerError("Too many images."), "Too many images."),
        (None, "The model's reply ended without saying why. Try again."),
    ],
)
def test_a_backend_that_breaks_its_promise_still_ends_the_reply_once(error, said):
    events = reply(Raising(error))
    assert [type(event) for event in events] == [TextDelta, Failed]
    assert events[-1].error.message == said


def test_leaving_the_reply_early_closes_the_models():
    closed = []

    class Closing(ScriptedBackend):
        def reply(self, turn, cancel):
            try:
                yield from super().reply(turn, cancel)
            finally:
                closed.append(True)

    stream = run(Turn((QUESTION,), SPECS), Closing(says("one two three")), TOOLBOX, threading.Event())
    next(stream)
    stream.close()
    assert closed == [True]


def test_a_closed_reply_is_closed_after_its_last_event_too():
    backend = ScriptedBackend([Finished("stop", (assistant("a"),), Usage(), 0), TextDelta("after the end")])
    events = reply(backend)
    assert [type(event) for event in events] == [Finished]


@pytest.mark.parametrize("dialect", [Gemma3(), Gemma4()], ids=["gemma3", "gemma4"])
def test_a_history_with_calls_still_renders_when_tools_are_off(dialect):
    first = reply(ScriptedBackend(calls("add", {"a": 1, "b": 1}), says("2.")))[-1]
    backend = ScriptedBackend(says("You are welcome."))
    reply(backend, messages=(QUESTION, *first.messages, user("Thanks.")), tools=())
    (asked,) = backend.turns
    assert [spec.name for spec in asked.tools] == ["add"]
    assert asked.options.tool_choice == Choice("none")
    assert dialect.render(asked)


@pytest.mark.parametrize("dialect", [Gemma3(), Gemma4()], ids=["gemma3", "gemma4"])
def test_every_conversation_that_the_loop_leaves_can_be_rendered(dialect):
    both = [*calls("add", {"a": 1, "b": 1}, "c1"), *calls("send", {"text": "x"}, "c2")]
    pending = reply(ScriptedBackend(both))[-1]
    for more in ((tool_message(ToolResult("c2", "send", "ok")),), (user("Never mind."),)):
        backend = ScriptedBackend(says("Fine."))
        reply(backend, messages=(system_message("Be brief."), QUESTION, *pending.messages, *more))
        assert dialect.render(backend.turns[0])


def test_the_run_card_holds_each_turns_card_and_each_calls_result():
    first = [
        *calls("add", {"a": 1, "b": 1}),
        Finished("stop", (call_message("add", a=1, b=1),), Usage(), 0, card={"turn": 1}),
    ]
    second = [Finished("stop", (assistant("2"),), Usage(), 0, card={"turn": 2})]
    card = reply(ScriptedBackend(first, second))[-1].card
    assert card["turns"] == [{"turn": 1}, {"turn": 2}]
    assert [(call["name"], call["arguments"], call["text"]) for call in card["tool_calls"]] == [
        ("add", {"a": 1, "b": 1}, "2")
    ]
    assert card["dropped_messages"] == 0


def test_a_replay_with_recorded_results_is_the_same_reply_and_runs_nothing():
    scripts = [
        calls("add", {"a": 1, "b": 1}),
        calls("add", {"a": 1, "b": 1}, "c2"),
        calls("send", {"text": "x"}, "c3"),
        says("Done."),
    ]
    options = Options(rounds=3, seed=1)
    first = reply(ScriptedBackend(*scripts), options=options, approved={"c3"})[-1]
    assert ran == [(1, 1), "x"]
    ran.clear()
    again = reply(ScriptedBackend(*scripts), options=options, recorded=recorded_results(first.card), toolbox={})[-1]
    assert again.messages == first.messages
    assert ran == []


def test_the_oldest_exchanges_are_dropped_when_that_is_wanted_and_the_card_says_how_many():
    long = [part for n in range(40) for part in (user(f"question {n} " + "word " * 200), assistant("yes"))]
    backend = ScriptedBackend(says("Fine."))
    finished = reply(backend, messages=(*long, QUESTION), tools=(), overflow="drop_oldest")[-1]
    assert finished.card["dropped_messages"] == len(long) + 1 - len(backend.turns[0].messages) > 0
    assert backend.turns[0].messages[-1] == QUESTION
    refused = reply(ScriptedBackend(says("never")), messages=(*long, QUESTION), tools=())[-1]
    assert refused.error.code == "context_too_long"


def test_a_conversation_without_a_question_fails_as_the_backend_says():
    class Strict(ScriptedBackend):
        def reply(self, turn, cancel):
            yield Failed(CallerError("There is no user message to answer; add one."))

    assert reply(Strict(), messages=())[-1].error.message.startswith("There is no user message")


STEPS = st.sampled_from(["add", "add again", "wrong", "unknown", "send", "ask_person", "text"])


@given(st.lists(st.lists(STEPS, max_size=3), max_size=5), st.integers(1, 4), st.sets(st.sampled_from(["c0.0", "c1.0"])))
def test_any_course_of_a_reply_ends_once_and_leaves_no_call_of_ours_unanswered(course, rounds, approved):
    made = {
        "add": ("add", {"a": 1, "b": 2}),
        "add again": ("add", {"a": 1, "b": 2}),
        "wrong": ("add", {"a": None}),
        "unknown": ("nothing", {}),
        "send": ("send", {"text": "x"}),
        "ask_person": ("ask_person", {}),
    }
    scripts = [
        [
            step
            for place, kind in enumerate(kinds)
            for step in (says("word") if kind == "text" else calls(*made[kind], f"c{number}.{place}"))
        ]
        for number, kinds in enumerate(course)
    ]
    events = reply(ScriptedBackend(*scripts, says("end")), options=Options(rounds=rounds), approved=approved)
    assert sum(isinstance(event, Finished | Failed) for event in events) == 1
    finished = events[-1]
    assert isinstance(finished, Finished)
    asked = [call for message in finished.messages for call in message.calls]
    answered = [part.call_id for message in finished.messages for part in message.parts if isinstance(part, ToolResult)]
    assert sorted(answered) == sorted(call.id for call in asked if call not in finished.pending)
    assert [event.result.call_id for event in events if isinstance(event, ToolFinished)] == answered
    assert {call.name for call in finished.pending} <= {"send", "ask_person"}
    assert bool(finished.pending) == (finished.reason == "tool_calls")


def test_messages_are_values_so_a_reply_changes_none_of_the_turns_own():
    messages = (QUESTION, Message("assistant", (Text("Hm."),)), user("Go on."))
    turn = Turn(messages, SPECS)
    list(run(turn, ScriptedBackend(calls("add", {"a": 1, "b": 2}), says("3.")), TOOLBOX, threading.Event()))
    assert turn == Turn(messages, SPECS)
