from pathlib import Path

import pytest
import torch
from transformers import AutoModelForImageTextToText

from demo_model import train
from demo_model.architecture import IMAGE_SOFT, PAD
from demo_model.batches import PoolRequest, pool
from demo_model.muon import orthogonal
from demo_model.network import hidden_states, new_model, picture_features
from demo_model.train import Training, arguments
from demo_model.vision.pixels import normalise

WEIGHTS = Path(train.__file__).parent / "weights"


@pytest.fixture
def training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Training:
    monkeypatch.setattr(train, "RUNS", tmp_path)
    return Training(arguments(["--device", "cpu", "--tokens", "100000", "--rate", "0.004"]))


def written_batches(count: int):
    return pool(PoolRequest(seed=1, number=0, stage="early", batch_tokens=512, batches=count))


def test_three_steps_lower_the_loss(training: Training):
    batch = written_batches(1)[0]
    training.steps = 50  # past the slow start
    training.given.tokens = 10**9
    losses = [training.step(batch) for _ in range(4)]
    assert losses[-1] < losses[0] - 0.5


def test_a_resumed_training_goes_on_as_if_it_had_never_stopped(training: Training):
    first, second = written_batches(2)[:2]
    training.step(first)
    training.save()
    resumed = Training(training.given)
    assert (resumed.tokens, resumed.steps) == (training.tokens, training.steps)
    assert resumed.step(second) == training.step(second)
    ours, theirs = training.model.state_dict(), resumed.model.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert all(torch.equal(training.average[name], resumed.average[name]) for name in training.average)


def test_a_training_can_begin_with_exported_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(train, "RUNS", tmp_path)
    given = arguments(["--device", "cpu", "--stage", "joint", "--start", str(WEIGHTS), "--rate", "0.004"])
    started, exported = Training(given), AutoModelForImageTextToText.from_pretrained(WEIGHTS, dtype=torch.float32)
    theirs = exported.state_dict()
    assert (started.tokens, started.steps, started.pools) == (0, 0, 0)
    assert all(torch.equal(value, theirs[name]) for name, value in started.model.state_dict().items())
    started.step(written_batches(1)[0])
    started.save()
    assert Training(given).steps == 1  # the checkpoint goes before the start


def test_the_quick_forward_pass_equals_transformers_own():
    model = new_model(0).eval()
    for parameter in model.parameters():  # away from the special values that weights start with
        torch.nn.init.normal_(parameter, std=0.1)
    batches = pool(PoolRequest(seed=2, number=0, stage="joint", batch_tokens=1024, batches=4))
    pictured = next(batch for batch in batches if batch.squares is not None)
    written = next(batch for batch in batches if batch.squares is None)
    with torch.no_grad():
        ours = hidden_states(model, written.ids)
        theirs = model.model(input_ids=written.ids).last_hidden_state
        real = written.ids != PAD
        torch.testing.assert_close(ours[real], theirs[real], atol=2e-4, rtol=2e-4)
        pixels = normalise(pictured.squares)
        ours = hidden_states(model, pictured.ids, picture_features(model, pixels))
        kinds = (pictured.ids == IMAGE_SOFT).long()
        theirs = model.model(input_ids=pictured.ids, pixel_values=pixels, token_type_ids=kinds).last_hidden_state
        real = pictured.ids != PAD
        torch.testing.assert_close(ours[real], theirs[real], atol=2e-4, rtol=2e-4)


def test_pools_depend_on_their_number_alone():
    request = PoolRequest(seed=3, number=7, stage="middle", batch_tokens=512, batches=2)
    once, again = pool(request), pool(request)
    assert [batch.ids.tolist() for batch in once] == [batch.ids.tolist() for batch in again]
    other = pool(PoolRequest(seed=3, number=8, stage="middle", batch_tokens=512, batches=2))
    assert [batch.ids.tolist() for batch in once] != [batch.ids.tolist() for batch in other]


def test_batches_are_no_larger_than_asked_for():
    for batch in pool(PoolRequest(seed=4, number=0, stage="text", batch_tokens=2048, batches=4)):
        assert batch.ids.numel() <= 2048 or batch.ids.shape[0] == 1
        assert not batch.learned[batch.ids == PAD].any()


def test_muons_steps_are_nearly_orthogonal():
    torch.manual_seed(0)
    for shape in ((2, 32, 64), (2, 64, 32)):
        singular = torch.linalg.svdvals(orthogonal(torch.randn(shape)).float())
        assert singular.min() > 0.5
        assert singular.max() < 1.4


def test_the_rate_rises_stays_and_falls():
    peak = [train.rate(steps, steps / 1000, 1.0, 0.3) for steps in (0, 100, 690, 850, 1000)]
    assert peak[0] < 0.2
    assert peak[1] == peak[2] == 1.0
    assert 0.4 < peak[3] < 0.6
    assert peak[4] == pytest.approx(0.02)
