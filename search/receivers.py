"""From the catalogue's signals to background work."""

from typing import Any

from celery.signals import beat_init
from django.dispatch import receiver

from catalog.signals import broker_returned, products_changed
from search import tasks
from search.signals import announced


@receiver(products_changed, dispatch_uid="search.embed_changed_products")
def embed_changed_products(sender: object, product_ids: list[int], **kwargs: Any) -> None:
    tasks.send_embed(product_ids)


@receiver(broker_returned, dispatch_uid="search.sweep_at_return")
def sweep_at_return(sender: object, **kwargs: Any) -> None:
    """What was saved while the broker was away need not wait for the schedule's minute either."""
    tasks.send_sweep()


@beat_init.connect(dispatch_uid="search.sweep_at_start")
def sweep_at_start(**kwargs: Any) -> None:
    """What a site was stopped over, and a first map, need not wait for the schedule's minute."""
    tasks.send_sweep()


@receiver(announced, dispatch_uid="search.deliver_announcements")
def deliver_announcements(sender: object, pks: list[int], **kwargs: Any) -> None:
    tasks.send_announcements(pks)
