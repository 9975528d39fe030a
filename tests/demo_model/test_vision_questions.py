"""Questions about pictures: answers are true, findable, and scored as a person would."""

import json
import re
from collections import Counter
from random import Random

import pytest

from demo_model.data.spin import Speaker
from demo_model.vision.dialogue import sample_dialogue, split_printed
from demo_model.vision.heldout import boxes_agree, evaluate_vision, held_out_items, overlap
from demo_model.vision.heldout_wordings import QUESTIONS
from demo_model.vision.palette import COLOURS
from demo_model.vision.phrases import place_of
from demo_model.vision.questions import describe
from demo_model.vision.scene import Background, Scene
from demo_model.vision.shapes import SHAPES, Shape
from demo_model.vision.tasks import TASKS

PAPER = Background((255, 255, 255), colour="white")
CIRCLE = Shape("circle", "red", (255, 0, 0), "small", (30.0, 30.0), 30, 30, 0, None)
STAR = Shape("star", "blue", (0, 0, 255), "large", (150.0, 150.0), 80, 80, 0, 4)
SCENE = Scene(200, 200, PAPER, (CIRCLE, STAR))


def answers(task, scene=SCENE, tries=60):
    speaker = Speaker(Random(1))
    found = [TASKS[task].ask(scene, speaker) for _ in range(tries)]
    return [turn for turn in found if turn is not None]


@pytest.mark.parametrize(
    ("task", "allowed"),
    [
        ("colour", {"The circle is red.", "The star is blue."}),
        ("shape", {"It is a circle.", "It is a star."}),
        ("size", {"The circle is small.", "The star is large."}),
        ("position", {"The circle is in the top left.", "The star is in the bottom right."}),
        ("filled", {"The circle is filled.", "The star is only an outline."}),
        ("background", {"The background is white."}),
        ("colours", {"I see red and blue."}),
        ("caption", {"The picture shows a red circle and a blue star on a white background."}),
    ],
)
def test_answers_are_true(task, allowed):
    assert {answer for _, answer in answers(task)} == allowed


def test_counts_are_right_for_all_shapes_and_for_some():
    for question, answer in answers("count", tries=200):
        words = {word.removesuffix("s") for word in re.findall(r"[a-z]+", question.lower())}
        asked = next((name for name in (*SHAPES, *COLOURS) if name in words), None)
        if asked is None:
            continue
        wanted = "1" if asked in ("circle", "star", "red", "blue") else "no"
        assert f" {wanted} " in answer


def test_boxes_are_top_left_bottom_right_in_thousandths():
    for _, answer in answers("detect"):
        for found in json.loads(answer):
            expected = {"red circle": [70, 70, 220, 220], "blue star": [550, 540, 950, 960]}[found["label"]]
            assert found["box_2d"] == pytest.approx(expected, abs=30)


def test_yes_and_no_come_equally_often_and_are_true():
    replies = [answer for _, answer in answers("is_there", tries=400)]
    counts = Counter(reply.split(",")[0] for reply in replies)
    assert 0.4 < counts["Yes"] / counts.total() < 0.6
    for reply in replies:
        if "text" not in reply:
            named = any(name in reply for name in ("red circle", "blue star"))
            thing = r"is a (circle|star|red shape|blue shape)|is 1 (red |blue )?(shape|circle|star)|are 2 shapes"
            assert reply.startswith("Yes") == bool(named or re.search(rf"Yes, there ({thing})\.", reply))


def test_a_shape_near_the_border_of_two_parts_has_no_place():
    assert place_of(SCENE, (66.0, 30.0)) is None
    assert place_of(SCENE, (100.0, 100.0)) == "in the center"


def test_captions_name_everything():
    rng = Random(3)
    for _ in range(100):
        scene = TASKS["caption"].sample_scene(rng)
        said = describe(scene)
        assert all(shape.name in said for shape in scene.shapes)
        assert all(lettering.string in said for lettering in scene.letterings)
        assert " a orange" not in said


def test_equal_generators_give_equal_dialogues():
    first, second = ([sample_dialogue(rng) for _ in range(50)] for rng in (Random(9), Random(9)))
    assert [d.turns for d in first] == [d.turns for d in second]
    assert all(one.images[0].tobytes() == other.images[0].tobytes() for one, other in zip(first, second, strict=True))


def test_dialogues_cover_every_task_and_sometimes_two_pictures():
    rng = Random(4)
    dialogues = [sample_dialogue(rng) for _ in range(600)]
    assert {task for d in dialogues for task in d.tasks} == {*TASKS, "two_pictures", "talk"}
    assert all(question and answer for d in dialogues for question, answer in d.turns)
    assert all(len(d.images) == (2 if d.tasks == ("two_pictures",) else 1) for d in dialogues)


def test_wordings_hardly_ever_repeat():
    rng = Random(5)
    speaker = Speaker(rng)
    asked = [TASKS["colour"].ask(SCENE, speaker) for _ in range(300)]
    assert len({turn[0].lower() for turn in asked if turn}) > 250


def test_words_read_from_a_picture_are_marked_for_spelling():
    assert list(split_printed("The text says Hello.")) == [("The text says ", False), ("Hello", True), (".", False)]
    assert ("STOP", True) in list(split_printed("The picture shows the word STOP in red and a blue star."))
    assert list(split_printed("The circle is red.")) == [("The circle is red.", False)]


@pytest.mark.parametrize("task", [task for task in QUESTIONS if task not in ("detect", "refusal", "caption")])
def test_a_right_answer_is_counted_and_a_wrong_one_is_not(task):
    wrong = {"yes_no": "Maybe", "position": "nowhere", "words": "Qqqq", "digits": "77777777", "count": "99"}
    for item in held_out_items(task, 20):
        right = f"{item.expected.capitalize()}, it is." if task == "yes_no" else f"Here it is {item.expected}."
        assert item.is_right(right)
        assert not item.is_right(f"Here it is {wrong.get(task, 'magenta')}.")


def test_naming_two_colours_is_not_an_answer():
    for item in held_out_items("colour", 10):
        assert not item.is_right("It is red or blue or green.")


def test_boxes_need_the_right_label_and_half_the_overlap():
    wanted = [("red circle", (100.0, 100.0, 300.0, 300.0))]

    def found(box, label="red circle"):
        return json.dumps([{"box_2d": box, "label": label}])

    assert boxes_agree(found([110, 110, 310, 310]), wanted)
    assert boxes_agree("```json\n" + found([100, 100, 300, 300]) + "\n```", wanted)
    assert not boxes_agree(found([200, 200, 400, 400]), wanted)
    assert not boxes_agree(found([100, 100, 300, 300], "blue circle"), wanted)
    assert not boxes_agree(json.dumps(json.loads(found([100, 100, 300, 300])) * 2), wanted)
    assert not boxes_agree("no boxes", wanted)
    assert overlap((0, 0, 10, 10), (0, 5, 10, 15)) == pytest.approx(1 / 3)


def test_every_task_has_a_dozen_wordings_by_hand():
    assert all(len(set(wordings)) >= 12 for wordings in QUESTIONS.values())


def test_a_model_that_always_refuses_scores_only_on_refusals():
    scores = evaluate_vision(lambda asked: ["I cannot tell that from the picture."] * len(asked), 12)
    assert scores.pop("refusal") == (12, 12)
    assert all(right == 0 and total == 12 for right, total in scores.values())
