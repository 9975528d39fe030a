"""What people call a place or an offset, to a time zone."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterator
from datetime import timedelta, timezone, tzinfo
from importlib import resources
from zoneinfo import ZoneInfo, available_timezones

from tools.tool import ToolError

_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_MORE_PLACES = {
    "America/New_York": "washington dc|washington|boston|miami|atlanta|philadelphia|et|est|edt|eastern time|us/eastern",
    "America/Chicago": "houston|dallas|austin|minneapolis|new orleans|ct|cst|cdt|central time",
    "America/Denver": "salt lake city|mt|mst|mdt|mountain time",
    "America/Los_Angeles": "san francisco|seattle|san diego|las vegas|portland|california|pt|pst|pdt|pacific time|la",
    "America/Toronto": "ottawa|montreal|quebec",
    "America/Sao_Paulo": "rio de janeiro|rio|brasilia|são paulo",
    "Asia/Kolkata": "mumbai|delhi|new delhi|bangalore|bengaluru|chennai|hyderabad",
    "Asia/Shanghai": "beijing|shenzhen|guangzhou|china",
    "Asia/Tokyo": "osaka|kyoto|jst",
    "Asia/Ho_Chi_Minh": "hanoi|saigon",
    "Asia/Karachi": "islamabad|lahore",
    "Asia/Dubai": "abu dhabi",
    "Asia/Jerusalem": "tel aviv",
    "Asia/Almaty": "astana",
    "Africa/Johannesburg": "cape town|pretoria|durban",
    "Africa/Casablanca": "rabat|marrakesh",
    "Australia/Sydney": "canberra",
    "Pacific/Auckland": "wellington|new zealand",
    "Europe/London": "uk|england|scotland|wales|great britain|united kingdom|edinburgh|manchester|bst",
    "Europe/Berlin": "munich|münchen|hamburg|frankfurt|cologne|köln|germany|deutschland",
    "Europe/Zurich": "geneva|bern|basel|zürich",
    "Europe/Madrid": "barcelona|valencia|seville|spain",
    "Europe/Rome": "milan|florence|naples|venice",
    "Europe/Warsaw": "krakow|kraków",
    "Europe/Moscow": "saint petersburg|st petersburg",
    "Europe/Istanbul": "ankara|turkey",
    "Europe/Amsterdam": "the hague|rotterdam|holland",
    "Europe/Kyiv": "kiev|odesa",
    "Europe/Lisbon": "porto|portugal",
    "UTC": "z|utc|gmt|zulu",
}
"""Zones to places that the time zone database does not name, lower case: big cities, everyday abbreviations, and
countries that it splits although nearly everybody there shares one zone."""


def find_zone(name: str) -> tuple[str, tzinfo]:
    """The zone's own name and the zone.

    Takes IANA names, names of cities and of countries with one zone (also `Paris, France`), and offsets from UTC.

    Raises: ToolError with the names that come near.
    """
    wanted = _plain(name)
    if offset := _OFFSET.fullmatch(wanted.replace("−", "-")):  # noqa: RUF001 - the minus sign that people paste
        return _fixed(name, offset)
    place, _, area = (part.strip() for part in wanted.partition(","))
    found = _zones().get(wanted) or _zones().get(place)
    # "Paris, Texas" is not Paris, France: what follows the comma must be a country of that zone.
    if found is None or (area and area not in _countries(found)):
        near = difflib.get_close_matches(place, _zones(), n=3, cutoff=0.7)
        hint = f"Did you mean {' or '.join(_zones()[key] for key in near)}? " if near else ""
        raise ToolError(
            f"There is no time zone or known city {name!r}. {hint}"
            "Give a large city nearby, an IANA name such as Europe/Berlin, or an offset such as UTC+2."
        )
    return found, ZoneInfo(found)


def _fixed(name: str, offset: re.Match[str]) -> tuple[str, tzinfo]:
    sign, hours, minutes = offset[1], int(offset[2]), int(offset[3] or 0)
    if hours > 14:
        raise ToolError(f"{name!r} is no offset: they go from UTC-12 to UTC+14.")
    delta = timedelta(hours=hours, minutes=minutes)
    return f"UTC{sign}{hours:02d}:{minutes:02d}", timezone(delta if sign == "+" else -delta)


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").lower().split())


@functools.cache
def _zones() -> dict[str, str]:
    """Lower-case names, of every kind that can be asked for, to IANA names. Earlier kinds win."""
    zones: dict[str, str] = {}
    for key in sorted(available_timezones()):
        zones[_plain(key)] = key
    for key in list(zones.values()):
        if key.count("/") and not key.startswith(("Etc/", "US/", "SystemV/")):
            zones.setdefault(_plain(key.rsplit("/", 1)[1]), key)
    for key, places in _MORE_PLACES.items():
        zones.update(dict.fromkeys(places.split("|"), key))
    for country, its_zones in _country_zones().items():
        if len(its_zones) == 1:
            zones.setdefault(country, its_zones[0])
    return zones


@functools.cache
def _country_zones() -> dict[str, list[str]]:
    """Lower-case names of countries to their zones."""
    names = {code: country.lower() for code, country in _table("iso3166.tab")}
    zones: dict[str, list[str]] = {}
    for code, _, zone, *_ in _table("zone.tab"):
        zones.setdefault(names[code], []).append(zone)
    return zones


def _countries(zone: str) -> set[str]:
    """What may follow the comma after a place in this zone."""
    aliases = {"usa", "us", "united states", "u.s.", "u.s.a."}
    names = {country for country, zones in _country_zones().items() if zone in zones}
    names |= {place for place in _MORE_PLACES.get(zone, "").split("|") if place}
    return names | aliases if "united states" in names else names


def _table(file: str) -> Iterator[list[str]]:
    text = resources.files("tzdata").joinpath("zoneinfo").joinpath(file).read_text(encoding="utf-8")
    yield from (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
