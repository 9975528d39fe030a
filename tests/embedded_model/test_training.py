"""Training: the order of examples, the schedule, and a short run that is broken off and taken up again."""

import pytest
import torch

from embedded_model.batches import Mix, batches, keep_back, pack
from embedded_model.dialogues import Example
from playground.engine.weights import Source, load
from tests.embedded import embedded_source

train = pytest.importorskip("embedded_model.train", reason="training needs peft")


def example(name, length):
    return Example(name, tuple(range(length)), tuple(at % 2 == 1 for at in range(length)))


def test_batches_are_the_same_for_a_seed_and_keep_to_the_share():
    mix = Mix([example(f"p{n}", 5 + n % 7) for n in range(90)], [example(f"t{n}", 20) for n in range(30)], 0.25)
    first, second = batches(mix, 60, 3), batches(mix, 60, 3)
    taken = [next(first) for _ in range(40)]
    assert all(torch.equal(one.ids, next(second).ids) for one in taken)
    assert all(one.ids.numel() <= 60 for one in taken)
    source = mix.examples(3)
    drawn = [next(source) for _ in range(400)]
    tools = sum(len(one.ids) for one in drawn if one.id.startswith("t"))
    assert tools / sum(len(one.ids) for one in drawn) == pytest.approx(0.25, abs=0.01)


def test_no_example_comes_twice_before_all_have_come():
    source = Mix([example(f"p{n}", 4) for n in range(50)], [example("t", 4)], 0.0).examples(0)
    names = [next(source).id for _ in range(51)]
    assert len({name for name in names[:51] if name != "t"}) == 50


def test_what_is_measured_is_not_learnt():
    learnt, measured = keep_back([example(f"p{n}", 3) for n in range(100)])
    assert len(learnt) + len(measured) == 100
    assert not {one.id for one in learnt} & {one.id for one in measured}
    assert measured


def test_filling_is_not_learnt():
    (batch,) = pack([example("a", 3), example("b", 6)], 100)
    assert batch.ids.shape == (2, 6)
    assert batch.learnt.sum() == 1 + 3
    assert batch.tokens == 9


def test_the_rate_rises_and_falls():
    assert train.rate_share(0, 0.0) == pytest.approx(1 / train.WARM_UP)
    assert train.rate_share(100, 0.0) == pytest.approx(1.0)
    assert train.rate_share(100, 1.0) == pytest.approx(train.LAST_RATE)


@pytest.fixture
def few(monkeypatch):
    """A handful of short examples, so that a run takes seconds."""
    read = train.read_data

    def cut(tokens, longest, share):
        data = read(tokens, longest, share)
        return train.Data(Mix(data.mix.plain[:4], data.mix.tools[:1], 0.2), data.plain_held[:1], data.tools_held[:1])

    monkeypatch.setattr(train, "read_data", cut)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing.:FutureWarning")  # peft asks for it
def test_a_run_that_was_broken_off_goes_on_and_the_app_loads_its_adapter(few, tmp_path, capsys, monkeypatch):
    arguments = [str(tmp_path / "out"), "--batch-tokens", "200", "--threads", "1", "--rate", "1e-3"]
    train.main([*arguments, "--tokens", "150"])
    size = (tmp_path / "out" / "adapter_model.safetensors").stat().st_size
    assert size <= 16 * 2**20
    train.main([*arguments, "--tokens", "400"])
    said = capsys.readouterr().out
    assert "going on after" in said
    losses = [float(line.split("plain ")[1].split()[0]) for line in said.splitlines() if line.startswith("held out")]
    assert losses[-1] < losses[0]
    base = embedded_source()
    model = load(Source(base.place, (tmp_path / "out",)), device="cpu", dtype="float32")
    assert model.parameters == pytest.approx(268e6, rel=0.01)
