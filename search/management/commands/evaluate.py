import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.engine import fusion
from search.evaluation import lists, plan, records
from search.evaluation.comparison import Comparison, Measured, System
from search.evaluation.errors import EvaluationError
from search.management import progress
from search.models import Evaluation

MOST = 1000
HEADINGS = ["", "nDCG", "precision", "coverage", "orphans", "full lists", "seconds"]
NAME_WIDTH = 32


def names(text: str) -> list[str]:
    found = [name.strip() for name in text.split(",")]
    if not all(found) or len(set(found)) < len(found):
        raise ArgumentTypeError(f"{text!r}: write names split by commas, none empty or twice")
    return found


def systems(text: str) -> list[System]:
    chosen = names(text)
    for name in chosen:
        if name not in System.values:
            raise ArgumentTypeError(f"{name!r} is no system; there are {', '.join(System.values)}")
    return [system for system in System if system in chosen]


class Command(BaseCommand):
    help = "Compare ways of finding similar items, by labels that say which products are alike."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--labels",
            type=names,
            metavar="A,B,C",
            help="columns whose equal values mean alike, the first of which decides: category, "
            "category.1 (its top level), brand, color, item_group_id, shop or an attribute "
            "(default: category,brand,color, as far as the catalogue has them)",
        )
        parser.add_argument(
            "--labels-from",
            type=Path,
            metavar="FILE",
            help="a catalogue file to read the labels from, joined by sku",
        )
        parser.add_argument("--k", type=int, default=10, help="length of a list (default: 10)")
        parser.add_argument(
            "--queries", type=int, default=2000, help="products to ask for at most (default: 2000)"
        )
        parser.add_argument("--seed", type=int, default=0, help="of the choice of those")
        parser.add_argument(
            "--lists", type=Path, metavar="DIR", help="write each system's lists there as CSV"
        )
        parser.add_argument(
            "--systems",
            type=systems,
            default=list(System),
            metavar="A,B",
            help=f"some of {', '.join(System.values)}",
        )
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there")

    def handle(self, *args: Any, **options: Any) -> None:
        check(options)
        try:
            comparison, notes = plan.make(
                wanted=options["labels"],
                file=options["labels_from"],
                k=options["k"],
                queries=options["queries"],
                seed=options["seed"],
            )
        except EvaluationError as err:
            raise CommandError(str(err)) from err
        rows = list(self.measure(comparison, options["systems"], notes, options["lists"]))
        if not rows:
            raise CommandError("; ".join(["nothing to compare", *notes]))
        evaluation = records.save(comparison, rows=rows, recall=comparison.recall())
        self.report(evaluation, notes)
        if options["json"]:
            options["json"].parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(records.as_json(evaluation), ensure_ascii=False, indent=1)
            options["json"].write_text(text + "\n", encoding="utf-8")

    def measure(
        self, comparison: Comparison, chosen: list[System], notes: list[str], folder: Path | None
    ) -> Iterator[Measured]:
        for system in chosen:
            if reason := comparison.reason_against(system):
                notes.append(f"{system} is left out: {reason}")
                continue
            total = len(comparison.asked(system))
            with progress.bar(total=total, what=f"{system:15}") as bar:
                row = comparison.measure(system, progress=bar.update)
            if folder:
                folder.mkdir(parents=True, exist_ok=True)
                lists.write(row.lists, comparison.catalogue, folder / f"{system}.csv")
            yield row

    def report(self, evaluation: Evaluation, notes: list[str]) -> None:
        by = f" by {', '.join(evaluation.labels)}" if evaluation.labels else ""
        build = f"build {evaluation.build_id}, " if evaluation.build_id else ""
        self.stdout.write(
            f"{build}{evaluation.products:,} products, {evaluation.queries:,} of them asked for, "
            f"lists of {evaluation.k}{by}\n\n"
        )
        self.stdout.write(line(HEADINGS))
        for row in evaluation.rows.all():
            self.stdout.write(
                line(
                    [
                        row.get_system_display(),
                        *(figure(getattr(row, name)) for name in records.FIGURES[1:6]),
                        f"{row.seconds:.1f}",
                    ]
                )
            )
        self.stdout.write("")
        for system, mix in evaluation.weights.items():
            if len(mix) > 1:
                self.stdout.write(f"weights of {system}: {fusion.format_mix(mix)}")
        if evaluation.recall is not None:
            self.stdout.write(
                f"recall@{evaluation.k} of the live index against exact search: "
                f"{evaluation.recall:.3f}"
            )
        for note in notes:
            self.stdout.write(note)


def check(options: dict[str, Any]) -> None:
    if not 1 <= options["k"] <= MOST:
        raise CommandError(f"--k: from 1 to {MOST}")
    if options["queries"] < 1:
        raise CommandError("--queries: at least 1")


def line(cells: list[str]) -> str:
    name, *figures = cells
    return f"{name:{NAME_WIDTH}}" + "".join(f"{cell:>11}" for cell in figures)


def figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
