"""Every task says in the logs when it begins and ends, and of which request it is."""

import logging
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from celery import Task
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun

from config.logs import REQUEST, TASK

logger = logging.getLogger(__name__)

_since: dict[str, float] = {}


def listen() -> None:
    setup_logging.connect(leave_logging)
    before_task_publish.connect(pass_on)
    task_prerun.connect(begin)
    task_postrun.connect(end)


def leave_logging(**_: Any) -> None:
    """Django's settings say how to log; a worker that found none would have its own way."""


def pass_on(headers: MutableMapping[str, Any], **_: Any) -> None:
    """A task that a request, or another task of it, asks for carries its number."""
    number = structlog.contextvars.get_contextvars().get(REQUEST)
    if number:
        headers[REQUEST] = number


def begin(task_id: str, task: Task, **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    told = {TASK: task_id, "task": task.name}
    if number := (
        getattr(task.request, REQUEST, None) or (task.request.headers or {}).get(REQUEST)
    ):
        told[REQUEST] = number
    structlog.contextvars.bind_contextvars(**told)
    _since[task_id] = time.perf_counter()
    logger.info("task begins")


def end(task_id: str, state: str | None = None, **_: Any) -> None:
    took = time.perf_counter() - _since.pop(task_id, time.perf_counter())
    logger.info("task ends", extra={"state": state, "ms": round(1e3 * took, 1)})
    structlog.contextvars.clear_contextvars()
