"""Everyday things that requests are about, and how to draw them: see `kinds.py`."""

from __future__ import annotations

from demo_model.data import values as v
from demo_model.data import words
from demo_model.data.words import split

PLANTS = split(
    """tomatoes|basil|roses|tulips|orchid|cactus|fern|ivy|monstera|lavender|mint|rosemary|strawberries|cucumbers
    |pumpkins|carrots|lettuce|sunflowers|apple tree|cherry tree|hydrangea|rubber plant|peace lily|aloe vera|bonsai
    |geraniums|rhubarb|radishes|peas|chili peppers|lemon tree|hedge|raspberries|dahlias|snake plant|olive tree"""
)
AILMENTS = split(
    """headache|back pain|sore throat|fever|cough|toothache|hay fever|migraine|insomnia|heartburn|earache|nausea|flu
    |sunburn|stomach ache|sprained ankle|asthma|eczema|stiff neck|knee pain|rash|dizziness|hiccups|blisters"""
)
MEDICINES = split(
    """ibuprofen|paracetamol|aspirin|amoxicillin|metformin|insulin|cetirizine|omeprazole|vitamin D|iron tablets
    |cough syrup|antihistamines|lisinopril|atorvastatin|eye drops|nasal spray|thyroxine|magnesium|melatonin|zinc"""
)
GAMES = split(
    """Tetris|Minecraft|chess|poker|Monopoly|Scrabble|Catan|Mario Kart|Pac-Man|The Sims|solitaire|checkers|backgammon
    |Carcassonne|Uno|rummy|Portal|Doom|Stardew Valley|Among Us|dominoes|mahjong|Go|charades|bridge|darts|Risk"""
)
INSTRUMENTS = split(
    """piano|guitar|violin|cello|drums|flute|trumpet|saxophone|clarinet|harp|ukulele|banjo|accordion|bass|organ|oboe
    |trombone|viola|recorder|mandolin|harmonica|double bass"""
)
SERVICES = split(
    """nginx|postgres|redis|mysql|apache|docker|kafka|mongo|grafana|rabbitmq|billing|checkout|auth|mailer|search
    |frontend|backend|worker|scheduler|gateway|payments|cron|cache|elasticsearch|vault|jenkins"""
)
PACKAGES = split(
    """numpy|pandas|requests|flask|django|react|lodash|express|pytest|scipy|torch|vue|svelte|axios|pillow|click|jinja2
    |webpack|eslint|fastapi|serde|tokio|rails|spring-boot|matplotlib|sqlalchemy"""
)
AIRPORTS = split(
    "JFK|LHR|CDG|FRA|AMS|MAD|FCO|ZRH|VIE|OSL|CPH|ARN|HEL|LAX|SFO|ORD|ATL|DXB|SIN|HND|ICN|SYD|YYZ|GRU|DEL|BKK|IST|DUB"
)

SAMPLES: dict[str, v.Sample] = {
    "grocery": v.plain(v.lower_of(words.GROCERIES, 0.2)),
    "hobby": v.plain(lambda rng: rng.choice(words.HOBBIES)),
    "plant": v.plain(v.lower_of(PLANTS, 0.2)),
    "ailment": v.plain(v.lower_of(AILMENTS, 0.1)),
    "medicine": v.plain(v.lower_of(MEDICINES, 0.2)),
    "game": v.plain(v.one_of(GAMES, 0.3)),
    "instrument": v.plain(lambda rng: rng.choice(INSTRUMENTS)),
    "plate": v.plain(
        lambda rng: rng.choice(
            (
                f"{words.letters(rng, 2, 3).upper()}-{rng.randint(10, 9999)}",
                f"{words.letters(rng, 1, 2).upper()} {words.letters(rng, 1, 2).upper()} {rng.randint(1, 9999)}",
                f"{rng.randint(1, 9)}{words.letters(rng, 3, 3).upper()}{rng.randint(100, 999)}",
            )
        )
    ),
    "host": v.plain(
        lambda rng: rng.choice(
            (
                v.domain(rng),
                f"{rng.choice(SERVICES)}-{rng.randint(1, 20):02d}",
                f"{rng.choice(('web', 'db', 'app', 'prod', 'staging', words.syllables(rng)))}{rng.randint(1, 99)}",
                ".".join(str(rng.randint(1, 254)) for _ in range(4)),
            )
        )
    ),
    "service": v.plain(lambda rng: rng.choice(SERVICES) if rng.random() < 0.7 else words.syllables(rng, 2, 3)),
    "package": v.plain(lambda rng: rng.choice(PACKAGES) if rng.random() < 0.6 else words.syllables(rng, 2, 3)),
    "airport": v.plain(lambda rng: rng.choice(AIRPORTS) if rng.random() < 0.6 else words.letters(rng, 3, 3).upper()),
    "postcode": v.plain(
        lambda rng: rng.choice(
            (
                f"{rng.randint(10000, 99999)}",
                f"{words.letters(rng, 2, 2).upper()}{rng.randint(1, 20)} "
                f"{rng.randint(1, 9)}{words.letters(rng, 2, 2).upper()}",
                f"{rng.randint(1000, 9999)} {words.letters(rng, 2, 2).upper()}",
            )
        )
    ),
    "size": v.whole(20, 60),
    "tempo": v.whole(40, 220),
    "kilometers": v.whole(500, 250000),
}
