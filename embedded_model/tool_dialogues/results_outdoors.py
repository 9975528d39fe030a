"""Results of tools for weather, travel, maps, cars, parcels and the garden."""

from __future__ import annotations

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import MONTHS, WEEKDAYS
from embedded_model.tool_dialogues.rules import day
from embedded_model.tool_dialogues.template import Given, Values

SKIES = ["cloudy", "rainy", "sunny", "windy", "overcast", "partly cloudy", "foggy", "clear"]
HOTELS = [
    "Aurora",
    "Lindenhof",
    "Marina",
    "Harbour View",
    "Belmont",
    "Rosa",
    "Central",
    "Parkside",
    "Castello",
    "Riva",
]
MINUTES_PER_KILOMETRE = {"walk": 12, "bike": 4, "transit": 3.5}


def get_weather(given: Given, draw: Draw) -> Values:
    """Degrees in the unit that was asked for, and a sky that goes with them."""
    celsius = draw.number(3, 31) if draw.chance(0.85) else draw.number(-6, 34)
    in_fahrenheit = given.get("units") == "fahrenheit"
    result: Values = {"city": given["city"], "temperature": round(celsius * 1.8 + 32) if in_fahrenheit else celsius}
    if "units" in given:
        result["units"] = given["units"]
    return {**result, "condition": _sky(celsius, draw), "wind_kmh": draw.number(3, 45)}


def _sky(celsius: int, draw: Draw) -> str:
    if celsius <= 0:
        return draw.pick(["snowy", "clear", "overcast", "foggy"])
    return draw.pick(["sunny", "clear", "hazy", "mostly sunny"] if celsius > 26 else SKIES)


def weather_forecast(given: Given, draw: Draw) -> Values:
    """A summary that goes with the highest temperature."""
    high = draw.number(2, 31)
    return {
        "place": given["place"],
        "days": given.get("days", 5),
        "high": high,
        "low": high - draw.number(3, 9),
        "summary": draw.pick(
            [
                "mostly dry with some sun",
                "wet at first, then clearing",
                "cloudy with a little rain",
                "unsettled and windy",
                "sunny and warm" if high > 20 else "dry and mild" if high > 12 else "cold and grey",
                "cold with light snow" if high < 5 else "dry with sunny spells",
            ]
        ),
    }


def air_quality(given: Given, draw: Draw) -> Values:
    """An index and what it counts as."""
    index = draw.number(12, 180)
    levels = {50: "good", 100: "moderate", 150: "unhealthy for sensitive groups"}
    level = next((level for limit, level in levels.items() if index <= limit), "unhealthy")
    pollutant = draw.pick(["PM2.5", "ozone", "NO2", "PM10"])
    return {"location": given["location"], "aqi": index, "level": level, "main_pollutant": pollutant}


def sun_times(given: Given, draw: Draw) -> Values:
    """The later it rises, the earlier it sets."""
    result = {"place": given["place"]}
    if "on_date" in given:
        result["date"] = given["on_date"]
    hour = draw.number(4, 8)
    return {
        **result,
        "sunrise": f"0{hour}:{draw.number(10, 59)}",
        "sunset": f"{25 - hour}:{draw.number(10, 59)}",
    }


def tide_times(given: Given, draw: Draw) -> Values:
    """Low water about six hours after high water."""
    high = draw.clock(1, 11)
    return {
        "harbour": given["harbour"],
        "day": given["day"],
        "high": high,
        "low": f"{int(high[:2]) + 6:02d}:{draw.number(10, 59)}",
        "high_m": draw.real(3.2, 7.9, 1),
    }


def pollen_count(given: Given, draw: Draw) -> Values:
    """Grains, and whether these are many."""
    grains = draw.number(5, 300)
    levels = {30: "low", 80: "moderate", 180: "high"}
    level = next((level for limit, level in levels.items() if grains < limit), "very high")
    return {"area": given["area"], "level": level, "grains_per_m3": grains}


def snow_report(given: Given, draw: Draw) -> Values:
    """Snow, and no more open lifts than there are."""
    snow, new_snow, lifts = draw.number(20, 310), draw.number(0, 35), draw.number(4, 30)
    return {
        "resort": given["resort"],
        "snow_cm": snow,
        "new_snow_cm": new_snow,
        "lifts_open": lifts,
        "lifts_total": lifts + draw.number(0, 20),
    }


def search_flights(_given: Given, draw: Draw) -> Values:
    """Two flights, the cheaper one first."""
    first: Values = {"id": draw.code("@@###"), "departs": draw.clock(5, 13), "price_eur": draw.number(38, 640)}
    second: Values = {"id": draw.code("@@###"), "departs": draw.clock(14, 22)}
    second["price_eur"] = first["price_eur"] + draw.number(10, 120)
    return {"flights": [first, second]}


def flight_status(given: Given, draw: Draw) -> Values:
    """On time, delayed by so much, or landed."""
    status = draw.pick(["on time", "delayed", "landed", "on time"])
    result: Values = {"flight": given["flight_no"], "status": status}
    if status == "delayed":
        result["delay_min"] = draw.number(10, 150)
    return {**result, "arrives": draw.clock(), "gate": draw.code("@##"), "_case": status.split()[0]}


def hotel_search(given: Given, draw: Draw) -> Values:
    """One hotel, and what all nights cost."""
    name = f"{draw.pick(['Hotel', 'Pension', 'The'])} {draw.pick(HOTELS)}"
    price = draw.number(48, 210)
    hotel = {"name": name, "per_night": price, "rating": draw.real(3.4, 4.9, 1)}
    return {"hotels": [hotel], "total": price * given["nights"]}


def train_times(given: Given, draw: Draw) -> Values:
    """The next train after the time that was given."""
    hour = min(21, int(given["after"][:2]) + 1) if "after" in given else draw.number(6, 20)
    return {
        "departs": f"{hour:02d}:{draw.number(10, 59)}",
        "arrives": f"{hour + draw.number(1, 3):02d}:{draw.number(10, 59)}",
        "changes": draw.number(0, 2),
        "platform": draw.number(1, 14),
    }


def visa_check(given: Given, draw: Draw) -> Values:
    """Which visa, or how long without one."""
    needed = draw.chance(0.5)
    result: Values = {"destination": given["destination"], "visa_required": needed}
    if needed:
        result["visa_type"] = draw.pick(["tourist visa", "e-visa"])
    else:
        result["max_stay_days"] = draw.pick([30, 60, 90])
    return {**result, "_case": "y" if needed else "n"}


def order_taxi(given: Given, draw: Draw) -> Values:
    """A driver at the wanted time, or as soon as possible."""
    result: Values = {"status": "confirmed", "driver": draw.word("first_name")}
    if "at_time" in given:
        result["pickup_time"] = given["at_time"]
    else:
        result["eta_min"] = draw.number(3, 18)
    return {**result, "price_estimate": draw.number(8, 45)}


def ferry_schedule(_given: Given, draw: Draw) -> Values:
    """Three departures in a day."""
    return {
        "departures": [draw.clock(6, 10), draw.clock(11, 15), draw.clock(16, 21)],
        "crossing_min": draw.number(25, 190),
    }


def directions(given: Given, draw: Draw) -> Values:
    """A way whose minutes go with its length and the means of travel."""
    mode = given.get("mode")
    kilometres = draw.real(0.6, 4.5 if mode == "walk" else 12, 1)
    minutes = kilometres * MINUTES_PER_KILOMETRE.get(mode or "", 2.2) + draw.number(0, 3)
    return {"distance_km": kilometres, "minutes": max(2, round(minutes)), "via": draw.word("street")}


def nearby(_given: Given, draw: Draw) -> Values:
    """Two places, the closer one first."""
    first = {"name": f"{draw.word('last_name')}'s", "address": draw.word("address"), "distance_m": draw.number(40, 170)}
    kind = draw.pick(["Star", "Corner", "Royal", "Green", "Sunny", "City"])
    second = {"name": f"{kind} {draw.word('last_name')}", "address": draw.word("address")}
    return {"results": [first, {**second, "distance_m": first["distance_m"] + draw.number(10, 28)}]}


def traffic(given: Given, draw: Draw) -> Values:
    """A delay and its cause, or neither."""
    delay = draw.pick([0, draw.number(4, 50), draw.number(4, 50)])
    causes = ["roadworks", "an accident", "heavy traffic", "a broken-down lorry"]
    cause = draw.pick(causes) if delay else "none"
    return {"road": given["road"], "delay_min": delay, "cause": cause, "_case": "j" if delay else "c"}


def parking(given: Given, draw: Draw) -> Values:
    """A car park, and what the wanted hours cost."""
    name, free, price = f"{draw.word('street')} car park", draw.number(2, 180), draw.pick([1, 2, 3, 4])
    result = {"car_park": name, "free": free, "per_hour": price}
    return {**result, "total": price * given["hours"]} if "hours" in given else result


def peak_height(given: Given, draw: Draw) -> Values:
    """Metres or feet."""
    imperial = given.get("unit_system") == "imperial"
    height = draw.number(2000, 12800) if imperial else draw.number(600, 3900)
    return {"summit": given["summit"], "height": height, "unit": "ft" if imperial else "m"}


def fuel_price(_given: Given, draw: Draw) -> Values:
    """A filling station and a price."""
    brand = draw.pick(["Star", "Jet Stop", "Green Pump", "Highway", "Union"])
    return {"station": f"{brand} {draw.word('street')}", "price_litre": draw.real(0.79, 2.09, 2)}


def tyre_pressure(_given: Given, draw: Draw) -> Values:
    """About the same pressure in front and behind."""
    front = draw.pick([2.2, 2.3, 2.4])
    return {"front_bar": front, "rear_bar": round(front + draw.pick([-0.1, 0.1, 0.3]), 1)}


def track_parcel(given: Given, draw: Draw) -> Values:
    """Where it is, and when it comes if it has not."""
    status = draw.pick(["in transit", "out for delivery", "delivered", "in transit"])
    result = {"tracking": given["tracking_number"], "status": status, "location": draw.word("town")}
    if status != "delivered":
        result["eta"] = draw.pick(["today", "tomorrow", f"{draw.number(2, 28)} {draw.pick(MONTHS)}"])
    return {**result, "_case": status.split()[0]}


def schedule_pickup(_given: Given, draw: Draw) -> Values:
    """A number, and hours in which somebody comes."""
    return {
        "confirmation": draw.code("PU####"),
        "window": f"{draw.number(8, 12)}:00-{draw.number(13, 18)}:00",
    }


def shipping_quote(given: Given, draw: Draw) -> Values:
    """A price, and one day if it is sent overnight."""
    return {"price": draw.price(6, 90), "days": 1 if given.get("speed") == "overnight" else draw.number(2, 12)}


def customs_fee(given: Given, draw: Draw) -> Values:
    """A share of the declared value."""
    percent = draw.pick([3, 4, 6, 9, 12])
    return {"duty_percent": percent, "fee": round(given["declared_value"] * percent / 100, 2)}


def bus_arrivals(given: Given, draw: Draw) -> Values:
    """The next two buses."""
    line, minutes = given.get("line") or draw.word("bus_line"), draw.number(2, 14)
    return {"stop": given["stop"], "line": line, "minutes": [minutes, minutes + draw.number(7, 20)]}


def bin_day(given: Given, draw: Draw) -> Values:
    """The day on which a bin is emptied."""
    return {"bin": given.get("bin", "general"), "date": f"{draw.pick(WEEKDAYS)}, {day(draw)}"}


def moon_phase(given: Given, draw: Draw) -> Values:
    """A phase and how much of the moon is lit."""
    # Without these two draws, which nothing uses, every later dialogue would be another one.
    draw.pick(range(6))
    draw.number(0, 100)
    phase, percent = draw.pick(
        [
            ("full moon", 100),
            ("new moon", 0),
            ("first quarter", 50),
            ("last quarter", 50),
            ("waxing crescent", draw.number(5, 45)),
            ("waning gibbous", draw.number(55, 95)),
            ("waxing gibbous", draw.number(55, 95)),
            ("waning crescent", draw.number(5, 45)),
        ]
    )
    return {"date": given["date"], "phase": phase, "lit_percent": percent}


def sowing_calendar(given: Given, draw: Draw) -> Values:
    """Months that follow each other."""
    month = draw.number(1, 5)
    return {
        "crop": given["crop"],
        "sow": MONTHS[month],
        "plant_out": MONTHS[month + 1],
        "harvest": MONTHS[month + 4],
    }


def soil_sensor(given: Given, draw: Draw) -> Values:
    """Dry below 30 percent."""
    percent = draw.number(8, 70)
    return {"bed": given["bed_name"], "moisture_percent": percent, "_case": "d" if percent < 30 else "w"}
