"""Lines of the logs, for people or as JSON; each tells which request or task it belongs to.

Known to gunicorn's own settings, too, so this loads nothing of Django's.
"""

import json
import os
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

FORMATS: Final = ("text", "json")
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR")
# What is bound where: by config.requests and config.jobs.
REQUEST, TASK, TRACE = "request_id", "task_id", "trace_id"

Event = MutableMapping[str, Any]


def configuration(*, form: str, level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`: everything to standard error, a line each.

    form : "json" also tells of each request and each task
    level : of the site's own lines; those of libraries begin at warnings
    """
    render = as_json if form == "json" else as_text
    ours = {name: {"level": level} for name in ("catalog", "search", "config")}
    if form == "text":
        ours["config.requests"] = {"level": "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [
                    structlog.contextvars.merge_contextvars,
                    add_trace,
                    structlog.stdlib.add_log_level,
                    structlog.stdlib.add_logger_name,
                    structlog.stdlib.ExtraAdder(),
                    without_request,
                    structlog.processors.TimeStamper(fmt="iso", utc=True),
                ],
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    render,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        # That a worker is ready, and what beat sends.
        "loggers": {**ours, **{name: {"level": "INFO"} for name in ("celery.apps", "celery.beat")}},
    }


def add_trace(logger: Any, method: str, event: Event) -> Event:
    """The number of the trace that a line belongs to, where config.telemetry traces."""
    if api := sys.modules.get("opentelemetry.trace"):
        context = api.get_current_span().get_span_context()
        if context.is_valid:
            event[TRACE] = api.format_trace_id(context.trace_id)
    return event


def without_request(logger: Any, method: str, event: Event) -> Event:
    """Django adds the whole request to errors; its address may say what a visitor looked for."""
    event.pop("request", None)
    return event


def as_json(logger: Any, method: str, event: Event) -> str:
    """One object; what was said is `message`, a traceback is `exception`."""
    first = {name: event.pop(name, "") for name in ("timestamp", "level", "logger")}
    told = {**first, "message": event.pop("event", ""), "pid": os.getpid(), **event}
    return json.dumps(told, ensure_ascii=False, default=str)


def as_text(logger: Any, method: str, event: Event) -> str:
    """As people read it; what it belongs to stands at the end."""
    exception = event.pop("exception", "")
    line = "{timestamp} {level} {logger} {event}".format(
        **{name: event.pop(name, "") for name in ("timestamp", "logger", "event")},
        level=str(event.pop("level", "")).upper(),
    )
    ends = [f"{name}={value}" for name, value in event.items()]
    return "\n".join(filter(None, [" ".join([line, *ends]), exception]))
