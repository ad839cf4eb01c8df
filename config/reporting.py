"""What error pages and reports leave out of settings and requests."""

import re

from django.views.debug import SafeExceptionReporterFilter


class Filter(SafeExceptionReporterFilter):
    # Addresses of servers hold their passwords; the broker and caches hold such addresses.
    hidden_settings = re.compile(
        "API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|COOKIE|CSRF|BROKER|CACHES|LOCATION|REDIS"
        "|MILVUS_URI|_URLS|DATABASE",
        flags=re.IGNORECASE,
    )
