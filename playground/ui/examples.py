"""What the empty page offers for first clicks: a question, a tool, a thought, and a picture where the model sees."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).parent / "assets" / "examples"
GREETING = (
    '<div class="empty"><h2>What shall we try?</h2><p>Ask something, show a picture, or let it use a tool.</p></div>'
)


@dataclass(frozen=True)
class Example:
    """A first message. `thinks` switches thinking on for it; `picture` is the name of a file in `PICTURES`."""

    label: str
    text: str
    thinks: bool = False
    picture: str = ""

    @property
    def path(self) -> Path | None:
        """The picture's file, where it is there."""
        path = PICTURES / self.picture
        return path if self.picture and path.exists() else None


EXAMPLES = (
    Example("Say hello", "Hello! Who are you, and what can you do?"),
    Example("Use a tool", "What is 48 * 17?"),
    Example("Think first", "Anna has 12 apples and gives away 5. How many are left?", thinks=True),
    Example("Look at a picture", "What do you see in this picture?", picture="shapes.png"),
)


def shown_examples(*, sees: bool) -> list[dict[str, Any]]:
    """The examples as Gradio's Chatbot takes them; without pictures for a model that does not see."""
    return [
        {"text": one.text, "display_text": one.text, **({"files": [str(one.path)]} if one.path else {})}
        for one in EXAMPLES
        if not one.picture or (sees and one.path)
    ]


def example_of(text: str) -> Example | None:
    """The example that sends this text."""
    return next((one for one in EXAMPLES if one.text == text), None)
