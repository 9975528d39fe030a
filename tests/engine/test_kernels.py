"""The C++ kernels compute what their plain-torch twins do, each row alone, on every instruction set of this CPU."""

import copy
import functools
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
import torch

from playground.engine.cpu import cpu_features
from playground.engine.disk_blocks import DiskBlocks
from playground.engine.engine import Engine
from playground.engine.kernels import library, native, twins
from playground.engine.kernels.library import NoKernels, isas, load_kernels
from playground.engine.packed_weights import PackedWeights
from playground.engine.quantised import pack, quantise
from playground.engine.request import Token
from playground.engine.runner import Runner
from tests.engine.asking import ask, words
from tests.tiny_models import WINDOW, tiny_model

HERE = list(dict.fromkeys(isa.name for isa in isas(cpu_features())))
OWN_BITS = [name for name in HERE if name != "AVX-VNNI"]
"""Those that may round differently from the others: AVX-VNNI has AVX2's bits, as a test says."""
FORMATS = ("none", "int8", "int4")
SHAPE = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "head_dim": 32,
    "num_key_value_heads": 2,
    "max_position_embeddings": 2048,
}
GEMMA4 = SHAPE | {"global_head_dim": 64}
ALONE = {"num_kv_shared_layers": 0, "hidden_size_per_layer_input": 0}
KINDS = {
    "gemma3": ("gemma3_text", SHAPE),
    "gemma4": ("gemma4_text", GEMMA4 | {"hidden_size_per_layer_input": 32, "use_double_wide_mlp": True}),
    "large gemma4": ("gemma4_text", GEMMA4 | ALONE | {"attention_k_eq_v": True, "num_global_key_value_heads": 1}),
}
"""Gemma 4's E2B and E4B have inputs of each layer's own and layers that share states; 12B and 31B have neither."""
CASES = [*product(["gemma3"], FORMATS), ("gemma4", "int8"), ("large gemma4", "none")]

pytestmark = pytest.mark.skipif(
    not HERE or not any(shutil.which(name) for name in library.COMPILERS), reason="no compiler, or no CPU they are for"
)


@pytest.fixture(autouse=True)
def _inference():
    with torch.inference_mode():
        yield


def random_model(kind):
    family, shape = KINDS[kind]
    model = tiny_model(family, torch.bfloat16, **shape)
    if family == "gemma4_text":
        generator = torch.Generator().manual_seed(5)
        for layer in model.model.layers:
            layer.layer_scalar.fill_(0.5 + float(torch.rand((), generator=generator)))
            # Random queries and keys as long as they are would look at one position alone.
            layer.self_attn.q_norm.weight.data.mul_(0.18)
    return model


@functools.cache
def model_in(bits, kind="gemma3"):
    model = random_model(kind)
    if bits != "none":
        quantise(model, bits)
    return model


def read(runner, ids):
    cache = runner.new_cache()
    runner.read(cache, ids)
    return cache


def written(runner, cache, ids):
    return torch.cat([runner.decode([(cache, [token])]) for token in ids])


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 8, 11])
@pytest.mark.parametrize("bits", FORMATS)
@pytest.mark.parametrize("isa", HERE)
def test_a_product_equals_its_twin(isa, bits, rows):
    kernels = load_kernels(isa)
    weight, x = torch.randn(80, 96).bfloat16(), torch.randn(rows, 96)
    x[0, :32] = 0
    if bits == "none":
        matrix, wide = native.plain_matrix(weight), weight.float()
    else:
        packed = pack(weight, bits)
        matrix, wide = packed.matrix, packed.rows(torch.arange(80))
    result = native.project(kernels, matrix, x)
    torch.testing.assert_close(result, twins.linear(wide, x, packed=bits != "none"), rtol=1e-4, atol=2e-3)
    for row in range(rows):
        assert torch.equal(native.project(kernels, matrix, x[row : row + 1])[0], result[row]), f"row {row} alone"
    if bits != "none":
        halves = native.multiply(kernels, matrix, x.bfloat16())
        torch.testing.assert_close(halves, native.project(kernels, matrix, x.bfloat16()).bfloat16())


@pytest.mark.skipif(not {"AVX-VNNI", "AVX2"} <= {*HERE}, reason="no CPU that has VNNI and AVX2")
@pytest.mark.parametrize("bits", FORMATS)
def test_vnni_changes_the_speed_of_avx2_and_no_bit(bits):
    model, ids = model_in(bits), words(40, 60)
    new, old = (Runner(model, isa) for isa in ("AVX-VNNI", "AVX2"))
    assert torch.equal(written(new, read(new, ids), [5, 6]), written(old, read(old, ids), [5, 6]))


@pytest.mark.skipif("AVX2" not in HERE, reason="no x86 CPU")
def test_what_is_written_for_avx_vnni_compiles_with_its_own_flags(tmp_path):
    isa = next(isa for isa in library.ISAS if "-mavxvnni" in isa.flags)
    library._build(isa, tmp_path / "kernels.so")
    assert (tmp_path / "kernels.so").stat().st_size


@pytest.mark.parametrize("width", [1, 128, 1000])
@pytest.mark.parametrize("size", [1000, 64 * 200, 64 * 200 + 7])
@pytest.mark.parametrize("isa", OWN_BITS)
def test_the_likeliest_are_the_first_of_a_stable_sort(isa, size, width):
    scores = torch.randn(3, size).round(decimals=2)  # with equals
    scores[1] = -torch.inf
    scores[1, 5::7] = 1.0
    top, places = native.likeliest(load_kernels(isa), scores, width)
    wanted, order = scores.sort(dim=1, descending=True, stable=True)
    assert torch.equal(top, wanted[:, :width])
    assert torch.equal(places, order[:, :width])
    for place in (0, size - 1):
        scores[2, place] = torch.nan
        assert native.likeliest(load_kernels(isa), scores, width)[0][:, 0].isnan().tolist() == [False, False, True]


def test_helping_threads_end_when_they_are_let_go_and_come_again():
    def compute():
        torch.set_num_threads(2)
        many = torch.ones(2**20)
        counts = []
        for _ in range(2):
            assert many.add(1)[0] == 2
            before = len(os.listdir("/proc/self/task"))
            library.release_threads()
            counts.append(before - len(os.listdir("/proc/self/task")))
        return counts

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(compute).result() == [1, 1]


@pytest.mark.parametrize("bits", FORMATS)
@pytest.mark.parametrize("isa", OWN_BITS)
def test_embeddings_are_those_of_the_model(isa, bits):
    embedding = model_in(bits).model.embed_tokens
    matrix = native.plain_matrix(embedding.weight) if bits == "none" else embedding.packed.matrix
    ids = [0, 5, 17, 5, matrix.outputs - 1]
    scale = float(torch.tensor(embedding.scalar_embed_scale).bfloat16())
    assert torch.equal(native.embed(load_kernels(isa), matrix, ids, scale), embedding(torch.tensor(ids)).float())
    for wrong in (-1, matrix.outputs):
        with pytest.raises(IndexError, match="not all below"):
            native.embed(load_kernels(isa), matrix, [3, wrong], scale)


@pytest.mark.parametrize("bits", ["int8", "int4"])
def test_packing_keeps_every_weight_within_half_a_step(bits):
    weight = torch.randn(48, 64) * torch.logspace(-3, 1, 48)[:, None]
    back = pack(weight, bits).rows(torch.arange(48))
    groups = weight.view(48, -1, 32 if bits == "int4" else 64).abs().amax(dim=-1, keepdim=True)
    # int4's -8 stands for the furthest weight; one as far on the other side is a whole step away.
    step = (groups / (8 if bits == "int4" else 127)).expand(-1, -1, 32 if bits == "int4" else 64).reshape(48, 64)
    assert ((back - weight).abs() <= step * (1.05 if bits == "int4" else 0.501)).all()


def logits_of(runner, ids, prompt):
    """Of the prompt's last token, and of all that come after it."""
    cache = runner.new_cache()
    first = runner.logits(runner.read(cache, ids[:prompt]))
    return torch.cat([first, written(runner, cache, ids[prompt:])])


@pytest.mark.parametrize("prompt", [WINDOW - 3, 3 * WINDOW], ids=["short prompt", "long prompt"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("isa", OWN_BITS)
def test_they_are_nearer_to_float32_than_transformers_in_bfloat16_is(isa, kind, prompt):
    ids = words(4 * WINDOW)
    plain = model_in("none", kind)
    exact = logits_of(Runner(copy.deepcopy(plain).float()), ids, prompt)
    ours, others = (logits_of(Runner(plain, path), ids, prompt) for path in (isa, None))
    torch.testing.assert_close(ours, others, rtol=0, atol=0.5)
    assert (ours.argmax(1) == others.argmax(1)).float().mean() > 0.9
    assert (ours - exact).norm() < 0.9 * (others - exact).norm() < 0.05 * exact.norm()


@pytest.mark.parametrize("isa", OWN_BITS)
def test_a_past_of_several_stretches_is_joined_as_softmax_does(isa):
    ids = words(700)
    logits = {}
    for path in (isa, None):
        runner = Runner(model_in("none"), path)
        logits[path] = written(runner, read(runner, ids[:-3]), ids[-3:])
    torch.testing.assert_close(logits[isa], logits[None], rtol=0, atol=0.5)


@pytest.mark.parametrize(("kind", "bits"), CASES)
@pytest.mark.parametrize("isa", OWN_BITS)
def test_a_prompt_leaves_the_same_states_however_it_is_cut(isa, kind, bits):
    if bits == "none" and isa != "AVX-512":
        pytest.skip("torch reads prompts here")
    runner, ids = Runner(model_in(bits, kind), isa), words(150, seed=3)  # past the window, and several stretches
    whole = runner.new_cache()
    last = runner.read(whole, ids)
    for parts in ([ids[:149], ids[149:]], [ids[:32], ids[32:75], ids[75:]], [[one] for one in ids]):
        cache = runner.new_cache()
        for part in parts:
            hidden = runner.read(cache, part)
        assert torch.equal(hidden, last)
        for layer, states in cache.copy(0, 150).states.items():
            assert torch.equal(states, whole.copy(0, 150).states[layer])
    cache = read(runner, ids[:149])
    assert torch.equal(runner.decode([(cache, ids[149:])]), runner.logits(last))


@pytest.mark.parametrize(("kind", "bits"), CASES)
@pytest.mark.parametrize("isa", OWN_BITS)
def test_what_lies_before_the_window_of_a_sliding_layer_is_not_missed(isa, kind, bits):
    runner, ids = Runner(model_in(bits, kind), isa), words(700, seed=4)
    whole, trimmed = runner.new_cache(), runner.new_cache()
    for part in (ids[:64], ids[64:300], ids[300:690], *([one] for one in ids[690:])):
        trimmed.trim(trimmed.length)
        assert torch.equal(runner.read(trimmed, part), runner.read(whole, part))
    assert trimmed.size_bytes < 0.8 * whole.size_bytes
    assert torch.equal(runner.decode([(trimmed, [7])]), runner.decode([(whole, [7])]))


@pytest.mark.parametrize(("kind", "bits"), CASES)
@pytest.mark.parametrize("isa", OWN_BITS)
def test_a_token_has_the_same_logits_in_any_company(isa, kind, bits):
    runner = Runner(model_in(bits, kind), isa)
    prompts = [words(length, seed=length) for length in (3, 15, 40, 300, 513, 7, 9, 33)]
    new = [words(count, seed=100 + count) for count in (1, 4, 2, 1, 3, 1, 1, 5)]
    alone = [written(runner, read(runner, prompt), ids) for prompt, ids in zip(prompts, new, strict=True)]
    for count in (1, 2, 3):
        runner._decoder.threads = count
        together = runner.decode([(read(runner, prompt), ids) for prompt, ids in zip(prompts, new, strict=True)])
        assert torch.equal(together, torch.cat(alone)), f"{count} threads"


@pytest.mark.parametrize(("kind", "bits"), CASES)
def test_a_reply_is_the_same_alone_beside_others_cold_and_warm(kind, bits):
    details = {"logprobs": True, "top_logprobs": 20, "max_tokens": 6}
    start = words(35)
    requests = [ask((*start, *words(5 * n, seed=n)), **details, seed=n, temperature=n / 4) for n in range(8)]
    engine = Engine(model_in(bits, kind), context_tokens=400, chunk_tokens=16, cache_bytes=0)
    assert "kernels" in engine.path
    cold = [[output for output in engine.submit(request) if isinstance(output, Token)] for request in requests]
    engine.close()
    engine = Engine(model_in(bits, kind), context_tokens=400, chunk_tokens=16)
    streams = [engine.submit(request) for request in requests]
    beside = [[output for output in stream if isinstance(output, Token)] for stream in streams]
    warm = [[output for output in engine.submit(request) if isinstance(output, Token)] for request in requests]
    engine.close()
    assert cold == beside == warm


@pytest.mark.parametrize(("kind", "bits"), [*product(["gemma3"], FORMATS), ("gemma4", "int8")])
def test_a_reply_is_the_same_after_a_restart_with_and_without_guesses(kind, bits, tmp_path):
    """The weights then come from the first start's file and the prompts from disk."""
    details = {"logprobs": True, "top_logprobs": 5, "max_tokens": 12, "logit_bias": {40: 12.0, 41: 12.0, 42: 12.0}}
    requests = [ask(words(35) * 2, **details, temperature=0.0), ask(words(35) * 3, **details, seed=3)]

    def replies(**settings):
        model = random_model(kind)
        if bits != "none":
            PackedWeights(bits, "one", tmp_path / "weights").quantise(model)
        engine = Engine(model, context_tokens=400, chunk_tokens=16, threads=1, **settings)
        assert "kernels" in engine.path
        ended = [list(engine.submit(request)) for request in (*requests, *requests)]
        engine.close()
        tokens = [[output for output in outputs if isinstance(output, Token)] for outputs in ended]
        return tokens, [outputs[-1].timing for outputs in ended]

    expected, _ = replies(cache_bytes=0, speculate="off")
    for speculate in ("off", "on"):
        for start in ("first", "again"):
            found, timings = replies(speculate=speculate, disk=DiskBlocks(tmp_path / speculate, 10**8, "one"))
            assert found == expected, f"speculation {speculate}, {start}"
            assert [timing.cached > 0 for timing in timings] == [start == "again", True, True, True]
            assert any(timing.accepted for timing in timings) == (speculate == "on")


def test_a_quantised_model_without_kernels_computes_the_same_weights():
    """The torch path does not round inputs, so it is close, not equal."""
    ids = words(60)
    with_kernels = Runner(model_in("int8"))
    logits = with_kernels.logits(with_kernels.read(with_kernels.new_cache(), ids))
    plain = Runner(model_in("none"))
    torch.testing.assert_close(logits, plain.logits(plain.read(plain.new_cache(), ids)), rtol=0, atol=1.0)


def test_what_the_kernels_cannot_run_goes_the_torch_way_and_says_why():
    assert "loaded in float32" in Runner(tiny_model("gemma3_text", **SHAPE)).path
    assert "multiples of 32" in Runner(tiny_model("gemma3_text", torch.bfloat16)).path
    experts = {"enable_moe_block": True, "num_experts": 4, "top_k_experts": 2, "moe_intermediate_size": 32}
    mixture = Runner(tiny_model("gemma4_text", torch.bfloat16, **GEMMA4, **ALONE, **experts))
    assert "experts" in mixture.path
    assert not mixture.batches


def test_without_a_compiler_the_reason_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_CACHE_FOLDER", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoKernels, match="no C\\+\\+ compiler"):
        load_kernels.__wrapped__()


def test_a_compiler_that_fails_is_quoted(tmp_path, monkeypatch):
    broken = tmp_path / "g++"
    broken.write_text("#!/bin/sh\necho 'decode.cpp:1: out of luck' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PLAYGROUND_CACHE_FOLDER", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    with pytest.raises(NoKernels, match="out of luck"):
        load_kernels.__wrapped__()
    assert not list(tmp_path.glob("kernels/*.so"))


@pytest.mark.skipif("AVX-VNNI" not in HERE, reason="this CPU has nothing better than AVX2")
def test_a_compiler_that_does_not_know_the_best_instructions_builds_for_lesser_ones(tmp_path, monkeypatch):
    real = shutil.which("g++") or shutil.which("clang++")
    old = tmp_path / "g++"
    old.write_text(f'#!/bin/sh\ncase "$*" in *avx512* | *vnni*) echo unknown >&2; exit 1 ;; esac\nexec {real} "$@"\n')
    old.chmod(0o755)
    monkeypatch.setenv("PLAYGROUND_CACHE_FOLDER", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert load_kernels.__wrapped__().isa == "AVX2"


def test_a_cache_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    (tmp_path / "taken").write_text("a file")
    monkeypatch.setenv("PLAYGROUND_CACHE_FOLDER", str(tmp_path / "taken"))
    with pytest.raises(NoKernels, match="cannot be written"):
        load_kernels.__wrapped__()
