"""What tests ask of the services, over their sockets."""

import time
from collections.abc import Callable
from typing import Any

import psutil
import psycopg
import redis

from config.embedded.locations import Locations
from config.embedded.supervisor import Supervisor

PATIENCE_SECONDS = 30


def query(at: Locations, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(at.postgres_url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchall() if cursor.description else []


def valkey(at: Locations) -> redis.Redis:
    return redis.Redis.from_url(at.redis_url, decode_responses=True)


def tend_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        supervisor.tend()
        time.sleep(0.05)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
