"""Speculation changes when tokens come, never which: ids, log probabilities and endings are those without it."""

import random

import pytest
import torch

from playground.engine import speculation
from playground.engine.constrain import Vocabulary
from playground.engine.engine import Engine
from playground.engine.luck import FIRST_CHANCE, Luck
from playground.engine.request import Done, Token
from playground.engine.runner import Runner
from playground.engine.speculation import StepCost
from tests.engine.asking import ask, tokens, with_picture, words
from tests.tiny_models import FAMILIES, SEEING, tiny_model, tiny_tokenizer

DETAILS = {"logprobs": True, "top_logprobs": 5, "max_tokens": 10}
SCHEMA = '{"type": "object", "properties": {"city": {"enum": ["Oslo", "Paris"]}, "days": {"type": "integer"}}, '
JSON = "start: answer\nanswer: %json " + SCHEMA + '"required": ["city", "days"], "additionalProperties": false}'
BUDGET = '{"grammars": [{"lark_grammar": "start: thought \\"end\\" /[0-9]+/\\nthought[max_tokens=6]: @thought"}, '
BUDGET += '{"name": "thought", "lark_grammar": "start: /(?s:.*)/"}]}'


def engine_for(model, family, **settings):
    vocabulary = Vocabulary(tiny_tokenizer(family).backend_tokenizer.to_str, (1, 6))
    settings = {"context_tokens": 500, "chunk_tokens": 16, "vocabulary": vocabulary, "threads": 1, **settings}
    return Engine(model, **settings)


def favourites(seed, strength=12.0):
    """A few tokens that come far more often, so that replies repeat themselves at times."""
    return dict.fromkeys(random.Random(seed).sample(range(20, 250), 3), strength)


def requests_for(family):
    """Repeating and not, greedy and sampled, with penalties, grammars, biases and stop ids."""
    start = words(40)
    requests = [
        ask(start, **DETAILS, temperature=0.0),
        ask((*start, *start), **DETAILS, logit_bias=favourites(1)),
        ask(start * 3, **DETAILS, logit_bias=favourites(2), repetition_penalty=1.1, top_k=0, top_p=1.0),
        ask(start, **DETAILS, logit_bias=favourites(3), frequency_penalty=0.5, presence_penalty=0.2),
        ask(start, **DETAILS, logit_bias=favourites(4), stop_ids={next(iter(favourites(4)))}),
        ask(start, **{**DETAILS, "max_tokens": 40}, grammar=JSON, logit_bias=favourites(5, 3.0)),
        ask(start, **DETAILS, grammar=BUDGET),
        ask(start, **DETAILS, logit_bias=favourites(6), temperature=0.5, seed=9),
    ]
    if family in SEEING:
        ids, images = with_picture(family, 20, 30)
        requests[3] = ask(ids, images=images, **DETAILS, logit_bias=favourites(3))
    return requests


def reply(outputs):
    """What must not change: tokens with their details, and the ending."""
    return [output for output in outputs if isinstance(output, Token)], outputs[-1].reason


@pytest.mark.parametrize(
    ("family", "dtype"), [*((family, torch.bfloat16) for family in FAMILIES), ("gemma3_text", torch.float32)], ids=str
)
def test_the_same_reply_comes_with_and_without_it_alone_and_beside_others(family, dtype, monkeypatch):
    monkeypatch.setattr(speculation, "MOST", 3)  # tiny models on a busy machine: fewer guesses show as much
    model, requests = tiny_model(family, dtype), requests_for(family)
    plain = engine_for(model, family, speculate="off")
    expected = [reply(list(plain.submit(request))) for request in requests]
    plain.close()
    fast = engine_for(model, family, speculate="on")
    alone = [list(fast.submit(request)) for request in requests]
    streams = [fast.submit(request) for request in requests]
    beside = [list(stream) for stream in streams]
    fast.close()
    assert [reply(outputs) for outputs in alone] == expected
    assert [reply(outputs) for outputs in beside] == expected
    timings = [outputs[-1].timing for outputs in alone]
    assert all(0 <= timing.accepted <= timing.proposed for timing in timings)
    assert sum(timing.accepted for timing in timings) > 10, "right guesses were among them"
    assert sum(timing.proposed - timing.accepted for timing in timings) > 10, "and wrong ones"


def test_right_guesses_save_steps(monkeypatch):
    steps = []
    decode = Runner.decode

    def counted(self, rows):
        steps.append(sum(len(ids) for _, ids in rows))
        return decode(self, rows)

    monkeypatch.setattr(Runner, "decode", counted)
    engine = engine_for(tiny_model("gemma3_text"), "gemma3_text", speculate="on")
    one = next(iter(favourites(1)))
    outputs = list(engine.submit(ask(words(30), max_tokens=60, logit_bias={one: 90.0})))
    engine.close()
    assert tokens(outputs) == [one] * 60
    assert len(steps) < 15
    timing = outputs[-1].timing
    assert 60 - timing.accepted == len(steps) + 1, "each step gives one token, and so does the prompt's end"


def test_what_the_grammar_leaves_no_choice_about_is_guessed():
    engine = engine_for(tiny_model("gemma3_text"), "gemma3_text", speculate="on")
    tokenizer = tiny_tokenizer("gemma3_text")
    outputs = list(engine.submit(ask(words(10), grammar='start: "it says: " /[0-9]{2}/ " and no more"', max_tokens=40)))
    engine.close()
    assert tokenizer.decode(tokens(outputs)).endswith(" and no more")
    assert outputs[-1].timing.accepted > 8


def test_it_is_off_where_a_step_of_many_ids_is_no_cheaper_than_many_steps(monkeypatch):
    monkeypatch.setattr(Runner, "batches", False)
    engine = engine_for(tiny_model("gemma3_text"), "gemma3_text")
    timing = list(engine.submit(ask(words(20) * 3, temperature=0.0, max_tokens=40)))[-1].timing
    engine.close()
    assert (timing.proposed, timing.accepted) == (0, 0)


def test_cancelling_takes_effect_within_a_step_of_several_tokens():
    engine = engine_for(tiny_model("gemma3_text"), "gemma3_text", speculate="on")
    one = next(iter(favourites(1)))
    stream = engine.submit(ask(words(10), max_tokens=300, logit_bias={one: 90.0}))
    outputs = []
    for output in stream:
        outputs.append(output)
        if len(tokens(outputs)) == 3:
            stream.cancel()
    engine.close()
    assert outputs[-1] == Done("cancelled", outputs[-1].timing)
    assert len(tokens(outputs)) < 300


def test_the_cost_of_a_further_id_is_learned_from_steps():
    cheap, dear = StepCost(), StepCost()
    source = random.Random(1)
    for _ in range(200):
        ids = source.randrange(1, 9)
        cheap.add(ids, (50 + ids) * source.uniform(0.9, 1.1))
        dear.add(ids, 50 * ids * source.uniform(0.9, 1.1))
    assert cheap.break_even(1) == pytest.approx(1 / 51, abs=0.03)
    assert cheap.break_even(8) == pytest.approx(8 / 58, abs=0.1)
    assert dear.break_even(1) > 0.6
    assert dear.break_even(8) > 0.8


def test_a_step_that_the_machine_was_busy_in_does_not_turn_everything_round():
    cost = StepCost()
    for number in range(100):
        cost.add(1 + number % 4, 50 + number % 4)
    before = cost.break_even(1)
    cost.add(1, 5000.0)
    assert cost.break_even(1) == pytest.approx(before, abs=0.1)


def test_kinds_that_are_wrong_are_left_alone_and_tried_again_later():
    luck = Luck()
    assert luck.likely("short", 0.2) >= 1
    for _ in range(10):
        luck.learn("short", False)
    assert luck.likely("short", 0.2) == 0
    assert luck.likely("long", 0.2) >= 3, "another kind is not blamed"
    waited = 0
    while luck.likely("short", 0.2) == 0:
        luck.forget("short")
        waited += 1
    assert 10 < waited < 200
    for _ in range(30):
        luck.learn("long", True)
    assert luck.likely("long", 0.2) > 16
    assert luck.likely("long", 1.0) == 0
    assert set(FIRST_CHANCE) == {"forced", "long", "medium", "short", ""}
