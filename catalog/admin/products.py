"""Products with their pictures."""

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline

from catalog import pictures, products
from catalog.admin.scope import OfMyShops, shops_of
from catalog.forms import PictureForm, PictureFormSet, ProductForm
from catalog.models import Product, ProductImage
from catalog.querysets import ProductQuerySet

THUMBNAIL = '<img src="{}" alt="" loading="lazy" style="height:{}px;width:auto;border-radius:4px">'


def thumbnail(image: ProductImage | None, *, height: int) -> SafeString | str:
    """The picture as an image of `height` pixels, or a dash."""
    if image is None or not image.sha256:
        return "–"
    return format_html(THUMBNAIL, pictures.thumbnail_url(image.sha256), height)


class PictureInline(OfMyShops, TabularInline):
    model = ProductImage
    form = PictureForm
    formset = PictureFormSet
    fields = ("preview", "file", "position")
    readonly_fields = ("preview",)
    extra = 1
    verbose_name_plural = _("pictures: the first is the one that lists show")

    @admin.display(description=_("preview"))
    def preview(self, image: ProductImage) -> str:
        return thumbnail(image, height=80)


@admin.register(Product)
class ProductAdmin(OfMyShops, ModelAdmin):
    form = ProductForm
    inlines = (PictureInline,)
    list_display = ("picture", "title", "sku", "shop", "category", "price", "stock", "published")
    list_display_links = ("picture", "title", "sku")
    list_filter = ("published", "shop", "currency", "updated_at")
    list_per_page = 50
    # Counting a million rows for a line above a list isn't worth its second.
    show_full_result_count = False
    search_fields = ("sku", "title", "brand")
    readonly_fields = ("created_at", "updated_at")
    actions = ("publish", "unpublish")
    fieldsets = (
        (None, {"fields": ("shop", "sku", "title", "description", "category", "published")}),
        (_("Offer"), {"fields": (("price", "currency"), "stock", "url")}),
        (_("Details"), {"fields": (("brand", "color"), "item_group_id", "attributes")}),
        (_("Dates"), {"fields": (("created_at", "updated_at"),), "classes": ("collapse",)}),
    )

    @admin.display(description=_("picture"))
    def picture(self, product: Product) -> str:
        return thumbnail(product.main_image, height=48)

    def get_queryset(self, request: HttpRequest) -> ProductQuerySet:
        mine: ProductQuerySet = super().get_queryset(request).for_cards()
        return mine if request.user.is_superuser else mine.filter(shop__in=shops_of(request))

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        if db_field.name == "shop":
            kwargs["queryset"] = shops_of(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Whoever works for one shop only needn't choose it."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        mine = list(shops_of(request)[:2])
        return {"shop": mine[0].pk, **initial} if len(mine) == 1 else initial

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        # Listeners hear of it after the commit, which is after the pictures below it are written.
        products.save(product=obj)

    @admin.action(description=_("Show the selected products to shoppers"))
    def publish(self, request: HttpRequest, queryset: ProductQuerySet) -> None:
        self._tell(request, products.publish(products=queryset))

    @admin.action(description=_("Hide the selected products from shoppers"))
    def unpublish(self, request: HttpRequest, queryset: ProductQuerySet) -> None:
        self._tell(request, products.unpublish(products=queryset))

    def _tell(self, request: HttpRequest, count: int) -> None:
        message = ngettext("%(count)d product changed.", "%(count)d products changed.", count)
        self.message_user(request, message % {"count": count})
