"""A reply that is written whether or not somebody watches, and watched at the pace of a page."""

import threading
import time

import pytest

from playground.errors import CallerError
from playground.events import TextDelta
from playground.turn import Signals
from playground.ui.running_reply import RunningReplies, RunningReply


def words(reply) -> str:
    return reply.look(lambda grown: "".join(segment.text for segment in grown.segments))


def watched(reply) -> str:
    for _ in reply.watch():
        pass
    return words(reply)


def test_everything_comes_in_few_looks():
    signals = Signals()
    reply = RunningReply((TextDelta(f"{number} ") for number in range(1000)), signals, "model")
    looks = sum(1 for _ in reply.watch())
    assert words(reply).split() == [str(number) for number in range(1000)]
    assert looks < 50


def test_the_first_word_is_not_held_back():
    go_on = threading.Event()

    def events():
        yield TextDelta("first")
        go_on.wait(20)
        yield TextDelta(" second")

    reply = RunningReply(events(), Signals(), "model")
    looks = reply.watch(heartbeat_s=20)
    next(looks)
    assert words(reply) == "first"
    go_on.set()
    list(looks)
    assert words(reply) == "first second"


def test_silence_still_yields_so_that_a_closed_tab_is_noticed():
    end = threading.Event()

    def events():
        end.wait(20)
        yield TextDelta("late")

    looks = (reply := RunningReply(events(), Signals(), "model")).watch(heartbeat_s=0.01)
    next(looks)
    next(looks)
    assert words(reply) == ""
    end.set()
    assert watched(reply) == "late"


def test_a_watcher_that_comes_back_sees_all_that_was_written_meanwhile():
    step = threading.Semaphore(1)

    def events():
        for number in range(3):
            step.acquire(timeout=20)
            yield TextDelta(f"{number} ")

    reply = RunningReply(events(), Signals(), "model")
    first = reply.watch()
    next(first)
    first.close()
    step.release(2)
    assert watched(reply) == "0 1 2 "


def test_a_reply_that_nobody_watches_is_given_up_and_what_was_written_stays():
    signals = Signals()

    def events():
        yield TextDelta("written")
        assert signals.wait(20)

    reply = RunningReply(events(), signals, "model", unwatched_s=0.05)
    looks = reply.watch(heartbeat_s=0.01)
    next(looks)
    time.sleep(0.2)  # watched, so it goes on for longer than it would without
    assert not signals.is_set()
    looks.close()
    assert signals.wait(20)
    assert watched(reply) == "written"


@pytest.mark.parametrize(
    ("error", "said"), [(CallerError("too long"), "too long"), (OSError("broken"), "The reply broke off")]
)
def test_an_error_ends_the_reply_behind_what_came_before_it(error, said):
    def events():
        yield TextDelta("a")
        raise error

    reply = RunningReply(events(), Signals(), "model")
    assert watched(reply) == "a"
    assert said in reply.look(lambda grown: grown.failed.error.message)


def test_replies_are_found_by_their_id_alone_and_forgotten_after_a_while():
    replies = RunningReplies(kept_s=0.05)
    mine = replies.new_id()
    reply = replies.start(mine, [TextDelta("a")], Signals(), "model")
    assert replies.find(mine) is reply
    assert replies.find(replies.new_id()) is None
    watched(reply)
    deadline = time.monotonic() + 20
    while replies.find(mine) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def one_that_waits(replies):
    """A reply that says "end" once it is stopped."""
    signals = Signals()

    def events():
        signals.wait(20)
        yield TextDelta("end")

    return replies.start(replies.new_id(), events(), signals, "model")


def test_the_servers_end_ends_every_reply():
    replies = RunningReplies()
    reply = one_that_waits(replies)
    seen = []
    watcher = threading.Thread(target=lambda: seen.append(watched(reply)))
    watcher.start()
    for _ in reply.watch():  # as soon as there are watchers
        break
    replies.stop_all(patience_s=20)
    assert watched(reply) == "end"
    watcher.join(20)
    assert seen == ["end"]


def test_the_servers_end_waits_for_who_watches_a_reply_but_not_for_ever():
    replies = RunningReplies()
    reply = one_that_waits(replies)
    looks = reply.watch(heartbeat_s=0.01)
    next(looks)
    began = time.monotonic()
    replies.stop_all(patience_s=0.5)
    assert time.monotonic() - began >= 0.5  # this watcher does not look again
    looks.close()
    assert words(reply) == "end"
