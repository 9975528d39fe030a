"""Training: the order of examples, the schedule, and a short run that is broken off and taken up again."""

import random

import pytest
import torch

from embedded_model.batches import Group, Mix, alone, batches, keep_back, pack
from embedded_model.dialogues import Example
from playground.backends.embedded import ADAPTER
from playground.engine.weights import Source, load
from tests.embedded import embedded_source

tuned = pytest.importorskip("embedded_model.tuned", reason="training needs peft")
train = pytest.importorskip("embedded_model.train", reason="training needs peft")


def length(one):
    return len(one.ids)


def example(name, length):
    return Example(name, tuple(range(length)), tuple(at % 2 == 1 for at in range(length)))


def test_batches_are_the_same_for_a_seed_and_keep_to_the_share():
    plain, tools = [example(f"p{n}", 5 + n % 7) for n in range(90)], [example(f"t{n}", 20) for n in range(30)]
    mix = Mix(alone(plain), alone(tools), 0.25)
    first, second = batches(mix, 60, 3), batches(mix, 60, 3)
    taken = [next(first) for _ in range(40)]
    assert all(torch.equal(one.ids, next(second).ids) for one in taken)
    assert all(one.ids.numel() <= 60 for one in taken)
    source = mix.families(3)
    drawn = [next(source)[0] for _ in range(400)]
    tools = sum(len(one.ids) for one in drawn if one.id.startswith("t"))
    assert tools / sum(len(one.ids) for one in drawn) == pytest.approx(0.25, abs=0.01)


def test_no_example_comes_twice_before_all_have_come():
    source = Mix(alone([example(f"p{n}", 4) for n in range(50)]), alone([example("t", 4)]), 0.0).families(0)
    names = [next(source)[0].id for _ in range(51)]
    assert len({name for name in names[:51] if name != "t"}) == 50


def test_what_is_measured_is_not_learnt():
    learnt, measured = keep_back([example(f"p{n}", 3) for n in range(100)])
    assert len(learnt) + len(measured) == 100
    assert not {one.id for one in learnt} & {one.id for one in measured}
    assert measured


def test_rows_stand_one_after_another_without_filling():
    (batch,) = pack(alone([example("a", 3), example("b", 6)]), 100)
    assert batch.ids.tolist() == batch.positions.tolist() == [*range(3), *range(6)]
    assert batch.learnt.sum() == 1 + 3
    assert batch.groups == (Group(0, (3,)), Group(0, (6,)))


def test_a_family_that_is_too_long_is_cut():
    family = tuple(Example(str(n), tuple(range(120)) + (n,) * 20, (False,) * 125 + (True,) * 15) for n in range(5))
    batches = list(pack([family, *alone([example("a", 30)])], 200))
    assert [one.groups for one in batches] == [(Group(120, (20,) * 4),), (Group(0, (140,)), Group(0, (30,)))]


def test_what_all_start_with_is_computed_once():
    start = tuple(range(150))
    ends = [(7, 8), (7, 9, 10)]
    family = [Example(str(end), start + end, (False,) * 150 + (True,) * len(end)) for end in ends]
    (batch,) = pack([tuple(family)], 200)
    assert batch.groups == (Group(149, (3, 4)),)
    assert batch.ids.tolist() == [*start[:149], 149, 7, 8, 149, 7, 9, 10]
    assert batch.positions.tolist() == [*range(149), 149, 150, 151, 149, 150, 151, 152]
    assert batch.learnt.sum() == 5
    (apart,) = pack([(example("a", 150), example("b", 150))], 400)
    assert apart.groups == (Group(0, (150, 150)),)


@pytest.mark.filterwarnings(
    "ignore:.is_gradient_checkpointing.:FutureWarning", "ignore:.past_key_values.:FutureWarning"
)
def test_the_loss_is_the_same_when_the_start_is_computed_once():
    base = tuned.base_folder()
    start = tuple(random.Random(1).sample(range(1000, 9000), 120))
    ends = [(2000, 2001, 2002), (3000, 3001)]
    family = [Example(str(end), start + end, (False,) * 121 + (True,) * (len(end) - 1)) for end in ends]
    ids = tuned.occurring(family)
    device = torch.device("cpu")
    model = tuned.Tuned(base, ADAPTER, ids, device=device, dtype=torch.float32, dropout=0.0, seed=0)
    model.model.eval()
    (together,) = pack([tuple(family)], 400)
    assert together.groups[0].shared > 100
    with torch.no_grad():
        apart = torch.cat([model.losses(batch) for batch in pack(alone(sorted(family, key=length)), 150)])
        assert torch.allclose(model.losses(together), apart, atol=1e-3)


def test_the_rate_rises_and_falls():
    assert train.rate_share(0, 0.0) == pytest.approx(1 / train.WARM_UP)
    assert train.rate_share(100, 0.0) == pytest.approx(1.0)
    assert train.rate_share(100, 1.0) == pytest.approx(train.LAST_RATE)


def test_one_thread_works_while_others_need_the_cpus():
    threads = train.Threads(2)
    threads.after(1.9, 1.0)
    assert threads.number == 2
    threads.after(1.0, 1.0)
    assert threads.number == 1
    for _ in range(train.STEPS_ALONE - 1):
        threads.after(0.95, 1.0)
        assert threads.number == 1
    threads.after(0.95, 1.0)
    assert threads.number == 2


@pytest.fixture
def few(monkeypatch):
    """A handful of short examples, so that a run takes seconds."""
    read, read_dialogues = train.read_data, train.read_dialogues

    def cut(*arguments):
        data = read(*arguments)
        return train.Data(Mix(data.mix.plain[:4], data.mix.tools[:1], 0.2), data.plain_held[:1], data.tools_held[:1])

    monkeypatch.setattr(train, "read_data", cut)
    monkeypatch.setattr(train, "read_dialogues", lambda path: read_dialogues(path)[:50])


@pytest.mark.thorough
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing.:FutureWarning")  # peft asks for it
@pytest.mark.filterwarnings("ignore:.past_key_values.:FutureWarning")  # its new name is too new
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
