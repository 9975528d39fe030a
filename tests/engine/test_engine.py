"""The engine as its callers see it: streams, cancelling, turns, the queue, what breaks and what survives."""

import gc
import itertools
import threading
import time
import weakref

import pytest
import torch

from playground.engine.constrain import Vocabulary
from playground.engine.engine import Engine
from playground.engine.request import Broken, Done, ImageSpan, Prefilled, Queued, Token
from playground.errors import CallerError, ContextTooLong, Overloaded, ServerError, UnsupportedInput
from tests.engine.asking import ask, tokens, with_picture, words
from tests.tiny_models import tiny_model, tiny_tokenizer

CHUNK = 16
CONTEXT = 300


class Gate:
    """Stands before every pass over the model: records it, lets it through one by one, breaks it on demand."""

    def __init__(self):
        self.passes: list[tuple[int, int]] = []
        """(first position, tokens) of each pass."""
        self.breaks: list[tuple[int, Exception]] = []
        """At a pass from this position, once, raise this."""
        self._open = threading.Semaphore(0)
        self._free = threading.Event()
        self._waits = False

    def open(self):
        """Let everything through from now on."""
        self._free.set()
        self._open.release()

    def let(self, passes):
        """Let this many through, and wait until the next one stands at the gate."""
        until(lambda: self._waits)
        for wanted in range(len(self.passes) + 1, len(self.passes) + passes + 1):
            self._open.release()
            until(lambda wanted=wanted: len(self.passes) == wanted and self._waits)

    def stand_before(self, runner):
        """Without kernels a runner decodes by reading too, so every pass goes through `read`."""
        read = runner.read

        def gated(cache, ids, *args):
            self._pass(cache.length, len(ids))
            return read(cache, ids, *args)

        runner.read = gated

    def _pass(self, start, count):
        if not self._free.is_set():
            self._waits = True
            self._open.acquire()
            self._waits = False
        self.passes.append((start, count))
        for number, (position, error) in enumerate(self.breaks):
            if position == start:
                del self.breaks[number]
                raise error


def until(true, seconds=20.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)


@pytest.fixture
def start():
    """Starts engines on tiny models; closes them in the end."""
    running = []

    def starting(family="gemma3_text", *, gated=False, **settings):
        model = tiny_model(family)
        gate = Gate()
        if not gated:
            gate.open()
        vocabulary = Vocabulary(tiny_tokenizer(family).backend_tokenizer.to_str, (1, 6))
        settings = {"context_tokens": CONTEXT, "chunk_tokens": CHUNK, "vocabulary": vocabulary, **settings}
        engine = Engine(model, **settings)
        gate.stand_before(engine._runner)
        running.append((engine, gate))
        return engine, gate

    yield starting
    for engine, gate in running:
        gate.open()
        engine.close()


def test_a_stream_tells_progress_then_tokens_then_how_it_ended(start):
    engine, _ = start()
    outputs = list(engine.submit(ask(words(40), max_tokens=3)))
    assert outputs[:3] == [Prefilled(16, 40, 0), Prefilled(32, 40, 0), Prefilled(40, 40, 0)]
    assert [type(output) for output in outputs[3:]] == [Token, Token, Token, Done]
    assert outputs[-1].reason == "length"


def test_timing_adds_up(start):
    engine, _ = start()
    began = time.perf_counter()
    timing = list(engine.submit(ask(words(40))))[-1].timing
    took = time.perf_counter() - began
    assert min(timing.queue_s, timing.prefill_s, timing.decode_s) >= 0
    assert timing.first_token_s == pytest.approx(timing.queue_s + timing.prefill_s)
    assert 0 < timing.first_token_s + timing.decode_s <= took


def test_a_stop_id_ends_the_reply_and_is_not_part_of_it(start):
    engine, _ = start()
    free = tokens(list(engine.submit(ask(words(10), max_tokens=8))))
    stop = free[5]
    stopped = list(engine.submit(ask(words(10), max_tokens=8, stop_ids={stop})))
    assert tokens(stopped) == free[: free.index(stop)]
    assert stopped[-1].reason == "stop"


def test_forbidden_ids_never_come(start):
    engine, _ = start()
    greedy = {"temperature": 0.0, "max_tokens": 20}
    free = tokens(list(engine.submit(ask(words(10), **greedy))))
    rest = tokens(list(engine.submit(ask(words(10), forbidden=frozenset(free[:3]), **greedy))))
    assert not set(free[:3]) & set(rest)


def test_a_grammar_shapes_the_reply_and_ends_it(start):
    engine, _ = start()
    tokenizer = tiny_tokenizer("gemma3_text")
    grammar = 'start: "{" /[0-9]{3}/ "}"'
    for seed in range(5):
        outputs = list(engine.submit(ask(words(10), grammar=grammar, max_tokens=50, seed=seed, temperature=2.0)))
        assert outputs[-1].reason == "stop"
        text = tokenizer.decode(tokens(outputs))
        assert text[0] + text[-1] == "{}"
        assert text[1:-1].isdigit()
        assert len(text) == 5


def test_log_probabilities_come_when_asked_for(start):
    engine, _ = start()
    outputs = list(engine.submit(ask(words(10), logprobs=True, top_logprobs=4, temperature=0.0)))
    for output in outputs:
        if isinstance(output, Token):
            assert output.alternatives[0] == (output.id, output.logprob)
            assert len(output.alternatives) == 4


def test_the_reply_ends_with_the_context(start):
    engine, _ = start()
    outputs = list(engine.submit(ask(words(CONTEXT - 5), max_tokens=100)))
    assert len(tokens(outputs)) == 5
    assert outputs[-1].reason == "length"


def test_a_prompt_as_long_as_the_context_is_refused_with_figures(start):
    engine, _ = start()
    with pytest.raises(ContextTooLong, match=r"307 tokens long .* context is 300.* by at least 8 tokens"):
        engine.submit(ask(words(307)))


@pytest.mark.parametrize(
    ("request_", "error", "message"),
    [
        (ask([]), CallerError, "prompt is empty"),
        (ask([20, 320]), CallerError, r"Token 320 at position 1 .* up to 319"),
        (ask([20, -1]), CallerError, "Token -1 at position 1"),
        (ask([20], logit_bias={320: 1.0}), CallerError, "Token 320 does not exist"),
        (ask([20], grammar="start: ("), CallerError, "grammar cannot be used"),
        (ask(*with_picture("gemma3", 3, 3)[:1], images=with_picture("gemma3", 3, 3)[1]), UnsupportedInput, "text only"),
    ],
)
def test_requests_that_cannot_be_served_are_refused_at_once(start, request_, error, message):
    engine, _ = start()
    with pytest.raises(error, match=message):
        engine.submit(request_)
    assert tokens(list(engine.submit(ask(words(5)))))


def test_images_out_of_place_are_refused(start):
    engine, _ = start("gemma3")
    inside = ImageSpan(2, 4, {}, "a")
    for spans in ((ImageSpan(5, 4, {}, "a"),), (inside, ImageSpan(5, 2, {}, "b")), (ImageSpan(2, 0, {}, "a"),)):
        with pytest.raises(CallerError, match="not in its place"):
            engine.submit(ask(words(8), images=spans))


def test_soft_tokens_may_have_an_id_that_the_model_lacks(start):
    engine, _ = start("gemma3")
    ids, images = with_picture("gemma3", 3, 3)
    strange = [10_000 if token == 9 else token for token in ids]
    same = [tokens(list(engine.submit(ask(prompt, images=images)))) for prompt in (ids, strange)]
    assert same[0] == same[1]


def test_a_seed_repeats_the_reply_and_another_changes_it(start):
    engine, _ = start()
    replies = [tokens(list(engine.submit(ask(words(20), seed=seed)))) for seed in (1, 1, 2, 3)]
    assert replies[0] == replies[1]
    assert len({tuple(reply) for reply in replies}) == 3


def test_noise_depends_on_the_position_so_a_reply_can_be_continued_from_its_middle(start):
    engine, _ = start()
    whole = tokens(list(engine.submit(ask(words(20), max_tokens=16))))
    rest = tokens(list(engine.submit(ask((*words(20), *whole[:6]), max_tokens=10))))
    assert rest == whole[6:]


def test_cancelling_ends_the_reply_within_one_token(start):
    engine, gate = start(gated=True)
    stream = engine.submit(ask(words(10), max_tokens=100))
    gate.let(4)
    stream.cancel()
    gate.open()
    outputs = list(stream)
    assert outputs[-1].reason == "cancelled"
    assert len(tokens(outputs)) == 4
    assert len(gate.passes) <= 5


def test_an_event_of_the_callers_cancels_too_and_is_left_alone(start):
    engine, gate = start(gated=True)
    cancel, other = threading.Event(), threading.Event()
    stream = engine.submit(ask(words(10), max_tokens=100), cancel)
    gate.let(2)
    cancel.set()
    gate.open()
    assert list(stream)[-1].reason == "cancelled"
    with engine.submit(ask(words(10)), other) as stream:
        next(stream)
    assert not other.is_set()


def test_cancelling_works_between_the_chunks_of_a_prompt(start):
    engine, gate = start(gated=True)
    stream = engine.submit(ask(words(10 * CHUNK)))
    gate.let(3)
    stream.cancel()
    gate.open()
    outputs = list(stream)
    assert outputs[-1].reason == "cancelled"
    assert outputs[-1].timing.first_token_s >= 0
    assert len(gate.passes) <= 4


@pytest.mark.parametrize("leave", ["close", "with", "drop"])
def test_leaving_a_stream_cancels_it(start, leave):
    engine, gate = start(gated=True)
    stream = engine.submit(ask(words(10), max_tokens=200))
    gate.let(3)
    if leave == "close":
        stream.close()
        assert list(stream) == []
    elif leave == "with":
        with stream:
            next(stream)
    del stream
    gc.collect()
    gate.open()
    until(lambda: engine.cache_usage().running_bytes == 0)
    assert len(gate.passes) <= 4


def test_a_cancelled_request_leaves_the_queue_though_it_never_started(start):
    engine, gate = start(gated=True, max_active=1)
    running = engine.submit(ask(words(10), max_tokens=30))
    waiting = engine.submit(ask(words(10, seed=1)))
    waiting.cancel()
    gate.let(2)
    assert [type(output) for output in waiting] == [Queued, Done]
    gate.open()
    assert len(tokens(list(running))) == 30


def test_a_long_prompt_does_not_hold_up_the_others(start):
    engine, gate = start(gated=True)
    talking = engine.submit(ask(words(8), max_tokens=40))
    gate.let(1)
    long = engine.submit(ask(words(10 * CHUNK, seed=1), max_tokens=2))
    late = engine.submit(ask(words(9, seed=2), max_tokens=2))
    gate.open()
    for stream in (talking, long, late):
        assert list(stream)[-1].reason == "length"
    reads = [number for number, (_, count) in enumerate(gate.passes) if count == CHUNK]
    assert len(reads) == 10
    between = [gate.passes[one + 1 : other] for one, other in itertools.pairwise(reads)]
    assert all(between), "each chunk of the long prompt is followed by tokens of others"
    assert [count for _, count in gate.passes].index(9) < reads[3], "the late short prompt is not behind the long one"


def test_the_queue_has_an_end(start):
    engine, gate = start(gated=True, max_active=2, max_queue=1)
    streams = [engine.submit(ask(words(5, seed=seed), max_tokens=3)) for seed in range(3)]
    with pytest.raises(Overloaded, match="1 requests are waiting already"):
        engine.submit(ask(words(5)))
    gate.open()
    outputs = [list(stream) for stream in streams]
    assert outputs[2][0] == Queued(0)
    assert [len(tokens(one)) for one in outputs] == [3, 3, 3]
    assert tokens(list(engine.submit(ask(words(5)))))


@pytest.mark.parametrize("position", [0, CHUNK, 37, 40])
def test_one_that_breaks_does_not_touch_the_others(start, position):
    """At the start, between two chunks of the prompt, at the first token, later."""
    engine, gate = start()
    others = [ask(words(length, seed=length), max_tokens=20) for length in (50, 53)]
    alone = [tokens(list(engine.submit(request))) for request in others]
    engine, gate = start(gated=True)
    streams = [engine.submit(request) for request in (ask(words(37), max_tokens=20), *others)]
    gate.breaks = [(position, RuntimeError("wires crossed"))] * 2  # once in the batch, once by itself
    if position in (0, CHUNK):
        del gate.breaks[1]
    gate.open()
    broken, *fine = [list(stream) for stream in streams]
    assert isinstance(broken[-1], Broken)
    assert isinstance(broken[-1].error, ServerError)
    assert "RuntimeError: wires crossed" in str(broken[-1].error)
    assert [tokens(outputs) for outputs in fine] == alone
    assert tokens(list(engine.submit(others[0]))) == alone[0], "and the engine goes on"


@pytest.mark.parametrize("position", [0, CHUNK, 37, 40])
@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA"), RuntimeError("DefaultCPUAllocator: can't allocate memory")], ids=str
)
def test_when_memory_runs_out_what_can_be_spared_is_freed_and_the_reply_goes_on(start, error, position):
    engine, gate = start()
    request = ask(words(37), max_tokens=8)
    expected = tokens(list(engine.submit(request)))
    engine, gate = start()
    list(engine.submit(ask(words(60, seed=9))))
    assert engine.cache_usage().prefix_bytes > 0
    gate.breaks = [(position, error)]
    assert tokens(list(engine.submit(request))) == expected


def test_when_memory_runs_out_for_good_the_reply_says_so(start):
    engine, gate = start()
    gate.breaks = [(CHUNK, torch.OutOfMemoryError("CUDA"))] * 2
    outputs = list(engine.submit(ask(words(37))))
    assert outputs[-1].error.code == "out_of_memory"
    assert "at 37 tokens" in str(outputs[-1].error)
    assert tokens(list(engine.submit(ask(words(5)))))


def test_closing_ends_all_replies_and_refuses_new_ones(start):
    engine, gate = start(gated=True, max_active=1)
    streams = [engine.submit(ask(words(5, seed=seed), max_tokens=200)) for seed in range(3)]
    gate.let(2)
    closing = threading.Thread(target=engine.close)
    closing.start()
    gate.open()
    closing.join()
    assert [list(stream)[-1].reason for stream in streams] == ["cancelled"] * 3
    assert engine.cache_usage().prefix_bytes == engine.cache_usage().running_bytes == 0
    with pytest.raises(ServerError, match="unloaded"):
        engine.submit(ask(words(5)))


def test_a_closed_engine_lets_go_of_the_model(start):
    model = tiny_model("gemma3_text")
    freed = threading.Event()
    engine = Engine(model, context_tokens=CONTEXT)
    list(engine.submit(ask(words(5))))
    weakref.finalize(model, freed.set)
    engine.close()
    del engine, model
    gc.collect()
    assert freed.is_set()


def test_an_idle_engine_uses_no_processor_time(start):
    engine, _ = start()
    list(engine.submit(ask(words(5))))
    time.sleep(0.05)
    before = time.process_time()
    time.sleep(0.5)
    assert time.process_time() - before < 0.05


def test_many_threads_may_ask_at_once(start):
    engine, _ = start(max_active=3, max_queue=100)
    request = ask(words(20), max_tokens=5)
    expected = tokens(list(engine.submit(request)))
    replies: list[list[int]] = []

    def client():
        replies.append(tokens(list(engine.submit(request))))

    threads = [threading.Thread(target=client) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replies == [expected] * 12
