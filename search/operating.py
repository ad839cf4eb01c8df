"""How the pipeline does: what waits, what failed, how soon a change is found, what is clicked."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import CharField, Count, F, Func, Q, QuerySet, Value
from django.utils import timezone

from catalog import messages
from search import announcements, attempts, embeddings, encoding, tasks
from search.models import Build, Evaluation, EvaluationRow, Event, Failure, ParkedTask, Space

A_DAY = timedelta(days=1)
CLICKS_OVER = timedelta(days=30)
MOST_COUNTED = 10_000  # of what waits: more is told as "more"
BUILDS_SHOWN = 8
EVALUATIONS_SHOWN = 40
PLOTTED = (
    EvaluationRow.System.FUSION,
    EvaluationRow.System.PICTURE,
    EvaluationRow.System.TEXT,
    EvaluationRow.System.ALIGNED,
)


class Waiting(NamedTuple):
    space: Space
    products: int
    more: bool


class Freshness(NamedTuple):
    """Seconds from a change of a product to its new vector, over a day."""

    vectors: int
    median: float
    p95: float
    p99: float


class Rate(NamedTuple):
    """How often products of a kind of list were clicked."""

    kind: str
    views: int
    clicks: int

    @property
    def percent(self) -> float:
        return 100 * self.clicks / self.views if self.views else 0.0


class Line(NamedTuple):
    """A system's nDCG over time, as an SVG's points; `last` is the newest figure."""

    name: str
    label: str
    points: str
    last: float


def queued() -> dict[str, int] | None:
    """Messages that wait, by queue; None while the broker does not answer."""
    if messages.is_broker_away():
        return None
    try:
        return {queue.name: tasks.queued(queue.name) for queue in settings.BROKER.queues}
    except settings.BROKER.errors:
        return None


def waiting() -> list[Waiting]:
    """What is yet to be encoded, in each space of which the next build is made."""
    found = []
    for space in Space.objects.newest_of_each_signal():
        count = embeddings.stale(space)[: MOST_COUNTED + 1].count()
        found.append(Waiting(space, min(count, MOST_COUNTED), count > MOST_COUNTED))
    return found


def freshness() -> Freshness | None:
    """None where nothing was encoded in a day; a change of price needs no vector."""
    with connection.cursor() as sql:
        sql.execute(
            "SELECT count(*), percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP"
            " (ORDER BY extract(epoch FROM vector.encoded_at - product.updated_at))"
            " FROM search_embedding AS vector"
            " JOIN catalog_product AS product ON product.id = vector.product_id"
            " WHERE vector.encoded_at > %s AND vector.encoded_at >= product.updated_at",
            [timezone.now() - A_DAY],
        )
        count, seconds = sql.fetchone()
    return Freshness(count, *seconds) if count else None


def click_rates() -> list[Rate]:
    """By what lists were made of: product, photo, words, products."""
    kind = Func(F("source"), Value(":"), Value(1), function="split_part", output_field=CharField())
    rows = (
        Event.objects.filter(at__gt=timezone.now() - CLICKS_OVER)
        .annotate(kind=kind)
        .values_list("kind")
        .annotate(
            views=Count("pk", filter=Q(type=Event.Type.VIEW)),
            clicks=Count("pk", filter=Q(type=Event.Type.CLICK)),
        )
    )
    return sorted((Rate(*row) for row in rows), key=lambda rate: -rate.views)


def failures() -> QuerySet[Failure]:
    return Failure.objects.select_related("product", "space").order_by("-at")


def recent_builds() -> list[Build]:
    return list(Build.objects.order_by("-pk")[:BUILDS_SHOWN])


def evaluated(*, width: float, height: float) -> list[Line]:
    """nDCG of each signal and of the fusion over the latest evaluations with the same labels."""
    newest = Evaluation.objects.exclude(labels=[]).first()
    if newest is None:
        return []
    alike = Evaluation.objects.filter(labels=newest.labels).prefetch_related("rows")
    history = list(alike[:EVALUATIONS_SHOWN])[::-1]
    lines = []
    for system in PLOTTED:
        values = [
            next((row.ndcg for row in each.rows.all() if row.system == system), None)
            for each in history
        ]
        known = [value for value in values if value is not None]
        if known:
            points = plotted(values, width=width, height=height)
            lines.append(Line(system.value, str(system.label), points, known[-1]))
    return lines


def plotted(values: Sequence[float | None], *, width: float, height: float) -> str:
    """Points of a polyline for values of 0..1, evenly spaced; gaps are passed over."""
    step = width / max(len(values) - 1, 1)
    at = enumerate(values)
    return " ".join(f"{n * step:.1f},{height * (1 - v):.1f}" for n, v in at if v is not None)


def parked() -> int:
    return ParkedTask.objects.count()


def retry_parked(parked: Iterable[ParkedTask]) -> None:
    """Have these tried anew, each as often as the first time."""
    for each in parked:
        if each.task == encoding.EMBED:
            product_id, signal = encoding.try_again(each)
            tasks.send_embed([product_id], signal=signal, queue=tasks.BULK)
        elif each.task == announcements.DELIVER:
            tasks.send_announcements([announcements.try_again(each)])
        else:
            attempts.unpark(each.task, each.arguments)
            tasks.send_reindex()


def try_again(product_ids: Iterable[int]) -> None:
    """Forget that these products could not be encoded, and have them tried anew."""
    ids = list(product_ids)
    Failure.objects.filter(product__in=ids).delete()
    tasks.send_embed(ids)
