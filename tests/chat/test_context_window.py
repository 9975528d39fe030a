"""A long conversation is refused with figures, or loses whole old exchanges and nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.backends.scripted import ANYTHING_GOES, ScriptedBackend
from playground.chat.context_window import fit
from playground.errors import ContextTooLong
from playground.messages import Image, ToolCall, ToolResult, assistant, system, tool, user
from playground.options import Options
from playground.turn import Turn
from tools.built_in import BUILT_IN_SPECS

CONTEXT = 1000
BACKEND = ScriptedBackend(capabilities=replace(ANYTHING_GOES, context_tokens=CONTEXT))
SYSTEM = system("Be brief.")


def words(count, number):
    return f"{number} " + "word " * (count - 1)


def chat(*lengths):
    """A conversation whose exchanges take about these many tokens each; every second one has a call in it."""
    messages = [SYSTEM]
    for number, length in enumerate(lengths):
        messages.append(user(words(length, number)))
        if number % 2:
            messages += [
                assistant(ToolCall(f"c{number}", "add", {})),
                tool(ToolResult(f"c{number}", "add", "3")),
            ]
        messages.append(assistant("Yes."))
    return tuple(messages)


def turn_of(messages, **options):
    return Turn(tuple(messages), options=Options(max_tokens=100, **options))


class Counting(ScriptedBackend):
    """Counts how often it is asked to count."""

    def __init__(self):
        super().__init__(capabilities=BACKEND.capabilities)
        self.counted = 0

    def count_tokens(self, turn):
        self.counted += 1
        return super().count_tokens(turn)


def test_a_short_conversation_passes_without_being_counted():
    backend = Counting()
    backend.capabilities = ANYTHING_GOES
    turn = turn_of([user("Hello")])
    assert fit(turn, backend, "drop_oldest").turn is turn
    assert backend.counted == 0


def test_a_conversation_that_fits_passes_unchanged():
    turn = turn_of(chat(200, 200, 200))
    for overflow in ("refuse", "drop_oldest"):
        fitted = fit(turn, BACKEND, overflow)
        assert (fitted.turn, fitted.dropped) == (turn, ())


def test_a_long_conversation_is_refused_with_figures():
    picture = Image(b"png", "image/png", 1, 1)
    turn = Turn((SYSTEM, user("word " * 900), assistant("Yes."), user(picture, "And this?")), BUILT_IN_SPECS)
    count = BACKEND.count_tokens(turn)
    with pytest.raises(ContextTooLong) as caught:
        fit(turn, BACKEND)
    assert caught.value.message == (
        f"The conversation takes {count.total:,} tokens (2 for the system prompt, {count.tools:,} "
        "for the tools, 256 for images); the model's context is 1,000, of which 1 are kept for the reply. "
        "Start a new chat, shorten it, or let the oldest messages be dropped."
    )


def test_the_oldest_exchanges_go_and_the_system_message_stays():
    messages = chat(300, 300, 300, 300)
    fitted = fit(turn_of(messages), BACKEND, "drop_oldest")
    assert fitted.turn.messages == (SYSTEM, *messages[-len(fitted.turn.messages) + 1 :])
    assert fitted.turn.messages[1].role == "user"
    assert fitted.dropped == messages[1 : 1 + len(fitted.dropped)]
    assert BACKEND.count_tokens(fitted.turn).total <= CONTEXT - 100


def test_what_is_dropped_stays_the_same_for_several_turns_so_that_the_cache_holds():
    starts = []
    for count in range(8, 24):
        fitted = fit(turn_of(chat(*[100] * count)), BACKEND, "drop_oldest")
        starts.append(fitted.turn.messages[1].text.split()[0])
    # Dropping one exchange at a time would give 15 different beginnings.
    assert len(set(starts)) <= 8


def test_a_last_exchange_that_is_too_long_alone_is_refused_with_its_own_figures():
    with pytest.raises(
        ContextTooLong, match=r"takes 9\d\d tokens .* of which 100 are kept.*The last message and its results alone"
    ):
        fit(turn_of(chat(300, 940)), BACKEND, "drop_oldest")


def test_room_for_a_reply_is_never_more_than_a_quarter_of_the_context():
    turn = Turn(chat(700), options=Options(max_tokens=100_000))
    assert fit(turn, BACKEND, "drop_oldest").dropped == ()


def test_counting_is_done_few_times_however_long_the_conversation():
    backend = Counting()
    fit(turn_of(chat(*[20] * 500)), backend, "drop_oldest")
    assert backend.counted <= 14


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30))
def test_whatever_is_dropped_is_whole_oldest_exchanges_and_the_rest_fits(lengths):
    messages = chat(*lengths)
    turn = turn_of(messages)
    try:
        fitted = fit(turn, BACKEND, "drop_oldest")
    except ContextTooLong:
        assert BACKEND.count_tokens(turn_of(chat(lengths[-1]))).total > CONTEXT - 110
        return
    assert (SYSTEM, *fitted.dropped, *fitted.turn.messages[1:]) == messages
    assert BACKEND.count_tokens(fitted.turn).total <= CONTEXT - 100
    assert not fitted.dropped or fitted.turn.messages[1].role == "user"
    assert fitted.turn.messages[-2:] == messages[-2:]
