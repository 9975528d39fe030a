"""Server-sent events as text.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html, read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def frame(data: Mapping[str, Any] | str, event: str | None = None) -> str:
    """One event. JSON never holds a bare line break, so one `data:` line is enough."""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {event}\n" if event else "") + f"data: {text}\n\n"


COMMENT = ": still here\n\n"
"""Keeps proxies from closing a stream that has nothing to say yet. Clients ignore it."""
