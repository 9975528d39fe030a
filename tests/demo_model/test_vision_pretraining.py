"""Pre-training: the answers asked for are right, the tower fits Gemma's model, and a stopped run goes on."""

import json
from random import Random

import pytest
import torch
from safetensors.torch import load_file
from torch.nn.functional import avg_pool2d

from demo_model.architecture import IMAGE_TOKENS, vision_config
from demo_model.network import new_model
from demo_model.vision.heads import PretrainingHeads, head_losses, head_scores
from demo_model.vision.lettering import BUILT_IN, Lettering
from demo_model.vision.pixels import normalise
from demo_model.vision.pretrain import SeeingModel, answer, crowded_share, make_batch, pretrain
from demo_model.vision.scene import Background, Scene, sample_page_scene
from demo_model.vision.shapes import SHAPES, Shape
from demo_model.vision.targets import ALPHABET, CLASSES, GRID, UNKNOWN, scene_targets
from demo_model.vision.words import MAX_LETTERS

PAPER = Background((255, 255, 255), colour="white")
STAR = Shape("star", "blue", (0, 0, 255), "small", (25.0, 150.0), 30, 30, 0, None)
WORD = Lettering("Hi7", "black", (0, 0, 0), BUILT_IN, 60, (100.0, 60.0))
SCENE = Scene(200, 200, PAPER, (STAR,), (WORD,))


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def batch():
    return make_batch(1, 8, crowded=0.5)


def test_targets_name_the_shape_in_its_own_cell_only():
    targets = scene_targets([SCENE])
    cells = targets["shape"][0].nonzero().flatten().tolist()
    assert cells == [5 * GRID + 0]
    assert targets["shape"][0, cells[0]] == 1 + SHAPES.index("star")
    assert targets["box"][0, cells[0]].tolist() == pytest.approx([x / 200 for x in STAR.box], abs=1e-4)
    assert targets["count"].tolist() == [1]


def test_targets_spell_the_word_from_left_to_right():
    targets = scene_targets([SCENE])
    spelled = [ALPHABET[i - 1] for i in targets["string"][0].tolist() if i > 0]
    assert spelled == list("Hi7")
    in_cells = [ALPHABET[i - 1] for i in targets["letter"][0].flatten().tolist() if i > 0]
    assert in_cells == list("Hi7")
    rows = {patch // 14 for patch in targets["patch_letter"][0].flatten().nonzero().flatten().tolist()}
    assert rows <= {2, 3, 4, 5}


def test_pages_ask_for_their_letters_but_for_no_single_string():
    targets = scene_targets([sample_page_scene(Random(seed)) for seed in range(10)])
    assert (targets["string"] == UNKNOWN).all()
    assert (targets["letter"] > 0).sum() > 50


def test_perfect_answers_score_everything(batch):
    _, targets = batch
    answers = {
        name: torch.nn.functional.one_hot(targets[name].clamp(min=0), size).float() for name, size in CLASSES.items()
    }
    assert all(right == asked for right, asked in head_scores(answers, targets).values())


def test_a_batch_depends_on_its_seed_alone(batch):
    again = make_batch(1, 8, crowded=0.5)
    assert torch.equal(batch[0], again[0])
    assert all(torch.equal(batch[1][name], again[1][name]) for name in CLASSES)
    assert not torch.equal(batch[0], make_batch(2, 8, crowded=0.5)[0])


def test_crowded_pictures_give_way_to_ordinary_ones():
    assert crowded_share(0, 100) == pytest.approx(0.75)
    assert crowded_share(99, 100) == pytest.approx(0.2)


def test_heads_average_tokens_as_gemmas_projector_does():
    heads = PretrainingHeads(vision_config())
    states = torch.randn(2, (2 * GRID) ** 2, vision_config().hidden_size)
    square = states.transpose(1, 2).reshape(2, -1, 2 * GRID, 2 * GRID)
    pooled = avg_pool2d(square, 2).flatten(2).transpose(1, 2)
    expected = heads.per_cell["shape"](torch.nn.functional.rms_norm(pooled, pooled.shape[-1:]))
    answers = heads(states)
    assert torch.allclose(answers["shape"], expected, atol=1e-5)
    assert answers["shape"].shape == (2, IMAGE_TOKENS, CLASSES["shape"])
    assert answers["string"].shape == (2, MAX_LETTERS, CLASSES["string"])


def test_the_tower_loads_into_gemma_and_computes_the_same_there(batch):
    seeing, gemma = SeeingModel(), new_model(0)
    gemma.model.vision_tower.load_state_dict(seeing.tower.state_dict())
    pixels = normalise(batch[0])
    with torch.no_grad():
        ours = seeing.tower(pixel_values=pixels).last_hidden_state
        theirs = gemma.model.vision_tower(pixel_values=pixels).last_hidden_state
    assert torch.allclose(ours, theirs, atol=2e-4)


def test_a_few_steps_on_one_batch_lower_every_loss_that_counts(batch):
    torch.manual_seed(0)
    model = SeeingModel()
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    totals = []
    for _ in range(8):
        losses = head_losses(answer(model, batch[0]), batch[1])
        total = torch.stack(list(losses.values())).sum()
        total.backward()
        optimizer.step()
        optimizer.zero_grad()
        totals.append(total.item())
    assert totals[-1] < 0.8 * totals[0]


def test_a_stopped_run_goes_on_where_it_was(tmp_path):
    pretrain(tmp_path, steps=2, pictures=2, peak=1e-3, evaluate_every=2, held_out=2)
    pretrain(tmp_path, steps=4, pictures=2, peak=1e-3, evaluate_every=2, held_out=2)
    steps = [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert steps == [2, 4]
    new_model(0).model.vision_tower.load_state_dict(load_file(tmp_path / "tower.safetensors"))
