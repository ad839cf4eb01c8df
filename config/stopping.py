"""How long a worker that is told to stop waits for the tasks in hand.

Celery's warm stop waits for them however long they take, and whoever stops the worker kills it
then: a message that it had taken comes back only after the broker's visibility timeout, hours
later. So a warm stop turns into a cold one in time, which puts such messages back at once.
"""

import os
import signal
import threading
from typing import Any

from celery.signals import worker_shutting_down
from django.conf import settings


def turn_cold_in_time(how: str = "", **signal_arguments: Any) -> None:
    if how != "Warm":
        return
    turn = threading.Timer(settings.STOP_SECONDS, os.kill, [os.getpid(), signal.SIGQUIT])
    turn.daemon = True  # a worker that is through before does not wait for it
    turn.start()


def listen() -> None:
    worker_shutting_down.connect(turn_cold_in_time)
