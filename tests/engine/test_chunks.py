"""Cuts depend on what stands before them and on nothing else, and keys name exactly what a chunk's states depend on."""

import random

import pytest

from playground.engine.chunks import split
from playground.engine.request import ImageSpan


def span(start, length, digest="a"):
    return ImageSpan(start, length, {}, digest)


def cuts(ids, images=(), size=8, seams=()):
    return [chunk.end for chunk in split(ids, images, size, seams)]


def keys(ids, images=(), size=8):
    return [chunk.key for chunk in split(ids, images, size)]


def test_cuts_lie_at_multiples_of_the_chunk_size():
    assert cuts(range(20)) == [8, 16, 20]
    assert cuts(range(16)) == [8, 16]
    assert cuts(range(3)) == [3]


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [(2, 6, [8, 16, 24, 30]), (2, 7, [9, 17, 25, 30]), (7, 20, [27, 30]), (8, 8, [8, 16, 24, 30])],
)
def test_a_cut_inside_an_image_moves_to_its_end(start, length, expected):
    assert cuts(range(30), [span(start, length)]) == expected


def test_a_chunk_ends_at_the_first_seam_that_makes_it_long_enough():
    assert cuts(range(600), size=256, seams=(10, 64, 120, 127, 128, 500)) == [64, 128, 384, 500, 600]
    assert cuts(range(600), [span(60, 20)], size=256, seams=(64, 100)) == [80, 336, 592, 600]


def test_seams_further_on_move_no_cut_before_them():
    early = cuts(range(400), size=256, seams=(100, 170))
    late = cuts(range(900), size=256, seams=(100, 170, 401, 480, 500))
    assert early[:2] == late[:2] == [100, 170]


def test_chunks_know_the_images_in_them():
    first, second = span(2, 10), span(20, 4)
    chunks = split(range(30), [first, second], 8)
    assert [chunk.images for chunk in chunks] == [(first,), (), (second,), ()]


def test_only_whole_chunks_have_a_key():
    assert [key is None for key in keys(range(20))] == [False, False, True]
    assert [key is None for key in keys(range(16))] == [False, False]


def test_prompts_with_a_common_start_share_its_keys_whatever_follows():
    source = random.Random(1)
    for _ in range(200):
        size = source.randrange(2, 9)
        images, position = [], 0
        while (position := position + source.randrange(1, 12)) < 40:
            images.append(span(position, source.randrange(1, 12), str(position)))
            position += images[-1].length
        ids = [source.randrange(9) for _ in range(position + 12)]
        length = source.randrange(1, len(ids))
        while any(image.start < length < image.start + image.length for image in images):
            length += 1
        start = split(ids[:length], [image for image in images if image.start < length], size)
        whole = split(ids, images, size)
        for short, long in zip(start[:-1], whole, strict=False):
            assert (short.start, short.end, short.key) == (long.start, long.end, long.key)


def test_another_token_or_picture_changes_the_keys_from_there_on():
    ids = list(range(24))
    assert keys(ids)[0] == keys([*ids[:8], 99, *ids[9:]])[0]
    assert keys(ids)[1] != keys([*ids[:8], 99, *ids[9:]])[1]
    assert keys(ids)[2] != keys([*ids[:8], 99, *ids[9:]])[2]
    one, other = keys(ids, [span(9, 3, "a")]), keys(ids, [span(9, 3, "b")])
    assert one[0] == other[0]
    assert one[1] != other[1]
    assert one[2] != other[2]


def test_a_pictures_own_ids_are_not_taken_for_words():
    assert keys([5] * 8) != keys([5] * 8, [span(2, 3)])
    assert keys([5] * 8, [span(2, 3)]) == keys([5, 5, 7, 7, 7, 5, 5, 5], [span(2, 3)])
