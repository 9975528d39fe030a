"""Our passes over the model, in chunks, with our cache and masks, compute what transformers' own forward computes."""

import pytest
import torch
from accelerate import cpu_offload

from playground.engine.request import ImageSpan
from playground.engine.runner import Runner
from playground.errors import ServerError
from tests.engine.asking import with_picture, words
from tests.tiny_models import FAMILIES, IMAGE_TOKEN, SEEING, VOCAB, WINDOW, picture_inputs, tiny_model

TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 0.5}
"""Of logits with a standard deviation of about 2.5; bfloat16 keeps 8 bits, and other shapes round differently."""


@pytest.fixture(autouse=True)
def _inference():
    with torch.inference_mode():
        yield


def read_in(runner, cuts, ids, images=()):
    """Logits after each chunk, [chunks, V]; the cache is left as it is then."""
    cache = runner.new_cache()
    lines = []
    for start, end in zip((0, *cuts), (*cuts, len(ids)), strict=True):
        inside = [image for image in images if start <= image.start < end]
        lines.append(runner.logits(runner.read(cache, ids[start:end], inside)))
    return torch.cat(lines), cache


def own_logits(model, family, ids, images=()):
    """transformers' logits at all positions, [T, V]."""
    tokens = torch.tensor([ids])
    extra = {}
    for image in images:
        for name, value in image.inputs.items():
            value = value.to(model.dtype) if value.is_floating_point() else value
            extra[name] = torch.cat([extra[name], value]) if name in extra else value
    if images:
        extra["token_type_ids" if family == "gemma3" else "mm_token_type_ids"] = (tokens == IMAGE_TOKEN).long()
    return model(tokens, **extra).logits[0].float()


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("family", FAMILIES)
def test_chunks_of_any_size_give_the_models_own_logits(family, dtype):
    model, ids = tiny_model(family, dtype), words(4 * WINDOW)
    expected = own_logits(model, family, ids)
    for cuts in ((), (20,), (WINDOW, 2 * WINDOW), (1, 2, 40, 41), tuple(range(WINDOW - 2, WINDOW + 3))):
        logits, _ = read_in(Runner(model), cuts, ids)
        ends = [end - 1 for end in (*cuts, len(ids))]
        torch.testing.assert_close(logits, expected[ends], rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.parametrize("family", FAMILIES)
def test_one_token_at_a_time_gives_the_models_own_logits(family):
    model, ids = tiny_model(family), words(3 * WINDOW)
    logits, _ = read_in(Runner(model), tuple(range(1, len(ids))), ids)
    torch.testing.assert_close(logits, own_logits(model, family, ids), rtol=0, atol=1e-3)


@pytest.mark.parametrize("before", [0, 5, WINDOW - 2, 2 * WINDOW])
@pytest.mark.parametrize("family", SEEING)
def test_an_image_in_any_chunk_is_seen_as_the_model_sees_it(family, before):
    model = tiny_model(family)
    ids, images = with_picture(family, before, 2 * WINDOW)
    end = images[0].start + images[0].length
    expected = own_logits(model, family, ids, images)
    for cuts in ((), (end,), (end + 1, end + 2), *(((before,), (before, end)) if before else ())):
        logits, _ = read_in(Runner(model), cuts, ids, images)
        ends = [stop - 1 for stop in (*cuts, len(ids))]
        torch.testing.assert_close(logits, expected[ends], rtol=0, atol=1e-3)


@pytest.mark.parametrize("family", SEEING)
def test_two_images_in_one_chunk_do_not_see_each_other_both_ways(family):
    model = tiny_model(family)
    ids, (first,) = with_picture(family, 4, 3)
    inputs, length = picture_inputs(family, seed=1)
    second = ImageSpan(len(ids), length, inputs, "picture 1")
    ids = (*ids, *(IMAGE_TOKEN,) * length, *words(5, seed=2))
    expected = own_logits(model, family, ids, (first, second))
    logits, _ = read_in(Runner(model), (), ids, (first, second))
    torch.testing.assert_close(logits[0], expected[-1], rtol=0, atol=1e-3)


@pytest.mark.parametrize("family", SEEING)
def test_the_picture_decides_the_logits(family):
    runner = Runner(tiny_model(family))
    lines = []
    for seed in (0, 1):
        ids, images = with_picture(family, 5, 3, seed)
        lines.append(read_in(runner, (), ids, images)[0][0])
    assert (lines[0] - lines[1]).abs().max() > 0.1


def test_soft_tokens_of_gemma3_see_each_other_both_ways():
    """Without that the reply hardly changes, and no error tells: hence a test that the difference is there."""
    model = tiny_model("gemma3")
    ids, images = with_picture("gemma3", 5, 3)
    ours, _ = read_in(Runner(model), (), ids, images)
    causal = model(torch.tensor([ids]), **images[0].inputs).logits[0, -1]
    assert (ours[0] - causal).abs().max() > 1e-3


def test_large_gemma4_lets_soft_tokens_see_each_other_on_sliding_layers():
    model = tiny_model("gemma4", use_bidirectional_attention="vision")
    ids, images = with_picture("gemma4", 5, 30)
    ours, _ = read_in(Runner(model), (5 + images[0].length,), ids, images)
    expected = own_logits(model, "gemma4", ids, images)
    torch.testing.assert_close(ours[-1], expected[-1], rtol=0, atol=1e-3)
    small, _ = read_in(Runner(tiny_model("gemma4")), (), ids, images)
    assert (ours[-1] - small[-1]).abs().max() > 1e-3


@pytest.mark.parametrize("family", FAMILIES)
def test_greedy_ids_equal_generates_across_the_windows_edge(family):
    model, ids = tiny_model(family), words(WINDOW - 5)
    model.generation_config.eos_token_id = None  # so generate does not stop early
    unwritten = [9, 12, VOCAB - 1]  # places of pictures, sounds and films, which generate reads as padding
    expected = model.generate(
        torch.tensor([ids]), max_new_tokens=64, do_sample=False, pad_token_id=0, suppress_tokens=unwritten
    )[0, len(ids) :]
    runner = Runner(model)
    logits, cache = read_in(runner, (), ids)
    ours: list[int] = []
    while len(ours) < 64:
        logits[0, unwritten] = -torch.inf
        ours.append(int(logits[0].argmax()))
        logits = runner.decode([(cache, [ours[-1]])])
    assert ours == expected.tolist()
    assert len(set(ours)) > 8, "a reply of few different tokens would show little"


@pytest.mark.parametrize("family", FAMILIES)
def test_cutting_back_to_any_length_is_exact(family):
    runner, ids = Runner(tiny_model(family)), words(4 * WINDOW)
    _, cache = read_in(runner, (2 * WINDOW,), ids)
    for length in (4 * WINDOW - 1, 3 * WINDOW, WINDOW + 1, 3):
        cache.cut(length)
        fresh = runner.new_cache()
        runner.read(fresh, ids[:length])
        again, anew = (runner.logits(runner.read(one, [77, 78, 79])) for one in (cache, fresh))
        torch.testing.assert_close(again, anew, rtol=0, atol=1e-3)
        cache.cut(length)


def test_rows_decoded_together_get_what_each_gets_alone():
    runner = Runner(tiny_model("gemma3_text", torch.bfloat16))
    prompts = [words(length, seed=length) for length in (3, 17, 40)]
    together = [read_in(runner, (), ids)[1] for ids in prompts]
    alone = [read_in(runner, (), ids)[1] for ids in prompts]
    logits = runner.decode([(cache, [30]) for cache in together])
    for line, cache in zip(logits, alone, strict=True):
        assert torch.equal(line, runner.decode([(cache, [30])])[0])


def test_the_vision_tower_runs_once_for_each_picture():
    runner = Runner(tiny_model("gemma3"))
    ids, images = with_picture("gemma3", 5, 3)
    first, _ = read_in(runner, (), ids, images)
    again, _ = read_in(runner, (), ids, images)
    assert torch.equal(first, again)
    assert runner.images.runs == 1


def test_a_picture_with_another_number_of_tokens_than_its_span_is_refused():
    runner = Runner(tiny_model("gemma3"))
    inputs, length = picture_inputs("gemma3")
    with pytest.raises(ServerError, match=f"gave {length} tokens for an image that has {length + 1}"):
        runner.read(runner.new_cache(), [IMAGE_TOKEN] * (length + 1), [ImageSpan(0, length + 1, inputs, "x")])


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_that_accelerate_brings_in_only_when_used_give_the_same_logits(family):
    ids, images = with_picture(family, 5, 20) if family in SEEING else (words(30), ())
    end = 5 + (images[0].length if images else 5)
    expected, _ = read_in(Runner(tiny_model(family)), (end,), ids, images)
    offloaded = cpu_offload(tiny_model(family), execution_device="cpu")
    assert offloaded.get_input_embeddings().weight.device.type == "meta"
    logits, _ = read_in(Runner(offloaded), (end,), ids, images)
    torch.testing.assert_close(logits, expected)


def test_other_attention_than_sdpa_is_refused():
    model = tiny_model("gemma3_text")
    model.config._attn_implementation = "eager"
    with pytest.raises(ValueError, match="'eager'"):
        Runner(model)
