"""What the evals page and its endpoints do: sets to choose from, runs to start and look at. Lays nothing out."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playground.chat.evals.cases import Case, read_cases
from playground.chat.evals.store import Result, Run
from playground.chat.evals.summary import Difference, Figures, as_json, by_category, differences, figures
from playground.chat.evals.text_set import text_set
from playground.chat.evals.vision_set import vision_set
from playground.errors import CallerError
from playground.images import read_image
from playground.options import parse_options
from playground.ui.services import Services
from playground.ui.usage.prices import PriceTable, read_prices

SHIPPED = {"Vision": vision_set, "Text and tools": text_set}
MOST_RUNS = 12
"""That one press starts."""


@dataclass(frozen=True)
class Report:
    """A run and everything that came of it so far. `cost` is in the price table's currency; None without a price."""

    run: Run
    cases: Sequence[Case]
    results: Mapping[str, Result]
    cost: float | None

    @property
    def total(self) -> Figures:
        """All results in figures."""
        return figures(self.results.values())

    @property
    def categories(self) -> dict[str, Figures]:
        """The same by category."""
        return by_category(self.cases, self.results)

    def as_json(self) -> dict[str, Any]:
        """For programs."""
        return {**as_json(self.run, self.cases, self.results), "cost": self.cost}


class Desk:
    """One for the page and the endpoints."""

    def __init__(self, services: Services, prices: PriceTable | None = None) -> None:
        self._services = services
        self.store = services.eval_store
        self.runner = services.evals
        self.prices = prices or read_prices()

    def models(self) -> tuple[list[str], str]:
        """The models that can be asked, and the default one."""
        here, default = self._services.usable_models()
        return here, default or (here[0] if here else "")

    def set_names(self) -> list[str]:
        """The sets that can be chosen, those that ship first."""
        return [*SHIPPED, *(name for name in self.store.set_names() if name not in SHIPPED)]

    def cases(self, name: str) -> tuple[Case, ...]:
        """A set's cases. Raises: CallerError when there is none of this name."""
        return SHIPPED[name]() if name in SHIPPED else self.store.read_set(name)

    def keep(self, name: str, files: Sequence[Path], typed: str = "") -> tuple[Case, ...]:
        """Keep a set: the cases of a file, or those typed as CSV; other files are their pictures.

        Raises: CallerError saying what cannot be read, and where.
        """
        if not name.strip() or name in SHIPPED:
            raise CallerError("Give the cases a name of their own.", param="name")
        lists = [file for file in files if file.suffix.lower() in (".csv", ".jsonl", ".zip")]
        if len(lists) > 1:
            raise CallerError(f"There are {len(lists)} lists of cases; send one, and its pictures with it.")
        pictures = {file.name: file.read_bytes() for file in files if file not in lists}
        if lists:
            cases = read_cases(lists[0].name, lists[0].read_bytes(), read_image, pictures)
        else:
            cases = read_cases("typed.csv", typed.encode(), read_image, pictures)
        self.store.save_set(name.strip(), cases)
        return cases

    def begin(self, name: str, models: Sequence[str], settings: Sequence[Mapping[str, Any]], judge: str) -> list[int]:
        """Start a run for each model with each of the settings; gives their ids.

        Raises: CallerError for a set, a model or an option that there is not.
        """
        cases = self.cases(name)
        if not models:
            raise CallerError("Choose a model to ask.", param="models")
        pairs = list(itertools.product(models, settings))
        if len(pairs) > MOST_RUNS:
            raise CallerError(f"That would be {len(pairs)} runs; at most {MOST_RUNS} are started at once.")
        known = {one["name"] for one in self._services.describe_models()}
        if unknown := [one for one in (*models, judge) if one and one not in known]:
            raise CallerError(f"There is no model {unknown[0]!r} here. There are: {', '.join(known)}.", param="models")
        for values in settings:
            parse_options(values)
        runs = [self.store.begin(name, cases, model, values, judge) for model, values in pairs]
        for run in runs:
            self.runner.start(run)
        return runs

    def report(self, run: int) -> Report:
        """A run as it stands. Raises: CallerError when there is none of this id."""
        about = self.store.run(run)
        results = self.store.results(run)
        total = figures(results.values())
        cost = self.prices.cost(about.model, total.prompt_tokens, total.completion_tokens)
        return Report(about, self.store.cases(run), results, cost)

    def compare(self, before: int, after: int) -> list[Difference]:
        """The cases that only one of two runs got right. Raises: CallerError when they asked different cases."""
        cases = self.store.cases(before)
        if cases != self.store.cases(after):
            raise CallerError("These runs asked different cases, so they cannot be compared.")
        return differences(cases, self.store.results(before), self.store.results(after))

    def described(self, run: Run) -> dict[str, Any]:
        """A run for programs, with what is being done about it."""
        return {**asdict(run), "state": self.runner.state(run.id)}


def read_temperatures(text: str) -> list[float]:
    """Numbers with commas between. Raises: CallerError for anything else."""
    try:
        found = [float(part) for part in text.split(",") if part.strip()]
    except ValueError as error:
        raise CallerError(f"Temperatures are {text[:40]!r}; write numbers and commas, as in 0, 0.7.") from error
    return found or [0.0]
