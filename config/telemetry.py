"""Traces by OpenTelemetry and errors to Sentry, where variables name a place for them.

Both are asked for after a process has been forked: each has a thread of its own.
"""

import os
from importlib.util import find_spec
from typing import Any, Final

from celery.signals import worker_process_init
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
SAFE_HEADERS: Final = ("Accept", "Content-Length", "Content-Type", "Host", "User-Agent")
INSTALL: Final = "pip install -r requirements-telemetry.txt"


def start(**_: Any) -> None:
    if any(os.environ.get(name) for name in ENDPOINTS):
        trace()
    if settings.SENTRY_DSN:
        report()


def listen() -> None:
    worker_process_init.connect(start)


def needs(module: str, variable: str) -> None:
    """Raises ImproperlyConfigured where what a variable asks for is not installed."""
    if find_spec(module) is None:
        raise ImproperlyConfigured(f"{variable} is set, and {module} not installed: {INSTALL}")


def trace() -> None:
    """A span for each request, task and query; OTEL_* say where to and how many of them."""
    needs("opentelemetry", ENDPOINTS[0])
    from opentelemetry import trace as api
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    os.environ.setdefault("OTEL_PYTHON_DJANGO_EXCLUDED_URLS", "healthz,readyz,metrics")
    named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "niteru")}
    provider = TracerProvider(
        resource=Resource.create({**named, "service.version": settings.VERSION})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    api.set_tracer_provider(provider)
    for instrumentor in (DjangoInstrumentor(), CeleryInstrumentor(), PsycopgInstrumentor()):
        instrumentor.instrument()


def report() -> None:
    """What nobody caught, with the request's number; nothing of visitors or of what they sent."""
    needs("sentry_sdk", "SENTRY_DSN")
    import sentry_sdk

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=settings.VERSION,
        environment=settings.SENTRY_ENVIRONMENT,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=numbered,
    )


def numbered(event: Any, hint: Any) -> Any:
    import structlog

    request = event.get("request", {})
    for told in ("query_string", "cookies", "data", "env"):
        request.pop(told, None)
    headers = request.get("headers", {})
    request["headers"] = {name: headers[name] for name in SAFE_HEADERS if name in headers}
    for name, value in structlog.contextvars.get_contextvars().items():
        event.setdefault("tags", {})[name] = value
    return event
