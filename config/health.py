"""Probes: is the process up, can it answer reads, and how does it do?"""

from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from catalog import messages
from config import metrics
from search import runtime


class Probes:
    """Answers before everything else: a probe names no allowed host and follows no redirect."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.answers: dict[str, Callable[[HttpRequest], HttpResponse]] = {
            "/healthz": healthz,
            "/readyz": readyz,
            "/metrics": lambda request: _uncached(metrics.answer(request)),
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.answers.get(request.path_info)
        return answer(request) if answer else self.get_response(request)


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """503 only where reads can't be answered: those need the database, and nothing else."""
    database = _database()
    broker = _broker()
    index = runtime.status() if database == "ok" else None
    states = [database, broker, index["state"] if index else "degraded"]
    body = {
        "status": "ok" if set(states) == {"ok"} else "degraded",
        "database": database,
        "broker": broker,
        "index": states[2],
        "build": index["build"] if index else None,
        "products": index["products"] if index else 0,
        "reason": index["reason"] if index else "the database does not answer",
    }
    return _uncached(JsonResponse(body, status=200 if database == "ok" else 503))


def _uncached(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return "down"
    return "ok"


def _broker() -> str:
    """Without it new products wait for the sweep; nothing is lost, and reads go on."""
    return "degraded" if messages.is_broker_away() else "ok"
