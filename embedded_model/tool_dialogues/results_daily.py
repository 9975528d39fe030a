"""Results of tools for food, home, calendar, shops, health, sport, music and life in a town."""

from __future__ import annotations

from datetime import date

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import WEEKDAYS
from embedded_model.tool_dialogues.rules import day
from embedded_model.tool_dialogues.tables import BINS, SUBSTITUTES, nutrition
from embedded_model.tool_dialogues.template import Given, Values

DISHES = ["Stir-fry", "Bake", "Soup", "Salad", "Stew", "Tart", "Curry", "Pie"]
COOKING = [
    "Simmer for 20 minutes.",
    "Bake at 180 C for 35 minutes.",
    "Fry for 10 minutes.",
    "Cook on low heat for 15 minutes.",
]
SOFT_DRINKS = ["sparkling water with lime", "apple juice spritzer", "ginger lemonade", "iced green tea"]
WINES = [
    "a dry Riesling",
    "a light Pinot Noir",
    "a Rioja",
    "a Sauvignon Blanc",
    "a Chianti",
    "a dry cider",
    "a Gruner Veltliner",
]
VENUES = ["Old Mill", "Arena", "Town Hall", "Kulturhaus", "Blue Note Club", "Riverside Stage"]
COMPLAINTS = [
    "pain and fever",
    "hay fever",
    "a dry cough",
    "heartburn",
    "travel sickness",
    "a blocked nose",
    "sore muscles",
    "itchy skin",
    "trouble sleeping",
]
LEAFLETS = [
    "Take with food.",
    "Take on an empty stomach.",
    "May cause drowsiness.",
    "Do not combine with alcohol.",
    "Drink plenty of water.",
]
SESSIONS = {
    "strength": ["squats", "push-ups", "rows", "deadlifts", "planks", "lunges"],
    "endurance": ["easy run", "intervals", "long bike ride", "swim", "tempo run", "rowing"],
    "weight_loss": ["brisk walk", "circuit training", "cycling", "swimming", "rowing", "stairs"],
    "mobility": ["hip stretches", "yoga flow", "shoulder circles", "spine twists", "ankle drills", "cat-cow"],
}


def find_recipe(given: Given, draw: Draw) -> Values:
    """A dish with the first two ingredients."""
    first, second = given["ingredients"][:2]
    title = f"{draw.pick(DISHES)} with {first} and {second}"
    return {"title": title, "minutes": draw.number(15, 70), "recipe_id": draw.code("@-####")}


def recipe_steps(given: Given, draw: Draw) -> Values:
    """Four steps, of which the first two go either way round."""
    steps = draw.sample(["Chop the onions.", "Heat the oil in a pan."], 2)
    steps.append(draw.pick(COOKING))
    steps.append(draw.pick(["Season and serve.", "Add salt and serve hot.", "Sprinkle with herbs and serve."]))
    return {"recipe_id": given["recipe_id"], "steps": steps}


def restaurant_search(given: Given, draw: Draw) -> Values:
    """A restaurant within the price."""
    name, rating = draw.word("restaurant"), draw.real(3.9, 4.9, 1)
    return {"results": [{"name": name, "rating": rating, "price": draw.number(10, given.get("max_price", 40))}]}


def nutrition_info(given: Given, _draw: Draw) -> Values:
    """What the table says, for so many grams."""
    grams = given.get("grams", 100)
    return {"food": given["food"], "grams": grams, **nutrition(given["food"], grams)}


def wine_pairing(given: Given, draw: Draw) -> Values:
    """A wine, or something without alcohol."""
    return {"dish": given["dish"], "suggestion": draw.pick(SOFT_DRINKS if given.get("alcohol") is False else WINES)}


def make_shopping_list(given: Given, draw: Draw) -> Values:
    """The new things, and how many there are now."""
    return {"added": given["items"], "total_items": len(given["items"]) + draw.number(0, 14)}


def ingredient_swap(given: Given, _draw: Draw) -> Values:
    """What the table says."""
    return {"replace": given["missing"], "use": SUBSTITUTES[given["missing"]], "ratio": "1:1"}


def list_events(given: Given, draw: Draw) -> Values:
    """Two events, or none."""
    if draw.chance(0.2):
        return {"day": given["day"], "events": [], "_case": "n"}
    events = [{"time": draw.clock(low, high), "title": draw.word("event")} for low, high in ((8, 12), (13, 19))]
    return {"day": given["day"], "events": events, "_case": "y"}


def find_free_slot(given: Given, draw: Draw) -> Values:
    """The day that was given, or a weekday."""
    weekday = draw.pick(WEEKDAYS[:5])
    return {"day": given.get("day", weekday), "start": draw.clock(8, 17), "free_for": given["people"]}


def days_between(given: Given, _draw: Draw) -> Values:
    """The days from one date to the other."""
    return {"days": abs((date.fromisoformat(given["end"]) - date.fromisoformat(given["start"])).days)}


def public_holidays(given: Given, draw: Draw) -> Values:
    """How many there are, the first and the last."""
    year = given["year"]
    return {
        "country": given["country"],
        "year": year,
        "count": draw.number(8, 16),
        "first": f"{year}-01-0{draw.pick([1, 1, 2, 6])}",
        "last": f"{year}-12-{draw.pick([8, 25, 25, 26, 31]):02d}",
    }


def device_status(given: Given, draw: Draw) -> Values:
    """On with so many watts, or off."""
    power = "on" if draw.chance(0.55) else "off"
    result: Values = {"device": given["device"], "power": power}
    if power == "on":
        result["watts"] = draw.number(4, 1900)
    return {**result, "since": draw.clock(), "_case": power}


def washer_status(_given: Given, draw: Draw) -> Values:
    """Running for some more minutes, or finished."""
    minutes = draw.pick([0, draw.number(2, 95), draw.number(2, 95)])
    state = "running" if minutes else "finished"
    return {"state": state, "minutes_left": minutes, "_case": "r" if minutes else "f"}


def garage_door(given: Given, _draw: Draw) -> Values:
    """The state after the action."""
    return {"state": "open" if given["action"] == "open" else "closed"}


def concert_search(given: Given, draw: Draw) -> Values:
    """A concert in the city that was given, or in some city."""
    city = draw.word("city")
    concert = {"city": given.get("city", city), "date": day(draw), "venue": draw.pick(VENUES)}
    return {"artist": given["artist"], "concerts": [{**concert, "from": draw.number(18, 90)}]}


def play_podcast(given: Given, draw: Draw) -> Values:
    """The episode that was given, or some episode."""
    episode = draw.number(11, 240)
    return {
        "show": given["show"],
        "episode": given.get("episode", episode),
        "title": f"On {draw.word('topic')}",
        "minutes": draw.number(18, 95),
    }


def product_search(given: Given, draw: Draw) -> Values:
    """A product of that name within the price."""
    name = f"{draw.word('company_start')} {given['query']}"
    price = draw.price(8, min(200, given.get("max_price", 200) - 1))
    return {"results": [{"name": name, "price": price, "sku": draw.code("@@-####"), "rating": draw.real(3.5, 4.9, 1)}]}


def order_status(given: Given, draw: Draw) -> Values:
    """A status, and who carries it if it is on its way."""
    status = draw.pick(["processing", "shipped", "shipped", "delivered"])
    result = {"order_id": given["order_id"], "status": status, "expected": day(draw)}
    if status == "shipped":
        result["carrier"] = draw.pick(["GLX", "ParcelOne", "NordPost", "SwiftShip"])
    return {**result, "_case": status}


def store_hours(given: Given, draw: Draw) -> Values:
    """Open from the morning to the evening."""
    return {
        "store": given["store"],
        "day": given.get("day", "today"),
        "opens": f"0{draw.number(7, 9)}:{draw.pick(['00', '30'])}",
        "closes": f"{draw.number(17, 22)}:{draw.pick(['00', '30'])}",
    }


def check_stock(given: Given, draw: Draw) -> Values:
    """Some pieces, or none."""
    pieces = draw.pick([0, draw.number(1, 30), draw.number(1, 30)])
    return {
        "item": given["item"],
        "store": given["store"],
        "in_stock": pieces > 0,
        "pieces": pieces,
        "_case": "y" if pieces else "n",
    }


def medicine_info(given: Given, draw: Draw) -> Values:
    """A made-up leaflet for a made-up medicine."""
    return {
        "name": given["name"],
        "used_for": draw.pick(COMPLAINTS),
        "leaflet": draw.pick(LEAFLETS),
        "max_per_day": draw.number(1, 4),
        "prescription": draw.chance(0.5),
    }


def bmi(given: Given, _draw: Draw) -> Values:
    """Weight by height squared, and what it counts as."""
    index = round(given["weight_kg"] / (given["height_cm"] / 100) ** 2, 1)
    levels = {18.5: "underweight", 25: "normal", 30: "overweight"}
    return {"bmi": index, "category": next((level for limit, level in levels.items() if index < limit), "obese")}


def log_water(given: Given, draw: Draw) -> Values:
    """What was drunk now and today."""
    before = draw.pick([0, 200, 500, 750, 1100, 1400])
    return {"logged_ml": given["ml"], "today_ml": given["ml"] + before, "goal_ml": 2000}


def find_pharmacy(_given: Given, draw: Draw) -> Values:
    """A pharmacy that is open until the evening."""
    return {
        "name": f"{draw.word('last_name')} {draw.pick(['Pharmacy', 'Chemists'])}",
        "address": draw.word("address"),
        "distance_m": draw.number(90, 2900),
        "closes": draw.clock(18, 22),
    }


def heart_zones(given: Given, _draw: Draw) -> Values:
    """Shares of 220 less the age."""
    most = 220 - given["age"]
    return {
        "max_bpm": most,
        "easy": f"{round(most * 0.6)}-{round(most * 0.7)}",
        "hard": f"{round(most * 0.8)}-{round(most * 0.9)}",
    }


def match_result(given: Given, draw: Draw) -> Values:
    """Won, lost or drawn."""
    goals, against = draw.number(0, 4), draw.number(0, 4)
    opponent = _opponent(given["team"], draw)
    case = "w" if goals > against else "l" if goals < against else "d"
    return {
        "team": given["team"],
        "opponent": opponent,
        "score": f"{goals}-{against}",
        "date": day(draw),
        "_case": case,
    }


def _opponent(team: str, draw: Draw) -> str:
    while (other := draw.word("team")) == team:
        pass
    return str(other)


def league_table(_given: Given, draw: Draw) -> Values:
    """The first three places."""
    teams = draw.sample(draw.words("team"), 3)
    points = [draw.number(30, 50), draw.number(18, 29), draw.number(10, 17)]
    rows = zip(range(1, 4), teams, points, strict=True)
    return {"table": [{"place": at, "team": team.replace("the ", ""), "points": won} for at, team, won in rows]}


def next_fixture(given: Given, draw: Draw) -> Values:
    """Against whom and when; at home if only that was asked for."""
    return {
        "team": given["team"],
        "opponent": _opponent(given["team"], draw),
        "date": day(draw),
        "kick_off": draw.clock(12, 20),
        "venue": "home" if given.get("home_only") or draw.chance(0.5) else "away",
    }


def race_results(_given: Given, draw: Draw) -> Values:
    """Who won, and in what time."""
    return {
        "winner": draw.word("full_name"),
        "time": f"{draw.number(1, 3)}:{draw.number(10, 59)}:{draw.number(10, 59)}",
        "finishers": draw.number(80, 9000),
    }


def step_count(given: Given, draw: Draw) -> Values:
    """Steps, of three quarters of a metre each."""
    steps = draw.number(1800, 16000)
    return {"day": given.get("day", "today"), "steps": steps, "km": round(steps * 0.00075, 1)}


def workout_plan(given: Given, draw: Draw) -> Values:
    """A session for each day."""
    return {"goal": given["goal"], "sessions": draw.sample(SESSIONS[given["goal"]], given["days_per_week"])}


def run_pace(given: Given, _draw: Draw) -> Values:
    """Minutes and seconds for a kilometre."""
    minutes, seconds = divmod(round(given["total_minutes"] * 60 / given["km_run"]), 60)
    return {"pace": f"{minutes}:{seconds:02d} min/km"}


def event_search(_given: Given, draw: Draw) -> Values:
    """A festival and a concert."""
    first = {
        "event_id": draw.code("E-####"),
        "title": draw.word("festival"),
        "venue": draw.word("museum"),
        "price": draw.number(4, 45),
    }
    second = {
        "event_id": draw.code("E-####"),
        "title": f"{draw.word('song')} Live",
        "venue": draw.word("station"),
        "price": draw.number(5, 60),
    }
    return {"events": [first, second]}


def cinema_times(given: Given, draw: Draw) -> Values:
    """Three times, in the cinema that was given or in some cinema."""
    cinema = draw.word("station")
    times = [draw.clock(13, 15), draw.clock(16, 18), draw.clock(19, 22)]
    return {"film": given["film"], "cinema": given.get("cinema", cinema), "times": times}


def ticket_status(given: Given, draw: Draw) -> Values:
    """Open, in progress or resolved."""
    status = draw.pick(["open", "in progress", "resolved"])
    assignee = draw.word("first_name")
    return {"ticket": given["ticket_id"], "status": status, "assignee": assignee, "_case": status.split()[0]}


def catalog_search(given: Given, draw: Draw) -> Values:
    """A book, and how many copies are in."""
    copies = draw.pick([0, draw.number(1, 5), draw.number(1, 5)])
    return {
        "title": given.get("title") or f"The {draw.word('song')}",
        "author": given.get("author") or draw.word("author"),
        "copies_free": copies,
        "shelf": draw.code("@##"),
        "_case": "y" if copies else "n",
    }


def recycle_guide(given: Given, _draw: Draw) -> Values:
    """What the table says."""
    return {"item": given["item"], "where": BINS[given["item"]]}


def job_search(_given: Given, draw: Draw) -> Values:
    """How many jobs there are, and the best of them."""
    count, company = draw.number(1, 60), draw.word("company")
    return {"count": count, "top": {"company": company, "salary": draw.number(24, 78) * 1000}}


def home_search(given: Given, draw: Draw) -> Values:
    """A flat of the wanted size within the rent."""
    address, rooms, rent = draw.word("address"), draw.number(2, 5), draw.number(450, 2400)
    home = {"address": address, "rooms": given.get("rooms", rooms), "rent": min(given.get("max_rent", 2000), rent)}
    return {"results": [home], "total": draw.number(1, 40)}


def create_poll(_given: Given, draw: Draw) -> Values:
    """A number and an address."""
    return {"poll": draw.code("PL###"), "link": f"https://polls.example/{draw.code('@@##@').lower()}"}
