"""A step of fixed shapes gives the model's own logits, and the same bits whatever else is in it."""

from functools import partial

import pytest
import torch

from playground.engine.engine import Engine
from playground.engine.kernels.library import NoKernels
from playground.engine.quantised import quantise
from playground.engine.runner import Runner
from tests.engine.asking import ask, tokens, words
from tests.engine.gpu.interpreted import INTERPRETED, decoder, small_decoder
from tests.tiny_models import FAMILIES, WINDOW, tiny_model

READ = WINDOW - 4
"""Of a prompt; what is written then goes past the window."""
FEW_LAYERS = {"num_hidden_layers": 2, "layer_types": ["sliding_attention", "full_attention"]}


# NumPy, in the interpreter, warns where the sigmoid of a large negative number is zero.
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered in exp")


@pytest.fixture(autouse=True)
def _inference():
    with torch.inference_mode():
        yield


def read(model, *prompts):
    """A cache for each prompt, read by torch's operators."""
    runner = Runner(model, kernels=None)
    caches = [runner.new_cache() for _ in prompts]
    for cache, ids in zip(caches, prompts, strict=True):
        runner.read(cache, ids)
    return caches


def written(step, cache, ids):
    """Logits after each id, decoded one by one."""
    return torch.cat([step.decode([(cache, [token])]) for token in ids])


KINDS = [
    *((family, torch.float32) for family in FAMILIES),
    *(pytest.param(family, torch.float16, marks=pytest.mark.thorough) for family in FAMILIES[::2]),
]


@pytest.mark.parametrize(("family", "dtype"), KINDS, ids=str)
def test_replies_are_decoded_as_the_model_itself_reads_them(family, dtype):
    model, ids = tiny_model(family, dtype), words(READ + 6)
    expected = model(torch.tensor([ids])).logits[0].float()
    (cache,) = read(model, ids[:READ])
    found = written(small_decoder(model, slots=1), cache, ids[READ:])
    torch.testing.assert_close(found, expected[READ:], rtol=0, atol=1e-3 if dtype == torch.float32 else 0.2)
    again = model(torch.tensor([ids])).logits[0].float()
    torch.testing.assert_close(again, expected, rtol=0, atol=0)  # weights were moved, not changed


@pytest.mark.parametrize("bits", ["int8", "int4"])
def test_quantised_weights_give_what_they_give_widened(bits):
    model, ids = tiny_model("gemma3_text", hidden_size=64, **FEW_LAYERS), words(READ + 3)
    quantise(model, bits)
    (ours,), (theirs,) = read(model, ids[:READ]), read(model, ids[:READ])
    runner = Runner(model, kernels=None)
    expected = runner.decode([(theirs, ids[READ:])])
    found = written(small_decoder(model, slots=1), ours, ids[READ:])
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-3)
    (fresh,) = read(model, ids[:READ])
    torch.testing.assert_close(runner.decode([(fresh, ids[READ:])]), expected, rtol=0, atol=0)


@pytest.mark.parametrize("family", ["gemma3_text", pytest.param("gemma4_text", marks=pytest.mark.thorough)])
def test_a_rows_logits_are_the_same_bits_beside_others(family):
    model = tiny_model(family, **(FEW_LAYERS if family == "gemma3_text" else {}))
    step = small_decoder(model)
    prompts = words(READ), words(3, seed=1), words(2 * WINDOW, seed=2)
    following = words(1, seed=3), words(2, seed=4), words(1, seed=5)
    alone = torch.cat([written(step, *row) for row in zip(read(model, *prompts), following, strict=True)])
    caches = read(model, *prompts)
    together = step.decode(list(zip(caches, following, strict=True)))  # four ids, three at a time
    assert torch.equal(together, alone)
    caches[0].cut(len(prompts[0]))  # what was proposed is taken back
    assert torch.equal(step.decode([(caches[0], following[0])]), alone[:1])


def test_the_engine_writes_the_same_replies_alone_and_together(monkeypatch):
    model = tiny_model("gemma3_text", **FEW_LAYERS)
    monkeypatch.setattr(Runner, "_choose_decoder", lambda self, _: (small_decoder(model, splits=1), "a graph"))
    engine = Engine(model, context_tokens=100)
    requests = [ask(words(count, seed=count), max_tokens=4, logprobs=True, seed=count) for count in (3, 17)]
    one_by_one = [list(engine.submit(request))[1:-1] for request in requests]
    streams = [engine.submit(request) for request in requests]
    assert [list(stream)[1:-1] for stream in streams] == one_by_one
    assert all(len(tokens(outputs)) == 4 for outputs in one_by_one)
    engine.close()


def test_a_decoder_that_agrees_with_torch_is_taken(monkeypatch):
    monkeypatch.setattr(decoder, "GraphDecoder", partial(decoder.GraphDecoder, slots=1, splits=1))
    found, path = Runner(tiny_model("gemma4_text"), kernels=None)._choose_graph()
    assert found is not None
    assert path == "a CUDA graph with own Triton kernels"


@pytest.mark.parametrize("factor", [1.5, float("nan")])
def test_a_decoder_that_computes_something_else_is_not_taken(monkeypatch, factor):
    class Wrong:
        def __init__(self, text, *_):
            self.size = text.vocab_size

        def decode(self, _):
            return torch.full((1, self.size), factor)

    monkeypatch.setattr(decoder, "GraphDecoder", Wrong)
    found, path = Runner(tiny_model("gemma3_text"), kernels=None)._choose_graph()
    assert found is None
    assert path.startswith("torch's operators; no kernels, as what they computed here was wrong (off by ")


def test_where_a_graph_cannot_be_made_torchs_operators_serve(monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("no driver")

    monkeypatch.setattr(decoder, "GraphDecoder", broken)
    found, path = Runner(tiny_model("gemma3_text"), kernels=None)._choose_graph()
    assert found is None
    assert path == "torch's operators; no kernels, as they failed here (RuntimeError: see the log)"
    assert "no driver" in caplog.text


def test_a_model_that_the_kernels_do_not_know_is_left_to_torch():
    model = tiny_model("gemma3_text", attn_logit_softcapping=50.0)
    found, path = Runner(model, kernels=None)._choose_graph()
    assert found is None
    assert "soft caps in its attention" in path


def test_rounding_is_no_reason_to_refuse_a_decoder():
    model = tiny_model("gemma3_text", torch.float16)
    runner = Runner(model, kernels=None)
    runner.prove(small_decoder(model, slots=1, splits=1))
    other = tiny_model("gemma3_text", torch.float16)
    other.lm_head.weight = torch.nn.Parameter(model.lm_head.weight * 1.2, requires_grad=False)
    with pytest.raises(NoKernels, match="off by 20%"):
        runner.prove(small_decoder(other, slots=1, splits=1))


@pytest.mark.skipif(INTERPRETED or not torch.cuda.is_available(), reason="needs a CUDA device and TRITON_INTERPRET=0")
@pytest.mark.parametrize("bits", [None, "int8", "int4"])
@pytest.mark.parametrize("family", ["gemma3_text", "gemma4_text"])
def test_on_a_gpu_a_graph_runs_and_is_exact(family, bits):
    model = tiny_model(family, torch.bfloat16, hidden_size=64)
    if bits:
        quantise(model, bits)
    runner = Runner(model.to("cuda"))
    assert runner.path == "a CUDA graph with own Triton kernels"
    prompts, following = (words(READ), words(3, seed=1)), (words(9, seed=3), words(2, seed=4))

    def caches():
        made = [runner.new_cache() for _ in prompts]
        for cache, ids in zip(made, prompts, strict=True):
            runner.read(cache, ids)
        return made

    alone = torch.cat([written(runner, *row) for row in zip(caches(), following, strict=True)])
    assert torch.equal(runner.decode(list(zip(caches(), following, strict=True))), alone)
