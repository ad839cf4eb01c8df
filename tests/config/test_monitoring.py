"""What the Grafana dashboard and the alerts ask for is what /metrics tells."""

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser as promql
import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from config.health import Probes
from tests.config.deployed import ROOT, services

FOLDER = ROOT / "deploy/monitoring"
GRAFANA = FOLDER / "grafana"
SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}
# Prometheus' own: whether it could read a target.
ITS_OWN = {"up": {"job", "instance"}}


def read(path: Any) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def panels() -> list[dict[str, Any]]:
    return list(json.loads((GRAFANA / "dashboards/niteru.json").read_text())["panels"])


def expressions() -> Iterator[str]:
    for panel in panels():
        yield from (target["expr"] for target in panel["targets"])
    for group in read(FOLDER / "alerts.yml")["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def parsed(expression: str) -> promql.Expr:
    return promql.parse(expression.replace("$__rate_interval", "5m"))


def selected(expression: str) -> list[tuple[str, set[str]]]:
    """Each metric that an expression names, and the labels by which it is narrowed."""
    found = []

    def visit(node: Any) -> None:
        selector = getattr(node, "vector_selector", node)
        if isinstance(selector, promql.VectorSelector):
            labels = {matcher.name for matcher in selector.matchers.matchers}
            found.append((selector.name or "", labels))

    promql.walk(parsed(expression), visit)
    return found


def grouped(expression: str) -> set[str]:
    found: set[str] = set()

    def visit(node: Any) -> None:
        if isinstance(node, promql.AggregateExpr) and node.modifier:
            found.update(node.modifier.labels)

    promql.walk(parsed(expression), visit)
    return found


@pytest.fixture
def told(client: Client, db: None) -> dict[str, set[str]]:
    """Each metric of /metrics with its labels, as far as anything was counted."""
    client.get("/api/v1/categories/")
    found = dict(ITS_OWN)
    for family in text_string_to_metric_families(client.get("/metrics").content.decode()):
        for suffix in SUFFIXES.get(family.type, ()):
            found[family.name + suffix] = set()
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_metric_that_is_asked_for_is_told(told):
    asked = {name for each in expressions() for name, _ in selected(each)}

    assert len(asked) > 10
    assert asked <= set(told)


def test_every_metric_of_ours_is_shown(told):
    asked = {name for each in expressions() for name, _ in selected(each)}

    ours = {name for name in told if name.startswith("niteru_")}
    assert {name for name in ours - asked if not name.endswith(("_created", "_sum"))} == set()


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_labels_are_those_that_metrics_have(told, expression):
    for name, labels in selected(expression):
        # A counter that nothing was counted by yet has shown no label.
        if told[name]:
            assert labels | grouped(expression) <= told[name]


def test_prometheus_reads_an_address_that_is_answered():
    (job,) = read(FOLDER / "prometheus.yml")["scrape_configs"]
    (target,) = job["static_configs"][0]["targets"]
    service, port = target.split(":")

    assert services()[service]["ports"][0].endswith(f":{port}")
    # Prometheus asks for /metrics unless told otherwise.
    answered = Probes(lambda request: None).answers  # type: ignore[arg-type, return-value]
    assert job.get("metrics_path", "/metrics") in answered
    # Where the compose file has the container write it.
    written = re.findall(r"> (\S+)", services()["prometheus"]["entrypoint"][2])
    assert job["authorization"]["credentials_file"] in written


def test_every_panel_reads_the_data_source_that_is_there():
    (source,) = read(GRAFANA / "provisioning/datasources/prometheus.yml")["datasources"]

    assert {panel["datasource"]["uid"] for panel in panels()} == {source["uid"]}
    assert {t["datasource"]["uid"] for panel in panels() for t in panel["targets"]} == {
        source["uid"]
    }
    assert source["url"] == "http://prometheus:9090"


def test_the_dashboard_is_where_grafana_looks():
    (provider,) = read(GRAFANA / "provisioning/dashboards/niteru.yml")["providers"]
    grafana = services()["grafana"]

    mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in grafana["volumes"]}
    folder = ROOT / mounted[provider["options"]["path"]]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert folder.joinpath(home.rpartition("/")[2]).is_file()


def test_panels_do_not_lie_over_one_another():
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken
        assert at["x"] + at["w"] <= 24
        taken |= cells
