"""The GPU's kernels, run by Triton's interpreter on the CPU.

The interpreter multiplies float32 and float16 as they are; bfloat16, which NumPy lacks, it takes for whole numbers. So
that format is compiled in tests, and not run.
"""

import os

import pytest

pytest.importorskip("triton", reason="there is no Triton for this machine")

from playground.engine.gpu import decoder, products

INTERPRETED = os.environ["TRITON_INTERPRET"] == "1"
"""As tests/conftest.py wants it. On a GPU, TRITON_INTERPRET=0 runs the kernels there."""

__all__ = ["INTERPRETED", "decoder", "products", "small_decoder"]


def small_decoder(model, slots=3, splits=2):
    """A decoder with so few programs that an interpreter gets through them."""
    return decoder.GraphDecoder(
        model.get_decoder(), model.lm_head, model.config.get_text_config(), slots=slots, splits=splits
    )
