"""Two shops, two people, two programs: what is one's is not there for the other.

The addresses are read from the site's own map, so that a new page is asked for as well; a new model
of goods that nothing here makes fails the test.
"""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.urls import URLPattern, get_resolver, reverse
from rest_framework.test import APIClient

from catalog import receiving, tokens, undoing
from catalog.admin.scope import OfMyShops, SuperuserOnly
from catalog.models import ApiToken, Import, Membership, Product, Shop, Undo
from search.models import Rule
from tests.shelves import add_picture, add_product, picture_bytes

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")
NOT_THERE, NO_SUCH_METHOD, NOT_FOR_STAFF = 404, 405, 403


def hidden_product(shop: Shop) -> Product:
    product = add_product("secret", shop=shop.slug, title="Secret plan", published=False)
    add_picture(product)
    return product


def token(shop: Shop) -> ApiToken:
    return tokens.issue(shop=shop, name="Secret plan", can_write=True)[0]


def change(shop: Shop) -> Undo:
    add_product("gone", shop=shop.slug, title="Secret plan")
    batch = undoing.remove(products=Product.objects.filter(sku="gone"), by=None).batch
    return Undo.objects.get(batch=batch)


def running_import(shop: Shop) -> Import:
    return receiving.begin(shop=shop, by=None, name="Secret plan.csv", size=100)


def rule(shop: Shop) -> Rule:
    return Rule.objects.create(
        shop=shop, kind="bury", strength=5, target="brand", target_brand="x", note="Secret plan"
    )


MAKERS: dict[type[Model], Callable[[Shop], Model]] = {
    Product: hidden_product,
    ApiToken: token,
    Undo: change,
    Import: running_import,
    Rule: rule,
}


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.IMPORTS_DIR = tmp_path / "imports"


@pytest.fixture
def theirs() -> Shop:
    return Shop.objects.create(slug="theirs", name="Theirs")


@pytest.fixture(params=[Membership.Role.STAFF, Membership.Role.OWNER])
def mine(client, request):
    """A browser in which somebody of another shop is logged in."""
    user = User.objects.create_user("me", password="x", is_staff=True)
    shop = Shop.objects.create(slug="mine", name="Mine")
    Membership.objects.create(user=user, shop=shop, role=request.param)
    client.force_login(user)
    return client


def of_shops() -> list[type[Model]]:
    """The models whose pages are scoped by shop."""
    return [model for model, pages in admin.site._registry.items() if isinstance(pages, OfMyShops)]


def pages_of(model: type[Model]) -> Iterator[URLPattern]:
    for pattern in admin.site._registry[model].get_urls():
        if isinstance(pattern, URLPattern) and pattern.name:
            yield pattern


def address(pattern: URLPattern, thing: Model) -> str:
    """Of the page of this thing."""
    known: dict[str, Any] = {
        "object_id": thing.pk,
        "pk": thing.pk,
        "batch": getattr(thing, "batch", uuid.UUID(int=0)),
        "what": "cancel",
    }
    needed = {name: known[name] for name in pattern.pattern.converters}
    return reverse(f"admin:{pattern.name}", kwargs=needed)


def kept(thing: Model) -> dict[str, Any]:
    return type(thing)._base_manager.filter(pk=thing.pk).values().get()


@pytest.mark.parametrize("model", of_shops(), ids=lambda model: model.__name__)
def test_no_page_of_the_admin_shows_or_changes_what_another_shop_owns(mine, theirs, model):
    thing = MAKERS[model](theirs)
    before = kept(thing)

    for pattern in pages_of(model):
        if not pattern.pattern.converters:
            continue
        for method in METHODS:
            # What a browser would send to confirm a deletion or a change.
            sent = {"post": "yes", "apply": "1"} if method == "post" else {}
            answer = getattr(mine, method)(address(pattern, thing), sent)
            assert answer.status_code in (NOT_THERE, NO_SUCH_METHOD), (method, pattern.name)
        answers = [getattr(mine, m)(address(pattern, thing)).status_code for m in ("get", "post")]
        assert NOT_THERE in answers, pattern.name
    assert kept(thing) == before


@pytest.mark.parametrize("model", of_shops(), ids=lambda model: model.__name__)
def test_no_list_of_the_admin_names_it_and_no_action_reaches_it(mine, theirs, model):
    thing = MAKERS[model](theirs)
    before = kept(thing)
    listed = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")

    assert "Secret plan" not in mine.get(listed).content.decode()
    pages: Any = admin.site._registry[model]
    for action in ["delete_selected", *(pages.actions or ())]:
        for across in ("0", "1"):
            sent = {
                "action": action,
                "_selected_action": [thing.pk],
                "select_across": across,
                "post": "yes",
                "apply": "1",
            }
            answer = mine.post(listed, sent)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            assert b"Secret plan" not in content, action
    assert kept(thing) == before


def of_nobody() -> list[type[Model]]:
    """All other models; of shops, owners see and change their own."""
    return [model for model in admin.site._registry if model not in [*of_shops(), Shop]]


@pytest.mark.parametrize("model", of_nobody(), ids=lambda model: model.__name__)
def test_what_no_shop_owns_is_for_superusers(mine, model):
    for pattern in pages_of(model):
        of_all_staff = str(pattern.name).startswith("search_map")  # tests/search/test_map_admin.py
        if pattern.pattern.converters or of_all_staff:
            continue
        for method in METHODS:
            answer = getattr(mine, method)(reverse(f"admin:{pattern.name}"))
            assert answer.status_code in (NOT_FOR_STAFF, NOT_THERE, NO_SUCH_METHOD), pattern.name


def test_an_owner_does_not_reach_another_shop(mine, theirs):
    for pattern in pages_of(Shop):
        if pattern.pattern.converters:
            for method in METHODS:
                answer = getattr(mine, method)(address(pattern, theirs))
                assert answer.status_code in (NOT_THERE, NOT_FOR_STAFF), (method, pattern.name)
    assert "Theirs" not in mine.get(reverse("admin:catalog_shop_changelist")).content.decode()


def test_no_choice_offers_another_shops_goods(mine, theirs):
    hidden_product(theirs)
    known: Any = admin.site._registry
    for model, pages in known.items():
        for field in getattr(pages, "autocomplete_fields", ()):
            query = {
                "app_label": model._meta.app_label,
                "model_name": model._meta.model_name,
                "field_name": field,
                "term": "secret",
            }
            answer = mine.get(reverse("admin:autocomplete"), query)
            assert answer.status_code == NOT_FOR_STAFF or "Secret" not in answer.content.decode()


def api_patterns() -> list[tuple[str, Any]]:
    """(route, view class) of every call of the API that names a product."""
    found = []

    def walk(patterns: list[Any], before: str) -> None:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns, route)
            elif route.startswith("api/") and "<" in route:
                found.append((route, pattern.callback))

    walk(get_resolver().url_patterns, "")
    return found


@pytest.mark.parametrize(
    ("route", "view"), api_patterns(), ids=lambda each: getattr(each, "__name__", each)
)
@pytest.mark.parametrize("reference", ["{pk}", "theirs:secret"])
def test_no_call_of_the_api_reads_or_writes_a_hidden_product_of_another_shop(
    theirs, route, view, reference
):
    product = hidden_product(theirs)
    before = kept(product)
    shop = Shop.objects.create(slug="mine", name="Mine")
    clients = {"nobody": APIClient()}
    for name, can_write in (("reader", False), ("writer", True)):
        clients[name] = APIClient()
        key = tokens.issue(shop=shop, name=name, can_write=can_write)[1]
        clients[name].credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    path = "/" + route.split("<")[0] + reference.format(pk=product.pk) + route.split(">")[1]
    refused = {"nobody": {401, 404}, "reader": {403, 404}, "writer": {404}}

    for name, client in clients.items():
        for method in METHODS:
            if not hasattr(view.view_class, method):
                continue
            answer = getattr(client, method)(path, **body_of(path, method))
            allowed = {404} if method == "get" else refused[name]
            assert answer.status_code in allowed, (name, method, answer.content)
    assert kept(product) == before
    assert product.images.count() == 1


def body_of(path: str, method: str) -> dict[str, Any]:
    """Something that would be taken of the product's own shop."""
    if method == "get":
        return {}
    if path.endswith("images/"):
        picture = SimpleUploadedFile("x.png", picture_bytes(color="red"))
        return {"data": {"image": picture}, "format": "multipart"}
    return {"data": {"title": "x", "sku": "secret"}, "format": "json"}


def test_bulk_writes_of_a_token_stay_in_its_shop(theirs):
    product = hidden_product(theirs)
    before = kept(product)
    shop = Shop.objects.create(slug="mine", name="Mine")
    client = APIClient()
    client.credentials(
        HTTP_AUTHORIZATION=f"Bearer {tokens.issue(shop=shop, name='x', can_write=True)[1]}"
    )

    client.post(
        "/api/v1/products/bulk/",
        '{"sku": "secret", "title": "Mine"}\n{"sku": "secret2", "shop": "theirs"}',
        content_type="application/jsonl",
    )

    assert kept(product) == before
    assert list(theirs.products.values_list("sku", flat=True)) == ["secret"]


def test_what_is_published_can_be_read_by_all(mine, theirs):
    product = add_product("mug", shop="theirs", title="Mug")

    assert mine.get(product.get_absolute_url()).status_code == 200
    assert mine.get(f"/api/v1/products/{product.pk}/").json()["title"] == "Mug"


def test_a_hidden_product_has_no_page(mine, theirs):
    assert mine.get(hidden_product(theirs).get_absolute_url()).status_code == NOT_THERE


def test_every_model_of_goods_is_looked_at():
    assert set(of_shops()) == set(MAKERS)
    scoped = (OfMyShops, SuperuserOnly)
    ours = [m for m in admin.site._registry if m._meta.app_label == "catalog"]
    assert all(isinstance(admin.site._registry[model], scoped) for model in ours)
