"""All settings, read once from the environment; docs/operations.md lists the variables."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from redis.backoff import NoBackoff
from redis.retry import Retry

from catalog.fetching.hosts import PUBLIC, parse_hosts
from config import buckets, env, logs
from config.admin_look import UNFOLD as UNFOLD  # a setting of unfold
from config.broker import Broker, broker_url, parse_predefined
from config.database import database_from_url
from config.embedded.locations import Locations
from config.guards import origin_of
from config.queues import INTERACTIVE, TRAINING
from config.rest import *  # noqa: F403 - settings, by their names
from config.rest import SPECTACULAR_SETTINGS
from config.security import *  # noqa: F403 - settings, by their names
from search.engine.fusion import parse_mix
from search.engine.image.choice import BUILT_IN, EncoderChoice, parse_choice
from search.engine.index.profiles import PROFILES

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.2.0"
SPECTACULAR_SETTINGS = {**SPECTACULAR_SETTINGS, "VERSION": VERSION}

# Where things are kept, and which services run

DATA_DIR = env.read("DATA_DIR", Path, BASE_DIR / "var").resolve()
EMBEDDED = Locations(DATA_DIR)

DATABASES = {"default": database_from_url(env.secret("DATABASE_URL", EMBEDDED.postgres_url))}
REDIS_URL = env.secret("REDIS_URL", EMBEDDED.redis_url)


def celery_url(redis_url: str) -> str:
    """The same server as kombu writes it: sockets as redis+socket:// with the database named."""
    if not redis_url.startswith("unix://"):
        return redis_url
    path, _, query = redis_url.removeprefix("unix://").partition("?")
    return f"redis+socket://{path}?virtual_host={query.removeprefix('db=') or 0}"


def cache_url(redis_url: str) -> str:
    """The same server, database 15."""
    if redis_url.startswith("unix://"):
        return redis_url.partition("?")[0] + "?db=15"
    return urlsplit(redis_url)._replace(path="/15").geturl()


CELERY_BROKER_URL = broker_url(env.secret("CELERY_BROKER_URL", celery_url(REDIS_URL)))


DEBUG = env.read("DEBUG", env.boolean, False)
ALLOWED_HOSTS = env.read("ALLOWED_HOSTS", env.words, ["localhost", "127.0.0.1", "[::1]"])
METRICS_TOKEN = env.secret("METRICS_TOKEN", "")

# Application

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_celery_beat",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "treebeard",
    "corsheaders",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "catalog",  # takes away what these register with the admin, as keys of phones
    "search",
    "config",
    "axes",
]

MIDDLEWARE = [
    "config.health.Probes",
    "config.requests.RequestIds",
    "config.metrics.Requests",
    "django.middleware.security.SecurityMiddleware",
    "config.headers.Headers",
    "config.csp.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.bodies.LargeBodies",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "catalog.signing_in.SecondFactor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "search.middleware.VisitorCookie",
    "axes.middleware.AxesMiddleware",
    "config.trail.Trail",
    "config.absence.WithoutDatabase",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "catalog.context.site",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese"))]
# What packages of the admin leave in English has words of its own, after those of the site.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "packages"]
TIME_ZONE = env.read("TIME_ZONE", env.text, "UTC")
USE_TZ = True

# Files

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = env.read("MEDIA_URL", env.text, "/media/")
MEDIA_ROOT = env.read("MEDIA_ROOT", Path, DATA_DIR / "media")
IMPORTS_DIR = DATA_DIR / "imports"  # uploaded catalogues, until they are read

# Fewer than a worker has processes, so that one is left for what somebody has just saved.
IMPORTS_AT_ONCE = env.read("IMPORTS_AT_ONCE", env.whole(least=1), 1)

# Of catalogues whose pictures are addresses on the web.
PICTURE_HOSTS = env.read("PICTURE_HOSTS", parse_hosts, PUBLIC)

# Where a bucket is named, pictures and builds of several machines without a disk in common.
BUILDS_PREFIX = env.read("BUILDS_PREFIX", buckets.prefix, buckets.BUILDS)

STORAGES = {
    **buckets.storages(buckets.bucket(os.environ), prefix=BUILDS_PREFIX),
    "staticfiles": {"BACKEND": "config.static_names.StaticNames"},
}

# Counters of the API's throttle, in a database of their own: clearing a cache empties all of it.
CACHES = {
    "default": {
        "BACKEND": "config.counters.Counters",
        "LOCATION": cache_url(REDIS_URL),
        "KEY_PREFIX": "niteru",
        # Nobody waits for a counter.
        "OPTIONS": {
            "socket_connect_timeout": 0.5,
            "socket_timeout": 0.5,
            "retry": Retry(NoBackoff(), 1),  # once, for a server that was started anew
        },
    }
}

# How old a page may be that is shown while the database is away; 0 for none at all.
STALE_SECONDS = env.read("STALE_SECONDS", env.whole(), 300)

# What pages may load: the site's own files and nothing else, no script or style within a page.

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", *origin_of(MEDIA_URL)],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# Background work: hints only, since what is stale follows from the database

BROKER = Broker(
    url=CELERY_BROKER_URL,
    # Longer than a task that is acknowledged late may take, with one that waits behind it.
    visibility=env.read("BROKER_VISIBILITY_SECONDS", env.whole(least=1), 3600),
    region=env.read("AWS_REGION", env.text, env.read("AWS_DEFAULT_REGION", env.text, "")),
    prefix=env.read("SQS_QUEUE_PREFIX", env.text, "niteru-"),
    predefined=env.read("SQS_QUEUE_URLS", parse_predefined, {}),
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_QUEUES = BROKER.queues
CELERY_TASK_DEFAULT_QUEUE = INTERACTIVE
CELERY_TASK_ROUTES = {
    "search.tasks.reindex": {"queue": TRAINING},
    "search.tasks.draw_map": {"queue": TRAINING},
}
CELERY_TASK_ACKS_LATE = True
# A message that kills its process would come back at once and for ever; the sweep brings it back,
# and counts.
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = BROKER.talks
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = BROKER.options
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "config.beat:Scheduler"
# What worker and beat touch as long as they go round, for a health check to look at.
HEARTBEAT_FILE = env.read("HEARTBEAT_FILE", Path, None)
# How long a worker that is told to stop waits for its tasks before it puts them back.
STOP_SECONDS = env.read("STOP_SECONDS", env.whole(least=1), 60)

# Similar items

ARTIFACTS_DIR = DATA_DIR / "artifacts"
BUILDS_DIR = DATA_DIR / "builds"
IMAGE_ENCODER = env.read("IMAGE_ENCODER", parse_choice, EncoderChoice(BUILT_IN))
TEXT_FIELDS = env.read(
    "TEXT_FIELDS",
    env.some_of("title", "description", "brand", "color"),
    ["title", "description"],
)
TEXT_ENCODER = env.read("TEXT_ENCODER", env.one_of("words", "scdv"), "words")
TEXT_VECTORS = env.read("TEXT_VECTORS", env.file_named(".vec", ".bin"), None)
TEXT_DICTIONARY = env.read("TEXT_DICTIONARY", env.file_named(".dic"), None)
SEARCH_BACKEND = env.read("SEARCH_BACKEND", env.one_of("faiss", "milvus"), "faiss")
# Of a server (http://milvus:19530), or a file whose name ends in .db for one process to try it.
MILVUS_URI = env.read("MILVUS_URI", env.text, "")
if SEARCH_BACKEND == "milvus" and not MILVUS_URI:
    raise ImproperlyConfigured("MILVUS_URI is not set: SEARCH_BACKEND=milvus needs its address")
INDEX_PROFILE = env.read("INDEX_PROFILE", env.one_of("auto", *PROFILES), "auto")
FUSION_WEIGHTS = env.read("FUSION_WEIGHTS", parse_mix, None)
# Whether weights follow clicks: not at all, for half of the visitors, or for everybody.
CLICK_WEIGHTS = env.read("CLICK_WEIGHTS", env.one_of("off", "test", "on"), "off")
REINDEX_AT = env.read("REINDEX_AT", env.clock, (3, 0))

# What fills the named places of catalog's pages, which know nothing of search.
CATALOG_SLOTS = {
    "home_because": "search.slots.because_viewed",
    "product_similar": "search.slots.similar_items",
    "product_admin": "search.slots.product_admin",
}

# What people have said of products by hand: gone with them, and brought back with them.
CATALOG_ATTACHED = ["search.Rule", "search.RightCategory", "search.Different", "search.Merge"]

# What finds products by words, better than their titles alone do.
CATALOG_WORDS = "search.matching.best"

# Who is told that a build is served, or has failed.

WEBHOOK_URLS: list[str] = env.read("WEBHOOK_URLS", env.addresses, [])
WEBHOOK_SECRET = env.secret("WEBHOOK_SECRET", "")
if WEBHOOK_URLS and not WEBHOOK_SECRET:
    raise ImproperlyConfigured("WEBHOOK_SECRET is not set: it signs what WEBHOOK_URLS are told")
WEBHOOK_HOSTS = env.read("WEBHOOK_HOSTS", parse_hosts, PUBLIC)
SNS_TOPIC_ARN = env.read("SNS_TOPIC_ARN", env.topic, "")

# The admin

LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# Logs, traces, errors

LOGGING = logs.configuration(
    form=env.read("LOG_FORMAT", env.one_of(*logs.FORMATS), "text"),
    level=env.read("LOG_LEVEL", env.one_of(*logs.LEVELS), "INFO"),
)
SENTRY_DSN = env.secret("SENTRY_DSN", "")
SENTRY_ENVIRONMENT = env.read("SENTRY_ENVIRONMENT", env.text, "production")
