"""Who may do what: superusers everything, members what belongs to their shops."""

import json
from typing import Any, NamedTuple, Never

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from unfold.admin import ModelAdmin

from catalog import audit, people
from catalog.audit import Kind
from catalog.models import Shop

NAMED = 100  # of what is deleted at once, each in a line of the audit log


def get_change_message(message: list) -> str:
    """Django's own sentence for which fields were changed."""
    return LogEntry(change_message=json.dumps(message)).get_change_message()


def shops_of(request: HttpRequest, *, roles: tuple[str, ...] = ()) -> QuerySet[Shop]:
    """The shops whose goods this person may change, in one of these roles if any are named."""
    return people.shops_of(request.user, roles=roles)


def has_shops(request: HttpRequest, *, roles: tuple[str, ...] = ()) -> bool:
    """Whether there are any; asked once a request, for all lines of the sidebar."""
    known: dict[tuple[str, ...], bool] = request.__dict__.setdefault("has_shops", {})
    if roles not in known:
        known[roles] = shops_of(request, roles=roles).exists()
    return known[roles]


class Nothing(NamedTuple):
    """What a list says as long as it has no rows."""

    heading: str | Promise
    text: str | Promise  # where they come from


class SiteAdmin(ModelAdmin):
    """What every page of a model has: its own 404s, and what is done there in the audit log.

    What is not there, or is another shop's, is answered 404, where Django would go elsewhere.
    """

    nothing: Nothing | None = None

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        audit.record(Kind.ADD, request=request, thing=obj)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        told = message if isinstance(message, str) else get_change_message(message)
        audit.record(Kind.CHANGE, request=request, thing=obj, detail=told)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for obj in queryset[:NAMED]:
            audit.record(Kind.DELETE, request=request, thing=obj)
        count = len(queryset) if isinstance(queryset, list) else queryset.count()
        if count > NAMED:
            more = f"{count - NAMED} {self.opts.verbose_name_plural}"
            audit.record(Kind.DELETE, request=request, what=f"… {more}")
        return super().log_deletions(request, queryset)

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """With a line for what was done; what only asks first, or found nothing to do, has none."""
        chosen = chosen_things(request, queryset)
        answer: HttpResponse | None = super().response_action(request, queryset)
        done = answer is not None and not isinstance(answer, TemplateResponse)
        if done and chosen and not audit.is_recorded(request):
            name = request.POST.get("action", "")
            kind = Kind.EXPORT if name == "export" else self.audited.get(name, Kind.ACTION)
            audit.record(kind, request=request, what=f"{name}: {chosen}", detail=self.opts.label)
        return answer

    # Actions of a list that have a name of their own in the audit log.
    audited: dict[str, Kind] = {}

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> Never:
        raise Http404(f"no {opts.verbose_name} {object_id}")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        self._require(request, object_id)
        return super().change_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        self._require(request, object_id)
        return super().delete_view(request, object_id, extra_context)

    def _require(self, request: HttpRequest, object_id: str) -> None:
        """Before Django asks for a permission, whose lack it would answer 403."""
        if self.get_object(request, unquote(object_id)) is None:
            self._get_obj_does_not_exist_redirect(request, self.opts, object_id)


def chosen_things(request: HttpRequest, queryset: QuerySet) -> str:
    """Their numbers, as the form sends them, or how many all are; nothing where none is chosen."""
    if request.POST.get("select_across", "0") != "0":
        return f"{queryset.count()}"
    return ", ".join(request.POST.getlist(ACTION_CHECKBOX_NAME))


class ReadOnly:
    """Admin of what is written by the site itself: people look at it, as far as others let them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SuperuserOnly:
    """Admin of what no shop owns."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_superuser(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_superuser(request)

    def _is_superuser(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)


class OfMyShops:
    """Admin of goods, or inline below them; `obj` has a shop, or is None for goods in general."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._is_mine(request, None)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_mine(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_mine(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_mine(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_mine(request, obj)

    def _is_mine(self, request: HttpRequest, obj: Any) -> bool:
        # An empty site has no shop yet, but its superuser may enter all the same.
        if request.user.is_active and request.user.is_superuser:
            return True
        if obj is None:
            return has_shops(request)
        return shops_of(request).filter(pk=obj.shop_id).exists()
