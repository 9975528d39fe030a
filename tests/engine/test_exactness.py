"""The same request gives the same reply, bit for bit: alone, beside others, cold, warm, after a restart.

Compared are the ids and, as floats without tolerance, the log probabilities of 20 alternatives at each position.
"""

import time

import pytest
import torch

from playground.engine import chunks
from playground.engine.chunks import split
from playground.engine.engine import Engine
from playground.engine.quantised import quantise
from playground.engine.request import Done, Token
from tests.engine.asking import ask, tokens, with_picture, words
from tests.tiny_models import FAMILIES, SEEING, tiny_model

CHUNK = 16
DTYPES = [torch.float32, torch.bfloat16]
DETAILS = {"logprobs": True, "top_logprobs": 20, "max_tokens": 5}


def engine_for(model, **settings):
    return Engine(model, context_tokens=400, chunk_tokens=CHUNK, **settings)


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch):
    """Lets chunks end at seams though they are short."""
    monkeypatch.setattr(chunks, "LEAST", 5)


def requests_for(family):
    """Eight of different lengths and options; the first five start alike, two of those that see hold a picture."""
    start = words(2 * CHUNK + 3)
    requests = [
        ask(start, **DETAILS, temperature=0.0),
        ask((*start, *words(CHUNK, seed=1)), **DETAILS),
        ask((*start, *words(40, seed=2)), **DETAILS, top_k=0, top_p=1.0, seams=(7, 23, 28, 50, 60)),
        ask((*start[:20], *words(30, seed=3)), **DETAILS, repetition_penalty=1.2),
        ask((*start, *words(61, seed=4)), **DETAILS, seed=6, frequency_penalty=0.5, seams=(7, 23, 28, 45)),
        ask(words(CHUNK, seed=5), **DETAILS, min_p=0.05),
        ask(words(3 * CHUNK, seed=6), **DETAILS),
        ask(words(1, seed=7), **DETAILS, temperature=2.0),
    ]
    if family in SEEING:
        for place, before in ((2, CHUNK - 2), (6, 2 * CHUNK)):
            ids, images = with_picture(family, before, 30)
            requests[place] = ask(ids, images=images, **DETAILS)
    return requests


def reply(outputs):
    return [output for output in outputs if isinstance(output, Token)]


def one_by_one(engine, requests):
    return [list(engine.submit(request)) for request in requests]


def all_at_once(engine, requests):
    streams = [engine.submit(request) for request in requests]
    return [list(stream) for stream in streams]


def cached(outputs):
    assert isinstance(outputs[-1], Done)
    return outputs[-1].timing.cached


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("family", FAMILIES)
def test_company_and_cache_change_nothing(family, dtype):
    model, requests = tiny_model(family, dtype), requests_for(family)
    cold = []
    for request in requests:
        engine = engine_for(model, cache_bytes=0)
        cold.append(reply(engine.submit(request)))
        engine.close()
    ways = {}
    engine = engine_for(model)
    ways["beside seven others"] = all_at_once(engine, requests)
    ways["warm"] = one_by_one(engine, requests)
    ways["warm, beside others"] = all_at_once(engine, requests[::-1])[::-1]
    block = engine.cache_usage().prefix_bytes // engine.cache_usage().prefix_chunks
    engine.close()
    engine = engine_for(model, cache_bytes=4 * block, max_active=3)
    ways["with a small cache and a queue"] = all_at_once(engine, requests[4:] + requests)[4:]
    assert engine.cache_usage().prefix_bytes <= 4 * block
    engine.close()
    for way, outputs in ways.items():
        for number, expected in enumerate(cold):
            assert reply(outputs[number]) == expected, f"request {number}, {way}"
    assert [cached(outputs) for outputs in ways["warm"]] == [
        split(request.prompt_ids, request.images, CHUNK, request.seams)[-1].start for request in requests
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_growing_chat_reads_only_what_is_new_and_answers_the_same(family):
    """Replies are read again as part of the next prompt: what single steps computed is never reused."""
    model, before = tiny_model(family, torch.bfloat16), 0
    warm = engine_for(model)
    ids, images = with_picture(family, 5, 20) if family in SEEING else (words(30), ())
    for turn in range(3):
        request = ask(ids, images=images, **{**DETAILS, "max_tokens": 20})
        outputs = list(warm.submit(request))
        cold = engine_for(model, cache_bytes=0)
        assert reply(outputs) == reply(cold.submit(request)), f"turn {turn}"
        cold.close()
        assert cached(outputs) > before - CHUNK
        before = len(ids)
        ids = (*ids, *tokens(outputs), *words(9, seed=turn))
    warm.close()


def test_a_warm_image_is_not_encoded_again_and_another_picture_is_not_taken_for_it():
    model = tiny_model("gemma3")
    engine = engine_for(model)
    ids, images = with_picture("gemma3", 5, 40)
    _, others = with_picture("gemma3", 5, 40, seed=1)
    first, again, other = (list(engine.submit(ask(ids, images=shown, **DETAILS))) for shown in (images, images, others))
    assert reply(first) == reply(again) != reply(other)
    assert cached(again) > CHUNK
    assert cached(other) == 0
    assert other[-1].timing.miss.startswith("another picture stands at token 5")
    assert engine._runner.images.runs == 2
    assert min(one[-1].timing.image_s for one in (first, other)) > 0
    assert again[-1].timing.image_s == 0
    engine.close()


def test_the_miss_is_explained():
    engine = engine_for(tiny_model("gemma3_text"))
    prompt = words(60)
    asked = [prompt, (*prompt, 30, 31), (*prompt[:40], 99, *prompt[41:])]
    notes = [list(engine.submit(ask(ids)))[-1].timing.miss for ids in asked]
    assert notes == [
        "first message",
        "the prompt is new from token 60 on, and only whole chunks are reused",
        "a message was edited or left out, or another chat begins, at token 40, and only whole chunks are reused",
    ]
    engine.close()


def test_cache_usage_is_what_is_allocated():
    model = tiny_model("gemma3_text")
    engine = engine_for(model, cache_bytes=10**6)
    list(engine.submit(ask(words(5 * CHUNK + 1))))
    usage = engine.cache_usage()
    config = model.config
    per_token = config.num_hidden_layers * 2 * config.num_key_value_heads * config.head_dim * 4
    assert (usage.prefix_chunks, usage.prefix_bytes) == (5, 5 * CHUNK * per_token)
    assert usage.prefix_budget_bytes == 10**6
    assert usage.running_bytes == 0
    engine.close()


def wait_until_read_ahead(engine):
    until = time.monotonic() + 60
    while not engine._read_ahead.is_idle:
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("bits", [None, "int8", "int4"])
def test_what_a_replys_steps_computed_is_taken_over_and_nothing_of_it_is_read_again(bits):
    model = tiny_model("gemma3_text", torch.bfloat16)
    if bits:
        quantise(model, bits)
    cold, warm = engine_for(model, cache_bytes=0), engine_for(model)
    question, end = words(70), (1, 2)  # 222 tokens with the reply, at the end of a chunk
    stream = warm.submit(ask(question, max_tokens=150, seams=(7, 30)))
    written = tokens(stream)
    read = []
    reader, warm._runner.read = warm._runner.read, lambda cache, ids, images=(): read.append(ids) or reader(cache, ids)
    following = (*question, *written, *end)
    seams = (7, 30, len(following))
    warm.read_ahead(lambda: ask((*following, 9), seams=seams), stream)
    wait_until_read_ahead(warm)
    if warm._runner.reads_as_it_writes:
        assert read == [(written[-1], *end)]
    else:  # bfloat16 that has to be widened
        assert sum(map(len, read)) > len(written)
    request = ask((*following, *words(9, seed=1)), **DETAILS, seams=seams)
    outputs = list(warm.submit(request))
    assert reply(outputs) == reply(cold.submit(request))
    assert cached(outputs) == len(following)
    assert stream.take_past() is None
    cold.close()
    warm.close()


def test_a_prompt_read_ahead_starts_warm_and_answers_the_same():
    model = tiny_model("gemma3_text", torch.bfloat16)
    cold, warm = engine_for(model, cache_bytes=0), engine_for(model)
    history, question = words(70), words(9, seed=1)
    seams = (7, 30, 70)
    warm.read_ahead(lambda: ask((*history, 99), seams=seams))
    warm.read_ahead(lambda: 1 // 0)
    wait_until_read_ahead(warm)
    request = ask((*history, *question), **DETAILS, seams=seams)
    outputs = list(warm.submit(request))
    assert reply(outputs) == reply(cold.submit(request))
    assert cached(outputs) == 70
    assert warm.cache_usage().running_bytes == 0
    cold.close()
    warm.close()
