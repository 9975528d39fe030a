"""Weights copied into huge pages are the same weights, and their memory lives as long as one of them."""

import gc

import pytest
import torch

from playground.engine import huge_pages
from playground.engine.huge_pages import HugePages

SIZES = [(3,), (700, 300), (512, 1024), (1001, 777)]


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.uint8, torch.float32])
def test_copies_are_equal_and_apart(dtype, here, monkeypatch):
    if not here:
        monkeypatch.delattr(huge_pages.mmap, "MADV_HUGEPAGE", raising=False)
    monkeypatch.setattr(huge_pages, "PIECE_BYTES", 2**21)
    originals = [torch.randint(0, 200, size).to(dtype) for size in SIZES for _ in range(4)]
    memory = HugePages()
    copies = [memory.copy(one) for one in originals]
    del memory
    gc.collect()
    for index, copy in enumerate(copies):
        others = [other.clone() for other in copies[index + 1 :]]
        assert torch.equal(copy, originals[index])
        assert copy.is_contiguous()
        assert copy.data_ptr() % 64 == 0
        copy.zero_()
        assert all(torch.equal(now, before) for now, before in zip(copies[index + 1 :], others, strict=True))


def test_a_transposed_weight_becomes_contiguous():
    weight = torch.randn(600, 400).T
    copy = HugePages().copy(weight)
    assert torch.equal(copy, weight)
    assert copy.is_contiguous()
