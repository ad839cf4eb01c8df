"""The Celery application that the worker and beat start: `celery -A config worker`."""

import os

from celery import Celery

from config import heartbeat, stopping

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("niteru")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

heartbeat.listen()
stopping.listen()
