"""The schedule that beat follows: the database's, with a sign of life at each turn."""

from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler

from config import heartbeat


class Scheduler(DatabaseScheduler):
    """There is a turn every five seconds, or more often."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        wait: float = super().tick(*args, **kwargs)
        heartbeat.touch()
        return wait
