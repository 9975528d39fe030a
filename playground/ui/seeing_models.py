"""Which models can see a picture, as buttons, for when the chosen one cannot: to use one, or to download it first."""

from __future__ import annotations

import html
from collections.abc import Sequence

from playground.backends.catalogue import Listing
from playground.engine.memory import gigabytes

MOST = 4
"""More buttons than that would be a list, which the Models panel has."""


def seeing_models(listings: Sequence[Listing], *, can_download: bool) -> str:
    """Buttons for the models here that see pictures; where there are none, for those that fit and could be fetched.

    Buttons are numbered as the listings are, like those of the Models panel.
    """
    seeing = [(number, one) for number, one in enumerate(listings) if one.entry.images and one.fits]
    here = [_button("use", number, f"Use {one.entry.name}") for number, one in seeing if one.entry.state == "here"]
    if here or not can_download:
        return "".join(here[:MOST])
    absent = [(number, one) for number, one in seeing if one.entry.state in {"absent", "partial"}]
    # What needs no token and is small comes first: the shortest way to an answer.
    absent.sort(key=lambda pair: (pair[1].needs_token, pair[1].entry.bytes_total or 0))
    return "".join(_button("download", number, f"Download {_about(one)}") for number, one in absent[:MOST])


def _about(listing: Listing) -> str:
    size = gigabytes(listing.entry.bytes_total) if listing.entry.bytes_total else ""
    said = ", ".join(part for part in (size, "needs a token" if listing.needs_token else "") if part)
    return f"{listing.entry.name} ({said})" if said else listing.entry.name


def _button(act: str, number: int, words: str) -> str:
    return f'<button class="row-act do-{act} at-{number}">{html.escape(words)}</button>'
