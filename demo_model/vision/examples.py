"""The pictures beside the page's example questions: `python -m demo_model.vision.examples` draws them anew."""

from __future__ import annotations

from pathlib import Path

from demo_model.vision.drawing import draw_scene
from demo_model.vision.lettering import BUILT_IN, Lettering
from demo_model.vision.scene import Background, Scene, Surface
from demo_model.vision.shapes import Shape

FOLDER = Path(__file__).resolve().parents[1] / "examples"
RED, BLUE, GREEN, YELLOW, ORANGE, PURPLE = (
    (214, 39, 40),
    (31, 88, 200),
    (44, 160, 44),
    (253, 216, 53),
    (255, 140, 0),
    (130, 40, 160),
)
PAPER = Background((255, 255, 255), colour="white")
NIGHT = Background((18, 18, 24), colour="black")
SIZE = 640, 480


def _scene(background: Background, *shapes: Shape, text: tuple[Lettering, ...] = ()) -> Scene:
    return Scene(*SIZE, background, shapes, text, surface=Surface())


def example_scenes() -> dict[str, Scene]:
    """File names and what the pictures show."""
    stars = ((130.0, 120.0), (330.0, 100.0), (520.0, 170.0), (220.0, 330.0), (440.0, 360.0))
    word = Lettering("HELLO", "blue", BLUE, BUILT_IN, 150, (320.0, 240.0))
    return {
        "shapes.png": _scene(
            PAPER,
            Shape("circle", "red", RED, "medium", (150.0, 140.0), 150, 150, 0, None),
            Shape("square", "blue", BLUE, "medium", (470.0, 150.0), 140, 140, 0, None),
            Shape("triangle", "green", GREEN, "medium", (310.0, 360.0), 170, 170, 0, None),
        ),
        "stars.png": _scene(NIGHT, *(Shape("star", "yellow", YELLOW, "small", at, 110, 110, 0, None) for at in stars)),
        "word.png": _scene(PAPER, text=(word,)),
        "heart.png": _scene(
            PAPER,
            Shape("heart", "orange", ORANGE, "large", (220.0, 230.0), 250, 240, 0, None),
            Shape("diamond", "purple", PURPLE, "small", (520.0, 360.0), 90, 110, 0, None),
        ),
    }


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name, scene in example_scenes().items():
        draw_scene(scene, always_smooth=True).quantize(64).save(FOLDER / name, optimize=True)


if __name__ == "__main__":
    main()
