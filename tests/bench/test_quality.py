"""How formats are compared: against transformers' own forward pass, and by hand."""

import math
import random

import pytest
import torch
from torch.nn import functional

from bench import model_files
from bench.quality import CHUNK, Reference, Sums, markdown, measure
from bench.shapes import SHAPES
from playground.engine.weights import Source


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return model_files.checkpoint(tmp_path_factory.mktemp("models"), "tiny", SHAPES["tiny"])


@torch.inference_mode()
def test_every_position_of_every_chunk_counts_and_float32_is_what_transformers_computes(folder):
    from transformers import AutoModelForCausalLM

    ids = [2, *random.Random(1).choices(range(10, 250), k=CHUNK + 100)]
    rows = measure("tiny", Source(folder), ids)
    assert [row.format for row in rows] == ["float32", "bfloat16", "int8", "int4"]
    assert {row.tokens for row in rows} == {len(ids) - 1}
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    loss = functional.cross_entropy(model(torch.tensor([ids])).logits[0, :-1], torch.tensor(ids[1:]))
    assert rows[0].perplexity == pytest.approx(math.exp(loss), rel=1e-4)
    assert rows[0].divergence == pytest.approx(0, abs=1e-6)
    assert rows[0].same_token == 1
    by_format = {row.format: row.divergence for row in rows}
    assert 0 < by_format["bfloat16"] < by_format["int4"]
    assert "| tiny | float32 | 0.00000 |" in markdown(rows)


def test_the_sums_by_hand():
    reference = Reference(torch.tensor([[0.6, 0.4], [0.9, 0.1]]).log() + 3)
    sums = Sums()
    sums.add(torch.tensor([[0.25, 0.75], [0.9, 0.1]]).log() - 2, reference, torch.tensor([1, 0]))
    assert sums.tokens == 2
    assert sums.divergence == pytest.approx(0.6 * math.log(0.6 / 0.25) + 0.4 * math.log(0.4 / 0.75))
    assert sums.surprise == pytest.approx(-math.log(0.75) - math.log(0.9))
    assert sums.same == 1
