"""Who may do what: superusers everything, members what belongs to their shops."""

from typing import Any, Never

from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from catalog import people
from catalog.models import Shop


def shops_of(request: HttpRequest, *, roles: tuple[str, ...] = ()) -> QuerySet[Shop]:
    """The shops whose goods this person may change, in one of these roles if any are named."""
    return people.shops_of(request.user, roles=roles)


def has_shops(request: HttpRequest, *, roles: tuple[str, ...] = ()) -> bool:
    """Whether there are any; asked once a request, for all lines of the sidebar."""
    known: dict[tuple[str, ...], bool] = request.__dict__.setdefault("has_shops", {})
    if roles not in known:
        known[roles] = shops_of(request, roles=roles).exists()
    return known[roles]


class SiteAdmin(ModelAdmin):
    """What is not there, or is another shop's, is answered 404, where Django would go elsewhere."""

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
