"""Writes `data/shaped.jsonl`: answers in JSON of a schema, which the prompt tells.

    python -m embedded_model.shaped_dialogues

Most are made from the dialogues with tools: a request becomes the arguments of its call, or the name of the tool that
it needs; an answer becomes the values of the result that it states. The rest is told in `shaped_words.py` and
`labelled_texts.txt`, or takes questions of `everyday.jsonl`. The held-out cases have other schemas and wordings.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from embedded_model import shaped_words as words
from embedded_model.dialogues import DATA, Dialogue, parse
from embedded_model.shaped_lists import listed
from embedded_model.shaped_sources import (
    NUMBERS,
    Call,
    Fields,
    answer_of,
    grouped,
    labelled,
    questions,
    request_of,
    result_of,
    snake,
)
from embedded_model.unseen_names import with_unseen_names

SEED = 29
PATH = DATA / "shaped.jsonl"
SOURCES = ("tools", "tools_more", "tools_third")
SAMPLED = 1300
"""Dialogues that are taken from each of them."""
INVENTED = 0.4
"""How often their names are replaced by invented ones."""
TELLS_LABELS = 0.35
"""How often a schema says what each of its labels means."""
LONGEST_SCHEMA = 700
"""In characters."""
SYSTEMS = (
    "Be brief.",
    "You turn messages into data.",
    "You are a helpful assistant.",
    "You fill in forms.",
    "You read mail.",
)
ASKS = (
    *(
        "{}",
        "{}",
        "{}",
        "Extract: {}",
        "Extract the details: {}",
        "Fill in the form: {}",
        "As JSON: {}",
        'Parse this: "{}"',
    ),
    *(
        'Get the fields from this message: "{}"',
        "{}\n\nGive me the data.",
        "What does this say? {}",
        "Structure this: {}",
    ),
    *("Extract what you need from the text.\n\n{}", "extract: {}", "Text: {}", 'Take the values from "{}"'),
)
LABEL_ASKS = (
    "Classify this message: {}",
    "Classify: {}",
    'Which one fits? "{}"',
    "{}",
    "Label this text: {}",
    "{}\n\nClassify it.",
)
INTENT_KEYS = ("wish", "action", "tool", "request_type", "task", "function", "purpose")
YES_ASKS = ("{}", '"{}"', "Check this: {}", "Judge this text: {}", "{}\n\nIs it so?", "Decide: {}")


def schema_of(value: Any) -> dict[str, Any]:
    """A plain schema that the value fits."""
    match value:
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
        case float():
            return {"type": "number"}
        case str():
            return {"type": "string"}
        case list():
            return {"type": "array", "items": schema_of(value[0])}
    return {
        "type": "object",
        "properties": {key: schema_of(one) for key, one in value.items()},
        "required": list(value),
    }


class Writer:
    """Writes chats. The same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        dialogues = [self._renamed(one) for one in self._sample()]
        self._calls = grouped(call for one in dialogues if (call := request_of(one)))
        self._answers = [unit for one in dialogues if (unit := answer_of(one))]
        self._results = [unit for one in dialogues if (unit := result_of(one))]

    def chats(self) -> Iterator[dict[str, Any]]:
        """All, in an order that mixes them."""
        sorts = (
            (850, self._from_calls),
            (450, self._from_answers),
            (150, self._from_lines),
            (450, self._intents),
            (250, self._from_questions),
            (420, self._told),
            (330, self._labels),
            (110, self._yes_or_no),
            (700, self._lists),
        )
        made = [chat for number, sort in sorts for chat in islice(sort(), number)]
        self._random.shuffle(made)
        yield from made

    def _sample(self) -> Iterator[Dialogue]:
        for name in SOURCES:
            lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
            for line in self._random.sample(lines, SAMPLED):
                yield parse(json.loads(line))

    def _renamed(self, dialogue: Dialogue) -> Dialogue:
        return with_unseen_names(dialogue, self._random) if self._random.random() < INVENTED else dialogue

    def _from_calls(self) -> Iterator[dict[str, Any]]:
        """Requests for one tool, and the arguments they give."""
        names = sorted(self._calls)
        while True:
            calls = self._calls[self._random.choice(names)]
            parameters = self._random.choice(calls).tool.parameters  # tools of one name may take different ones
            units = self._some([one for one in calls if one.tool.parameters == parameters], 3)
            schema, answers = self._arguments_schema(units)
            if schema["properties"] and len(json.dumps(schema)) <= LONGEST_SCHEMA:
                yield self._chat(schema, [self._asked(unit.text) for unit in units], answers)

    def _arguments_schema(self, units: Sequence[Call]) -> tuple[dict[str, Any], list[Fields]]:
        """The tool's schema, with what only some requests give left out, optional or null."""
        parameters = units[0].tool.parameters
        properties = dict(parameters.get("properties", {}))
        given = [key for key in properties if all(key in unit.values for unit in units)]
        mode = self._random.choice(("given", "given", "optional", "null"))
        if mode == "given":
            properties = {key: properties[key] for key in given}
        elif mode == "null":
            properties = {key: _nullable(one) if key not in given else one for key, one in properties.items()}
        required = [key for key in properties if key in parameters.get("required", ()) or mode != "optional"]
        empty = dict.fromkeys(properties) if mode == "null" else {}
        answers = [{**empty, **{key: unit.values[key] for key in properties if key in unit.values}} for unit in units]
        return {"type": "object", "properties": properties, "required": required}, answers

    def _from_answers(self) -> Iterator[dict[str, Any]]:
        """Sentences, and some of the values they state."""
        while True:
            unit = self._random.choice(self._answers)
            keys = self._some(list(unit.values), 5, least=2)
            values = {key: unit.values[key] for key in keys}
            yield self._chat(schema_of(values), [self._asked(unit.text)], [values])

    def _from_lines(self) -> Iterator[dict[str, Any]]:
        """Lines with a name and a value each, and some of the values."""
        while True:
            unit = self._random.choice(self._results)
            keys = self._some(list(unit.values), 4)
            values = {key: unit.values[key] for key in keys}
            yield self._chat(schema_of(values), [self._asked(unit.text)], [values])

    def _intents(self) -> Iterator[dict[str, Any]]:
        """Requests, and which of some tools each needs, by its name or as words."""
        names = sorted(self._calls)
        while True:
            name = self._random.choice(names)
            near = [other for other in self._calls[name][0].others if other in self._calls]
            offered = list(dict.fromkeys([name, *near[:2], *self._random.sample(names, self._random.randint(1, 3))]))
            self._random.shuffle(offered)
            as_words = self._random.random() < 0.4
            labels = {one: re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", one).lower() if as_words else one for one in offered}
            extra = self._random.choice(((), (), ("other",), ("none",)))
            asked = [name, *self._some([one for one in offered if one != name], 2)][: self._random.randint(1, 3)]
            key = self._random.choice(INTENT_KEYS)
            units = [(self._random.choice(self._calls[one]).text, {key: labels[one]}) for one in asked]
            if extra and (strangers := [one for one in self._random.sample(names, 3) if one not in offered]):
                units.append((self._random.choice(self._calls[strangers[0]]).text, {key: extra[0]}))
                self._random.shuffle(units)
            one: dict[str, Any] = {"type": "string", "enum": [*labels.values(), *extra]}
            if self._random.random() < TELLS_LABELS:
                one["description"] = " ".join(
                    f"{labels[name]}: {self._calls[name][0].tool.description}" for name in offered
                )
            schema = _object({key: one})
            texts = [text if self._random.random() < 0.6 else self._as(LABEL_ASKS, text) for text, _ in units]
            yield self._chat(schema, texts, [values for _, values in units])

    def _from_questions(self) -> Iterator[dict[str, Any]]:
        """Questions whose answer is a number or a few words."""
        numbers, texts = questions()
        while True:
            source = self._random.choice((numbers, numbers, texts))
            key = self._random.choice(
                ("answer", "result", "value", "reply") if source is texts else ("answer", "result", "value", "number")
            )
            units = self._some(source, 3)
            answers = [{key: unit.values["answer"]} for unit in units]
            yield self._chat(schema_of(answers[0]), [unit.text for unit in units], answers)

    def _told(self) -> Iterator[dict[str, Any]]:
        """What `shaped_words.py` tells, some of it with a value missing."""
        while True:
            if self._random.random() < 0.25:
                known, unknown, fields = self._random.choice(words.MAYBE)
                shape = {key.rstrip("?"): value for key, value in fields.items()}
                units = [
                    self._filled(self._random.choice((known, unknown)), shape)
                    for _ in range(self._random.randint(1, 3))
                ]
                missing = next(key.rstrip("?") for key in fields if key.endswith("?"))
                answers = [{**values, missing: values[missing] if text_has else None} for _, values, text_has in units]
                schema = schema_of(units[0][1])
                schema["properties"][missing] = _nullable(schema["properties"][missing])
            else:
                sentences, fields = self._random.choice(words.TOLD)
                keys = self._some(list(fields), 5, least=min(2, len(fields)), ordered=self._random.random() < 0.6)
                shape = {key: fields[key] for key in keys}
                units = [self._filled(self._random.choice(sentences), shape) for _ in range(self._random.randint(1, 2))]
                answers = [values for _, values, _ in units]
                schema = schema_of(answers[0])
            yield self._chat(schema, [self._asked(text) for text, _, _ in units], answers)

    def _labels(self) -> Iterator[dict[str, Any]]:
        """Texts of `labelled_texts.txt`."""
        while True:
            key, asks, texts = self._random.choice(labelled())
            labels = list(texts)
            self._random.shuffle(labels)
            name = self._random.choice((key, key, "label", "class", "kind"))
            units = self._some([(label, text) for label in labels for text in texts[label]], 4)
            ask = self._random.choice(
                (*LABEL_ASKS, *(f"{one} {{}}" for one in asks), *(f"{{}}\n\n{one}" for one in asks))
            )
            one = {"enum": labels}
            schema = _object({name: {"type": "string", **one} if self._random.random() < 0.6 else one})
            yield self._chat(schema, [ask.format(text) for _, text in units], [{name: label} for label, _ in units])

    def _yes_or_no(self) -> Iterator[dict[str, Any]]:
        """Texts for which something is so, or not."""
        while True:
            key, yes, no = self._random.choice(words.DECIDED)
            units = self._some([(text, so) for so, texts in ((True, yes), (False, no)) for text in texts.split("|")], 4)
            ask = self._random.choice(YES_ASKS)
            schema = _object({key: {"type": "boolean"}})
            yield self._chat(schema, [ask.format(text) for text, _ in units], [{key: so} for _, so in units])

    def _lists(self) -> Iterator[dict[str, Any]]:
        """What `shaped_lists.py` lists."""
        while True:
            schema, units = listed(self._random)
            yield self._chat(schema, [self._asked(text) for text, _ in units], [value for _, value in units])

    def _filled(self, sentence: str, fields: Fields) -> tuple[str, dict[str, Any], bool]:
        """A sentence and its values with words in their places, and whether it has all of them."""
        drawn = {name: self._random.sample(some, 3) for name, some in words.WORDS.items()}
        places = {
            f"{name}{at or ''}": word for name, some in drawn.items() for at, word in zip(("", 2, 3), some, strict=True)
        }
        places |= {name: str(self._random.randint(*limits)) for name, limits in words.NUMBERS.items()}
        counts = self._random.sample(words.COUNTS, 2)
        phone = f"0{self._random.randint(100, 999)} {self._random.randint(1000, 9999)}"
        times, price = self._random.choice(words.TIMES), self._random.choice(words.PRICES)
        places |= {"count": counts[0], "count2": counts[1], "time": times, "price": price, "phone": phone}
        values = _in_places(fields, places)
        text = sentence.format(**places)
        return text, values, all(f"{{{name}}}" in sentence for name in re.findall(r"{(\w+)", json.dumps(fields)))

    def _asked(self, text: str) -> str:
        return self._as(ASKS, text)

    def _as(self, asks: Sequence[str], text: str) -> str:
        return self._random.choice(asks).replace("{}", text)

    def _some(self, choices: Sequence[Any], most: int, *, least: int = 1, ordered: bool = False) -> list[Any]:
        """Some different ones, fewer more often than many."""
        number = min(self._random.randint(least, most), self._random.randint(least, most), len(choices))
        number = max(number, min(least, len(choices)))
        found = self._random.sample(range(len(choices)), number)
        return [choices[at] for at in (sorted(found) if ordered else found)]

    def _chat(self, schema: Mapping[str, Any], asked: Sequence[str], answers: Sequence[Any]) -> dict[str, Any]:
        renamed = self._keys(schema) if "properties" in schema else {}
        shown = self._dressed(_with_keys(schema, renamed)) if "properties" in schema else dict(schema)
        messages: list[dict[str, str]] = []
        if self._random.random() < 0.12:
            messages.append({"role": "system", "content": self._random.choice(SYSTEMS)})
        for question, answer in zip(asked, answers, strict=True):
            said = answer
            if "properties" in schema:
                said = {renamed.get(key, key): answer[key] for key in schema["properties"] if key in answer}
            messages += [
                {"role": "user", "content": question},
                {"role": "assistant", "content": json.dumps(said, ensure_ascii=False)},
            ]
        return {"thinking": False, "schema": shown, "messages": messages}

    def _keys(self, schema: Mapping[str, Any]) -> dict[str, str]:
        """Other spellings of the keys: `unit_price` as `unitPrice`, and the other way round."""
        if self._random.random() > 0.3:
            return {}
        camel = self._random.random() < 0.5
        return {key: _camel(key) if camel else snake(key) for key in schema["properties"]}

    def _dressed(self, schema: dict[str, Any]) -> dict[str, Any]:
        """With or without what people add to schemas: descriptions, titles, no further properties."""
        if self._random.random() < 0.6:
            schema = _without_descriptions(schema)
        if self._random.random() < 0.12:
            properties = {
                key: {"title": snake(key).replace("_", " ").title(), **one} for key, one in schema["properties"].items()
            }
            schema = {**schema, "properties": properties, "title": "Answer"}
        if self._random.random() < 0.3:
            schema = {**schema, "additionalProperties": False}
        return schema


def _object(properties: Fields) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": list(properties)}


def _nullable(schema: Mapping[str, Any]) -> dict[str, Any]:
    if "enum" in schema:
        return {**schema, "type": [schema.get("type", "string"), "null"], "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else dict(schema)


def _without_descriptions(schema: Any) -> Any:
    if isinstance(schema, Mapping):
        return {
            key: _without_descriptions(one)
            for key, one in schema.items()
            if not (key == "description" and isinstance(one, str))
        }
    return [_without_descriptions(one) for one in schema] if isinstance(schema, list) else schema


def _with_keys(schema: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    properties = {names.get(key, key): one for key, one in schema["properties"].items()}
    return {**schema, "properties": properties, "required": [names.get(key, key) for key in schema["required"]]}


def _camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _in_places(value: Any, places: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _in_places(one, places) for key, one in value.items()}
    if isinstance(value, list):
        return [_in_places(one, places) for one in value]
    if whole := re.fullmatch(r"{(\w+):([in])}", value):
        word = places[whole[1]]
        return NUMBERS[word] if word in NUMBERS else int(word) if whole[2] == "i" else float(word)
    return value.format(**places)


def lines(seed: int = SEED) -> Iterator[str]:
    """All chats as lines of JSON."""
    for number, chat in enumerate(Writer(seed).chats(), start=1):
        yield json.dumps({"id": f"shaped-{number:04d}", **chat}, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the file."""
    PATH.write_text("".join(lines()), encoding="utf-8")


if __name__ == "__main__":
    main()
