"""Adapters are averaged weight by weight; what does not belong together is refused."""

import pytest
import torch
from safetensors.torch import load_file, save_file

from embedded_model.average import WEIGHTS, average, main


@pytest.fixture
def make(tmp_path):
    def made(name, **weights):
        folder = tmp_path / name
        folder.mkdir()
        save_file({key: torch.tensor(value).bfloat16() for key, value in weights.items()}, folder / WEIGHTS)
        (folder / "adapter_config.json").write_text(f'{{"name": "{name}"}}')
        return folder

    return made


def test_the_mean_has_the_first_ones_config(make, tmp_path):
    one, other = make("one", a=[1.0, 2.0], b=[4.0]), make("other", a=[3.0, 2.0], b=[-2.0])
    main([str(tmp_path / "mean"), str(one), str(other)])
    found = load_file(tmp_path / "mean" / WEIGHTS)
    assert {name: tensor.tolist() for name, tensor in found.items()} == {"a": [2.0, 2.0], "b": [1.0]}
    assert found["a"].dtype == torch.bfloat16
    assert (tmp_path / "mean" / "adapter_config.json").read_text() == '{"name": "one"}'


def test_adapters_of_other_sizes_are_refused(make, tmp_path):
    one = make("one", a=[1.0])
    for other in (make("wide", a=[1.0, 2.0]), make("named", b=[1.0])):
        with pytest.raises(ValueError, match=f"{other.name} does not have the weights of .*one"):
            average([one, other], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()
