"""Adapters are averaged by what they add to the weights; what does not belong together is refused."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from embedded_model.average import DOWN, UP, average, main
from playground.engine.adapters import CONFIG, WEIGHTS


@pytest.fixture
def make(tmp_path):
    def made(name, rank=2, scale=2, outputs=5, inputs=6, path="layer"):
        random = torch.Generator().manual_seed(len(name))
        sizes = {path + DOWN: (rank, inputs), path + UP: (outputs, rank), "rows": (2, 3)}
        tensors = {key: torch.randn(size, generator=random).bfloat16() for key, size in sizes.items()}
        folder = tmp_path / name
        folder.mkdir()
        save_file(tensors, folder / WEIGHTS)
        (folder / CONFIG).write_text(json.dumps({"r": rank, "lora_alpha": rank * scale, "name": name}))
        return folder

    return made


def added(folder, path="layer"):
    """What an adapter adds to its weight."""
    tensors, config = load_file(folder / WEIGHTS), json.loads((folder / CONFIG).read_text())
    return config["lora_alpha"] / config["r"] * tensors[path + UP].float() @ tensors[path + DOWN].float()


def test_the_mean_adds_the_mean_and_has_the_first_ones_config(make, tmp_path):
    one, other = make("one"), make("other", rank=1, scale=4)
    main([str(tmp_path / "mean"), str(one), str(other)])
    mean = load_file(tmp_path / "mean" / WEIGHTS)
    expected = (added(one) + added(other)) / 2
    assert torch.allclose(added(tmp_path / "mean"), expected, atol=0.02 * expected.abs().max())
    rows = [load_file(folder / WEIGHTS)["rows"].float() for folder in (one, other)]
    assert torch.allclose(mean["rows"].float(), (rows[0] + rows[1]) / 2, atol=0.02)
    assert mean["rows"].dtype == mean["layer" + UP].dtype == torch.bfloat16
    assert json.loads((tmp_path / "mean" / CONFIG).read_text()) == {"r": 3, "lora_alpha": 6, "name": "one"}


def test_a_mean_of_lower_rank_is_the_nearest(make, tmp_path):
    one, other = make("one"), make("other")
    main([str(tmp_path / "mean"), str(one), str(other), "--rank", "2"])
    assert load_file(tmp_path / "mean" / WEIGHTS)["layer" + DOWN].shape == (2, 6)
    exact = (added(one) + added(other)) / 2
    best = float(torch.linalg.svdvals(exact)[2:].norm())
    assert float((added(tmp_path / "mean") - exact).norm()) == pytest.approx(best, rel=0.05)


def test_adapters_of_other_sizes_are_refused(make, tmp_path):
    one = make("one")
    for other in (make("wide", inputs=7), make("tall", outputs=7), make("named", path="other")):
        with pytest.raises(ValueError, match=f"{other.name} does not change the weights that .*one changes"):
            average([one, other], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
