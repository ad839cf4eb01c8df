"""What staff do on pages of our own, for the audit log; pages of models write theirs themselves."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from catalog import audit
from catalog.audit import Kind

# By the names of their addresses. Pages that are not here write their lines where they know more
# of what was done, or change nothing.
KINDS = {
    "admin:catalog_import_add": Kind.IMPORT,
    "admin:catalog_import_start": Kind.IMPORT,
    "admin:catalog_import_steer": Kind.IMPORT,
    "admin:catalog_undo_back": Kind.UNDO,
    "password_change": Kind.PASSWORD,
    "admin:search_map_misfit": Kind.MAP,
    "admin:search_map_merge": Kind.MAP,
    "admin:search_map_undo": Kind.MAP,
    "search-staff:reindex": Kind.REINDEX,
    "search-staff:resume": Kind.REINDEX,
    "search-staff:try-again": Kind.ACTION,
    "search-staff:schedule": Kind.SCHEDULE,
}
DONE = {201, 204, 302, 303}  # forms that are shown again say 200


class Trail:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if request.method != "POST" or match is None or match.view_name not in KINDS:
            return response
        if response.status_code in DONE and request.user.is_staff:
            given = ", ".join(str(value) for value in match.kwargs.values())
            audit.record(
                KINDS[match.view_name],
                request=request,
                what=f"{match.url_name} {given}".strip(),
                detail=said(request),
            )
        return response


def said(request: HttpRequest) -> str:
    """The fields of the form, but for those that nobody else shall read."""
    hidden = ("csrfmiddlewaretoken", "password", "code")
    lines = [
        f"{name}={', '.join(map(str, values))}"
        for name, values in request.POST.lists()
        if not any(word in name for word in hidden)
    ]
    return "\n".join(lines)
