"""Held-out questions, and named checks of the replies to them. A check says yes or no; nobody judges by taste."""

from __future__ import annotations

import ast
import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from embedded_model.dialogues import parse
from playground.messages import Message
from playground.turn import Turn

HELD_OUT_FOLDER = Path(__file__).parent / "heldout"
CASES = ("recall", "system_prompts", "everyday", "shaped")
ALIKE = 0.85
"""Two questions with so large a share of words in common are the same one."""
COMMON_WORDS = {
    "fr": "le la les un une des du de est et en je tu vous nous il elle ma mon votre pour avec dans au aux sur très "
    "bonjour bleu eau thé pas suis êtes ça que qui merci c'est j'ai",
    "es": "el la los las un una de del es y en yo tú me mi para con por muy puedes puede hola bien gracias que qué no "
    "huevos tortilla día estoy fue se al",
    "de": "der die das ein eine einen ist und ich du sie wir es mit zu im in auf für nicht von sehr kühe gras fressen "
    "lesen ein den dem kann man gut",
    "it": "il lo la gli le un una di del della è e in io tu per con non che da sono puoi visitare roma colosseo "
    "buongiorno al nel i",
}
"""Words by which a short reply is known to be in a language; English ones are in none of them."""
ENGLISH = "the is are and you of to with it can my your for this that they have"


@dataclass(frozen=True)
class Case:
    """A conversation that ends with a question, and what its answer has to pass."""

    id: str
    turn: Turn
    checks: Mapping[str, Any]

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation."""
        return self.turn.messages


def read_cases(name: str) -> list[Case]:
    """The cases of one file in `heldout/`."""
    lines = (HELD_OUT_FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Case(row["id"], parse(row).turn, row["checks"]) for row in map(json.loads, lines)]


def is_held_out(text: str) -> bool:
    """Whether a case asks this, or hardly anything else: it must not be learnt."""
    said = _word_set(text)
    near = (question for size in _sizes_alike(len(said)) for question in _held_out_questions().get(size, ()))
    return any(len(said & question) / len(said | question) > ALIKE for question in near)


@cache
def _sizes_alike(size: int) -> range:
    """How many words a text can have that is alike to one with so many."""
    return range(math.floor(size * ALIKE), math.ceil(size / ALIKE) + 1)


@cache
def _held_out_questions() -> dict[int, list[frozenset[str]]]:
    """Their words, by how many they are."""
    found: dict[int, list[frozenset[str]]] = defaultdict(list)
    for name in CASES:
        for case in read_cases(name):
            words = _word_set(case.messages[-1].text)
            found[len(words)].append(words)
    return found


def _word_set(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower()))


def check(reply: str, checks: Mapping[str, Any]) -> bool:
    """Whether a reply passes all of them."""
    return all(CHECKS[name](reply.strip(), value) for name, value in checks.items())


def mentions(reply: str, text: str) -> bool:
    """Whether a text stands in the reply, in any case, and not within a longer word or number."""
    start = r"(?<![\w.,])" if text[:1].isdigit() else r"(?<!\w)"
    end = r"(?![\w]|[.,]\d)" if text[-1:].isdigit() else ""
    return re.search(start + re.escape(text) + end, reply, re.IGNORECASE) is not None


def whole_word(reply: str, text: str) -> bool:
    """Whether a text stands in the reply as a word, or as its plural."""
    return re.search(rf"(?<!\w){re.escape(text)}s?(?!\w)", reply, re.IGNORECASE) is not None


def _has(reply: str, groups: Any) -> bool:
    return all(any(mentions(reply, text) for text in group) for group in groups)


def _lacks(reply: str, groups: Any) -> bool:
    return not any(whole_word(reply, text) for group in groups for text in group)


def _words(reply: str) -> list[str]:
    return re.findall(r"[\w'\u2019-]*\w[\w'\u2019-]*", reply)


def words_and_numbers(text: str) -> list[str]:
    """The words, with numbers, times and dates in one piece."""
    return re.findall(r"\w+(?:[.:,/-]\w+)*", text)


def _language(reply: str, name: Any) -> bool:
    said = [word.lower() for word in _words(reply)]
    known, english = COMMON_WORDS[name].split(), ENGLISH.split()
    return sum(word in known for word in said) > sum(word in english for word in said)


def _sentences(reply: str) -> int:
    return len(re.findall(r"[.!?]+(?:\s|$)", reply))


def _list(reply: str, least: Any) -> bool:
    lines = [line for line in reply.splitlines() if line.strip()]
    return len(lines) >= least and all(line.lstrip().startswith("-") for line in lines)


def _python_function(reply: str, name: Any) -> bool:
    """Whether the reply holds Python code, fenced or bare, that defines the function. It is read, never run."""
    fenced = re.search(r"```\w*\n(.*?)```", reply, re.DOTALL)
    try:
        tree = ast.parse(fenced[1] if fenced else reply)
    except (SyntaxError, ValueError):
        return False
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(tree))


def _json(reply: str, wanted: Any) -> bool:
    """Whether the reply is JSON of this value, texts in any case."""
    try:
        return bool(_small(json.loads(reply)) == _small(wanted))
    except ValueError:
        return False


def _small(value: Any) -> Any:
    match value:
        case str():
            return value.lower()
        case bool():
            return repr(value)  # else equal to 0 or 1
        case dict():
            return {key: _small(one) for key, one in value.items()}
        case list():
            return [_small(one) for one in value]
    return value


CHECKS: Mapping[str, Callable[[str, Any], bool]] = {
    "has": _has,
    "lacks": _lacks,
    "upper": lambda reply, _: reply == reply.upper() and reply != reply.lower(),
    "lower": lambda reply, _: reply == reply.lower() and reply != reply.upper(),
    "words": lambda reply, count: len(_words(reply)) == count,
    "max_words": lambda reply, most: 0 < len(_words(reply)) <= most,
    "sentences": lambda reply, count: _sentences(reply) == count,
    "language": _language,
    "starts": lambda reply, text: reply.lower().startswith(text),
    "ends": lambda reply, text: reply.lower().rstrip("'\"").endswith(text),
    "list": _list,
    "python_function": _python_function,
    "json": _json,
    "regex": lambda reply, pattern: re.search(pattern, reply) is not None,
}
"""By name, as the files in `heldout/` use them. `has` takes groups of texts: one of each group must be there."""
