"""What staff do is written down, and stays."""

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog import audit, tokens
from catalog.models import Membership, Shop, StaffAction
from config import trail
from search import builds
from tests.search.conftest import published
from tests.security import matrix, phones
from tests.security.phones import log_in, shows, with_phone, wrong
from tests.shelves import add_product

FROM = {"REMOTE_ADDR": "203.0.113.9"}
LOG = reverse("admin:catalog_staffaction_changelist")
Kind = StaffAction.Kind


@pytest.fixture
def boss(admin_person) -> Client:
    client = Client(REMOTE_ADDR="203.0.113.9")
    client.force_login(admin_person)
    return client


def last() -> StaffAction:
    return StaffAction.objects.order_by("-id")[0]


def kinds() -> list[str]:
    return list(StaffAction.objects.order_by("id").values_list("kind", flat=True))


def test_a_line_says_who_when_from_where_and_what(boss, admin_person):
    before = timezone.now()
    boss.post(reverse("admin:catalog_shop_add"), form_of_shop("acme"))
    shop = Shop.objects.get()

    line = last()
    assert (line.username, line.user_id, line.address) == ("admin", admin_person.pk, "203.0.113.9")
    assert (line.kind, line.model, line.object_id) == ("add", "catalog.shop", str(shop.pk))
    assert line.what == str(shop)
    assert before <= line.at <= timezone.now()


def form_of_shop(slug: str) -> dict[str, str]:
    inline = {"TOTAL_FORMS": "0", "INITIAL_FORMS": "0"}
    return {"name": slug, "slug": slug} | {f"memberships-{k}": v for k, v in inline.items()}


def test_changes_say_which_fields_and_deletions_name_what_is_gone(boss):
    shop = Shop.objects.create(slug="acme", name="Acme")
    boss.post(reverse("admin:catalog_shop_change", args=[shop.pk]), form_of_shop("other"))
    changed = last()
    boss.post(reverse("admin:catalog_shop_delete", args=[shop.pk]), {"post": "yes"})

    assert changed.kind == "change"
    assert changed.detail in ("Changed Name and Slug.", "Changed Slug and Name.")
    assert (last().kind, last().object_id) == ("delete", str(shop.pk))


def test_actions_of_lists_name_what_was_chosen(boss):
    products = [add_product(sku) for sku in ("a", "b")]
    ids = [str(product.pk) for product in products]
    where = reverse("admin:catalog_product_changelist")

    boss.post(where, {"action": "unpublish", "_selected_action": ids})
    hidden = last()
    boss.post(where, {"action": "export", "_selected_action": ids})
    exported = last()
    boss.post(where, {"action": "move", "_selected_action": ids})  # only asks
    boss.post(where, {"action": "delete_selected", "_selected_action": ids, "post": "yes"})

    assert (hidden.kind, hidden.what) == ("action", f"unpublish: {', '.join(ids)}")
    assert exported.kind == "export"
    assert kinds() == ["login", "action", "export", "delete", "delete"]


def test_tokens_are_told_without_their_key(boss):
    shop = Shop.objects.create(slug="acme", name="Acme")
    form = {"shop": shop.pk, "name": "feed", "can_write": "on"}
    page = boss.post(reverse("admin:catalog_apitoken_add"), form, follow=True).content.decode()
    made = last()
    token = shop.api_tokens.get()
    chosen = {"action": "revoke", "_selected_action": [token.pk]}
    boss.post(reverse("admin:catalog_apitoken_changelist"), chosen)

    assert kinds() == ["login", "token_made", "add", "token_revoked"]
    assert tokens.PREFIX in page
    assert tokens.PREFIX not in str(StaffAction.objects.values_list())
    assert made.what == str(token)


@pytest.mark.django_db
def test_builds_published_and_rolled_back(boss, indexed):
    first = published()
    second = builds.build_index()
    boss.post(reverse("search-staff:publish", args=[second.pk]), {"anyway": "yes"})
    publish = last()
    boss.post(reverse("search-staff:roll-back"))
    rollback = last()
    boss.post(reverse("search-staff:roll-back"))

    assert (publish.kind, publish.what) == ("publish", f"{second} anyway")
    assert (rollback.kind, rollback.what) == ("rollback", str(first))


def test_what_was_refused_is_not_told_as_done(boss, db):
    boss.post(reverse("search-staff:roll-back"))  # there is no build

    assert kinds() == ["login"]


def test_pages_of_our_own_leave_a_line(boss):
    boss.post(reverse("search-staff:schedule"), {"at": "04:15"})

    assert (last().kind, last().detail) == ("schedule", "at=04:15")


def test_logins_failures_locks_and_second_factors(client, admin_person):
    phone = with_phone(admin_person)
    log_in(client, password="wrong", **FROM)
    log_in(client, **FROM)
    client.post(phones.CODE, {"code": wrong(phone)}, **FROM)
    phones.impatient(admin_person)
    client.post(phones.CODE, {"code": shows(phone)}, **FROM)
    client.post(reverse("admin:logout"), **FROM)

    expected = ["login_failed", "login", "factor_failed", "factor_passed", "logout"]
    assert kinds() == expected
    assert set(StaffAction.objects.values_list("username", "address")) == {("admin", "203.0.113.9")}


def test_a_lock_is_told_once_and_what_it_refuses_fills_no_log(client, admin_person):
    for _ in range(20):
        log_in(client, password="wrong", **FROM)

    assert sorted(kinds()) == ["locked"] + ["login_failed"] * 5


def test_neither_passwords_nor_codes_are_written(boss, admin_person):
    new = {"new_password1": "hunter2hunter2", "new_password2": "hunter2hunter2"}
    boss.post(reverse("admin:password_change"), {"old_password": phones.PASSWORD, **new})

    assert last().kind == "password"
    assert "hunter2" not in str(StaffAction.objects.values_list())
    assert phones.PASSWORD not in str(StaffAction.objects.values_list())


def test_the_database_neither_changes_nor_deletes_a_line(boss):
    line = last()
    for work in (line.delete, line.save, StaffAction.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            work()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_staffaction SET username = 'somebody'")

    assert last() == line


@pytest.mark.parametrize("verb", ["change", "delete"])
def test_nobody_changes_a_line_in_the_admin(boss, verb):
    address = reverse(f"admin:catalog_staffaction_{verb}", args=[last().pk])

    assert boss.post(address, {"post": "yes"}).status_code == 403
    assert boss.post(reverse("admin:catalog_staffaction_add")).status_code == 403


def test_superusers_search_and_narrow_it(boss, admin_person):
    log_in(Client(), password="wrong", **FROM)

    for query in ("q=203.0.113.9", "q=adm", "kind__exact=login_failed"):
        assert "failed to log in" in table(boss.get(f"{LOG}?{query}"))
    assert "failed to log in" not in table(boss.get(f"{LOG}?kind__exact=login"))
    assert "failed to log in" not in table(boss.get(f"{LOG}?q=203.0.113.8"))


def table(answer) -> str:
    return answer.content.decode().partition('id="result_list"')[2].partition("</table>")[0]


def test_members_of_shops_do_not_see_it(db):
    clerk = User.objects.create_user("clerk", is_staff=True)
    shop = Shop.objects.create(slug="acme", name="Acme")
    Membership.objects.create(user=clerk, shop=shop, role="owner")
    client = Client()
    client.force_login(clerk)

    assert client.get(LOG).status_code == 403
    assert LOG not in client.get("/admin/").content.decode()


def test_it_outlives_who_did_it(boss, admin_person):
    admin_person.delete()

    assert last().username == "admin"


def test_it_is_kept_for_ever_unless_days_are_set(boss, settings):
    backdate(days=400)
    assert audit.prune() == 0
    settings.AUDIT_DAYS = 365
    log_in(Client(), password="wrong")

    assert audit.prune() == 1
    assert kinds() == ["login_failed"]
    with pytest.raises(DatabaseError), transaction.atomic():
        StaffAction.objects.all().delete()


def backdate(*, days: int) -> None:
    """By the back door: the trigger is a trigger of the table's owner."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_staffaction DISABLE TRIGGER audit_stays")
        cursor.execute("UPDATE catalog_staffaction SET at = at - make_interval(days => %s)", [days])
        cursor.execute("ALTER TABLE catalog_staffaction ENABLE TRIGGER audit_stays")


def test_every_page_of_ours_that_changes_something_leaves_a_line():
    """Of models and their actions catalog/admin/scope.py writes, of other pages config/trail.py."""
    write_themselves = {"search-staff:publish", "search-staff:roll-back"}
    change_nothing = {"admin:view_on_site"}
    done = {
        row["address"]
        for part in ("pages", "work")
        for row in matrix.kept(part)
        if row["method"] == "POST" and row["superuser"] in {"201", "204", "302", "303"}
        if row["address"].startswith(("admin:", "search-staff:"))
        and not row["address"].endswith(("_add", "_change", "_delete"))
    }

    assert done - set(trail.KINDS) == write_themselves | change_nothing


def test_a_byte_that_no_text_holds_hides_nothing(boss):
    address = reverse("search-staff:schedule")

    answer = boss.post(address, {"at": "06:00", "x": "\0hidden"})

    assert answer.status_code == 302
    assert last().kind == Kind.SCHEDULE
    assert "hidden" in last().detail
