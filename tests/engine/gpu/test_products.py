"""Products with weights of eight and four bits are those with the same weights widened, however they are split."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from playground.engine.quantised import QuantisedLinear, pack
from tests.engine.gpu.interpreted import products


def widened(module, x):
    """What a module gives for x, in float32."""
    return functional.linear(x, module.packed.rows(torch.arange(module.packed.outputs)))


@pytest.mark.parametrize("inputs", [32, 96, 2080])
@pytest.mark.parametrize("bits", ["int8", "int4"])
def test_modules_are_multiplied_side_by_side_and_keep_their_weights(bits, inputs):
    torch.manual_seed(1)
    modules = [QuantisedLinear(pack(torch.randn(outputs, inputs), bits)) for outputs in (48, 16, 16)]
    x = torch.randn(3, inputs)
    expected = torch.cat([widened(module, x) for module in modules], dim=1)
    found = products.Product(*modules)(x)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4 * inputs**0.5)
    assert torch.equal(torch.cat([widened(module, x) for module in modules], dim=1), expected)
    assert modules[0].weights.untyped_storage().data_ptr() == modules[2].packed.weights.untyped_storage().data_ptr()


def test_a_product_may_be_wanted_in_another_format():
    module = QuantisedLinear(pack(torch.randn(32, 64), "int8"))
    x = torch.randn(2, 64, dtype=torch.float16)
    found = products.Product(module)(x, torch.float32)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, widened(module, x.float()), rtol=0, atol=0.1)


def test_plain_weights_and_quantised_ones_may_stand_side_by_side():
    plain, packed = nn.Linear(64, 8, bias=False), QuantisedLinear(pack(torch.randn(16, 64), "int4"))
    x = torch.randn(2, 64)
    with torch.no_grad():
        expected = torch.cat([plain(x), packed(x)], dim=1)
        torch.testing.assert_close(products.Product(plain, packed)(x), expected)
