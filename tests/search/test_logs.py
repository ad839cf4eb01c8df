"""Lines of real processes: in one form, and joined by the request that they belong to."""

import gzip
import json
import logging
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import pytest
import structlog
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from catalog import tokens
from catalog.models import Shop
from config import logs
from search.models import Embedding
from tests.search.conftest import ROOT, eventually

NUMBER = "3f2a9c4e-of-a-proxy"
PRODUCT = {"sku": "lantern", "title": "Paper lantern"}
RAISING = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from config.wsgi import application
from django.test import Client
from django.urls import path
import config.urls
def broken(request):
    password = "hunter2"
    raise RuntimeError("it broke")
config.urls.urlpatterns.insert(0, path("broken/", broken))
client = Client(SERVER_NAME="localhost", raise_request_exception=False)
told = {"X-Request-ID": sys.argv[1], "Referer": "/?q=hunter2", "X-Visitor": "hunter2"}
print(client.get("/broken/?q=hunter2", headers=told).status_code)
import sentry_sdk
sentry_sdk.flush(10)
"""


class Received(NamedTuple):
    path: str
    body: bytes


class Collector:
    """Whatever is posted to it, as OTLP's and Sentry's servers take it."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                received.append(Received(self.path, body))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> dict[str, set[str]]:
        """Names of spans by the trace that they belong to."""
        found: dict[str, set[str]] = {}
        for each in self.received:
            for resource in ExportTraceServiceRequest.FromString(each.body).resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        found.setdefault(span.trace_id.hex(), set()).add(span.name)
        return found


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    Thread(target=found.server.serve_forever, daemon=True).start()
    yield found
    found.server.shutdown()


@contextmanager
def web(environment: dict[str, str], log: Path) -> Iterator[str]:
    """The address of gunicorn as it is run."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "127.0.0.1:{1}".format(*probe.getsockname())
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", address]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=output)
    try:
        eventually(lambda: "Booting worker" in log.read_text())
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait()


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.django_db(transaction=True)
def test_a_request_is_followed_to_its_answer_its_tasks_and_its_trace(
    environment, start_worker, collector, tmp_path
):
    shop = Shop.objects.create(slug="acme", name="Acme")
    _, key = tokens.issue(shop=shop, name="app", can_write=True)
    told = {
        "LOG_FORMAT": "json",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    start_worker(**told)

    with web({**environment, **told}, tmp_path / "web.log") as address:
        post = Request(f"{address}/api/v1/products/", data=json.dumps(PRODUCT).encode())
        post.add_header("Authorization", f"Bearer {key}")
        post.add_header("Content-Type", "application/json")
        post.add_header("X-Request-ID", NUMBER)
        with urlopen(post) as answer:
            assert answer.status == 201
            assert answer.headers["X-Request-ID"] == NUMBER
        eventually(Embedding.objects.exists)
        eventually(lambda: any({"task ends"} & {each["message"] for each in jobs(tmp_path)}))

    (answered,) = (each for each in lines(tmp_path / "web.log") if each["message"] == "answered")
    ours = [each for each in jobs(tmp_path) if each.get("request_id") == NUMBER]
    assert (answered["request_id"], answered["status"]) == (NUMBER, 201)
    assert answered["route"] == "catalog-api:products"
    assert {each["message"] for each in ours} >= {"task begins", "task ends"}
    assert {each["task"] for each in ours} == {"search.tasks.embed"}
    assert len({each["task_id"] for each in ours}) == 1
    (ended,) = (each for each in ours if each["message"] == "task ends")
    assert ended["trace_id"] == answered["trace_id"]
    eventually(lambda: "run/search.tasks.embed" in collector.spans()[answered["trace_id"]])
    assert "POST api/v1/products/" in collector.spans()[answered["trace_id"]]


def jobs(folder: Path) -> list[dict[str, Any]]:
    """Of the worker, from whose start on each line is JSON."""
    text = folder.joinpath("worker.log").read_text().splitlines()
    return [json.loads(line) for line in text if line.startswith('{"')]


def test_what_nobody_caught_goes_to_sentry_without_what_was_sent(collector, tmp_path):
    address = collector.address.replace("http://", "http://key@")
    environ = {"SECRET_KEY": "x" * 60, "SENTRY_DSN": f"{address}/1", "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", RAISING, NUMBER],
        cwd=ROOT,
        env={**os.environ, **environ, "DEBUG": "1"},
        capture_output=True,
        text=True,
    )

    assert done.stdout.split()[-1] == "500", done.stderr
    assert "RuntimeError: it broke" in done.stderr
    assert "hunter2" not in done.stderr.replace('password = "hunter2"', "")
    told = b"".join(each.body for each in collector.received).decode()
    assert '"type":"RuntimeError"' in told.replace(" ", "")
    assert NUMBER in told
    assert "hunter2" not in told


def test_what_a_caller_makes_up_is_no_number(client, db):
    for word in ("short", "a b c d e f g h", "x" * 65, "12345678\r\nforged"):
        number = client.get("/en/", headers={"X-Request-ID": word})["X-Request-ID"]
        assert re.fullmatch("[0-9a-f]{32}", number)


@pytest.mark.parametrize("form", logs.FORMATS)
def test_a_traceback_is_whole_in_both_forms(form, tmp_path):
    line = logs.configuration(form=form, level="INFO")["formatters"]["line"]
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=line["processors"], foreign_pre_chain=line["foreign_pre_chain"]
    )
    try:
        raise ValueError("似てる")
    except ValueError:
        record = logging.LogRecord("search", 40, "f", 1, "went %s", ("on",), sys.exc_info())
    with structlog.contextvars.bound_contextvars(request_id=NUMBER):
        text = formatter.format(record)

    if form == "json":
        told = json.loads(text)
        assert (told["level"], told["message"]) == ("error", "went on")
        assert told["request_id"] == NUMBER
        assert "ValueError: 似てる" in told["exception"]
    else:
        assert re.match(rf"\S+Z ERROR search went on request_id={NUMBER}\nTraceback", text)
