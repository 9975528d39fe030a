"""Replies from a borrowed GPU: the fake `spaces` package forks as the real one does, and the models are real."""

import importlib
import json
import os
import pickle
import signal
import sys
import threading
import urllib.request
from pathlib import Path

import gradio as gr
import pytest

from playground import errors
from playground.backends import zero_gpu
from playground.backends.zero_gpu import ZeroGpuBackend, lender
from playground.events import Failed, Finished, TextDelta, Usage
from playground.messages import Image, Message, user
from playground.options import Options
from playground.turn import Turn
from tests.backends.tiny import load_tiny
from tests.embedded import embedded_backend
from tests.test_app import start

FAKE = Path(__file__).parent / "fake_spaces"
LONG = Turn((user("hello"),), options=Options(max_tokens=3000, seed=3))
"""A random model goes on to the end of it."""

pytestmark = [
    pytest.mark.timeout(180),
    # The real package forks a process with threads as well, whatever Python 3.12 says to that.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


@pytest.fixture
def spaces(monkeypatch):
    monkeypatch.syspath_prepend(str(FAKE))
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setattr(gr.Blocks, "launch", gr.Blocks.launch)  # the package puts its own there
    package = importlib.import_module("spaces")
    yield package
    while package.workers:
        package.workers.pop().end()
    del sys.modules["spaces"]


@pytest.fixture
def lent(spaces):
    backend = ZeroGpuBackend(embedded_backend(), lender())
    yield backend
    backend.close()


@pytest.fixture
def tiny(spaces, tmp_path):
    backend = ZeroGpuBackend(load_tiny("gemma3_text", tmp_path), lender())
    yield backend
    backend.close()


def ask(backend, text="Hello!", **options):
    return list(backend.reply(Turn((user(text),), options=Options(**options)), threading.Event()))


def test_a_borrowed_gpu_writes_the_same_ids_and_no_engine_runs_here(lent, spaces):
    engines = {thread for thread in threading.enumerate() if thread.name == "engine"}
    *events, there = ask(lent, "Tell me a story.", seed=7)
    assert {thread for thread in threading.enumerate() if thread.name == "engine"} <= engines
    assert spaces.workers[0].process.pid != os.getpid()
    plain = embedded_backend()
    *expected, here = ask(plain, "Tell me a story.", seed=7)
    plain.close()
    assert isinstance(there, Finished)
    assert events == expected
    assert there.card["output_ids"] == here.card["output_ids"] != []
    assert (there.messages, there.reason, there.seed) == (here.messages, here.reason, 7)


def test_replies_in_a_row_share_a_process_and_one_after_its_end_gets_another(lent, spaces):
    ends = [ask(lent, seed=1)[-1], ask(lent, seed=1)[-1]]
    (first,) = spaces.workers
    spaces.workers.pop().end()
    ends.append(ask(lent, seed=1)[-1])
    assert spaces.workers[0].process.pid != first.process.pid
    assert len({tuple(end.card["output_ids"]) for end in ends}) == 1


def test_a_used_process_remembers_the_prompt(tiny, spaces):
    prompt = "word " * 300
    cached = [ask(tiny, prompt, max_tokens=4, seed=1)[-1].usage.cached_tokens for _ in range(2)]
    assert cached[0] == 0 < cached[1]
    spaces.workers.pop().end()
    assert ask(tiny, prompt, max_tokens=4, seed=1)[-1].usage.cached_tokens == 0


def test_two_replies_at_a_time_have_a_process_each(lent, spaces):
    one, two = (lent.reply(Turn((user("Hello!"),), options=Options(seed=1)), threading.Event()) for _ in "12")
    events = [event for pair in zip(one, two, strict=True) for event in pair]
    assert isinstance(events[-1], Finished)
    assert len(spaces.workers) == 2


def test_a_cancel_ends_the_reply_within_a_few_tokens_and_keeps_what_was_said(tiny, spaces):
    cancel = threading.Event()
    said = []
    for event in tiny.reply(LONG, cancel):
        if isinstance(event, TextDelta):
            said.append(event.text)
            if len(said) == 5:
                cancel.set()
    assert isinstance(event, Finished)
    assert event.reason == "cancelled"
    assert event.messages[0].text == "".join(said)
    assert event.seed == 3
    assert event.usage.completion_tokens < 1000
    assert len(spaces.workers) == 1


def test_a_cancel_before_the_start_borrows_nothing(tiny, spaces):
    cancel = threading.Event()
    cancel.set()
    before = len(spaces.asked)
    assert list(tiny.reply(LONG, cancel)) == [Finished("cancelled", (), Usage(), 3)]
    assert len(spaces.asked) == before


def test_a_reply_that_nobody_reads_on_is_ended_and_the_next_one_is_whole(tiny, spaces):
    events = tiny.reply(LONG, threading.Event())
    while not isinstance(next(events), TextDelta):
        pass
    events.close()
    assert ask(tiny, max_tokens=20, seed=1)[-1].usage.completion_tokens == 20
    assert len(spaces.workers) == 1


def test_a_reply_whose_time_is_up_ends_as_too_long_with_what_was_said(tiny, monkeypatch):
    monkeypatch.setattr(zero_gpu, "MOST_S", zero_gpu.MOVE_S)
    *_, end = tiny.reply(LONG, threading.Event())
    assert isinstance(end, Finished)
    assert end.reason == "length"
    assert end.usage.completion_tokens < 3000


def test_a_fault_of_the_request_arrives_with_its_words_code_and_field(tiny):
    picture = Image(b"", "image/png", 1, 1)
    (end,) = tiny.reply(Turn((Message("user", (picture,)),)), threading.Event())
    assert isinstance(end.error, errors.UnsupportedInput)
    assert (end.error.code, end.error.param) == ("unsupported_input", "messages")
    assert "tiny reads text only" in end.error.message


def test_a_quota_that_is_used_up_is_told_with_what_to_do(tiny, spaces, monkeypatch):
    monkeypatch.setitem(spaces.quota, "left", 5)
    (end,) = ask(tiny)
    assert isinstance(end, Failed)
    assert isinstance(end.error, errors.ServerError)
    assert end.error.code == "gpu_unavailable"
    assert "You have exceeded your free ZeroGPU quota" in end.error.message
    assert "Try again in 0:12:34. Try again later, or with a smaller max_tokens" in end.error.message


def test_a_process_that_is_ended_in_mid_reply_is_told_and_the_next_reply_has_another(tiny, spaces):
    ask(tiny, max_tokens=2)
    pid = spaces.workers[0].process.pid
    events = tiny.reply(LONG, threading.Event())
    next(events)
    os.kill(pid, signal.SIGKILL)
    *_, end = events
    assert isinstance(end, Failed)
    assert "ZeroGPU worker error: GPU task aborted." in end.error.message
    assert isinstance(ask(tiny, max_tokens=2)[-1], Finished)


def test_counting_tokens_borrows_nothing(lent, spaces):
    before = len(spaces.asked)
    assert lent.count_tokens(Turn((user("Hello!"),))).total > 0
    assert len(spaces.asked) == before


def test_the_gpu_is_borrowed_for_the_longest_reply_at_the_measured_speed(tiny, spaces):
    def seconds(max_tokens):
        return tiny.seconds(Turn((), options=Options(max_tokens=max_tokens)))

    assert seconds(1) == 15
    assert seconds(100_000) == 120
    before = seconds(2000)
    ask(tiny, max_tokens=120, seed=1)
    assert spaces.asked[-1] == 16
    assert seconds(2000) < before  # the tiny model writes faster than was assumed


def every_error(base=errors.PlaygroundError):
    return [base, *(error for child in base.__subclasses__() for error in every_error(child))]


@pytest.mark.parametrize("kind", [kind for kind in every_error() if kind.__module__ == errors.__name__])
def test_errors_survive_the_way(kind):
    for error in (kind("It is 5."), kind("It is 5.", code="five", param="number")):
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is kind
        assert (copy.message, str(copy), copy.code, copy.param) == ("It is 5.", "It is 5.", error.code, error.param)


def test_nothing_is_lent_outside_a_zerogpu_space(monkeypatch):
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", None)
    assert lender() is None  # without the package
    monkeypatch.delitem(sys.modules, "spaces")
    monkeypatch.syspath_prepend(str(FAKE))
    monkeypatch.setenv("SPACES_ZERO_GPU", "")
    assert lender() is None  # a Space with other hardware has the package too


@pytest.mark.thorough
def test_the_app_on_a_zerogpu_space_borrows_for_each_reply(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(FAKE))
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setenv("FAKE_ZERO_GPU_LEFT", "20")
    process = start("--model", "embedded", "--port", "0", "--threads", "1")
    line = process.stdout.readline()
    assert line.startswith("Gemma Playground answers at"), process.communicate()
    replies = [chat(line.split()[-1], max_tokens) for max_tokens in (20, 100_000)]
    process.terminate()
    output, errors = process.communicate(timeout=60)
    assert '"done": true' in replies[0]
    assert "You have exceeded your free ZeroGPU quota" in replies[1]
    assert (process.returncode, output) == (0, "")
    assert "Traceback" not in errors


def chat(address, max_tokens):
    body = json.dumps({"message": "Hello!", "max_tokens": max_tokens}).encode()
    request = urllib.request.Request(f"{address}/gradio_api/call/v2/chat", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        number = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{address}/gradio_api/call/chat/{number}") as answer:
        return answer.read().decode()
