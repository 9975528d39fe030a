"""What a model sees of a picture, and what it costs, as HTML. The model's own image processing is the source."""

from __future__ import annotations

import html

from playground.backends.backend import Sight, TokenCount
from playground.messages import Image
from playground.ui.pictures import PictureFiles
from playground.ui.vision.asking import Picture


def sight_html(
    picture: Picture, sight: Sight | None, count: TokenCount, prompt: str, pictures: PictureFiles, *, crops: bool
) -> str:
    """The scaled picture and its crops, the prompt's words, and tokens against the context. `crops`: they are sent."""
    rows = [
        ("Your picture", f"{picture.width:,} x {picture.height:,} pixels"),
        ("Tokens of the picture", f"{count.images:,}" + ("" if sight else " (an estimate; only the server knows)")),
        ("Tokens in all", f"{count.total:,} of {count.context:,}"),
    ]
    if sight is not None:
        rows.insert(1, ("The model gets", f"{sight.view.width:,} x {sight.view.height:,} pixels"))
        rows.insert(2, ("Most tokens that one picture takes", f"{sight.budget:,}"))
    cells = "".join(f"<tr><th scope=row>{name}</th><td>{value}</td></tr>" for name, value in rows)
    return (
        f'{_views(sight, pictures, crops=crops)}<table class="figures"><tbody>{cells}</tbody></table>'
        f'<p class="prompt"><b>Prompt</b> {html.escape(prompt)}</p>'
    )


def unseen_html(reason: str) -> str:
    """Why there is nothing to show yet."""
    return f'<p class="progress">{html.escape(reason)}</p>'


def _views(sight: Sight | None, pictures: PictureFiles, *, crops: bool) -> str:
    if sight is None:
        return ""
    shown = [(sight.view, "what the vision tower gets")]
    kind = "sent too" if crops else "could be sent too"
    shown += [(crop, f"crop {number}, {kind}") for number, crop in enumerate(sight.crops, start=1)]
    return f'<div class="views">{"".join(_figure(image, said, pictures) for image, said in shown)}</div>'


def _figure(image: Image, said: str, pictures: PictureFiles) -> str:
    return f'<figure><img src="{pictures.url(image)}" alt=""><figcaption>{said}</figcaption></figure>'
