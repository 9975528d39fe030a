"""Every sampling rule against a slow reference written out here, and the draws against the odds they should have."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from playground.engine.noise import gumbel
from playground.engine.sampling import Row, _likeliest, sample
from playground.errors import ServerError
from playground.options import Options

VOCAB = 40
FILTERS = [
    {},
    {"top_k": 1},
    {"top_k": 5},
    {"top_k": 1000},
    {"top_p": 0.0},
    {"top_p": 0.3},
    {"top_p": 0.9},
    {"min_p": 0.2},
    {"min_p": 1.0},
    {"temperature": 0.5},
    {"temperature": 2.0},
    {"temperature": 0.01},
    {"top_k": 7, "top_p": 0.8},
    {"top_k": 12, "min_p": 0.1},
    {"top_p": 0.9, "min_p": 0.05, "temperature": 1.5},
    {"top_k": 20, "top_p": 0.95, "min_p": 0.02, "temperature": 0.7},
]


def options(**changes):
    return Options(**{"temperature": 1.0, "top_k": 0, "top_p": 1.0, "seed": 3, **changes})


def logits_of(count=VOCAB, spread=2.0, seed=0):
    return spread * torch.randn(count, generator=torch.Generator().manual_seed(seed))


def odds(scores: list[float], chosen: Options) -> list[float]:
    """The reference: probabilities after temperature and filters, step by step, over the whole vocabulary."""
    best = max(scores)
    weights = [math.exp((score - best) / chosen.temperature) for score in scores]
    if chosen.top_k:
        limit = sorted(weights, reverse=True)[min(chosen.top_k, len(weights)) - 1]
        weights = [weight if weight >= limit else 0.0 for weight in weights]
    total, passed, limit = sum(weights), 0.0, max(weights)
    for weight in sorted(weights, reverse=True):
        if weight == 0 or (passed >= chosen.top_p * total and chosen.top_p < 1):
            break
        passed, limit = passed + weight, weight
    limit = max(limit, chosen.min_p * max(weights))
    weights = [weight if weight >= limit * (1 - 1e-12) else 0.0 for weight in weights]
    return [weight / sum(weights) for weight in weights]


def draw(logits, chosen, position=0, **row):
    """One id for one row."""
    state = Row(chosen, row.get("prompt", ()), position, row.get("forbidden", ()))
    for token in row.get("reply", ()):
        state.accept(token)
    state.position = position
    return sample(logits[None].clone(), [state], [row.get("allowed")])[0].id


def adjusted(logits, chosen, **row):
    """Scores after penalties, bias and masks."""
    state = Row(chosen, row.get("prompt", ()), 0, row.get("forbidden", ()))
    for token in row.get("reply", ()):
        state.accept(token)
    scores = logits.clone()
    state.adjust(scores, row.get("allowed"))
    return scores


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_draws_follow_the_odds_that_the_rules_leave(filters):
    logits, chosen, count = logits_of(), options(**filters), 3000
    expected = odds(logits.tolist(), chosen)
    drawn = Counter(draw(logits, chosen, position) for position in range(count))
    assert all(expected[token] > 0 for token in drawn)
    likely = [token for token in range(VOCAB) if expected[token] * count >= 5]
    rest = 1 - sum(expected[token] for token in likely)
    groups = [(drawn[token], expected[token] * count) for token in likely]
    if rest * count >= 5:
        groups.append((count - sum(drawn[token] for token in likely), rest * count))
    chi_square = sum((seen - wanted) ** 2 / wanted for seen, wanted in groups)
    freedom = len(groups) - 1
    assert chi_square <= freedom + 4 * math.sqrt(2 * freedom) + 1e-9


@pytest.mark.parametrize("filters", FILTERS, ids=str)
def test_the_draw_is_the_best_of_scores_and_noise_among_what_the_filters_leave(filters):
    chosen = options(**filters)
    for position in range(100):
        logits = logits_of(seed=position)
        expected = np.log(np.maximum(odds(logits.tolist(), chosen), 1e-300))
        expected[expected < -600] = -np.inf
        winner = int(np.argmax(expected + gumbel(3, position, np.arange(VOCAB))))
        assert draw(logits, chosen, position) == winner


@pytest.mark.parametrize("spread", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("filters", [{}, {"top_p": 0.5}, {"top_p": 0.999}, {"min_p": 0.01}, {"top_k": 600}], ids=str)
def test_a_large_vocabulary_is_cut_without_changing_any_draw(filters, spread):
    """262,144 scores, from nearly flat to peaked: the reference sorts them all."""
    logits, chosen = logits_of(262_144, spread), options(**filters)
    scores = logits.double().numpy()
    order = np.argsort(-scores, kind="stable")
    weights = np.exp(scores[order] - scores[order[0]])
    kept = len(weights)
    if chosen.top_k:
        kept = chosen.top_k
    if chosen.top_p < 1:
        before = np.cumsum(weights[:kept]) - weights[:kept]
        kept = int((before < chosen.top_p * weights[:kept].sum()).sum())
    if chosen.min_p:
        kept = min(kept, int((weights >= chosen.min_p).sum()))
    for position in range(3):
        tokens = order[:kept]
        winner = int(tokens[np.argmax(scores[tokens] + gumbel(3, position, tokens))])
        assert draw(logits, chosen, position) == winner


@pytest.mark.parametrize("filters", [f for f in FILTERS if f.get("top_p") != 0.0], ids=str)
def test_what_is_left_to_choose_from_equals_transformers_warpers(filters):
    logits, chosen = logits_of(seed=4), options(**filters)
    warpers = LogitsProcessorList([TemperatureLogitsWarper(float(chosen.temperature))])
    if chosen.top_k:
        warpers.append(TopKLogitsWarper(chosen.top_k))
    if chosen.top_p < 1:
        warpers.append(TopPLogitsWarper(chosen.top_p))
    if chosen.min_p:
        warpers.append(MinPLogitsWarper(chosen.min_p))
    theirs = torch.softmax(warpers(None, logits[None].clone())[0].double(), dim=0)
    torch.testing.assert_close(torch.tensor(odds(logits.tolist(), chosen)).double(), theirs, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("equal", [(7, 30), (7, 7 + 64), (130, 9000)])
@pytest.mark.parametrize("size", [9001, 64 * 200])
def test_temperature_zero_takes_the_likeliest_and_the_first_of_equals(size, equal):
    logits = logits_of(size)
    logits[list(equal)] = 50.0
    assert draw(logits, options(temperature=0, top_k=64, top_p=0.95)) == equal[0]


@pytest.mark.parametrize("width", [1, 128, 1088])
@pytest.mark.parametrize("size", [1000, 64 * 128, 262_144, 262_208])
def test_the_likeliest_are_those_of_a_full_sort(size, width):
    scores = torch.stack([logits_of(size, seed=seed).round(decimals=2) for seed in range(3)])  # with equals
    scores[1, :] = -math.inf
    scores[1, 5::7] = 1.0
    width = min(width, size)
    top, tokens = _likeliest(scores, width)
    assert torch.equal(top, scores.sort(dim=1, descending=True).values[:, :width])
    assert torch.equal(scores.gather(1, tokens), top)
    assert all(len(set(row.tolist())) == width for row in tokens)


@pytest.mark.parametrize("place", [0, 5000, 64 * 200 - 1])
def test_one_number_that_is_none_is_found_in_a_large_vocabulary(place):
    for temperature in (0, 1):
        logits = logits_of(64 * 200)
        logits[place] = math.nan
        with pytest.raises(ServerError, match="NaN"):
            draw(logits, options(temperature=temperature, top_k=20))


def test_equal_scores_stay_or_go_together():
    """In bfloat16 many scores are equal; which of them a sort puts first must not matter."""
    logits = torch.zeros(2000)
    logits[::2] = 1.0
    for filters in ({"top_k": 3}, {"top_k": 500}, {"top_p": 0.01}, {"top_k": 100, "top_p": 0.5}):
        drawn = {draw(logits, options(**filters), position) for position in range(300)}
        assert len(drawn) > 200
        assert all(token % 2 == 0 for token in drawn)


def test_repetition_penalty_is_transformers_on_prompt_and_reply():
    logits = logits_of()
    theirs = RepetitionPenaltyLogitsProcessor(1.3)(torch.tensor([[3, 4, 4, 5, 9]]), logits[None].clone())[0]
    ours = adjusted(logits, options(repetition_penalty=1.3), prompt=(3, 4, 4), reply=(4, 5, 9))
    torch.testing.assert_close(ours, theirs)


def test_frequency_and_presence_penalties_count_the_reply_only():
    logits = logits_of()
    chosen = options(frequency_penalty=0.5, presence_penalty=-0.25)
    expected = logits.clone()
    expected[5] -= 0.5 * 1 - 0.25
    expected[9] -= 0.5 * 3 - 0.25
    ours = adjusted(logits, chosen, prompt=(1, 2, 5), reply=(9, 5, 9, 9))
    torch.testing.assert_close(ours, expected)


def test_bias_is_added_and_comes_after_penalties():
    logits = torch.full((VOCAB,), 2.0)
    chosen = options(logit_bias={4: 3.0, 5: -100.0}, repetition_penalty=2.0)
    ours = adjusted(logits, chosen, prompt=(4,))
    assert ours[[3, 4, 5]].tolist() == [2.0, 4.0, -98.0]


def test_forbidden_and_disallowed_tokens_never_come_whatever_their_bias():
    logits = logits_of()
    allowed = torch.zeros(VOCAB, dtype=torch.bool)
    allowed[[2, 3, 4]] = True
    for temperature in (0, 2):
        chosen = options(temperature=temperature, logit_bias={3: 100.0, 20: 100.0}, top_k=10)
        drawn = {draw(logits, chosen, position, forbidden=(3,), allowed=allowed) for position in range(50)}
        assert drawn <= {2, 4}


def test_rows_of_a_batch_get_what_each_gets_alone():
    logits = torch.stack([logits_of(5000, seed=seed) for seed in range(9)])
    settings = [
        {},
        {"temperature": 0},
        {"top_k": 64, "top_p": 0.95},
        {"top_k": 900},
        {"top_p": 0.7},
        {"temperature": 0, "logprobs": True, "top_logprobs": 3},
        {"top_k": 64, "repetition_penalty": 1.5, "logit_bias": {7: 5.0}},
        {"top_k": 1, "logprobs": True},
        {"min_p": 0.3, "frequency_penalty": 1.0},
    ]

    def rows():
        return [Row(options(seed=seed, **setting), (1, 2), 10 + seed, (3,)) for seed, setting in enumerate(settings)]

    together = sample(logits.clone(), rows(), [None] * 9)
    alone = [sample(line[None].clone(), [row], [None])[0] for line, row in zip(logits, rows(), strict=True)]
    assert together == alone


def test_seed_and_position_decide_and_nothing_else():
    logits, chosen = logits_of(), options(temperature=2.0)
    assert draw(logits, chosen, 4) == draw(logits, chosen, 4)
    assert len({draw(logits, chosen, position) for position in range(60)}) > 5
    assert len({draw(logits, options(temperature=2.0, seed=seed), 0) for seed in range(60)}) > 5


def test_log_probabilities_are_the_models_own():
    logits = logits_of()
    chosen = options(logprobs=True, top_logprobs=5, temperature=0.3, logit_bias={11: 100.0})
    choice = sample(logits[None], [Row(chosen, (), 0, ())], [None])[0]
    own = torch.log_softmax(logits.double(), dim=0)
    assert choice.id == 11
    assert choice.logprob == pytest.approx(float(own[11]), abs=1e-5)
    assert [token for token, _ in choice.alternatives] == own.topk(5).indices.tolist()
    assert [value for _, value in choice.alternatives] == pytest.approx(own.topk(5).values.tolist(), abs=1e-5)


def test_no_details_unless_asked_for():
    choice = sample(logits_of()[None], [Row(options(), (), 0, ())], [None])[0]
    assert (choice.logprob, choice.alternatives) == (None, ())


def test_the_logits_given_are_left_as_they_are_where_somebody_wants_their_probabilities():
    logits = torch.stack([logits_of(), logits_of(seed=1)])
    before = logits.clone()
    rows = [Row(options(logit_bias={1: 5.0}, logprobs=wanted), (), 0, (2,)) for wanted in (False, True)]
    sample(logits, rows, [None, None])
    assert torch.equal(logits, before)


@pytest.mark.parametrize("temperature", [0, 1])
def test_numbers_that_are_not_numbers_are_named(temperature):
    logits = logits_of()
    logits[3] = math.nan
    with pytest.raises(ServerError, match="NaN"):
        draw(logits, options(temperature=temperature))


@pytest.mark.parametrize("temperature", [0, 1])
def test_nothing_left_to_choose_is_an_error(temperature):
    with pytest.raises(ServerError, match="No token may come next"):
        draw(logits_of(), options(temperature=temperature), allowed=torch.zeros(VOCAB, dtype=torch.bool))


def test_options_without_a_seed_are_refused():
    with pytest.raises(ValueError, match="no seed"):
        Row(Options(), (), 0, ())
