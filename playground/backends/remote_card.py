"""The run card of a reply that another server wrote: complete as far as it can be, and honest about the rest."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

from playground.events import Reason, Usage
from playground.messages import Message
from playground.run_card import FORMAT, versions, write_options
from playground.turn import Turn


def make_remote_card(
    *,
    name: str,
    host: str,
    model: str,
    fingerprint: str | None,
    turn: Turn,
    message: Message,
    reason: Reason,
    usage: Usage,
    not_sent: Sequence[str],
    failed_before: Sequence[str],
) -> dict[str, Any]:
    """The keys of `run_card.make_card`, empty where only the server knows, and `remote`, which says what is missing.

    `not_sent` are options that the server could not be told; `failed_before` what servers that were asked first said.
    """
    return {
        "format": FORMAT,
        "model": {"name": name, "family": "remote", "revision": fingerprint or ""},
        "template": "",
        "prompt_ids": [],
        "images": [image.digest for one in turn.messages for image in one.images],
        "options": write_options(turn.options),
        "seed": turn.options.seed,
        "grammar": None,
        "device": host,
        "dtype": "",
        "versions": versions(),
        "usage": dataclasses.asdict(usage),
        "output_ids": [],
        "output_sha256": hashlib.sha256(message.text.encode("utf-8", "replace")).hexdigest(),
        "reason": reason,
        "calls": [{"id": call.id, "name": call.name, "arguments": dict(call.arguments)} for call in message.calls],
        "remote": {
            "server": host,
            "model": model,
            "fingerprint": fingerprint,
            "not_sent": list(not_sent),
            "failed_before": list(failed_before),
            "unknown": ["template", "prompt_ids", "output_ids", "grammar", "device", "dtype", "revision"],
        },
    }
