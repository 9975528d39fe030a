"""Questions for the time, here or in a city."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from embedded_model.tool_dialogues.declarations import TOOLS
from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import MONTHS
from embedded_model.tool_dialogues.messages import Exchange
from embedded_model.tool_dialogues.template import Values, choose, fill
from embedded_model.tool_dialogues.text_files import read_commas, read_lists, read_table

_LISTS = read_lists("clock")
START = datetime(2025, 1, 1, tzinfo=timezone.utc)


def _changes(text: str) -> list[tuple[datetime, timezone]]:
    """From when on clocks show what time, the last change first."""
    first, *changes = text.split(", ")
    found = [(START, _ahead(first))]
    for change in changes:
        moment, minutes = change.split()
        found.insert(0, (datetime.fromisoformat(moment).replace(tzinfo=timezone.utc), _ahead(minutes)))
    return found


def _ahead(minutes: str) -> timezone:
    return timezone(timedelta(minutes=int(minutes)))


ZONES = {city: zone for zone, cities in read_table(_LISTS["zones"]).items() for city in read_commas([cities])}
CLOCKS = {zone: _changes(text) for zone, text in read_table(_LISTS["clocks"]).items()}
ZONES_HERE = ["Europe/Berlin", "Europe/London", "America/New_York", "Europe/Madrid", "Asia/Kolkata"]
ABOUT_THE_DAY = ("day", "date", "morning", "awake")


@dataclass(frozen=True)
class Moment:
    """A moment in a time zone."""

    zone: str
    local: datetime

    @property
    def time(self) -> str:
        """Hours and minutes."""
        return self.local.strftime("%H:%M")

    @property
    def weekday(self) -> str:
        """Monday to Sunday."""
        return self.local.strftime("%A")

    @property
    def date(self) -> str:
        """Day, month and year."""
        return f"{self.local.day} {MONTHS[self.local.month - 1]} {self.local.year}"

    @property
    def fields(self) -> Values:
        """What the tool says of it."""
        return {
            "timezone": self.zone,
            "date": self.local.strftime("%Y-%m-%d"),
            "weekday": self.weekday,
            "time": self.time,
        }


def some_moment(draw: Draw, days: int = 900) -> datetime:
    """A minute in these days."""
    return START + timedelta(minutes=draw.random.randrange(60 * 24 * days))


def in_zone(moment: datetime, zone: str) -> Moment:
    """The moment by a zone's clocks."""
    clocks = next(clocks for since, clocks in CLOCKS[zone] if since <= moment)
    return Moment(zone, moment.astimezone(clocks))


def told(moment: Moment) -> Exchange:
    """A call for the time in that zone, with its result."""
    return Exchange(TOOLS["current_time"], "", {"timezone": moment.zone}, json.dumps(moment.fields), "")


def city_request(city: str, draw: Draw, *, only_time: bool = False) -> str:
    """A question for the time in a city; if only the time counts, new questions are taken up without the other ones."""
    asks = _LISTS["asks for a city"]
    if only_time:
        asks = [ask for ask in asks if not any(word in ask for word in ABOUT_THE_DAY)]
    return fill(choose(draw.next_of("city", asks), draw), {"city": city})


def clock_exchange(draw: Draw, city: str | None = None) -> Exchange:
    """A question for the time in a city, in a zone or here."""
    moment = some_moment(draw)
    kind = "city" if city else draw.pick(["city"] * 9 + ["zone"] * 2 + ["here"] * 5)
    place = ""
    if kind == "city":
        place = city or draw.next_of("cities", ZONES)
        zone = ZONES[place]
        request = city_request(place, draw)
    elif kind == "zone":
        place = zone = draw.pick(sorted(set(ZONES.values())) + ["UTC"] * 8)
        request = fill(choose(draw.next_of("zone", _LISTS["asks for a zone"]), draw), {"zone": zone})
    else:
        zone = draw.pick(ZONES_HERE)
        request = choose(draw.next_of("here", _LISTS["asks"]), draw)
    local = in_zone(moment, zone)
    form = draw.random.randrange(3)
    arguments = {"timezone": zone} if place else {}
    answer = _answer(request.lower(), local, place, draw)
    return Exchange(TOOLS["current_time"], request, arguments, _content(local, form), answer)


def _content(moment: Moment, form: int) -> str:
    fields = moment.fields
    time = f"{fields['date']} {moment.time}"
    return (
        json.dumps(fields),
        json.dumps({"time": time, "weekday": moment.weekday, "timezone": moment.zone}),
        f"{moment.weekday}, {time} ({moment.zone})",
    )[form]


def _answer(request: str, moment: Moment, place: str, draw: Draw) -> str:
    weekday, date, time = moment.weekday, moment.date, moment.time
    if not place and "date" in request and "time" not in request:
        return draw.pick([f"Today is {weekday}, {date}.", f"It's {date}.", f"Today's date is {date}."])
    if "is it monday" in request:
        return "Yes, today is Monday." if weekday == "Monday" else f"No, today is {weekday}."
    if "noon" in request:
        return f"Yes, it's {time}." if moment.local.hour >= 12 else f"Not yet, it's {time}."
    if not place and "day" in request:
        return draw.pick([f"It's {weekday}, {date}.", f"It is {weekday}."])
    if "which day" in request or "what day" in request:
        return f"In {place} it is {weekday}, {date}, {time}."
    return _answer_with_time(request, moment, place, draw)


def _answer_with_time(request: str, moment: Moment, place: str, draw: Draw) -> str:
    weekday, date, time, hour = moment.weekday, moment.date, moment.time, moment.local.hour
    if "month" in request:
        return f"It is {MONTHS[moment.local.month - 1]}."
    if "year" in request:
        return f"It is {moment.local.year}."
    if "date and time" in request:
        return f"In {place} it is {time} on {weekday}, {date}." if place else f"It is {time} on {weekday}, {date}."
    if "already morning" in request:
        return f"{'Yes' if 5 <= hour < 12 else 'No'}, it's {time} in {place}."
    if "still awake" in request:
        awake = "people should be awake" if 6 <= hour < 23 else "many people are probably asleep"
        return f"It's {time} in {place}, so {awake}."
    if not place:
        return draw.pick([f"It's {time}.", f"It is {time} on {weekday}, {date}.", f"The time is {time}."])
    return draw.pick(
        [
            f"It's {time} in {place}.",
            f"In {place} it is {time} now.",
            f"It is {time} in {place} ({weekday}).",
            f"{place}: {time}, {weekday}.",
            f"The time in {place} is {time}.",
        ]
    )
