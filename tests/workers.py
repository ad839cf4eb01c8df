"""What the processes that share a run of the tests (pytest-xdist) must not share.

Each has a database of its own from pytest-django. This gives each a broker of its own too, and for
that is loaded by `-p tests.workers`, before anything reads the settings.
"""

import os
from urllib.parse import urlsplit

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # "gw0", "gw1" …; "" where there is one process


def own_broker(redis_url: str, *, worker: str) -> str:
    """The same server, another of its databases for each worker.

    A server has 16 of them; 15 is the cache's, and 0 is that of a run in one process.
    """
    number = int(worker.removeprefix("gw")) + 1
    if redis_url.startswith("unix://"):
        return f"{redis_url.partition('?')[0]}?db={number}"
    return urlsplit(redis_url)._replace(path=f"/{number}").geturl()


if WORKER and "REDIS_URL" in os.environ:
    os.environ["REDIS_URL"] = own_broker(os.environ["REDIS_URL"], worker=WORKER)
