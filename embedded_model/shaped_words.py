"""What `shaped_dialogues.py` writes besides tool dialogues: things told in a sentence, and their values."""

# ruff: noqa: E501, SIM905 - tables of words

from __future__ import annotations

from typing import Any

WORDS: dict[str, list[str]] = {
    "first": "Adela|Bruno|Cyril|Delia|Emil|Fiona|Goran|Hedda|Ivo|Jana|Klaus|Ludmila|Milos|Nerea|Odette|Pablo|Quirin|"
    "Ragna|Samir|Thea|Ugo|Viola|Wim|Xenia|Yara|Zoran".split("|"),
    "last": "Almeida|Brandt|Castell|Duarte|Eklund|Ferrari|Gruber|Horvat|Iversen|Jansen|Kowalski|Lindqvist|Moreau|Novak|"
    "Okafor|Petrov|Rossi|Santos|Takeda|Ullman|Varga|Weiss".split("|"),
    "town": "Aarhus|Basel|Coimbra|Delft|Essen|Faro|Graz|Haarlem|Innsbruck|Jena|Kassel|Lugano|Minsk|Namur|Ostend|Parma|"
    "Reims|Siena|Toledo|Uppsala|Verona|Zagreb".split("|"),
    "job": "baker|carpenter|courier|electrician|florist|geologist|hairdresser|interpreter|joiner|mechanic|midwife|optician|"
    "plumber|surgeon|translator|vet".split("|"),
    "company": "Amber Foods|Blue Harbour|Copperfield Tools|Delta Optics|Evergreen Travel|Foxglove Press|Granite Bank|"
    "Highland Wool|Ivory Keys|Juniper Labs".split("|"),
    "animal": "cat|dog|hamster|parrot|rabbit|tortoise|pony|ferret".split("|"),
    "pet": "Alfie|Bella|Coco|Dusty|Echo|Flo|Gizmo|Honey|Iggy|Jojo|Kiwi|Lulu".split("|"),
    "thing": "desk lamps|office chairs|notebooks|water bottles|backpacks|screwdrivers|picture frames|towels|candles|mugs|"
    "extension cords|umbrellas".split("|"),
    "one": "bicycle|sofa|piano|camera|tent|guitar|printer|wardrobe|lawn mower|sewing machine".split("|"),
    "colour": "black|blue|brown|green|grey|orange|purple|red|white|yellow".split("|"),
    "day": "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday".split("|"),
    "month": "January|February|March|April|May|June|July|August|September|October|November|December".split("|"),
    "event": "book club|choir practice|yoga course|chess evening|staff meeting|blood donation|flea market|parents' evening|"
    "first aid course|wine tasting".split("|"),
    "title": "The Glass Bridge|A Year of Snow|Night Baker|The Third Lighthouse|Silent Fields|Paper Boats|The Clockmaker|"
    "Under the Elms|Last Tram Home|The Red Kite".split("|"),
    "street": "Acorn Street|Bridge Road|Chapel Lane|Dock Street|Elm Avenue|Ferry Road|Garden Row|Hill Street|King's Road|"
    "Mill Lane".split("|"),
    "dish": "mushroom soup|fish pie|apple cake|potato salad|chicken curry|vegetable lasagne|plum jam|onion tart".split(
        "|"
    ),
    "food": "flour|sugar|butter|eggs|milk|rice|carrots|lemons|garlic|parsley|olive oil|chickpeas|tomatoes|cinnamon".split(
        "|"
    ),
    "team": "Ashford|Brookside|Cliffton|Dunmore|Eastgate|Farnley|Glenrock|Harwick|Kingsley|Langford".split("|"),
    "money": "euros|dollars|pounds|crowns".split("|"),
    "language": "Dutch|Greek|Polish|Swedish|Turkish|Welsh|Hindi|Korean".split("|"),
    "sport": "archery|badminton|climbing|curling|diving|rowing|squash|surfing".split("|"),
}
"""Words for the places of the same name, of which `{town2}` and `{town3}` are others. `{n}` and the like are numbers."""

NUMBERS = {"n": (2, 60), "m": (3, 95), "k": (100, 990), "year": (1870, 2024), "hour": (1, 12), "few": (2, 9)}
TIMES = (
    "07:15",
    "8:30",
    "09:00",
    "10:45",
    "11:20",
    "12:30",
    "13:05",
    "14:00",
    "15:40",
    "17:25",
    "18:10",
    "19:30",
    "20:15",
)
PRICES = ("4.50", "7.95", "12.20", "18.75", "24.99", "39.50", "65.25", "110.40")
COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

Fields = dict[str, Any]
TOLD: tuple[tuple[tuple[str, ...], Fields], ...] = (
    (
        (
            "{first} {last} works as a {job} in {town}.",
            "In {town} there is a {job} called {first} {last}.",
            "{first} {last}, {job}, {town}",
        ),
        {"name": "{first} {last}", "profession": "{job}", "town": "{town}"},
    ),
    (
        (
            "I'm {first} {last}, I'm {n} and I come from {town}.",
            "{first} {last} from {town} is {n}.",
            "{first} {last} ({n}), {town}",
        ),
        {"full_name": "{first} {last}", "age": "{n:i}", "home_town": "{town}"},
    ),
    (
        ("{first} is {n} and works as a {job}.", "The {job} is called {first} and is {n} years old."),
        {"first_name": "{first}", "age": "{n:i}", "job": "{job}"},
    ),
    (
        (
            "{first} {last} joined {company} in {year}.",
            "{company} hired {first} {last} in {year}.",
            "Since {year}, {first} {last} has been with {company}.",
        ),
        {"employee": "{first} {last}", "company": "{company}", "since": "{year:i}"},
    ),
    (
        ("My {animal} is called {pet} and weighs {n} kilos.", "{pet}, our {animal}, weighs {n} kilos."),
        {"animal": "{animal}", "pet_name": "{pet}", "weight_kg": "{n:i}"},
    ),
    (
        ("{pet} is a {colour} {animal} and {few} years old.", "Our {colour} {animal} {pet} is {few}."),
        {"name": "{pet}", "animal": "{animal}", "colour": "{colour}", "age": "{few:i}"},
    ),
    (
        ("Please send {n} {thing} to {company}.", "{company} orders {n} {thing}.", "{n} {thing} for {company}, please"),
        {"customer": "{company}", "item": "{thing}", "quantity": "{n:i}"},
    ),
    (
        ("{n} {thing} at {price} {money} each", "I'd like {n} {thing}. They are {price} {money} each."),
        {"item": "{thing}", "count": "{n:i}", "price": "{price:n}", "currency": "{money}"},
    ),
    (
        (
            "Selling a {colour} {one} for {k} {money}.",
            "For sale: {one}, {colour}, {k} {money}",
            "I'd let my {colour} {one} go for {k} {money}.",
        ),
        {"article": "{one}", "colour": "{colour}", "price": "{k:i}"},
    ),
    (
        ("The {event} is on {day} at {time}.", "On {day}, the {event} begins at {time}.", "{event}: {day}, {time}"),
        {"event": "{event}", "day": "{day}", "time": "{time}"},
    ),
    (
        ("The {event} moved from {day} to {day2}.", "{day} does not suit us, so the {event} is on {day2} now."),
        {"event": "{event}", "old_day": "{day}", "new_day": "{day2}"},
    ),
    (
        ("{title} by {first} {last} came out in {year}.", "In {year}, {first} {last} published {title}."),
        {"book": "{title}", "writer": "{first} {last}", "published": "{year:i}"},
    ),
    (
        ("I read {title} by {first} {last} in {few} days.", "It took me {few} days to read {first} {last}'s {title}."),
        {"writer": "{first} {last}", "book": "{title}", "days": "{few:i}"},
    ),
    (
        (
            "{first} {last} lives at {m} {street} in {town}.",
            "{first} {last}, {m} {street}, {town}",
            "The address of {first} {last} is {m} {street}, {town}.",
        ),
        {"person": "{first} {last}", "number": "{m:i}", "street": "{street}", "city": "{town}"},
    ),
    (
        (
            "The train from {town} to {town2} leaves at {time} from platform {few}.",
            "Platform {few}: {town} to {town2}, {time}",
        ),
        {"from": "{town}", "to": "{town2}", "departure": "{time}", "platform": "{few:i}"},
    ),
    (
        ("I drove from {town} to {town2}, {k} km.", "From {town} to {town2} it is {k} kilometres."),
        {"start": "{town}", "end": "{town2}", "distance_km": "{k:i}"},
    ),
    (
        ("{team} lost to {team2}, {few} to {m}.", "{team2} won with {m} points, {team} had {few}."),
        {"winner": "{team2}", "loser": "{team}", "winner_points": "{m:i}", "loser_points": "{few:i}"},
    ),
    (
        (
            "{first} lent {first2} {k} {money}.",
            "{first2} owes {first} {k} {money}.",
            "{first2} borrowed {k} {money} from {first}.",
        ),
        {"lender": "{first}", "borrower": "{first2}", "amount": "{k:i}", "currency": "{money}"},
    ),
    (
        (
            "The {dish} is for {few} people and needs {m} minutes in the oven.",
            "Bake it for {m} minutes: {dish} for {few}.",
        ),
        {"recipe": "{dish}", "portions": "{few:i}", "oven_minutes": "{m:i}"},
    ),
    (
        (
            "For the {dish} you need {food}, {food2} and {food3}.",
            "{dish}: {food}, {food2}, {food3}",
            "Put {food}, {food2} and {food3} into the {dish}.",
        ),
        {"recipe": "{dish}", "needed": ["{food}", "{food2}", "{food3}"]},
    ),
    (
        (
            "Buy {food}, {food2} and {food3}.",
            "We're out of {food}, {food2} and {food3}.",
            "Shopping: {food}, {food2}, {food3}",
        ),
        {"items": ["{food}", "{food2}", "{food3}"]},
    ),
    (
        ("{first}, {first2} and {first3} are coming.", "I asked {first}, {first2} and {first3} to dinner."),
        {"names": ["{first}", "{first2}", "{first3}"]},
    ),
    (
        ("{first} and {first2} do {sport}.", "Two people do {sport}: {first} and {first2}."),
        {"sport": "{sport}", "players": ["{first}", "{first2}"]},
    ),
    (
        ("We have {few} {thing} and {n} {thing2}.", "In stock: {few} {thing}, {n} {thing2}"),
        {"stock": [{"product": "{thing}", "number": "{few:i}"}, {"product": "{thing2}", "number": "{n:i}"}]},
    ),
    (
        ("{first} speaks {language} and {first2} speaks {language2}.", "{first}: {language}. {first2}: {language2}."),
        {"speakers": [{"name": "{first}", "language": "{language}"}, {"name": "{first2}", "language": "{language2}"}]},
    ),
    (
        (
            "{pet} is a {animal}, {pet2} is a {animal2}.",
            "I have a {animal} called {pet} and a {animal2} called {pet2}.",
        ),
        {"pets": [{"kind": "{animal}", "name": "{pet}"}, {"kind": "{animal2}", "name": "{pet2}"}]},
    ),
    (
        ("The readings were {few}, {n} and {m}.", "I measured {few}, then {n}, then {m}."),
        {"values": ["{few:i}", "{n:i}", "{m:i}"]},
    ),
    (
        ("{first} {last} of {company} called.", "I spoke to {first} {last}, who works for {company}."),
        {"caller": {"first": "{first}", "last": "{last}"}, "company": "{company}"},
    ),
    (
        ("{company} has its seat in {town} and {k} employees.", "{k} people work for {company} of {town}."),
        {"company": {"name": "{company}", "town": "{town}"}, "employees": "{k:i}"},
    ),
    (
        ("The {one} is {k} cm long and {m} cm wide.", "Length of the {one}: {k} cm, width: {m} cm"),
        {"object": "{one}", "length_cm": "{k:i}", "width_cm": "{m:i}"},
    ),
    (
        ("{first} has {count} {thing} and {first2} has {count2}.",),
        {"owner": "{first}", "thing": "{thing}", "number": "{count:i}"},
    ),
    (
        ("We need {count} {thing} by {day}.", "By {day} there have to be {count} {thing}."),
        {"number": "{count:i}", "what": "{thing}", "deadline": "{day}"},
    ),
    (
        ("{first} {last} was born in {month} {year} in {town}.", "Born in {town} in {month} {year}: {first} {last}."),
        {"born": {"month": "{month}", "year": "{year:i}", "place": "{town}"}, "name": "{first} {last}"},
    ),
    (
        ("The {colour} {one} costs {k} {money}, the {colour2} one {m}.",),
        {
            "article": "{one}",
            "prices": [{"colour": "{colour}", "price": "{k:i}"}, {"colour": "{colour2}", "price": "{m:i}"}],
        },
    ),
)
"""Sentences, and the values of an answer: a text with `:i` or `:n` becomes an integer or a number."""

MAYBE: tuple[tuple[str, str, Fields], ...] = (
    (
        "{first} {last}, call me at {phone}.",
        "{first} {last} here, I have no phone.",
        {"name": "{first} {last}", "telephone?": "{phone}"},
    ),
    (
        "{first} {last} lives in {town}.",
        "{first} {last} does not say where home is.",
        {"name": "{first} {last}", "town?": "{town}"},
    ),
    (
        "The {event} is on {day} at {time}.",
        "The {event} is on {day}.",
        {"event": "{event}", "day": "{day}", "time?": "{time}"},
    ),
    (
        "A {colour} {one} for {k} {money}",
        "A {colour} {one}, make me an offer",
        {"article": "{one}", "colour": "{colour}", "price?": "{k:i}"},
    ),
    (
        "{first} ordered {n} {thing}.",
        "{first} ordered {thing}.",
        {"customer": "{first}", "item": "{thing}", "quantity?": "{n:i}"},
    ),
    ("{title} by {first} {last}", "{title}, writer unknown", {"book": "{title}", "writer?": "{first} {last}"}),
    (
        "{pet} the {animal} is {few} years old.",
        "Nobody knows how old {pet} the {animal} is.",
        {"name": "{pet}", "animal": "{animal}", "age?": "{few:i}"},
    ),
)
"""What is told with a value and without it; a key with `?` is null then."""

DECIDED: tuple[tuple[str, str, str], ...] = (
    (
        "is_question",
        "Where are my glasses?|Do you sing?|Who won?|Can we leave now?",
        "My glasses are here.|You sing well.|We won.|Let's go.",
    ),
    (
        "is_polite",
        "Would you mind waiting a moment?|Please take a seat.|Thank you so much.|May I come in?",
        "Shut up.|Give me that.|Move!|What do you want now?",
    ),
    (
        "has_number",
        "I have 3 cats.|Room 12 is free.|It costs 40 euros.|Call 5567.",
        "I have cats.|The room is free.|It is cheap.|Call me.",
    ),
    (
        "is_outdoors",
        "We hiked up the mountain.|They swam in the lake.|I mowed the lawn.|The cows graze.",
        "I watched a film on the sofa.|She works at her desk.|We cooked in the kitchen.|He slept in bed.",
    ),
    (
        "needs_reply",
        "Can you send me the price?|When will you be there?|Do you agree?|Which size do you need?",
        "For your information.|Thanks, all done.|Have a nice weekend.|No need to answer.",
    ),
    (
        "mentions_food",
        "The pie was still warm.|Two coffees and a bun, please.|I peeled the potatoes.|Bring some cheese.",
        "The car was still warm.|Two tickets, please.|I painted the fence.|Bring some paper.",
    ),
    ("is_animal", "a heron|a mole|a salmon|a wasp|a goose", "a hammer|a cloud|a river|a coat|a bridge"),
    ("is_edible", "a carrot|a plum|bread|an omelette|rice", "a brick|a candle|a shoe|glass|a spoon"),
    (
        "in_the_past",
        "We met in Rome.|It snowed.|They had a boat.|I was ill.",
        "We will meet in Rome.|It is going to snow.|They have a boat.|I am fine.",
    ),
    (
        "agreed",
        "Yes, let's do that.|Fine with me.|I'm in.|Of course, gladly.",
        "No, I'd rather not.|Absolutely not.|I'm against it.|Not with me.",
    ),
    ("is_capitalised", "Lamp|Winter|Boat|Stone", "lamp|winter|boat|stone"),
    (
        "delivered",
        "The parcel is on the table.|The courier was here at ten.|It arrived, thanks.",
        "The parcel is still in the van.|The courier has not come.|Nothing has arrived.",
    ),
)
"""A key, texts for which it is true and texts for which it is false."""
