"""Results of tools for texts, languages, files and mail."""

from __future__ import annotations

from embedded_model.tool_dialogues.draw import Draw
from embedded_model.tool_dialogues.english import slug
from embedded_model.tool_dialogues.rules import day
from embedded_model.tool_dialogues.tables import CORRECTIONS, DEFINITIONS, LANGUAGE_OF, RHYMES, TRANSLATIONS
from embedded_model.tool_dialogues.template import Given, Values

CLEAR_SIGNS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits that nobody takes for another one."""


def translate(given: Given, _draw: Draw) -> Values:
    """What the table says."""
    return {"translation": TRANSLATIONS[given["text"]][given["target"]]}


def define_word(given: Given, _draw: Draw) -> Values:
    """What the table says."""
    return {"word": given["word"], "definition": DEFINITIONS[given["word"]]}


def word_count(given: Given, _draw: Draw) -> Values:
    """Words and characters."""
    return {"words": len(given["text"].split()), "characters": len(given["text"])}


def spell_check(given: Given, _draw: Draw) -> Values:
    """What the table says; each text has one mistake."""
    return {"corrected": CORRECTIONS[given["text"]], "mistakes": 1}


def change_case(given: Given, _draw: Draw) -> Values:
    """The text in capitals, small letters or title case."""
    change = {"upper": str.upper, "lower": str.lower, "title": str.title}[given["style"]]
    return {"result": change(given["text"])}


def detect_language(given: Given, draw: Draw) -> Values:
    """The language, with some certainty."""
    return {"language": LANGUAGE_OF[given["text"]], "confidence": draw.real(0.86, 0.99, 2)}


def make_password(given: Given, draw: Draw) -> Values:
    """Signs that are easily told apart, 40 at most."""
    signs = CLEAR_SIGNS + ("!%&?+*=-" if given.get("symbols") else "")
    return {"password": "".join(draw.pick(signs) for _ in range(min(given["length"], 40)))}


def make_qr(given: Given, draw: Draw) -> Values:
    """A picture's name."""
    return {"file": f"{draw.code('qr_####')}.png", "size": given.get("size_px", 300)}


def find_rhymes(given: Given, _draw: Draw) -> Values:
    """What the table says."""
    return {"rhymes": RHYMES[given["rhyme_with"]]}


def make_slug(given: Given, _draw: Draw) -> Values:
    """The headline as a part of an address."""
    return {"slug": slug(given["headline"])}


def list_files(given: Given, draw: Draw) -> Values:
    """Three files."""
    return {"folder": given["folder"], "files": [draw.word("file_name") for _ in range(3)]}


def read_file(_given: Given, draw: Draw) -> Values:
    """A note, as plain text."""
    text = draw.pick(
        [
            f"Meeting moved to {draw.word('weekday')}, {draw.word('time_24')}.",
            f"Remember to {draw.word('reminder')}.",
            f"Wifi code: {draw.code('@@##@#')}",
            f"Total: {draw.number(50, 900)} euros, paid {draw.word('month_day')}.",
            f"Call {draw.word('full_name')} about the {draw.word('keyword')}.",
        ]
    )
    return {"text": text, "_text": text}


def move_file(given: Given, _draw: Draw) -> Values:
    """The same name in the other folder."""
    return {"moved": True, "new_path": f"{given['dst']}/{given['src'].split('/')[-1]}"}


def search_files(given: Given, draw: Draw) -> Values:
    """Two files, the first one in the folder that was given."""
    folder = draw.word("folder_name")
    first = f"{given.get('folder', folder)}/{draw.word('file_name')}"
    return {"matches": [first, f"{draw.word('folder_name')}/{draw.word('file_name')}"]}


def search_inbox(given: Given, draw: Draw) -> Values:
    """A mail from the sender that was given, about the word that was given."""
    sender = given.get("sender") or draw.word("first_name")
    subject = given["keyword"].capitalize() if "keyword" in given else draw.word("subject")
    return {"mails": [{"from": sender, "subject": subject, "date": day(draw)}]}


def find_contact(given: Given, draw: Draw) -> Values:
    """A number and an address with the person's name in it."""
    phone = draw.word("phone")
    name = given["name"].lower().replace(" ", draw.pick([".", ".", "_", ""]))
    return {"name": given["name"], "phone": phone, "email": f"{name}@{draw.word('domain')}"}


def find_online(given: Given, draw: Draw) -> Values:
    """Two search results, as plain text."""
    title, contents = draw.pick(
        [("Handbook", "short lessons"), ("Open notes", "practical tips"), ("First steps", "easy exercises")]
    )
    first = f"https://www.{draw.code('@@@').lower()}-pages.org/{draw.number(11, 99)}"
    text = (
        f"[1] {title} about {given['subject']} - {first}\nA collection of {contents} for beginners.\n"
        f"[2] {draw.word('company')} - https://{draw.code('@@@@').lower()}.net\nShop and delivery service."
    )
    return {"_text": text, "_contents": contents, "_title": title}
