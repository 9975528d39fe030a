"""Cases: what is asked and what a right answer is; from CSV, JSON lines or a zip with pictures, and to JSON and back.

One row a case: `prompt`, `expected`, `check` (see `KINDS`; `contains` when absent), and where wanted `category`,
`image` (names of files in the zip, `;` between), `system`, `tools` (names, `;` between), `tolerance` (for `number` and
`json`), `schema` (JSON Schema of the answer) and `id`. Files are hostile until they have been read here.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, TypeAlias

import regex

from playground.errors import CallerError
from playground.messages import Image

KINDS: Mapping[str, str] = {
    "contains": "every one of the expected texts stands in the answer, as whole words, in any case",
    "equals": "the answer is the expected text, but for case, quotes and a full stop at the end",
    "regex": "the expression is found in the answer",
    "json": "the answer is a JSON object with the expected fields (dots lead into objects and lists)",
    "number": "the last number in the answer is the expected one, within the tolerance",
    "calls": "the expected tools were called",
    "judge": "a model says that the answer does what is expected",
}
FIELDS = ("id", "category", "prompt", "image", "expected", "check", "tolerance", "system", "tools", "schema")
MOST_CASES = 2000
MOST_IMAGES = 16
"""Of one case."""
MOST_BYTES = 200_000_000
"""Of a zip's files, unpacked."""
LONGEST_TEXT = 100_000
ReadImage: TypeAlias = Callable[[bytes, str], Image]


@dataclass(frozen=True)
class Check:
    """How an answer is judged. `expected` is texts (contains, calls), a text, an object (json) or a number."""

    kind: str
    expected: Any
    tolerance: float = 0.0


@dataclass(frozen=True)
class Case:
    """One question with its check. `tools` are names of tools that are run for the model while it answers."""

    id: str
    category: str
    prompt: str
    check: Check
    images: tuple[Image, ...] = ()
    system: str = ""
    tools: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None


def read_cases(name: str, data: bytes, read_image: ReadImage, images: Mapping[str, bytes] = {}) -> tuple[Case, ...]:
    """The cases of a file whose name ends in .csv, .jsonl or .zip; pictures come from the zip or from `images`.

    Raises: CallerError naming the row and what is wrong with it; UnsupportedInput for a picture that is none.
    """
    ending = PurePosixPath(name).suffix.lower()
    if ending == ".zip":
        files = _unpacked(data)
        lists = [one for one in files if one.lower().endswith((".csv", ".jsonl"))]
        if len(lists) != 1:
            raise CallerError(f"The zip holds {len(lists)} lists of cases; it needs one .csv or .jsonl file.")
        return read_cases(lists[0], files[lists[0]], read_image, files)
    if ending not in (".csv", ".jsonl"):
        raise CallerError(f"{name} is no list of cases; send a .csv, a .jsonl, or a .zip with one and its pictures.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CallerError(f"{name} is not UTF-8 ({error}); save it as UTF-8.") from error
    rows = _csv_rows(text) if ending == ".csv" else _json_rows(text)
    cases = tuple(_case(row, where, images, read_image) for where, row in _limited(rows))
    if not cases:
        raise CallerError(f"{name} holds no case. Write one a row: prompt, expected, check.")
    if len({case.id for case in cases}) != len(cases):
        raise CallerError("Two cases have the same id; leave ids out, or make each its own.")
    return cases


def to_json(cases: Sequence[Case]) -> str:
    """The cases as JSON, pictures in base64."""
    return json.dumps([_written(case) for case in cases], ensure_ascii=False)


def from_json(text: str, read_image: Callable[[bytes], Image]) -> tuple[Case, ...]:
    """What `to_json` wrote."""
    return tuple(
        Case(
            **{
                **row,
                "check": Check(**row["check"]),
                "images": tuple(read_image(base64.b64decode(one)) for one in row["images"]),
                "tools": tuple(row["tools"]),
            }
        )
        for row in json.loads(text)
    )


def _written(case: Case) -> dict[str, Any]:
    check = {"kind": case.check.kind, "expected": case.check.expected, "tolerance": case.check.tolerance}
    images = [base64.b64encode(image.data).decode() for image in case.images]
    return {**case.__dict__, "check": check, "images": images, "tools": list(case.tools)}


def _unpacked(data: bytes) -> dict[str, bytes]:
    """A zip's files by name. Sizes are those that come out, not those that its directory claims."""
    files: dict[str, bytes] = {}
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if info.is_dir() or info.filename.startswith("__MACOSX/"):
                    continue
                if len(files) >= MOST_CASES * 2:
                    raise CallerError(f"The zip holds more than {MOST_CASES * 2} files; send fewer.")
                with archive.open(info) as file:
                    files[info.filename] = file.read(left + 1)
                left -= len(files[info.filename])
                if left < 0:
                    raise CallerError(f"The zip unpacks to more than {MOST_BYTES:,} bytes; send less.")
    # What zipfile raises for damage (BadZipFile, EOFError, ValueError, OSError of the decompressors), for a method that
    # it does not know (NotImplementedError) and for a password (RuntimeError).
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise CallerError(f"The zip cannot be read: {error}.") from error
    return files


def _limited(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, row in enumerate(rows, start=1):
        if number > MOST_CASES:
            raise CallerError(f"There are more than {MOST_CASES} cases; split the list.")
        yield f"Case {number}", row


def _csv_rows(text: str) -> Iterator[Mapping[str, Any]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True)
    try:
        for row in reader:
            if None in row:
                raise CallerError(f"Line {reader.line_num} has more cells than the header; quote texts with commas.")
            if any(row.values()):
                yield {key: value for key, value in row.items() if value}
    except csv.Error as error:
        raise CallerError(f"Line {reader.line_num} is no CSV: {error}.") from error


def _json_rows(text: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise CallerError(f"Line {number} is no JSON: {error}.") from error
        if not isinstance(row, dict):
            raise CallerError(f"Line {number} is {line[:40]!r}; it must be a JSON object.")
        yield row


def _case(row: Mapping[str, Any], where: str, images: Mapping[str, bytes], read_image: ReadImage) -> Case:
    if unknown := sorted(set(row) - set(FIELDS)):
        raise CallerError(f"{where} has a field {unknown[0]!r}; there are {', '.join(FIELDS)}.")
    prompt = row.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise CallerError(f"{where} has no prompt.")
    if len(prompt) > LONGEST_TEXT:
        raise CallerError(f"{where} has a prompt of {len(prompt):,} characters; at most {LONGEST_TEXT:,} are asked.")
    names = _names(row.get("image"))
    if missing := [name for name in names if name not in images]:
        raise CallerError(f"{where} names the picture {missing[0]!r}, which was not sent with it.")
    if len(names) > MOST_IMAGES:
        raise CallerError(f"{where} has {len(names)} pictures; at most {MOST_IMAGES} are shown.")
    return Case(
        id=str(row.get("id") or where.removeprefix("Case ")),
        category=str(row.get("category") or "all"),
        prompt=prompt,
        check=_check(row, where),
        images=tuple(read_image(images[name], f"{where}: {name}") for name in names),
        system=str(row.get("system") or ""),
        tools=tuple(_names(row.get("tools"))),
        schema=_object(row["schema"], f"{where}: schema") if row.get("schema") else None,
    )


def _check(row: Mapping[str, Any], where: str) -> Check:
    kind, expected = row.get("check") or "contains", row.get("expected")
    if kind not in KINDS:
        raise CallerError(f"{where} has the check {kind!r}; there are {', '.join(KINDS)}.")
    if expected is None or expected == "":
        raise CallerError(f"{where} does not say what is expected.")
    tolerance = _number(row.get("tolerance") or 0, f"{where}: tolerance")
    match kind:
        case "contains":
            expected = [str(one) for one in (expected if isinstance(expected, list) else str(expected).split("|"))]
        case "calls":
            expected = _names(expected)
        case "number":
            expected = _number(expected, f"{where}: expected")
        case "json":
            expected = _object(expected, f"{where}: expected")
        case "regex":
            _compile(str(expected), where)
            expected = str(expected)
        case _:
            expected = str(expected)
    return Check(str(kind), expected, tolerance)


def _names(value: Any) -> list[str]:
    parts = value if isinstance(value, list) else str(value or "").split(";")
    return [name for part in parts if (name := str(part).strip())]


def _number(value: Any, where: str) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise CallerError(f"{where} is {str(value)[:40]!r}; it must be a number.") from error


def _object(value: Any, where: str) -> dict[str, Any]:
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError) as error:
        raise CallerError(f"{where} is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise CallerError(f"{where} is {str(value)[:40]!r}; it must be a JSON object.")
    return found


def _compile(expression: str, where: str) -> None:
    try:
        regex.compile(expression)
    except regex.error as error:
        raise CallerError(f"{where} expects {expression[:60]!r}, which is no regular expression: {error}.") from error
