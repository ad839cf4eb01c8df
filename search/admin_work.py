"""What was given up in the background, to be tried again or dropped, and who was told of builds."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog.admin.products import thumbnail
from catalog.admin.scope import Nothing, ReadOnly, SiteAdmin, SuperuserOnly
from catalog.models import Product
from search import announcements, encoding, operating
from search.models import Announcement, ParkedTask, Space

TITLES = {
    encoding.EMBED: _("encode"),
    announcements.DELIVER: _("tell of a build"),
    "search.tasks.reindex": _("build the index anew"),
}
SHOWN = 160  # characters of a reason in a list; all of it is on the page of each


class Watched(ReadOnly, SuperuserOnly, SiteAdmin):
    """Of all shops at once, so for superusers; the pipeline writes it."""


@admin.register(ParkedTask)
class ParkedTaskAdmin(Watched):
    list_display = ["what", "picture", "product", "times", "reason_shown", "first_at", "last_at"]
    list_filter = ["task"]
    search_fields = ["reason"]
    fields = ["what", "picture", "product", "arguments", "times", "reason", "first_at", "last_at"]
    actions = ["retry", "drop"]
    list_per_page = 25  # each row asks for its product
    nothing = Nothing(
        _("No task was given up"),
        _("One that fails or kills its worker time and again waits here to be tried again."),
    )

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        # Django offers a list's actions to whoever may change it; the rows stay read-only.
        return obj is None and super().has_view_permission(request, obj)

    @admin.display(description=_("task"), ordering="task")
    def what(self, parked: ParkedTask) -> str:
        title = str(TITLES.get(parked.task, parked.task))
        if parked.task != encoding.EMBED:
            return title
        signal = Space.Signal(parked.arguments[1]).label
        return f"{title}: {signal}"

    @admin.display(description=_("picture"))
    def picture(self, parked: ParkedTask) -> str:
        product = self._product_of(parked)
        return thumbnail(product.main_image if product else None, height=48)

    @admin.display(description=_("product"))
    def product(self, parked: ParkedTask) -> str:
        product = self._product_of(parked)
        if product is None:
            return "–"
        address = reverse("admin:catalog_product_change", args=[product.pk])
        return format_html('<a class="niteru-link" href="{}">{}</a>', address, product)

    @admin.display(description=_("reason"))
    def reason_shown(self, parked: ParkedTask) -> str:
        last = parked.reason.strip().rpartition("\n")[2]
        return last if len(last) <= SHOWN else f"{last[:SHOWN]}…"

    @admin.action(description=_("Try again"))
    def retry(self, request: HttpRequest, chosen: QuerySet[ParkedTask]) -> None:
        some = list(chosen)
        operating.retry_parked(some)
        told = ngettext(
            "%d task is tried again; should it fail, it comes back here.",
            "%d tasks are tried again; those that fail come back here.",
            len(some),
        )
        messages.success(request, told % len(some))

    @admin.action(description=_("Drop: never try again as it is"))
    def drop(self, request: HttpRequest, chosen: QuerySet[ParkedTask]) -> None:
        count, _by_model = chosen.delete()
        told = ngettext("%d task was dropped.", "%d tasks were dropped.", count)
        messages.success(request, told % count)

    def _product_of(self, parked: ParkedTask) -> Product | None:
        """The product that a row names, read once for both of its columns."""
        known = parked.__dict__
        if "product" not in known:
            pk = parked.arguments[0][0] if parked.task == encoding.EMBED else 0
            known["product"] = Product.objects.for_cards().filter(pk=pk).first()
        found: Product | None = known["product"]
        return found


@admin.register(Announcement)
class AnnouncementAdmin(Watched):
    list_display = ["at", "event", "channel", "receiver", "attempts", "delivered_at", "reason"]
    list_filter = ["event", "channel"]
    nothing = Nothing(
        _("Nobody was told of a build yet"),
        _("WEBHOOK_URLS and SNS_TOPIC_ARN say who is, of each that is published or fails."),
    )
