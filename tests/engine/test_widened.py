"""Products of bfloat16 weights in float32: the same numbers as bfloat16 products, whatever their size."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from playground.engine import widened
from playground.engine.widened import WidenedConv2d, WidenedLinear, widen_products
from tests.tiny_models import tiny_model


@pytest.fixture
def plain_cpu(monkeypatch):
    """A CPU that cannot multiply bfloat16."""
    monkeypatch.setattr(widened, "bfloat16_unit", lambda _: None)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("rows", [(1,), (3, 5), (64,), (65,)], ids=str)
@pytest.mark.parametrize("inputs", [96, 40])
def test_a_product_is_that_of_the_widened_numbers(plain_cpu, monkeypatch, rows, inputs, bias):
    monkeypatch.setattr(widened, "PIECE", 7 * inputs)
    model = nn.Sequential(nn.Linear(inputs, 80, bias=bias).bfloat16())
    weight, added = model[0].weight.float(), model[0].bias.float() if bias else None
    widen_products(model)
    assert isinstance(model[0], WidenedLinear)
    x = torch.randn(*rows, inputs).bfloat16()
    y = model(x)
    assert (y.dtype, y.shape) == (torch.bfloat16, (*rows, 80))
    torch.testing.assert_close(y, functional.linear(x.float(), weight, added).bfloat16())


@pytest.mark.parametrize("bias", [False, True])
def test_a_convolution_is_that_of_the_widened_numbers(plain_cpu, bias):
    model = nn.Sequential(nn.Conv2d(3, 8, 4, stride=2, padding=1, bias=bias).bfloat16())
    plain = model[0]
    widen_products(model)
    assert isinstance(model[0], WidenedConv2d)
    x = torch.randn(2, 3, 16, 16).bfloat16()
    y = model(x)
    assert (y.dtype, y.shape) == (torch.bfloat16, plain(x).shape)
    wide = functional.conv2d(x.float(), plain.weight.float(), plain.bias.float() if bias else None, stride=2, padding=1)
    torch.testing.assert_close(y, wide.bfloat16())


def test_weights_stay_the_same_and_tied(plain_cpu):
    model = tiny_model("gemma3_text", torch.bfloat16)
    before = dict(model.named_parameters())
    widen_products(model)
    assert all(parameter is before[name] for name, parameter in model.named_parameters())
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert isinstance(model.model.layers[0].mlp.down_proj, WidenedLinear)


def test_other_formats_and_cpus_that_multiply_bfloat16_keep_their_products(plain_cpu, monkeypatch):
    wide = nn.Sequential(nn.Linear(32, 32), nn.Conv2d(1, 1, 1))
    widen_products(wide)
    assert [type(module) for module in wide] == [nn.Linear, nn.Conv2d]
    monkeypatch.setattr(widened, "bfloat16_unit", lambda _: "AMX")
    narrow = nn.Sequential(nn.Linear(32, 32).bfloat16())
    widen_products(narrow)
    assert type(narrow[0]) is nn.Linear
