from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.engine.errors import EngineError
from search.locks import BuildError
from search.management import progress
from search.models import PipelineStep
from search.runs import records, running, table
from search.runs.records import By, StepState


class Command(BaseCommand):
    help = (
        "Every step of the nightly job, one after the other; those of which nothing has changed "
        "are skipped, and a run that was killed goes on where it was."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--full", action="store_true", help="although nothing has changed")
        how.add_argument(
            "--from",
            dest="first",
            choices=table.NAMES,
            default="",
            metavar="STEP",
            help=f"begin at one of {', '.join(table.NAMES)}",
        )
        how.add_argument(
            "--resume", action="store_true", help="go on with the run that failed last"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["resume"] and not (records.unfinished() or records.try_again()):
            raise CommandError("no run has failed: run `manage.py reindex`")
        bars = progress.Bars()
        try:
            running.reindex(
                by=By.COMMAND,
                full=options["full"],
                first=options["first"],
                watch=lambda run, row: self.show(row, bars),
            )
        except (BuildError, EngineError) as err:
            raise CommandError(str(err)) from err
        finally:
            bars.close()

    def show(self, row: PipelineStep, bars: progress.Bars) -> None:
        label = str(table.LABELS[row.name])
        if row.state == StepState.RUNNING and not row.share and not row.detail:
            self.stdout.write(f"[{row.position + 1}/{len(table.STEPS)}] {label}")
        elif row.state == StepState.RUNNING:
            bars.tell(str(table.DETAILS.get(row.detail, label)), row.share)
        else:
            (bars.close if row.state == StepState.FAILED else bars.finish)()
            self.stdout.write(f"    {self.outcome(row)}")

    def outcome(self, row: PipelineStep) -> str:
        if row.state == StepState.DONE:
            return f"{row.told} ({row.seconds or 0:.1f} s)"
        return f"{row.get_state_display()}: {row.told}"
