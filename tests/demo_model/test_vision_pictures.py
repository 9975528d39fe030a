"""Drawing: the pictures hold what the scene says, and reach the tower as Gemma's own processor would send them."""

from random import Random

import numpy as np
import pytest
import torch
from PIL import Image
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

from demo_model.architecture import IMAGE_MEAN, IMAGE_SIZE, IMAGE_STD
from demo_model.vision.drawing import draw_scene
from demo_model.vision.lettering import BUILT_IN, available_fonts, load_font
from demo_model.vision.palette import COLOURS, distance, sample_tint
from demo_model.vision.pixels import to_pixels
from demo_model.vision.scene import (
    MIN_CONTRAST,
    Background,
    Scene,
    Surface,
    sample_page_scene,
    sample_scene,
    sample_shapes_scene,
    sample_text_scene,
)
from demo_model.vision.shapes import SHAPES, Shape

WHITE = Background((255, 255, 255), colour="white")
RED = (255, 0, 0)


def shape(kind, *, centre=(100.0, 100.0), width=80.0, height=80.0, angle=0.0, line=None):
    return Shape(kind, "red", RED, "medium", centre, width, height, angle, line)


def scene_of(*shapes, size=(200, 200)):
    return Scene(*size, WHITE, shapes, surface=Surface(smooth=False))


def test_pixels_equal_the_gemma_3_image_processor():
    processor = Gemma3ImageProcessorPil(
        size={"height": IMAGE_SIZE, "width": IMAGE_SIZE}, image_mean=IMAGE_MEAN, image_std=IMAGE_STD
    )
    rng = Random(1)
    images = [draw_scene(sample_scene(rng)) for _ in range(6)] + [Image.new("RGB", (900, 300), (12, 99, 200))]
    expected = torch.from_numpy(
        np.stack([processor(image, return_tensors="np")["pixel_values"][0] for image in images])
    )
    assert torch.allclose(to_pixels(images), expected, atol=1e-5)


@pytest.mark.parametrize("kind", SHAPES)
def test_a_shape_covers_its_box_and_nothing_outside_it(kind):
    drawn = shape(kind)
    red = np.all(np.asarray(draw_scene(scene_of(drawn))) == RED, axis=-1)
    rows, columns = np.nonzero(red)
    found = columns.min(), rows.min(), columns.max(), rows.max()
    assert found == pytest.approx(drawn.box, abs=1.5)


def test_an_outlined_shape_is_empty_inside_and_its_box_includes_the_line():
    drawn = shape("circle", line=8)
    pixels = np.asarray(draw_scene(scene_of(drawn)))
    assert tuple(pixels[100, 100]) == (255, 255, 255)
    assert tuple(pixels[100, 60]) == RED
    assert drawn.box == pytest.approx((56, 56, 144, 144), abs=0.5)


def test_turning_a_square_widens_its_box():
    assert shape("square", angle=45).box == pytest.approx((43.4, 43.4, 156.6, 156.6), abs=0.1)


def test_equal_generators_draw_equal_pictures():
    first, second = ([draw_scene(sample_scene(rng)) for _ in range(40)] for rng in (Random(5), Random(5)))
    assert all(one.tobytes() == other.tobytes() for one, other in zip(first, second, strict=True))


def test_shapes_keep_inside_the_picture_and_apart_from_each_other():
    rng = Random(2)
    for _ in range(150):
        scene = sample_shapes_scene(rng)
        for number, one in enumerate(scene.shapes):
            assert one.box[0] >= 0
            assert one.box[1] >= 0
            assert one.box[2] <= scene.width
            assert one.box[3] <= scene.height
            for other in scene.shapes[number + 1 :]:
                assert (
                    one.box[2] < other.box[0]
                    or one.box[0] > other.box[2]
                    or one.box[3] < other.box[1]
                    or one.box[1] > other.box[3]
                )


def test_everything_drawn_stands_out_from_its_background():
    rng = Random(3)
    for _ in range(200):
        scene = sample_scene(rng)
        for thing in (*scene.shapes, *scene.letterings):
            assert distance(thing.rgb, scene.background.rgb) >= MIN_CONTRAST
            assert thing.colour != scene.background.colour


def test_no_tint_is_closer_to_another_names_examples_than_people_would_accept():
    """The middle of each name's tints must be nearest to its own name."""
    rng = Random(4)
    means = {name: np.mean([sample_tint(rng, name) for _ in range(200)], axis=0) for name in COLOURS}
    for name in COLOURS:
        tint = tuple(int(part) for part in means[name])
        nearest = min(COLOURS, key=lambda other: distance(tint, tuple(int(part) for part in means[other])))
        assert nearest == name


def test_letters_are_drawn_where_the_scene_says():
    rng = Random(6)
    for _ in range(40):
        scene = sample_text_scene(rng, "HOME")
        if scene.letterings[0].angle or scene.panel or scene.background.end_rgb or scene.surface != Surface():
            continue
        pixels = np.asarray(draw_scene(scene)).astype(int)
        changed = np.abs(pixels - np.array(scene.background.rgb)).sum(-1) > 60
        rows, columns = np.nonzero(changed)
        left, top, right, bottom = scene.letterings[0].box
        assert (columns.min(), rows.min()) == pytest.approx((left, top), abs=6)
        assert (columns.max(), rows.max()) == pytest.approx((right, bottom), abs=6)


def test_a_page_holds_several_lines_that_fit():
    rng = Random(7)
    for _ in range(30):
        scene = sample_page_scene(rng)
        assert len(scene.letterings) >= 2
        assert all(line.width <= scene.width for line in scene.letterings)


def test_pillows_own_font_is_always_there():
    assert BUILT_IN in available_fonts()
    assert load_font(BUILT_IN, 30).getlength("word") > 20
