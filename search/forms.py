"""What staff type of a rule is checked here, before anything is written."""

from typing import Any, Final

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from treebeard.forms import TreeNodeChoiceField
from unfold.widgets import UnfoldAdminSelectWidget

from catalog.models import Category
from search.models import Rule
from search.models_rules import SAID_BY

BELOW: Final = gettext_lazy("And all below it.")


def category_field(label: Any) -> TreeNodeChoiceField:
    return TreeNodeChoiceField(
        queryset=Category.objects.order_by("path"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        label=label,
        help_text=BELOW,
    )


class RuleForm(forms.ModelForm):
    """Fields that the chosen kind, lists and products don't need are hidden, and emptied here."""

    scope_category = category_field(capfirst(gettext_lazy("in the category")))
    target_category = category_field(capfirst(gettext_lazy("category")))

    class Meta:
        model = Rule
        fields = (
            "shop",
            "kind",
            "position",
            "strength",
            "scope",
            "scope_product",
            "scope_category",
            "scope_brand",
            "scope_price_min",
            "scope_price_max",
            "target",
            "target_product",
            "target_category",
            "target_shop",
            "target_brand",
            "target_price_min",
            "target_price_max",
            "starts_at",
            "ends_at",
            "active",
            "note",
        )

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned: dict[str, Any] = self.cleaned_data
        kind = cleaned.get("kind")
        if kind == Rule.Kind.PIN:
            cleaned["target"] = Rule.Target.PRODUCT
        self._needs("position", needed=kind == Rule.Kind.PIN)
        self._needs("strength", needed=kind in (Rule.Kind.BOOST, Rule.Kind.BURY))
        for prefix in ("scope", "target"):
            self._says(prefix)
            self._in_order(f"{prefix}_price_min", f"{prefix}_price_max")
        self._stays_in_shop()
        starts, ends = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts and ends and ends <= starts:
            self.add_error("ends_at", _("It ends before it starts."))
        return cleaned

    def _needs(self, name: str, *, needed: bool) -> None:
        if not needed:
            self._empty(name)
        elif self.cleaned_data.get(name) is None and name not in self.errors:
            self.add_error(name, _("This field is required."))

    def _says(self, prefix: str) -> None:
        """The fields of the choice are filled in; those of the others are emptied."""
        needed = SAID_BY.get(self.cleaned_data.get(prefix, ""), ())
        for name in {name for names in SAID_BY.values() for name in names}:
            if name not in needed and f"{prefix}_{name}" in self.fields:
                self._empty(f"{prefix}_{name}")
        fields = [f"{prefix}_{name}" for name in needed]
        filled = any(self.cleaned_data.get(field) not in (None, "") for field in fields)
        if fields and not filled and not any(field in self.errors for field in fields):
            self.add_error(fields[0], _("This field is required."))

    def _empty(self, name: str) -> None:
        self.errors.pop(name, None)
        self.cleaned_data[name] = "" if name.endswith("_brand") else None

    def _in_order(self, first: str, last: str) -> None:
        least, most = self.cleaned_data.get(first), self.cleaned_data.get(last)
        if least is not None and most is not None and most < least:
            self.add_error(last, _("This is less than the price that it starts from."))

    def _stays_in_shop(self) -> None:
        """A shop's rules are about its own lists, and pin its own goods."""
        shop, cleaned = self.cleaned_data.get("shop"), self.cleaned_data
        whose, pinned = cleaned.get("scope_product"), cleaned.get("target_product")
        if shop and whose and whose.shop_id != shop.pk:
            self.add_error("scope_product", _("Choose a product of this shop."))
        if pinned and cleaned.get("kind") == Rule.Kind.PIN:
            if shop and pinned.shop_id != shop.pk:
                self.add_error("target_product", _("Choose a product of this shop."))
            elif not pinned.published:
                self.add_error("target_product", _("Publish it first: nobody can see it."))
