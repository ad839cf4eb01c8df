"""A site that has one of everything, so that each of its pages has something to show."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from catalog import audit, tokens, undoing
from catalog.models import Import, Membership, Product, StaffAction, Undo
from search.models import (
    Announcement,
    Build,
    ClickWeights,
    Evaluation,
    Failure,
    ParkedTask,
    Space,
)
from tests.search import steered


def stock() -> None:
    """Products of two shops with an index; of whatever else the admin shows, one of acme's."""
    products = steered.stock()
    first = products["mug-red"]
    boss = User.objects.create_superuser("boss", password="strings and wood")
    clerk = User.objects.create_user("clerk", is_staff=True)
    Group.objects.create(name="clerks")
    Membership.objects.create(user=clerk, shop=first.shop)
    tokens.issue(shop=first.shop, name="feed", can_write=True)
    undoing.hide(products=Product.objects.filter(sku="cup-red"), by=boss)
    Import.objects.create(
        shop=first.shop, by=boss, name="goods.csv", size=9, received=9, state=Import.State.DONE
    )
    steered.rule("bury", shop=first.shop, strength=2, target_product="lamp-blue")
    watched(first)
    schedules()
    audit.record(StaffAction.Kind.OTHER, request=None, user=boss, what="something")


def watched(product: Product) -> None:
    """What the pipeline writes for people to see."""
    now = timezone.now()
    space = Space.objects.all()[0]
    Failure.objects.create(product=product, space=space, source_digest="x", reason="broken")
    Evaluation.objects.create(k=10, labels=["category"], products=9, queries=9)
    ClickWeights.objects.create(weights={"image": 0.1, "text": 0.9}, before={}, views=1, clicks=1)
    ParkedTask.objects.create(
        key="x", task="search.tasks.reindex", times=3, reason="died", first_at=now, last_at=now
    )
    Announcement.objects.create(
        channel=Announcement.Channel.values[0], receiver="https://a.example", event="x", body="{}"
    )


def schedules() -> None:
    ClockedSchedule.objects.create(clocked_time=timezone.now())
    IntervalSchedule.objects.create(every=5, period=IntervalSchedule.MINUTES)
    SolarSchedule.objects.create(event="sunset", latitude=35, longitude=139)
    # Those that migrations made are gone where a test before has emptied all tables.
    nightly = CrontabSchedule.objects.first() or CrontabSchedule.objects.create(hour="3")
    if not PeriodicTask.objects.exists():
        PeriodicTask.objects.create(name="Reindex", task="search.tasks.reindex", crontab=nightly)


def models() -> list[type[Model]]:
    """Those that have pages in the admin."""
    return list(admin.site._registry)


def one_of(model: type[Model]) -> Any:
    """The first there is; a shop's own thing is acme's."""
    found = model._default_manager.order_by("pk")
    if any(field.name == "shop" for field in model._meta.get_fields()):
        found = found.filter(shop__slug="acme")
    return found[0]


def values(name: str, route: str) -> dict[str, Any]:
    """What stands for the variable parts of an address."""
    given: dict[str, Any] = {}
    if "content_type_id" not in route and ("object_id" in route or "<id>" in route):
        folder = {f"{model._meta.app_label}/{model._meta.model_name}/": model for model in models()}
        model = next(folder[name] for name in folder if name in route)
        given["object_id" if "object_id" in route else "id"] = one_of(model).pk
    if "content_type_id" in route:
        given["content_type_id"] = ContentType.objects.get_for_model(Product).pk
        given["object_id"] = one_of(Product).pk
    if "<int:pk>" in route:
        given["pk"] = numbered(name)
    if "<path:id>" in route:
        given["id"] = one_of(Product).pk
    if "<uuid:batch>" in route:
        given["batch"] = one_of(Undo).batch
    if "<slug:name>" in route:
        given["name"] = "broken"
    if "<str:what>" in route:
        given["what"] = "pause"
    return given


def numbered(name: str) -> int:
    if "import" in name:
        return int(one_of(Import).pk)
    if name == "search-staff:publish":
        return int(one_of(Build).pk)
    return int(one_of(Product).pk)
