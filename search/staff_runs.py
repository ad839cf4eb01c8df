"""Runs of the nightly job as the dashboard shows them."""

from typing import Any, Final, NamedTuple

from search.models import PipelineRun, PipelineStep
from search.runs import pulse, records, table
from search.runs.records import State, StepState

PAST: Final = 10

ICONS: Final = {
    StepState.WAITING: "schedule",
    StepState.RUNNING: "autorenew",
    StepState.DONE: "check_circle",
    StepState.SKIPPED: "skip_next",
    StepState.FAILED: "error",
}


class Shown(NamedTuple):
    """A step, in words."""

    row: PipelineStep
    label: str
    icon: str
    detail: str  # what it does at this moment
    percent: int


class Past(NamedTuple):
    run: PipelineRun
    failed: list[Shown]
    taken: int  # steps that were not skipped


def shown() -> dict[str, Any]:
    """The run that waits, is under way or was the last, step by step, and those before it."""
    found = PipelineRun.objects.prefetch_related("steps").select_related("build")
    runs = list(found[: PAST + 1])
    run = runs[0] if runs else None
    return {
        "run": run,
        "steps": steps_of(run) if run else [],
        "is_under_way": bool(run and run.state in (State.WAITING, State.RUNNING)),
        "is_silent": bool(run and run.state == State.RUNNING and pulse.is_silent(run)),
        "can_be_resumed": records.may_be_tried_again() is not None,
        "past": [past(each) for each in runs[1:]],
    }


def steps_of(run: PipelineRun) -> list[Shown]:
    return [in_words(row) for row in run.steps.all()]


def in_words(row: PipelineStep) -> Shown:
    return Shown(
        row=row,
        label=str(table.LABELS.get(row.name, row.name)),
        icon=ICONS[StepState(row.state)],
        detail=str(table.DETAILS.get(row.detail, "")),
        percent=round(100 * row.share),
    )


def past(run: PipelineRun) -> Past:
    steps = steps_of(run)
    return Past(
        run=run,
        failed=[each for each in steps if each.row.state == StepState.FAILED],
        taken=sum(each.row.state in (StepState.DONE, StepState.FAILED) for each in steps),
    )
