"""How the pipeline stands, in the form that Prometheus reads; the dashboard's own figures."""

from collections.abc import Callable, Iterator
from typing import Final

from django.db import DatabaseError
from django.db.models import Max
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from search import operating
from search.models import Build, Failure, PipelineRun

DATABASE: Final = "database"
BROKER: Final = "broker"


class Pipeline(Collector):
    """Asks the database and the broker at each reading; what does not answer is left out.

    `niteru_up` tells which of the two answered.
    """

    def collect(self) -> Iterator[GaugeMetricFamily]:
        up = gauge("up", "Whether it answered just now.", ["part"])
        try:
            found = [each for make in OF_THE_DATABASE for each in make()]
        except DatabaseError:
            found = []
        up.add_metric([DATABASE], float(bool(found)))
        queued = operating.queued()
        up.add_metric([BROKER], float(queued is not None))
        yield up
        yield from found
        waiting = gauge("queue_messages", "Messages that no worker has taken yet.", ["queue"])
        for queue, count in (queued or {}).items():
            waiting.add_metric([queue], count)
        yield waiting


def gauge(name: str, told: str, labels: list[str] | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"niteru_{name}", told, labels=labels)


def index() -> list[GaugeMetricFamily]:
    """Of the published build; without one its gauges have no value."""
    build = Build.objects.published_one()
    since = gauge("index_build_timestamp_seconds", "When the published build was begun.")
    products = gauge("index_products", "Products in the published build.")
    recall = gauge("index_recall_ratio", "Of the exact neighbours, what the published build finds.")
    size = gauge("index_bytes", "Size of the published build on disk.")
    night = gauge("nightly_timestamp_seconds", "When the nightly job last ended well.")
    done = PipelineRun.objects.filter(state=PipelineRun.State.DONE)
    ended = done.aggregate(last=Max("finished_at"))["last"]
    if ended:
        night.add_metric([], ended.timestamp())
    if build:
        since.add_metric([], build.created_at.timestamp())
        products.add_metric([], build.products)
        size.add_metric([], build.bytes)
        if build.recall is not None:
            recall.add_metric([], build.recall)
    return [since, products, recall, size, night]


def backlog() -> list[GaugeMetricFamily]:
    most = operating.MOST_COUNTED
    stale = gauge(
        "embeddings_stale", f"Products yet to be encoded; counted up to {most}.", ["signal"]
    )
    failed = gauge("embeddings_failed", "Products that could not be encoded.", ["signal"])
    for waiting in operating.waiting():
        space = waiting.space
        stale.add_metric([space.signal], waiting.products)
        failed.add_metric([space.signal], Failure.objects.filter(space=space).count())
    return [stale, failed]


def freshness() -> list[GaugeMetricFamily]:
    seconds = gauge(
        "freshness_seconds",
        "From a change of a product to its vector, which web processes search from within a"
        " second on; over the last day.",
        ["quantile"],
    )
    vectors = gauge("freshness_vectors", "Vectors that these quantiles are taken from.")
    found = operating.freshness()
    vectors.add_metric([], found.vectors if found else 0)
    if found:
        for quantile, value in ((0.5, found.median), (0.95, found.p95), (0.99, found.p99)):
            seconds.add_metric([str(quantile)], value)
    return [seconds, vectors]


OF_THE_DATABASE: Final[tuple[Callable[[], list[GaugeMetricFamily]], ...]] = (
    index,
    backlog,
    freshness,
)
