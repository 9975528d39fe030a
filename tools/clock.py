"""The current date and time, here or in another time zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone, tzinfo
from typing import Any

from tools.time_zones import find_zone
from tools.tool import CallContext, Tool, ToolOutput, ToolSpec

# Written out, because strftime's names follow the machine's language.
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

HERE = frozenset({"local", "here", "local time", "now", "today"})
"""What small models write for no place at all."""

SPEC = ToolSpec(
    name="current_time",
    description="Tell the current date and time, here or in another place.",
    parameters={
        "type": "object",
        "properties": {
            "timezone": {
                "type": "string",
                "description": "A city or time zone, such as Tokyo, Europe/Berlin or UTC+2. Leave out for local time",
            }
        },
        "required": [],
    },
)


def current_time(local: tzinfo | None = None, now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)) -> Tool:
    """The clock as a tool. `local` is the zone of whoever asks without naming one; None takes this machine's."""

    def run(arguments: Mapping[str, Any], context: CallContext) -> ToolOutput:  # noqa: ARG001 - too quick to be stopped
        name = str(arguments.get("timezone") or "").strip()
        if name and name.lower() not in HERE:
            label, zone = find_zone(name)
            return ToolOutput(_say(now().astimezone(zone), label))
        moment = now().astimezone(local)
        return ToolOutput(_say(moment, str(local) if local is not None else "local time"))

    return Tool(SPEC, run, timeout_s=5.0)


def _say(moment: datetime, label: str) -> str:
    """Such as: Friday, 20 November 2026, 14:05:09 (Asia/Tokyo, UTC+09:00)."""
    offset = moment.strftime("%z")
    utc = f"UTC{offset[:3]}:{offset[3:5]}"
    date = f"{_DAYS[moment.weekday()]}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    return f"{date}, {moment:%H:%M:%S} ({utc if label == utc else f'{label}, {utc}'})"
