"""How the site guards itself: settings that follow from its address and from what stands before it.

Taken into config.settings whole, under these names.
"""

from pathlib import Path

from config import env
from config.guards import allow_silence, origin_of, secret_key

SITE_URL = env.read("SITE_URL", env.address, "http://127.0.0.1:8000")
TRUSTED_PROXIES = env.read("TRUSTED_PROXIES", env.whole(), 0)
IS_HTTPS = SITE_URL.startswith("https://")

# HTTPS

# Only a proxy writes that header; without one a visitor would say it of themselves.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_SSL_REDIRECT = env.read("HTTPS_REDIRECT", env.boolean, IS_HTTPS)
# A browser that was told will not come by HTTP for so long, so a day is enough to begin with.
SECURE_HSTS_SECONDS = env.read("HSTS_SECONDS", env.whole(), 86_400) if IS_HTTPS else 0
HSTS_REACH = env.read("HSTS_REACH", env.one_of("host", "subdomains", "preload"), "host")
SECURE_HSTS_INCLUDE_SUBDOMAINS = HSTS_REACH != "host"
SECURE_HSTS_PRELOAD = HSTS_REACH == "preload"

# Headers; config.headers and config.csp add what Django knows nothing of.

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Cookies

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
# The prefix has browsers refuse such a cookie from a sister host or from plain HTTP.
PREFIX = "__Host-" if IS_HTTPS else ""
SESSION_COOKIE_NAME = f"{PREFIX}sessionid"
CSRF_COOKIE_NAME = f"{PREFIX}csrftoken"
# From the login on, however busy somebody is: a working day.
SESSION_COOKIE_AGE = 3600 * env.read("SESSION_HOURS", env.whole(least=1), 12)
# A proxy that ends HTTPS speaks plain HTTP to us, so the forms' own origin looks like another one.
CSRF_TRUSTED_ORIGINS = origin_of(SITE_URL)

# Secrets

SECRET_KEY = secret_key(
    given=env.secret("SECRET_KEY", ""),
    kept=env.read("DATA_DIR", Path, Path(__file__).resolve().parent.parent / "var") / "secret_key",
    debug=env.read("DEBUG", env.boolean, False),
)
# Earlier ones, whose sessions and links are still taken; nothing is signed with them.
SECRET_KEY_FALLBACKS = env.words(env.secret("SECRET_KEY_FALLBACKS", "").replace("\n", ","))
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.reporting.Filter"

# Signing in to the admin

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
ADMIN_SECOND_FACTOR = env.read(
    "ADMIN_SECOND_FACTOR", env.one_of("off", "optional", "required"), "optional"
)
OTP_TOTP_ISSUER = "Niteru"
LOGIN_FAILURES = env.read("LOGIN_FAILURES", env.whole(least=1), 5)
LOGIN_LOCK_MINUTES = env.read("LOGIN_LOCK_MINUTES", env.whole(least=1), 15)
# By person and address together: whoever guesses from elsewhere locks nobody out but themselves.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = LOGIN_FAILURES
AXES_COOLOFF_TIME = "config.guards.lock_time"
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "catalog.addresses.of"
AXES_LOCKOUT_CALLABLE = "catalog.admin.signing_in.locked"
# catalog.signing_in does so, after the second factor: a password alone takes nothing back.
AXES_RESET_ON_SUCCESS = False
AXES_SENSITIVE_PARAMETERS = [
    *("username", "ip_address", "code", "csrfmiddlewaretoken"),
    *("old_password", "new_password1", "new_password2"),
]
# The audit log has them, with what else staff do.
AXES_DISABLE_ACCESS_LOG = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# How long the audit log keeps what staff did; 0 is for ever.
AUDIT_DAYS = env.read("AUDIT_DAYS", env.whole(), 0)

# What `check --deploy` would warn of, though it was decided above and with reason.
SILENCED_SYSTEM_CHECKS = allow_silence(
    https=IS_HTTPS,
    redirects=SECURE_SSL_REDIRECT,
    hsts=bool(SECURE_HSTS_SECONDS),
    reach=HSTS_REACH,
)
