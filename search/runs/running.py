"""Takes the steps of a run, one after the other, skips what need not be done, tries again."""

import logging
import time
from collections.abc import Callable
from typing import Final

from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from search import announcements, attempts, locks, pruning
from search.depot import DepotError
from search.doubts import BuildRefused
from search.engine.errors import EngineError
from search.engine.index.milvus import MilvusError
from search.locks import BuildError
from search.maps.stored import MapError
from search.models import PipelineRun, PipelineStep
from search.runs import pulse, records, table
from search.runs.records import By, State, StepState
from search.runs.table import Needless, Step, Work
from search.sayings import Saying

logger = logging.getLogger(__name__)

# Servers that are away, a network that hangs, a disk that somebody is about to clear.
PASSING: Final = (OperationalError, InterfaceError, OSError, MilvusError, DepotError)
ON_PURPOSE: Final = (EngineError, BuildError, MapError)
WAITS: Final = (5.0, 30.0, 120.0)  # seconds before a step is tried again
MOST_ATTEMPTS: Final = len(WAITS) + 1  # kills count, so that none is repeated for ever
TOLD_EVERY = 1.0  # seconds
TASK: Final = "search.tasks.reindex"  # by which it is parked, where it dies each time

Watch = Callable[[PipelineRun, PipelineStep], None]  # told whenever a step's row changes


def reindex(
    *,
    by: By = By.NIGHTLY,
    who: str = "",
    full: bool = False,
    first: str = "",
    watch: Watch = lambda run, row: None,
) -> PipelineRun:
    """Take every step of a run; of one that was broken off, or failed and asked for, the rest.

    full : although nothing has changed. first : the step that a new run begins at.

    Raises Taken where another is at it, and whatever a vital step failed by: the run is over
    then, and what was served is served on.
    """
    try:
        with locks.one_at_a_time():
            run = records.take(by=by, who=who, full=full, first=first)
            with pulse.beating(run):
                take_steps(run, watch)
    except locks.Taken as err:
        raise locks.Taken(records.told_of(records.running())) from err
    attempts.unpark(TASK)
    return run


def take_steps(run: PipelineRun, watch: Watch) -> None:
    rows = {row.name: row for row in run.steps.all()}
    for step in table.STEPS:
        row = rows.get(step.name)
        if row is None or row.state in (StepState.DONE, StepState.SKIPPED):
            continue
        try:
            take(step, run, row, watch)
        except (*ON_PURPOSE, *PASSING) as err:
            told = str(err) if isinstance(err, ON_PURPOSE) else f"{type(err).__name__}: {err}"
            fail(run, row, told, watch)
            if isinstance(err, BuildRefused) and run.build:
                announcements.announce(event=announcements.FAILED, build=run.build)
            if step.is_vital:
                clear_away(run)
                end(run, State.FAILED)
                raise
        except Exception as err:
            fail(run, row, f"{type(err).__name__}: {err}", watch)
            end(run, State.FAILED)
            raise
    end(run, State.DONE)


def clear_away(run: PipelineRun) -> None:
    """Night after night a build that is refused would stay, since the last step is not reached."""
    if run.build is None:
        return
    try:
        pruning.prune_builds()
    except (*ON_PURPOSE, *PASSING) as err:
        logger.warning("old builds stay run=%d: %s", run.pk, err)


def take(step: Step, run: PipelineRun, row: PipelineStep, watch: Watch) -> None:
    """Take one step, again and again while what fails it may pass."""
    if row.attempts >= MOST_ATTEMPTS:
        raise BuildError(f"it stopped {row.attempts} times, for a reason that it could not tell")
    while True:
        row.attempts += 1
        try:
            locks.keep()
            attempt(step, run, row, watch)
            return
        except PASSING as err:
            connect_again()
            if row.attempts >= MOST_ATTEMPTS:
                raise
            logger.warning("step %s is tried again run=%d: %s", step.name, run.pk, err)
            time.sleep(WAITS[row.attempts - 1])


def connect_again() -> None:
    """Drop a connection that is lost; one that works holds the lock, and is not to be dropped."""
    if not connection.in_atomic_block and connection.connection and not connection.is_usable():
        connection.close()


def attempt(step: Step, run: PipelineRun, row: PipelineStep, watch: Watch) -> None:
    row.state, row.share, row.detail = StepState.RUNNING, 0, ""
    row.started_at = row.started_at or timezone.now()
    row.save()
    work = Work(run, row, teller(run, row, watch))
    watch(run, row)
    inputs = step.inputs(work)
    try:
        skip_if_unchanged(step, work, inputs)
        saying = step.take(work)
    except Needless as reason:
        note(row, StepState.SKIPPED, reason.saying)
    else:
        row.inputs, row.outputs = inputs, step.outputs(work)
        note(row, StepState.DONE, saying)
    watch(run, row)
    logger.info("step %s %s run=%d", step.name, row.state, run.pk)


def skip_if_unchanged(step: Step, work: Work, inputs: str) -> None:
    """Raises Needless where the step last ended well with the same inputs, and left this."""
    if not inputs or work.is_forced:
        return
    ended = PipelineStep.objects.filter(name=step.name, state=StepState.DONE)
    last = ended.order_by("-finished_at").first()
    if last and (last.inputs, last.outputs) == (inputs, step.outputs(work)):
        raise Needless(
            Saying(_("nothing has changed since run %(run)s"), {"run": f"#{last.run_id}"})
        )


def teller(run: PipelineRun, row: PipelineStep, watch: Watch) -> Callable[[str, float], None]:
    """Progress for whoever watches, and once a second for all who look at the run."""
    last = time.monotonic()

    def told(detail: str, share: float) -> None:
        nonlocal last
        row.share = min(share, 1.0)
        now = time.monotonic()
        if detail != row.detail or now - last >= TOLD_EVERY:
            last, row.detail = now, detail
            row.save(update_fields=["detail", "share"])
        watch(run, row)

    return told


def note(row: PipelineStep, state: StepState, saying: Saying) -> None:
    row.state, row.share, row.detail = state, 1, ""
    row.reason, row.facts = saying
    row.finished_at = timezone.now()
    row.save()


def fail(run: PipelineRun, row: PipelineStep, reason: str, watch: Watch) -> None:
    logger.error("step %s failed run=%d: %s", row.name, run.pk, reason)
    note(row, StepState.FAILED, Saying(reason))
    watch(run, row)


def end(run: PipelineRun, state: State) -> None:
    run.state, run.finished_at = state, timezone.now()
    run.save(update_fields=["state", "finished_at"])
