"""Settings of the API, of those who may call it from other sites, and of its schema.

Taken into config.settings whole, under these names.
"""

from config import env
from config.security import TRUSTED_PROXIES

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["catalog.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["catalog.throttles.ReadsByVisitor", "catalog.throttles.ByToken"],
    "DEFAULT_THROTTLE_RATES": {
        "anon": "600/min",
        "photo": "60/min",
        "event": "60/min",
        "bulk": "60/min",
        "token": "6000/min",
    },
    # How many entries at the end of X-Forwarded-For are written by our own proxies.
    "NUM_PROXIES": TRUSTED_PROXIES,
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "catalog.problems.exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
}
# Pages of other sites may call the API from their visitors' browsers, if they are named.
CORS_ALLOWED_ORIGINS: list[str] = env.read("CORS_ALLOWED_ORIGINS", env.words, [])
CORS_URLS_REGEX = "^/api/"
CORS_ALLOW_HEADERS = [
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "x-visitor",
]
CORS_EXPOSE_HEADERS = [
    "Age",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Retry-After",
    "X-Niteru-Stale",
    "X-Request-ID",
]

SPECTACULAR_SETTINGS = {
    "TITLE": "Niteru",
    "DESCRIPTION": "Products of a catalogue, and what is similar to each.",
    "OAS_VERSION": "3.1.0",
    # `fields=` may leave out any of them.
    "COMPONENT_NO_READ_ONLY_REQUIRED": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
