"""Forms of the admin: what staff type is checked here, before anything is written."""

import json
import unicodedata
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from treebeard.forms import TreeNodeChoiceField
from unfold.widgets import (
    UnfoldAdminImageFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminURLInputWidget,
)

from catalog import pictures
from catalog.images import FORMAT_NAMES, MAX_BYTES
from catalog.models import Category, Product, ProductImage, Shop


class ProductForm(forms.ModelForm):
    category = TreeNodeChoiceField(
        queryset=Category.objects.order_by("path"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        label=capfirst(gettext_lazy("category")),
    )

    url = forms.URLField(
        required=False,
        max_length=1000,
        assume_scheme="https",
        widget=UnfoldAdminURLInputWidget,
        label=capfirst(gettext_lazy("where it is sold")),
    )

    class Meta:
        model = Product
        fields = (
            "shop",
            "sku",
            "title",
            "description",
            "category",
            "brand",
            "color",
            "price",
            "currency",
            "stock",
            "url",
            "item_group_id",
            "attributes",
            "published",
        )

    def clean_attributes(self) -> dict[str, Any]:
        attributes = self.cleaned_data["attributes"] or {}
        if not isinstance(attributes, dict):
            raise forms.ValidationError(_('Write names with values: {"material": "oak"}.'))
        if "\\u0000" in json.dumps(attributes):
            raise forms.ValidationError(_("Null characters can't be stored; remove them."))
        return attributes


class MoveForm(forms.Form):
    category = TreeNodeChoiceField(
        queryset=Category.objects.order_by("path"),
        required=False,
        empty_label=gettext_lazy("No category"),
        widget=UnfoldAdminSelectWidget,
        label=capfirst(gettext_lazy("category")),
    )


class UploadForm(forms.Form):
    """A catalogue's file, or its name and size where its bytes come piece by piece."""

    shop = forms.ModelChoiceField(
        queryset=Shop.objects.none(),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
        label=capfirst(gettext_lazy("shop")),
        help_text=gettext_lazy("Whose products they are, where a row names no shop."),
    )
    file = forms.FileField(
        required=False,
        label=capfirst(gettext_lazy("file")),
        help_text=gettext_lazy("CSV, JSON lines, XLSX, or a ZIP with pictures; up to 2 GB."),
    )
    name = forms.CharField(required=False, max_length=1000)
    size = forms.IntegerField(required=False, min_value=0)

    def __init__(self, *args: Any, shops: QuerySet[Shop], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["shop"].queryset = shops  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        named = cleaned.get("name") and cleaned.get("size") is not None
        if not cleaned.get("file") and not named and "file" not in self.errors:
            self.add_error("file", _("Choose a file that is not empty."))
        return cleaned


class PictureForm(forms.ModelForm):
    """A picture of a product: uploading a file stores it and names the picture after it."""

    file = forms.FileField(
        required=False,
        widget=UnfoldAdminImageFieldWidget(attrs={"accept": "image/*"}),
        label=capfirst(gettext_lazy("file")),
        help_text=FORMAT_NAMES,
    )

    class Meta:
        model = ProductImage
        fields = ("position",)

    def has_changed(self) -> bool:
        """An empty row that dragging others has given a position is still empty."""
        nothing = not self.instance.pk and set(self.changed_data) <= {"position"}
        return not nothing and super().has_changed()

    def clean_file(self) -> UploadedFile | None:
        file: UploadedFile | None = self.cleaned_data["file"]
        if file:
            self._store(file)
        elif not self.instance.pk:
            raise forms.ValidationError(_("Choose a picture."))
        return file

    def _store(self, file: UploadedFile) -> None:
        if (file.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                _("The file has more than %(limit)d MB; save it smaller.")
                % {"limit": MAX_BYTES // 1_000_000}
            )
        try:
            stored = pictures.store(file.read())
        except pictures.PictureError as err:
            raise forms.ValidationError(capfirst(str(err))) from err
        self.instance.sha256 = stored.sha256
        self.instance.width = stored.width
        self.instance.height = stored.height


class PictureFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        """The same picture twice would break a constraint that no single form can see."""
        super().clean()
        seen: set[str] = set()
        for form in self.forms:
            sha256 = form.instance.sha256
            if not sha256 or form in self.deleted_forms:
                continue
            if sha256 in seen:
                form.add_error("file", _("The product has this picture already."))
            seen.add(sha256)


class CategoryForm(forms.ModelForm):
    """A category under its parent; siblings keep the order of their names."""

    parent = TreeNodeChoiceField(
        queryset=Category.objects.order_by("path"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        label=capfirst(gettext_lazy("below")),
        help_text=gettext_lazy("Empty for a category at the top."),
    )

    class Meta:
        model = Category
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["parent"] = Category.objects.get_parent(self.instance)
            # Nothing can stand below itself.
            self.fields["parent"].queryset = Category.objects.order_by("path").exclude(  # type: ignore[attr-defined]
                path__startswith=self.instance.path
            )

    def clean_name(self) -> str:
        name = unicodedata.normalize("NFC", self.cleaned_data["name"]).strip()
        if ">" in name or "＞" in name:
            raise forms.ValidationError(_("The sign > stands between categories; leave it out."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        parent = cleaned.get("parent")
        beside = (
            Category.objects.get_children(parent) if parent else Category.objects.get_root_nodes()
        )
        if beside.filter(name=cleaned.get("name")).exclude(pk=self.instance.pk).exists():
            self.add_error("name", _("There is a category of this name here already."))
        return cleaned
