"""The content security policy: strict for the site, with what the admin's own pages need."""

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

# unfold's pages run Alpine.js, which evaluates attributes, and write styles into elements. No
# script is written within a page: what Django and its apps write so, our templates do not.
ADMIN = {
    "script-src": ["'self'", UNSAFE_EVAL],
    "style-src": ["'self'", UNSAFE_INLINE],
}


class ContentSecurityPolicy(CSPMiddleware):
    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(reverse("admin:index")):
            parts.update = {**(parts.update or {}), **ADMIN}
        return parts
