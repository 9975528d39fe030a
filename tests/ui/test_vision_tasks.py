"""Vision tasks below the page: boxes, what people type, and every task's schema on a model that knows nothing."""

import json
import threading

import PIL.Image
import pytest
from jsonschema import Draft202012Validator

from playground.errors import CallerError
from playground.events import Finished
from playground.images import from_picture
from playground.ui.vision.asking import Picture, Wish, turn_of
from playground.ui.vision.boxes import as_coco, read_boxes
from playground.ui.vision.tasks import KINDS, TASKS, Answer, draw_boxes, fields_of, labels_of, task_of
from tests.backends.tiny import load_tiny

IMAGE = from_picture(PIL.Image.new("RGB", (60, 40), "red"))
HOSTILE = '"><script>alert(1)</script>'


def test_boxes_are_scaled_from_thousandths_rows_first():
    (box,) = read_boxes([{"box_2d": [100, 250, 500, 750], "label": "cat"}], 800, 600)
    assert (box.x0, box.y0, box.x1, box.y1) == (200, 60, 600, 300)


@pytest.mark.parametrize(
    "row",
    [
        {"box_2d": [1, 2, 3], "label": "short"},
        {"box_2d": ["1", 2, 3, 4]},
        {"box_2d": [True, 0, 9, 9]},
        {"box_2d": [5, 5, 5, 900], "label": "flat"},
        {"label": "none"},
        "cat",
        None,
    ],
)
def test_what_is_no_box_is_left_out(row):
    assert read_boxes([row], 100, 100) == ()
    assert read_boxes(row, 100, 100) == ()


def test_corners_are_put_in_order_and_kept_inside():
    (box,) = read_boxes([{"box_2d": [900, 1200, -50, 400], "label": 3}], 100, 200)
    assert (box.label, box.x0, box.y0, box.x1, box.y1) == ("", 40, 0, 100, 180)


def test_coco_counts_categories_once_and_measures_from_the_corner():
    rows = [{"box_2d": [0, 0, 500, 500], "label": name} for name in ("cat", "dog", "cat")]
    coco = as_coco(read_boxes(rows, 100, 50), "pets.png", 100, 50)
    assert [one["name"] for one in coco["categories"]] == ["cat", "dog"]
    assert [one["category_id"] for one in coco["annotations"]] == [1, 2, 1]
    assert coco["annotations"][0]["bbox"] == [0, 0, 50, 25]
    assert coco["annotations"][0]["area"] == 1250
    assert coco["images"] == [{"id": 1, "file_name": "pets.png", "width": 100, "height": 50}]


def test_labels_of_a_model_are_text_in_the_drawing():
    drawn = draw_boxes(Answer([{"box_2d": [0, 0, 9, 9], "label": HOSTILE}], True, "x.png", 100, 100))
    assert "<script" not in drawn
    for task in TASKS:
        for value in ({HOSTILE: HOSTILE}, {"answer": HOSTILE, "label": HOSTILE}, [HOSTILE], HOSTILE, None, 3):
            if task.draw:
                assert "<script" not in task.draw(Answer(value, True, "x.png", 100, 100))


def test_labels_and_fields_are_read_and_refused_by_name():
    assert labels_of("cat, dog\n cat ,") == ["cat", "dog"]
    assert list(fields_of("a\nb: yes or no\n\nc : list")) == ["a", "b", "c"]
    with pytest.raises(CallerError, match="1 labels"):
        labels_of("cat")
    with pytest.raises(CallerError, match=r"Line 2 is 'b: colour'.*number"):
        fields_of("a\nb: colour")
    with pytest.raises(CallerError, match=r"no task 'paint'.*caption"):
        task_of("paint")


@pytest.fixture(scope="module")
def seeing(tmp_path_factory):
    backend = load_tiny("gemma3", tmp_path_factory.mktemp("seeing"), "seeing")
    yield backend
    backend.close()


@pytest.mark.parametrize("task", [one for one in TASKS if one.schema], ids=lambda task: task.name)
def test_every_schema_holds_a_model_that_knows_nothing(seeing, task):
    text = "\n".join(f"{kind}: {kind}" for kind in KINDS) if task.name == "fields" else task.example
    wish = Wish(task, text, Picture(IMAGE, "red.png", 60, 40), temperature=1, max_tokens=400)
    *_, last = seeing.reply(turn_of(wish), threading.Event())
    assert isinstance(last, Finished), last
    schema = task.schema(text)
    Draft202012Validator.check_schema(schema)
    if last.reason == "stop":
        Draft202012Validator(schema).validate(json.loads(last.messages[0].text))


def test_crops_stand_behind_the_picture_and_are_counted(seeing):
    long = from_picture(PIL.Image.new("RGB", (900, 300), "red"))
    plain = Wish(task_of("caption"), "", Picture(long, "long.png", 900, 300))
    cropped = Wish(task_of("caption"), "", plain.picture, crops=True)
    assert seeing.sight(long).view.width == seeing.sight(long).view.height
    assert len(seeing.sight(long).crops) == 3
    counts = [seeing.count_tokens(turn_of(wish)).images for wish in (plain, cropped)]
    assert counts[1] == 4 * counts[0] == 4 * seeing.sight(long).tokens
