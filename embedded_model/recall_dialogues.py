"""Writes `data/recalled.jsonl`: what somebody told, other talk, and questions about what was told.

    python -m embedded_model.recall_dialogues

Names, things and wordings of the held-out cases are left out; a test compares.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any, TypeAlias

from embedded_model.dialogues import DATA

SEED = 17
PATH = DATA / "recalled.jsonl"
NUMBER = 760
OTHER_TALK = ("general", "facts", "everyday")
LONGEST_TALK = 260
"""Characters of a line of other talk, at most."""
SYSTEMS = ("", "", "", "Be brief.", "You are a helpful assistant.", "Answer in a friendly way.")

Pair: TypeAlias = tuple[str, str]
Memory: TypeAlias = tuple[tuple[str, str], tuple[Pair, ...]]
"""What is told with the reply to it, and what may be asked afterwards, with the answers."""

WORDS = {
    "name": (
        "Agnes|Bilal|Carmen|Dmitri|Elif|Farid|Greta|Hugo|Ilse|Jorge|Kamila|Laszlo|Marit|Nadia|Oona|Paavo|"
        "Rosa|Stellan|Tova|Ulf|Vesna|Wanda|Yusuf|Zelda"
    ),
    "pet_name": "Biscuit|Cosmo|Daisy|Fudge|Ginger|Hazel|Jasper|Luna|Mango|Nutmeg|Pepper|Smokey|Teddy|Ziggy",
    "animal": "dog|cat|rabbit|pony|tortoise|goldfish|canary|ferret",
    "breed": "a beagle|a poodle|a terrier|a spaniel|a collie|a dachshund",
    "city": "Ghent|Turin|Malmo|Bilbao|Bristol|Krakow|Split|Nantes|Dresden|Tartu|Seville|Bruges|Leipzig",
    "work": "nurse|pilot|gardener|lawyer|cook|welder|dentist|librarian|photographer|tailor",
    "relative": "aunt|uncle|cousin|neighbour|grandmother|nephew|flatmate",
    "colour": "yellow|white|black|orange|purple|grey|brown",
    "thing": "bike|suitcase|umbrella|tent|scooter|sofa|front door",
    "box": "cables|photos|winter coats|tools|old letters|spare bulbs|candles|maps",
    "food": "olives|celery|liver|coconut|garlic|beetroot|anchovies|blue cheese",
    "sport": "tennis|judo|rowing|handball|fencing|golf|hockey",
    "instrument": "violin|trumpet|cello|drums|harp|clarinet",
    "day": "Monday|Tuesday|Saturday|Sunday",
    "month": "January|March|May|July|September|November",
    "fruit": "bananas|oranges|pears|plums|lemons|cherries",
    "ware": "screws|paint|a hammer|rope|a bucket|batteries|tape",
    "shop": "Corner Books|Blue Anchor|Green Lantern|Sunny Side|Old Mill|Silver Spoon",
    "phrase": "green parrot|lonely cloud|seven steps|paper moon|silent bell|winter rose",
    "reply": "Noted.|All right.|Okay, I'll keep that in mind.|Thanks for telling me.|Got it.|I see.",
}
"""Words for the places of the same name, of which `{name2}` is another one."""
MEMORIES: tuple[Memory, ...] = (
    (
        ("My {animal} is called {pet_name}.", "{pet_name} is a nice name for a {animal}."),
        (
            ("Do you remember the name of my {animal}?", "Your {animal} is called {pet_name}."),
            ("what's my {animal}'s name", "{pet_name}."),
            ("What did I call my {animal}?", "You called your {animal} {pet_name}."),
        ),
    ),
    (
        ("{pet_name}, my dog, is {breed}.", "{reply}"),
        (
            ("What breed is {pet_name}?", "{pet_name} is {breed}."),
            ("What is my dog called?", "Your dog is called {pet_name}."),
        ),
    ),
    (
        ("{pet_name} is {n} and {pet_name2} is {m}. They are my cats.", "{pet_name} and {pet_name2}, noted."),
        (
            ("How old is {pet_name2}?", "{pet_name2} is {m}."),
            ("How old is {pet_name}?", "{pet_name} is {n}."),
            ("What are my cats called?", "{pet_name} and {pet_name2}."),
        ),
    ),
    (
        ("My {relative} is {n} years old, and my {relative2} is {m}.", "{reply}"),
        (
            ("What age is my {relative}?", "Your {relative} is {n}."),
            ("And how many years has my {relative2}?", "Your {relative2} is {m} years old."),
        ),
    ),
    (
        ("I grew up in {city}, and now my home is {city2}.", "From {city} to {city2}, noted."),
        (
            ("Where did I grow up?", "You grew up in {city}."),
            ("Which town is my home now?", "{city2}."),
        ),
    ),
    (
        ("We left {city} last year and came to {city2}.", "I hope you feel at home in {city2}."),
        (
            ("Which city did we leave?", "You left {city}."),
            ("Where did we come to?", "You came to {city2}."),
            ("Where did we live earlier?", "In {city}."),
        ),
    ),
    (
        ("The {colour} box holds the {box}, the {colour2} box the {box2}.", "{reply}"),
        (
            ("Which box are the {box} in?", "The {box} are in the {colour} box."),
            ("Where do I find the {box2}?", "In the {colour2} box."),
            ("What is in the {colour2} box?", "The {box2}."),
            ("What's in the {colour} box?", "The {box}."),
        ),
    ),
    (
        ("I got {ware}, {fruit} and {ware2} at the market.", "{reply}"),
        (
            ("Which fruit did I get?", "You got {fruit}."),
            ("What did I get besides the {fruit}?", "{ware} and {ware2}."),
            ("list what I got at the market", "{ware}, {fruit} and {ware2}."),
        ),
    ),
    (
        ("The code word is '{phrase}'.", "I'll remember {phrase}."),
        (
            ("What is the code word?", "The code word is '{phrase}'."),
            ("Tell me the code word again.", "{phrase}."),
        ),
    ),
    (
        ("My locker has the number {k}.", "Locker {k}, noted."),
        (("What's the number of my locker?", "{k}."), ("Which locker is mine?", "Locker {k}.")),
    ),
    (
        ("I'm {name}, and I work as a {work}.", "Hello {name}."),
        (
            ("Who am I?", "You are {name}, and you work as a {work}."),
            ("What's my profession?", "You work as a {work}."),
            ("Do you still know my name?", "Yes, you are {name}."),
        ),
    ),
    (
        ("My {relative} {name} is a {work}, my {relative2} {name2} a {work2}.", "{reply}"),
        (
            ("What does my {relative} do?", "Your {relative} {name} is a {work}."),
            ("What does {name2} work as?", "{name2} is a {work2}."),
            ("What is my {relative2} called?", "{name2}."),
        ),
    ),
    (
        ("{name} plays the {instrument} and {name2} does {sport}.", "{reply}"),
        (
            ("Who does {sport}?", "{name2} does {sport}."),
            ("What does {name} play?", "{name} plays the {instrument}."),
        ),
    ),
    (
        ("My {thing} is {colour}.", "A {colour} {thing}, noted."),
        (("Which colour does my {thing} have?", "It is {colour}."), ("what colour was my {thing}?", "{colour}.")),
    ),
    (
        ("I can't stand {food}.", "Understood, no {food}."),
        (("What food can't I stand?", "You can't stand {food}."), ("What should you leave out for me?", "{food}.")),
    ),
    (
        ("The class starts on {day} at {hour}:{minute} in hall {n}.", "{day}, {hour}:{minute}, hall {n}."),
        (
            ("When does the class start?", "On {day} at {hour}:{minute}."),
            ("In which hall is the class?", "In hall {n}."),
            ("Which day is the class?", "{day}."),
        ),
    ),
    (
        ("The bus goes at {hour}:{minute}, the boat at {hour2}:15.", "{reply}"),
        (("When does the bus go?", "At {hour}:{minute}."), ("What time does the boat go?", "It goes at {hour2}:15.")),
    ),
    (
        ("We want to travel to {city} in {month}.", "{city} in {month}, how nice."),
        (
            ("Where do we want to travel?", "You want to travel to {city}."),
            ("In what month do we go?", "In {month}."),
        ),
    ),
    (
        ("Order number {k}, from {shop}.", "{reply}"),
        (("Give me the order number again.", "{k}."), ("Which shop was it from?", "It was from {shop}.")),
    ),
    (
        ("We are {n} people and have {m} plates.", "{n} people and {m} plates."),
        (("How many of us are there?", "You are {n}."), ("How many plates have we got?", "You have {m} plates.")),
    ),
    (
        ("The {colour} bin is for glass and the {colour2} bin is for paper.", "{reply}"),
        (
            ("Which bin takes paper?", "The {colour2} bin."),
            ("Which bin do I throw glass into?", "The {colour} one."),
            ("What is the {colour2} bin for?", "It is for paper."),
        ),
    ),
    (
        ("{name} brings the {box}, {name2} brings {fruit}, and I bring {ware}.", "{reply}"),
        (
            ("Who brings {fruit}?", "{name2} brings {fruit}."),
            ("What do I bring?", "You bring {ware}."),
            ("What does {name} bring?", "{name} brings the {box}."),
        ),
    ),
    (
        ("My flat is on floor {n}, my {relative}'s on floor {m}.", "Floors {n} and {m}, noted."),
        (
            ("Which floor is my flat on?", "It is on floor {n}."),
            ("On which floor is my {relative}'s flat?", "On floor {m}."),
        ),
    ),
    (
        ("{name} comes on {day}, and {name2} on {day2}.", "{reply}"),
        (
            ("Which day does {name2} come?", "On {day2}."),
            ("Who comes on {day}?", "{name} does."),
            ("When will {name} be here?", "{name} comes on {day}."),
        ),
    ),
    (
        ("My {relative} has moved to {city}, my {relative2} to {city2}.", "{reply}"),
        (
            ("Where does my {relative} live now?", "Your {relative} lives in {city}."),
            ("Which city is my {relative2} in?", "In {city2}."),
            ("Who has moved to {city}?", "Your {relative}."),
        ),
    ),
    (
        ("{pet_name} the {animal} weighs {n} pounds and {pet_name2} the {animal2} {m}.", "{reply}"),
        (
            ("How many pounds does {pet_name2} weigh?", "{pet_name2} weighs {m} pounds."),
            ("What kind of animal is {pet_name}?", "{pet_name} is a {animal}."),
            ("Which name has my {animal2}?", "{pet_name2}."),
        ),
    ),
    (
        ("I paid {n} for the {thing} and {m} for the {thing2}.", "{n} and {m}, noted."),
        (
            ("What did the {thing2} cost me?", "You paid {m} for the {thing2}."),
            ("How much was the {thing}?", "It was {n}."),
            ("What did I buy for {n}?", "The {thing}."),
        ),
    ),
    (
        ("The course has {n} lessons, and I have done {m2} of them.", "{m2} of {n}, well done."),
        (
            ("How many lessons are in the course?", "{n} lessons."),
            ("How many lessons have I done?", "You have done {m2}."),
        ),
    ),
    (
        ("I read two books: {phrase} by {name} and {phrase2} by {name2}.", "{reply}"),
        (
            ("Who wrote {phrase2}?", "{name2} wrote {phrase2}."),
            ("Which book is by {name}?", "{phrase} is by {name}."),
        ),
    ),
    (
        ("Call the {work} on {k} and the {work2} on {k2}.", "{reply}"),
        (
            ("What is the number of the {work2}?", "{k2}."),
            ("Which number has the {work}?", "The {work} has {k}."),
            ("Whom do I reach on {k}?", "The {work}."),
        ),
    ),
    (
        ("We meet at {shop} at {hour}:{minute}, table {n}, under the name {name}.", "{shop} at {hour}:{minute}."),
        (
            ("Where do we meet?", "At {shop}."),
            ("Which table is it?", "Table {n}."),
            ("Under which name is the table?", "Under the name {name}."),
            ("At what time do we meet?", "At {hour}:{minute}."),
        ),
    ),
    (
        ("Let y be {n} and z be {m}.", "y is {n} and z is {m}."),
        (("What is z?", "z is {m}."), ("Which value does y have?", "y is {n}.")),
    ),
)


class Writer:
    """Writes dialogues. The same seed gives the same dialogues."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._talk = list(_other_talk())

    def dialogues(self) -> Iterator[tuple[str, list[Pair]]]:
        """System texts, often none, with questions and answers."""
        for _ in range(NUMBER):
            memories = [self._filled(one) for one in self._random.sample(MEMORIES, self._random.choice([1, 1, 2]))]
            told = [memory[0] for memory in memories]
            told += self._random.sample(self._talk, self._random.choice([1, 1, 2, 3]) if len(told) == 1 else 1)
            asked = [self._random.choice(memory[1]) for memory in memories]
            if len(asked) == 1 and self._random.random() < 0.4:
                asked = self._random.sample(memories[0][1], 2)
            start, *rest = told
            self._random.shuffle(rest)
            self._random.shuffle(asked)
            yield self._random.choice(SYSTEMS), [start, *rest, *asked]

    def _filled(self, memory: Memory) -> Memory:
        values: dict[str, Any] = {}
        for key, words in WORDS.items():
            values[key], values[f"{key}2"] = self._random.sample(words.split("|"), 2)
        values["n"], values["m"] = self._random.sample(range(2, 80), 2)
        values["m2"] = self._random.randint(1, values["n"] - 1)
        values["k"], values["k2"] = self._random.sample(range(100, 99999), 2)
        values["hour"], values["hour2"] = self._random.sample(range(7, 22), 2)
        values["minute"] = self._random.choice(["00", "10", "20", "30", "45", "50"])
        (told, reply), asked = memory
        reply = reply.format(**values).format(**values)
        questions = [(question.format(**values), _sentence(said.format(**values))) for question, said in asked]
        return (told.format(**values), reply), tuple(questions)


def _sentence(text: str) -> str:
    """With a capital, unless it begins with a letter that stands for a number."""
    return text if text[1] == " " and text[0] in "yz" else text[0].upper() + text[1:]


def _other_talk() -> Iterator[Pair]:
    for name in OTHER_TALK:
        for line in (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            messages = json.loads(line)["messages"]
            if len(line) < LONGEST_TALK and [one["role"] for one in messages] == ["user", "assistant"]:
                yield messages[0]["content"], messages[1]["content"]


def lines(seed: int = SEED) -> Iterator[str]:
    """The file's lines."""
    for number, (text, pairs) in enumerate(Writer(seed).dialogues(), start=1):
        messages = [{"role": "system", "content": text}] if text else []
        for asked, said in pairs:
            messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
        row = {"id": f"recalled-{number:04d}", "thinking": False, "messages": messages}
        yield json.dumps(row, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text("".join(lines()), encoding="utf-8")
