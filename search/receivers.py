"""From the catalogue's signals to background work."""

from typing import Any

from django.dispatch import receiver

from catalog.signals import products_changed
from search import tasks
from search.signals import announced


@receiver(products_changed, dispatch_uid="search.embed_changed_products")
def embed_changed_products(sender: object, product_ids: list[int], **kwargs: Any) -> None:
    tasks.send_embed(product_ids)


@receiver(announced, dispatch_uid="search.deliver_announcements")
def deliver_announcements(sender: object, pks: list[int], **kwargs: Any) -> None:
    tasks.send_announcements(pks)
