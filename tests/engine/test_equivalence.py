"""A model of each family that transformers saved and we loaded computes what transformers computes, within the bounds
that `docs/models.md` states."""

import pytest

from tests.engine.equivalence import TOLERANCE, Pair, cases
from tests.tiny_models import FAMILIES, SEEING


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_logits_and_greedy_ids_are_transformers_own(family, dtype, tmp_path):
    pair = Pair(family, dtype, tmp_path)
    compared = list(cases(family))
    assert len(compared) == (8 if family in SEEING else 3)
    for case in compared:
        assert pair.difference(case) <= (TOLERANCE if dtype == "float32" else pair.rounding(case)), case.name
    if dtype == "float32":
        ours, expected = pair.greedy()
        assert ours == expected
        assert len(set(ours)) > 8, "a reply of few different tokens would show little"


def test_a_mask_that_is_causal_within_a_picture_would_be_noticed(tmp_path):
    """The comparison can fail: transformers told nothing of where the picture lies computes something else."""
    pair = Pair("gemma3", "float32", tmp_path)
    case = next(case for case in cases("gemma3") if case.name == "one picture")
    pair.family = "gemma4"  # its name for the picture's places, which Gemma 3 does not know
    assert pair.difference(case) > TOLERANCE
