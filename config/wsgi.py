import os

from django.core.wsgi import get_wsgi_application

from config import telemetry
from config.charsets import Charsets

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

telemetry.start()  # adds a middleware, which the next line reads
application = Charsets(get_wsgi_application())
