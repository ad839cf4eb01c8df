"""Rules of shops: what each does, whether it is in force, what it changes, what is in its way."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import ForeignKey
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from catalog.admin.products import thumbnail
from catalog.admin.scope import OfMyShops, SiteAdmin, shops_of
from catalog.models import Product, Shop
from search import conflicts, previewing, rules, runtime
from search.conflicts import Conflict
from search.forms import RuleForm
from search.models import Rule
from search.models_rules import SAID_BY
from search.querysets import RuleQuerySet

State = Rule.State
LABELS: Final = {
    State.IN_FORCE.value: "success",
    State.WAITING.value: "info",
    State.ENDED.value: "",
    State.OFF.value: "warning",
}


def shown_when() -> dict[str, str]:
    """Which fields the form shows for which choices, as its script reads it."""
    shown = {"position": "kind == 'pin'", "strength": "kind == 'boost' || kind == 'bury'"}
    for prefix in ("scope", "target"):
        for choice, names in SAID_BY.items():
            for name in names:
                shown[f"{prefix}_{name}"] = f"{prefix} == '{choice}'"
    shown["target"] = "kind != 'pin'"
    shown["target_product"] = "kind == 'pin' || target == 'product'"
    for name in ("category", "shop", "brand", "price_min", "price_max"):
        shown[f"target_{name}"] = f"kind != 'pin' && {shown[f'target_{name}']}"
    return {name: shown[name] for name in shown if name in RuleForm.base_fields}


class Found:
    """The conflicts of all rules that are or may come in force, told apart by rule."""

    def __init__(self, visible: RuleQuerySet) -> None:
        self._visible = visible

    @cached_property
    def by_rule(self) -> dict[int, list[Conflict]]:
        serving = runtime.current()
        if serving is None:  # nothing is steered yet
            return {}
        ahead = Rule.objects.ahead(timezone.now()).order_by("pk")
        found: dict[int, list[Conflict]] = {}
        for conflict in conflicts.of(rules.ordered(ahead), serving):
            found.setdefault(conflict.rule, []).append(conflict)
        return found

    @cached_property
    def sentences(self) -> dict[int, str]:
        """Of the other rules, as far as whoever looks may see them."""
        others = {each.other for found in self.by_rule.values() for each in found}
        seen = self._visible.for_sentences().filter(pk__in=others - {None})
        return {rule.pk: str(rule) for rule in seen}

    def of(self, rule: Rule) -> Iterator[str]:
        for conflict in self.by_rule.get(rule.pk, []):
            told = str(conflict.fault.label)
            if conflict.other is not None:
                hidden = _("a rule for all shops")
                told = f"{told} ({self.sentences.get(conflict.other, hidden)})"
            yield told


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        match self.value():
            case State.IN_FORCE:
                return queryset.in_force(now)
            case State.WAITING:
                return queryset.waiting(now)
            case State.ENDED:
                return queryset.ended(now)
            case State.OFF:
                return queryset.off()
        return queryset


@admin.register(Rule)
class RuleAdmin(OfMyShops, SiteAdmin):
    form = RuleForm
    list_display_links = ("sentence",)
    list_filter = (StateFilter, "kind", "shop")
    list_per_page = 50
    search_fields = ("note", "target_product__title", "target_product__sku", "target_brand")
    autocomplete_fields = ("scope_product", "target_product")
    conditional_fields = shown_when()
    change_form_after_template = "search/admin/_preview_asked.html"
    actions = ("switch_on", "switch_off")
    fieldsets = (
        (
            None,
            {"fields": ("shop", "kind", "position", "strength")},
        ),
        (
            gettext_lazy("Which products it moves"),
            {
                "fields": (
                    "target",
                    "target_product",
                    "target_category",
                    "target_shop",
                    "target_brand",
                    ("target_price_min", "target_price_max"),
                )
            },
        ),
        (
            gettext_lazy("In which lists of similar items"),
            {
                "fields": (
                    "scope",
                    "scope_product",
                    "scope_category",
                    "scope_brand",
                    ("scope_price_min", "scope_price_max"),
                )
            },
        ),
        (
            gettext_lazy("When"),
            {"fields": ("starts_at", "ends_at", "active", "note")},
        ),
    )

    class Media:
        css = {"all": ("niteru/rules.css",)}

    def get_queryset(self, request: HttpRequest) -> RuleQuerySet:
        every: RuleQuerySet = super().get_queryset(request).for_sentences()
        return every if request.user.is_superuser else every.filter(shop__in=shops_of(request))

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Rule:
        """Raises Http404 for what is not there or somebody else's, which nobody tells apart."""
        found: Rule | None = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if super().has_delete_permission(request, obj):
            return True
        # Who may delete a product must be able to delete a rule that names it along with it. Of
        # rules by themselves nobody finds others' here.
        named = (obj.scope_product_id, obj.target_product_id) if obj is not None else ()
        mine = Product.objects.filter(shop__in=shops_of(request))
        return mine.filter(pk__in=[pk for pk in named if pk is not None]).exists()

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        everything = bool(request.user.is_superuser)
        if db_field.name == "shop":
            kwargs |= {"queryset": shops_of(request), "required": not everything}
        elif db_field.name == "target_shop":
            kwargs["queryset"] = Shop.objects.all()
        elif db_field.name in self.autocomplete_fields and not everything:
            kwargs["queryset"] = Product.objects.filter(shop__in=shops_of(request))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "shop" and request.user.is_superuser:
            field.empty_label = _("All shops")
        # What is chosen here is made elsewhere.
        for link in ("can_add_related", "can_change_related", "can_view_related"):
            if hasattr(getattr(field, "widget", None), link):
                setattr(field.widget, link, False)
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        mine = list(shops_of(request)[:2])
        alone = len(mine) == 1 and not request.user.is_superuser
        return {"shop": mine[0].pk, **initial} if alone else initial

    def get_list_display(self, request: HttpRequest) -> tuple[Any, ...]:
        found = Found(self.get_queryset(request))

        @display(description=_("conflicts"))
        def in_conflict(rule: Rule) -> str:
            return lines(found.of(rule)) or "–"

        several = ("shop",) if shops_of(request)[1:2] else ()
        return ("picture", "sentence", "state_shown", in_conflict, *several, "note")

    @display(description=gettext_lazy("picture"))
    def picture(self, rule: Rule) -> str:
        product = rule.target_product
        return thumbnail(product.main_image if product else None, height=48)

    @display(description=gettext_lazy("rule"))
    def sentence(self, rule: Rule) -> str:
        return str(rule)

    @display(description=gettext_lazy("state"), label=LABELS)
    def state_shown(self, rule: Rule) -> tuple[str, str]:
        """Which colour, and what it says."""
        state, told = rule.state, str(rule.state.label)
        if state == State.WAITING:
            told = _("from %(day)s") % {"day": day(rule.starts_at)}
        elif state == State.IN_FORCE and rule.ends_at is not None:
            told = _("in force until %(day)s") % {"day": day(rule.ends_at)}
        return state.value, told

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]  # nobody else gets here
        super().save_model(request, obj, form, change)
        for told in Found(self.get_queryset(request)).of(obj):
            messages.warning(request, told)

    @admin.action(description=gettext_lazy("Switch the selected rules on"))
    def switch_on(self, request: HttpRequest, queryset: RuleQuerySet) -> None:
        queryset.update(active=True)

    @admin.action(description=gettext_lazy("Switch the selected rules off"))
    def switch_off(self, request: HttpRequest, queryset: RuleQuerySet) -> None:
        queryset.update(active=False)

    def get_urls(self) -> list[URLPattern]:
        preview = self.admin_site.admin_view(self.preview)
        own = [path("preview/", preview, name="search_rule_preview")]
        return [*own, *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What the rule in the form changes, saved or not."""
        if request.method != "POST" or not self.has_add_permission(request):
            raise Http404
        number = request.GET.get("rule", "")
        rule = self.get_object(request, number) if number else None
        form = self.get_form(request, rule, change=rule is not None)(request.POST, instance=rule)
        context: dict[str, Any] = {"form": form}
        if form.is_valid():
            context["preview"] = previewing.of(form.instance)
            context["sentence"] = str(form.instance)
        if "HX-Request" in request.headers:
            return render(request, "search/admin/_preview.html", context)
        context |= {**self.admin_site.each_context(request), "title": _("What this rule changes")}
        return render(request, "search/admin/preview.html", context)


def day(moment: datetime | None) -> str:
    return "" if moment is None else f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"


def lines(told: Iterator[str]) -> SafeString:
    return format_html_join(mark_safe("<br>"), "{}", ((each,) for each in told))
