"""Products with their pictures."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import ForeignKey, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RangeNumericFilter

from catalog import pictures, products, undoing
from catalog.admin import going
from catalog.admin.filters import CategoryFilter, PicturesFilter, StockFilter
from catalog.admin.scope import OfMyShops, SiteAdmin, shops_of
from catalog.admin.undoing import link, offer
from catalog.feeds import export
from catalog.forms import MoveForm, PictureForm, PictureFormSet, ProductForm
from catalog.models import Product, ProductImage
from catalog.querysets import ProductQuerySet

SHOWN = 20  # names of products that are about to be changed
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
    verbose_name_plural = _("pictures: the first is the one that lists show; drag to order them")
    ordering_field = "position"
    hide_ordering_field = True

    @admin.display(description=_("preview"))
    def preview(self, image: ProductImage) -> str:
        return thumbnail(image, height=80)


@admin.register(Product)
class ProductAdmin(OfMyShops, SiteAdmin):
    form = ProductForm
    change_form_after_template = "admin/catalog/product_after.html"
    inlines = (PictureInline,)
    list_display = ("picture", "title", "sku", "shop", "category", "price", "stock", "published")
    list_display_links = ("picture", "title", "sku")
    list_filter = (
        "published",
        "shop",
        CategoryFilter,
        StockFilter,
        PicturesFilter,
        ("price", RangeNumericFilter),
        "updated_at",
    )
    list_filter_submit = True
    list_per_page = 50
    # Counting a million rows for a line above a list isn't worth its second.
    show_full_result_count = False
    search_fields = ("sku", "title", "brand")
    readonly_fields = ("created_at", "updated_at")
    actions = ("publish", "unpublish", "move", "export")
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

    def get_search_results(
        self, request: HttpRequest, queryset: ProductQuerySet, search_term: str
    ) -> tuple[ProductQuerySet, bool]:
        """Every word has to be in title, brand or sku, which an index of letters knows."""
        for word in search_term.lower().split():
            queryset = queryset.filter(letters__contains=word)
        return queryset, False

    @admin.action(description=_("Show the selected products to shoppers"))
    def publish(self, request: HttpRequest, queryset: ProductQuerySet) -> None:
        self._tell(request, undoing.publish(products=queryset, by=request.user))

    @admin.action(description=_("Hide the selected products from shoppers"))
    def unpublish(self, request: HttpRequest, queryset: ProductQuerySet) -> None:
        self._tell(request, undoing.hide(products=queryset, by=request.user))

    @admin.action(description=_("Move the selected products to a category"))
    def move(self, request: HttpRequest, queryset: ProductQuerySet) -> HttpResponse | None:
        form = MoveForm(request.POST if "apply" in request.POST else None)
        if form.is_valid():
            category = form.cleaned_data["category"]
            self._tell(request, undoing.move(products=queryset, category=category, by=request.user))
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": _("Move products"),
            "opts": self.opts,
            "form": form,
            "count": queryset.count(),
            "some": queryset[:SHOWN],
            "chosen": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "across": request.POST.get("select_across") == "1",
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/catalog/move.html", context)

    @admin.action(description=_("Download the selected products as CSV"))
    def export(self, request: HttpRequest, queryset: ProductQuerySet) -> StreamingHttpResponse:
        site = request.build_absolute_uri("/").rstrip("/")
        return StreamingHttpResponse(
            export.table(queryset, site=site),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="products.csv"'},
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        """A few of their names: what hangs on ten thousand products fills no page."""
        count = objs.count() if isinstance(objs, QuerySet) else len(objs)
        names = going.some([str(product) for product in objs[:SHOWN]], count)
        ids = objs.order_by().values("pk") if isinstance(objs, QuerySet) else [objs[0].pk]
        along, counts = going.along(self.admin_site, request, Product, ids)
        return [*names, *along], {self.opts.verbose_name_plural: count, **counts}, set(), []

    def delete_queryset(self, request: HttpRequest, queryset: ProductQuerySet) -> None:
        changed = undoing.remove(products=queryset, by=request.user)
        offer(request, changed.batch)

    def delete_model(self, request: HttpRequest, obj: Product) -> None:
        self.delete_queryset(request, Product.objects.filter(pk=obj.pk))

    def _tell(self, request: HttpRequest, changed: undoing.Changed) -> None:
        count = changed.products
        message = ngettext("%(count)d product changed.", "%(count)d products changed.", count)
        back = link(changed.batch) if count else ""
        self.message_user(request, format_html("{} {}", message % {"count": count}, back))
