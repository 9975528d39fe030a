"""The clock understands places, zones and offsets, and does not guess."""

from datetime import datetime, timezone
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tools.clock import current_time
from tools.time_zones import find_zone
from tools.tool import CallContext, ToolError

WINTER = datetime(2026, 11, 20, 5, 6, 7, tzinfo=timezone.utc)
SUMMER = datetime(2026, 7, 1, 5, 6, 7, tzinfo=timezone.utc)


def ask(zone=None, moment=WINTER, local=None):
    arguments = {} if zone is None else {"timezone": zone}
    return current_time(local, lambda: moment).run(arguments, CallContext()).text


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Asia/Tokyo", "Friday, 20 November 2026, 14:06:07 (Asia/Tokyo, UTC+09:00)"),
        ("tokyo", "Friday, 20 November 2026, 14:06:07 (Asia/Tokyo, UTC+09:00)"),
        ("Japan", "Friday, 20 November 2026, 14:06:07 (Japan, UTC+09:00)"),
        ("New York", "Friday, 20 November 2026, 00:06:07 (America/New_York, UTC-05:00)"),
        ("new_york", "Friday, 20 November 2026, 00:06:07 (America/New_York, UTC-05:00)"),
        ("San Francisco", "Thursday, 19 November 2026, 21:06:07 (America/Los_Angeles, UTC-08:00)"),
        ("Mumbai", "Friday, 20 November 2026, 10:36:07 (Asia/Kolkata, UTC+05:30)"),
        ("UTC", "Friday, 20 November 2026, 05:06:07 (UTC, UTC+00:00)"),
        ("UTC+2", "Friday, 20 November 2026, 07:06:07 (UTC+02:00)"),
        ("GMT-03:30", "Friday, 20 November 2026, 01:36:07 (UTC-03:30)"),
        ("+0545", "Friday, 20 November 2026, 10:51:07 (UTC+05:45)"),
        ("Paris, France", "Friday, 20 November 2026, 06:06:07 (Europe/Paris, UTC+01:00)"),
        ("Munich, Germany", "Friday, 20 November 2026, 06:06:07 (Europe/Berlin, UTC+01:00)"),
        ("Boston, USA", "Friday, 20 November 2026, 00:06:07 (America/New_York, UTC-05:00)"),
    ],
)
def test_a_place_a_zone_or_an_offset_gives_its_time(zone, said):
    assert ask(zone) == said


def test_daylight_saving_follows_the_date_even_for_an_abbreviation():
    assert ask("Berlin", SUMMER).endswith("07:06:07 (Europe/Berlin, UTC+02:00)")
    assert ask("PST", SUMMER).endswith("22:06:07 (America/Los_Angeles, UTC-07:00)")


@pytest.mark.parametrize("zone", [None, "", "local", "here", "Now", "today"])
def test_without_a_place_it_is_the_time_of_whoever_asks(zone):
    assert ask(zone, local=ZoneInfo("Asia/Seoul")) == "Friday, 20 November 2026, 14:06:07 (Asia/Seoul, UTC+09:00)"


def test_without_a_place_or_a_known_visitor_it_is_this_machines_time():
    here = WINTER.astimezone()
    assert f", {here.day} " in ask()
    assert f"{here:%H:%M:%S} (local time, UTC" in ask()


@pytest.mark.parametrize(
    "zone", ["Paris, Texas", "Atlantis", "../etc/passwd", "/etc/localtime", "Berlin\x00", "UTC+25"]
)
def test_an_unknown_place_is_not_guessed(zone):
    with pytest.raises(ToolError, match=r"There is no time zone or known city|is no offset"):
        find_zone(zone)


def test_a_slip_of_the_pen_gets_a_suggestion():
    with pytest.raises(ToolError, match=r"Did you mean Europe/Berlin"):
        find_zone("Berlim")


def test_a_country_with_several_zones_is_not_guessed():
    with pytest.raises(ToolError, match="There is no time zone or known city 'Australia'"):
        find_zone("Australia")


def test_every_name_in_the_database_is_found():
    for key in available_timezones():
        name, zone = find_zone(key)
        assert WINTER.astimezone(zone).utcoffset() == WINTER.astimezone(ZoneInfo(key)).utcoffset(), name
