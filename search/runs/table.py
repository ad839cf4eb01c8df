"""The steps of the nightly job in their order."""

from collections.abc import Callable
from typing import Final, NamedTuple

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

from search import (
    assembly,
    builds,
    delivery,
    embeddings,
    events,
    fingerprints,
    learning,
    pipeline,
    pruning,
    runtime,
    spaces,
    verifying,
)
from search.engine.errors import EngineError
from search.evaluation import nightly
from search.evaluation.errors import EvaluationError
from search.locks import BuildError
from search.maps import drawing, making, stored
from search.models import Build, Evaluation, Event, PipelineRun, PipelineStep, Space
from search.sayings import Saying

RUNS_KEPT: Final = 60


class Needless(Exception):  # nothing went wrong
    """A step that need not be taken, and why."""

    def __init__(self, saying: Saying) -> None:
        super().__init__(str(saying))
        self.saying = saying


class Work(NamedTuple):
    """What a step knows: the run, its own row there, and whom to tell how far it is."""

    run: PipelineRun
    row: PipelineStep
    told: Callable[[str, float], None]

    @property
    def is_forced(self) -> bool:
        return self.run.full

    @property
    def is_repeated(self) -> bool:
        """Whether this step was begun before in the same run, and did not end."""
        return self.row.attempts > 1


Digest = Callable[[Work], str]


def nothing(work: Work) -> str:
    return ""


class Step(NamedTuple):
    """One step. It is skipped where its inputs and outputs are as when it last ended well.

    take : raises Needless where it finds that there is nothing to do.
    inputs : digest of all that its result follows from; empty where it is to be taken anyway.
    outputs : digest of what it leaves, so that what was lost or replaced is made again.
    is_vital : whether the run ends where this fails; shoppers miss nothing of the others.
    """

    name: str
    label: Promise
    take: Callable[[Work], Saying]
    inputs: Digest = nothing
    outputs: Digest = nothing
    is_vital: bool = True


def find_stale(work: Work) -> Saying:
    spaces.drop_unfinished()
    newest = Space.objects.newest_of_each_signal()
    waiting = sum(embeddings.stale(space).count() for space in newest)
    return Saying(_("%(count)s vectors are stale"), {"count": f"{waiting:,}"})


def fit(work: Work) -> Saying:
    if builds.unfinished() and not work.is_forced:
        raise Needless(Saying(_("an interrupted build goes on with the models that it has")))
    fitted = pipeline.fit_models()
    return Saying(", ".join(space.slug for space in fitted))


def fitted_to(work: Work) -> str:
    return fingerprints.of_texts()


def fitted(work: Work) -> str:
    newest = list(Space.objects.newest_of_each_signal())
    usable = [spaces.is_usable(space) for space in newest]
    return fingerprints.digest([space.slug for space in newest], usable) if all(usable) else ""


def embed(work: Work) -> Saying:
    total, done = len(pipeline.stale_products()), 0

    def told(count: int) -> None:
        nonlocal done
        done += count
        work.told("", done / max(total, 1))

    count = pipeline.embed_catalog(progress=told)
    return Saying(_("%(count)s products were encoded"), {"count": f"{count:,}"})


def encoded_from(work: Work) -> str:
    return fingerprints.of_sources(list(Space.objects.newest_of_each_signal()))


def encoded(work: Work) -> str:
    return "" if pipeline.stale_products(limit=1) else fingerprints.digest("nothing waits")


def build(work: Work) -> Saying:
    same = ready_already(work)
    if same is not None:
        keep(work.run, same)
        raise Needless(
            Saying(_("build %(build)s holds all that there is"), {"build": f"#{same.pk}"})
        )
    made = builds.build_index(
        progress=lambda step, share: work.told(str(step.value), share),
        anew=work.is_forced and not work.is_repeated,
    )
    keep(work.run, made)
    # Before it is verified, so that another machine may go on from here.
    delivery.send_build(made)
    return Saying(
        _("build %(build)s of %(products)s products"),
        {"build": f"#{made.pk}", "products": f"{made.products:,}"},
    )


def ready_already(work: Work) -> Build | None:
    """A build that is what a new one would be: of the same inputs, or made before a kill."""
    by_signal = builds.newest_spaces()
    ready = Build.objects.ready().order_by("-pk")
    if work.is_forced:
        ready = ready.filter(created_at__gte=work.row.started_at)
        ready = ready if work.is_repeated else ready.none()
    else:
        ready = ready.filter(inputs=fingerprints.of_build(by_signal))
    published = Build.objects.published_one()
    for each in sorted(ready, key=lambda one: one != published):
        if set(each.spaces.all()) == set(by_signal.values()) and can_be_opened(each):
            return each
    return None


def can_be_opened(build: Build) -> bool:
    try:
        runtime.folder_of(build)
    except EngineError:
        return False
    return True


def keep(run: PipelineRun, build: Build) -> None:
    run.build = build
    run.save(update_fields=["build"])


def verify(work: Work) -> Saying:
    made = build_of(work)
    verifying.verify(made, told=lambda share: work.told("", share))
    new = made.figures["new"]
    return Saying(
        _("recall %(recall)s, %(covered)s of the products are found"),
        {"recall": f"{new['recall']:.3f}", "covered": f"{new['covered']:.3f}"},
    )


def publish(work: Work) -> Saying:
    made = build_of(work)
    builds.publish_build(made)
    runtime.forget()
    return Saying(_("build %(build)s is served"), {"build": f"#{made.pk}"})


def build_of(work: Work) -> Build:
    """The build of this run, where it is not served yet."""
    if work.run.build is None:
        raise BuildError("there is no build to go on with: run `manage.py reindex`")
    published = Build.objects.published_one()
    if published and published.pk >= work.run.build.pk:  # that, or what was made meanwhile
        raise Needless(
            Saying(_("build %(build)s is served already"), {"build": f"#{published.pk}"})
        )
    return work.run.build


def evaluate(work: Work) -> Saying:
    try:
        done = nightly.evaluate()
    except EvaluationError as err:
        raise Needless(Saying(str(err))) from err
    return Saying(_("%(count)s products were asked for"), {"count": f"{done.queries:,}"})


def evaluated_on(work: Work) -> str:
    return fingerprints.digest(served(), fingerprints.of_catalogue(), fingerprints.of_categories())


def evaluated(work: Work) -> str:
    last = Evaluation.objects.filter(build=served()).first()
    return fingerprints.digest(last is not None)


def served() -> int | None:
    published = Build.objects.published_one()
    return published.pk if published else None


def learn(work: Work) -> Saying:
    events.prune()
    learnt = learning.learn()
    if learnt is None:
        raise Needless(Saying(_("nobody saw a list, so there is nothing to learn from")))
    return Saying(_("from %(count)s clicks"), {"count": f"{learnt.clicks:,}"})


def learnt_from(work: Work) -> str:
    return fingerprints.digest(served(), Event.objects.aggregate(last=Max("pk"))["last"])


def draw_map(work: Work) -> Saying:
    before = stored.newest()
    found = making.make(
        progress=lambda step, share: work.told(str(step.value), share),
        # Where the first map of this build is being drawn by another, that one will do.
        anew=before is not None and before.build == served(),
    )
    return Saying(_("%(count)s products"), {"count": f"{len(found.arrays.ids):,}"})


def drawn_from(work: Work) -> str:
    return fingerprints.digest(served(), fingerprints.of_catalogue(), fingerprints.of_categories())


def drawn(work: Work) -> str:
    number = served()
    return fingerprints.of_folder(stored.folder_of(number)) if number else ""


def prune(work: Work) -> Saying:
    count = pruning.prune_builds()
    old = PipelineRun.objects.values("pk")[RUNS_KEPT:]
    PipelineRun.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
    return Saying(_("%(count)s builds were deleted"), {"count": f"{count:,}"})


STEPS: Final = (
    Step("stale", gettext_lazy("finding stale vectors"), find_stale),
    Step("fit", gettext_lazy("learning words"), fit, fitted_to, fitted),
    Step("embed", gettext_lazy("encoding"), embed, encoded_from, encoded),
    Step("build", gettext_lazy("building"), build),
    Step("verify", gettext_lazy("verifying"), verify),
    Step("publish", gettext_lazy("publishing"), publish),
    Step("evaluate", gettext_lazy("evaluating"), evaluate, evaluated_on, evaluated, is_vital=False),
    Step("learn", gettext_lazy("learning from clicks"), learn, learnt_from, is_vital=False),
    Step("map", gettext_lazy("drawing the map"), draw_map, drawn_from, drawn, is_vital=False),
    Step("prune", gettext_lazy("clearing away"), prune, is_vital=False),
)
NAMES: Final = tuple(step.name for step in STEPS)
LABELS: Final = {step.name: step.label for step in STEPS}
# What steps do within, as their own modules name it.
DETAILS: Final = {str(step.value): step.label for step in (*assembly.Step, *drawing.Step)}
