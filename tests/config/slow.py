"""An application that takes its time: `gunicorn tests.config.slow`."""

import time
from collections.abc import Callable, Iterable
from typing import Any

SECONDS = 0.3


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    time.sleep(SECONDS)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]
