"""Scenes to pictures."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image, ImageDraw

from demo_model.vision.lettering import Lettering
from demo_model.vision.scene import Background, Scene
from demo_model.vision.shapes import Shape

_OVERSAMPLING = 2


def _canvas(background: Background, size: tuple[int, int]) -> Image.Image:
    if background.end_rgb is None:
        return Image.new("RGB", size, background.rgb)
    ramp = Image.linear_gradient("L").resize((1, 256))
    if background.across:
        ramp = ramp.transpose(Image.Transpose.ROTATE_90)
    first, last = Image.new("RGB", ramp.size, background.rgb), Image.new("RGB", ramp.size, background.end_rgb)
    return Image.composite(last, first, ramp).resize(size, Image.Resampling.BILINEAR)


def _draw_shape(draw: ImageDraw.ImageDraw, shape: Shape, scale: int) -> None:
    points = [(x * scale, y * scale) for x, y in shape.points]
    if shape.line is None:
        draw.polygon(points, fill=shape.rgb)
    else:
        draw.line([*points, points[0], points[1]], fill=shape.rgb, width=shape.line * scale, joint="curve")


def _draw_lettering(image: Image.Image, lettering: Lettering) -> None:
    left, top, right, bottom = lettering.ink
    x, y = lettering.centre
    if lettering.angle == 0.0:
        corner = x - (left + right) / 2, y - (top + bottom) / 2
        ImageDraw.Draw(image).text(corner, lettering.string, fill=lettering.rgb, font=lettering.font)
        return
    side = math.ceil(math.hypot(lettering.width, lettering.height)) + 4
    mask = Image.new("L", (side, side), 0)
    corner = side / 2 - (left + right) / 2, side / 2 - (top + bottom) / 2
    ImageDraw.Draw(mask).text(corner, lettering.string, fill=255, font=lettering.font)
    mask = mask.rotate(-lettering.angle, Image.Resampling.BILINEAR)
    image.paste(lettering.rgb, (round(x - side / 2), round(y - side / 2)), mask)


def _add_grain(image: Image.Image, strength: int, seed: int) -> Image.Image:
    pixels = np.asarray(image)
    grain = np.random.default_rng(seed).integers(-strength, strength + 1, pixels.shape, dtype=np.int16)
    return Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8))


def _through_jpeg(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    reopened = Image.open(file)
    reopened.load()
    return reopened


def draw_scene(scene: Scene, *, always_smooth: bool = False) -> Image.Image:
    """The picture of a scene, RGB, at the scene's own size. Equal scenes give equal pixels.

    Pictures far larger than the model's need no blending of edges: shrinking blends them. `always_smooth` blends them
    nevertheless, for people's eyes.
    """
    size, surface = (scene.width, scene.height), scene.surface
    is_small = scene.width * scene.height < 260**2
    blends = scene.shapes and (always_smooth or (surface.smooth and is_small))
    scale = _OVERSAMPLING if blends else 1
    image = _canvas(scene.background, (size[0] * scale, size[1] * scale))
    draw = ImageDraw.Draw(image)
    for shape in (*scene.shapes, *([scene.panel] if scene.panel else [])):
        _draw_shape(draw, shape, scale)
    if scale > 1:
        image = image.reduce(scale)
    for lettering in scene.letterings:
        _draw_lettering(image, lettering)
    if surface.noise:
        image = _add_grain(image, surface.noise, surface.noise_seed)
    if surface.jpeg_quality is not None:
        image = _through_jpeg(image, surface.jpeg_quality)
    return image
