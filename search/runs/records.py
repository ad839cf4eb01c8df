"""What the database knows of runs: asked for, under way, broken off, ended."""

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from search import locks
from search.models import Build, PipelineRun, PipelineStep
from search.runs import pulse, table

State = PipelineRun.State
StepState = PipelineStep.State
By = PipelineRun.By


def ask(*, by: By, who: str = "") -> PipelineRun:
    """The run that is to be taken next: asked for now, or before and still to come or under way."""
    return unfinished() or PipelineRun.objects.create(by=by, who=who)


def unfinished() -> PipelineRun | None:
    return PipelineRun.objects.filter(state__in=[State.WAITING, State.RUNNING]).first()


def withdraw(run: PipelineRun) -> None:
    """Nobody can be told of it."""
    PipelineRun.objects.filter(pk=run.pk, state=State.WAITING, started_at=None).delete()


def running() -> PipelineRun | None:
    return PipelineRun.objects.filter(state=State.RUNNING).first()


def broken_off() -> PipelineRun | None:
    """The run whose process has died: nobody holds the lock, and nobody has been heard of."""
    run = running()
    if run is None or locks.is_building() or not pulse.is_gone(run):
        return None
    return run


def forgotten(after: timedelta) -> bool:
    """Whether a run waits whose message is lost: those of the sweep hold for a minute."""
    waiting = PipelineRun.objects.filter(state=State.WAITING)
    late = waiting.filter(asked_at__lt=Now() - after)
    return waiting.filter(by=By.OUTGROWN).exists() or late.exists()


def may_be_tried_again() -> PipelineRun | None:
    """The latest run, where a step of it has failed and no other waits or is under way."""
    run = PipelineRun.objects.first()
    if run is None or run.state not in (State.DONE, State.FAILED):
        return None
    return run if run.steps.filter(state=StepState.FAILED).exists() else None


@transaction.atomic
def try_again() -> PipelineRun | None:
    """Have the latest run go on at the step that failed; None where there is nothing to go on."""
    run = may_be_tried_again()
    if run is None:
        return None
    run.steps.filter(state=StepState.FAILED).update(
        state=StepState.WAITING, attempts=0, reason="", facts={}, share=0, finished_at=None
    )
    run.state, run.asked_at, run.finished_at = State.WAITING, timezone.now(), None
    run.save(update_fields=["state", "asked_at", "finished_at"])
    return run


@transaction.atomic
def take(*, by: By, who: str = "", full: bool = False, first: str = "") -> PipelineRun:
    """The run that this process goes about: one broken off, one that was asked for, or a new one.

    first : the step that a new run begins at, whatever was broken off.

    Raises Taken where another process is at one although it has lost its lock.
    """
    left = running()
    if left is not None and not pulse.is_gone(left):
        raise locks.Taken(told_of(left))
    waiting = PipelineRun.objects.filter(state=State.WAITING).first()
    if full or first:
        for each in filter(None, (left, waiting)):
            give_up(each)
        left = waiting = None
    run = left or waiting or PipelineRun.objects.create(by=by, who=who)
    if run.started_at is None:
        run.full = full
        begin_at(run, first)
    else:
        run.times_resumed += 1
    run.state, run.beat_at = State.RUNNING, Now()
    run.started_at = run.started_at or Now()
    for name, value in pulse.here().items():
        setattr(run, name, value)
    run.save()
    run.refresh_from_db()
    return run


def begin_at(run: PipelineRun, first: str) -> None:
    before = table.NAMES.index(first) if first else 0
    PipelineStep.objects.bulk_create(
        PipelineStep(
            run=run,
            position=at,
            name=step.name,
            state=StepState.SKIPPED if at < before else StepState.WAITING,
            reason=_("the run began at a later step") if at < before else "",
        )
        for at, step in enumerate(table.STEPS)
    )
    if before > table.NAMES.index("build"):
        run.build = Build.objects.ready().order_by("-pk").first()


def give_up(run: PipelineRun) -> None:
    run.steps.filter(state=StepState.RUNNING).update(
        state=StepState.FAILED, reason=_("interrupted"), finished_at=Now()
    )
    PipelineRun.objects.filter(pk=run.pk).update(state=State.FAILED, finished_at=Now())


def told_of(run: PipelineRun | None) -> str:
    """Why nothing is begun now, and who is at it."""
    if run is None:
        return "another build is running: wait until it has ended"
    step = run.steps.filter(state=StepState.RUNNING).first()
    at = f", at step {step.name}" if step else ""
    return f"another build is running: {run.holder}, run {run}{at}; wait until it has ended"
