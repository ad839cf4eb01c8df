"""Who may do what: each role asks for each address by each method, and the answers are a table."""

import csv
import io
from collections.abc import Iterable, Iterator
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from catalog import tokens
from catalog.models import Membership, Shop
from tests.security import stocked
from tests.security.addresses import Endpoint, endpoints, path_of
from tests.security.phones import PASSWORD, log_in, with_phone

TABLE = Path(__file__).with_name("permissions.csv")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Pages and forms know two methods. By the others they are asked only by who may the least and who
# may the most, and by programs; a cell is empty where nobody asked.
OTHERS = ("PUT", "PATCH", "DELETE")
ASKED_BY_OTHERS = ("anonymous", "superuser")
# Which apps' permissions of Django's own a person may be given; the site's pages ask for others.
APPS = ("catalog", "search")
ROLES = {
    "anonymous": "nobody is logged in",
    "shopper": "logged in, and not of the staff",
    "waiting": "a superuser with a phone who has given the password and no code",
    "staff": "staff of no shop, without permissions",
    "viewer": "staff of no shop, with all of Django's permissions to view",
    "editor": "staff of no shop, with all of Django's permissions of catalogue and search",
    "other_shop": "staff of another shop than the thing's",
    "this_shop": "staff of the shop whose thing it is",
    "owner": "owner of the shop whose thing it is",
    "superuser": "superuser",
    "token_reads": "a program with a token of this shop that may read",
    "token": "a program with a token of this shop that may write",
    "token_other": "a program with a token of another shop that may write",
    "token_revoked": "a program with a token that was revoked",
}


def clients() -> dict[str, Client]:
    """One for each role, of a site as `stocked.stock` makes it."""
    this, other = Shop.objects.get(slug="acme"), Shop.objects.get(slug="toys")
    found = {"anonymous": Client()}
    for role, is_staff in {"shopper": False, "staff": True, "viewer": True, "editor": True}.items():
        found[role] = logged_in(User.objects.create_user(role, is_staff=is_staff))
    User.objects.get(username="viewer").user_permissions.set(
        Permission.objects.filter(codename__startswith="view_")
    )
    User.objects.get(username="editor").user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=APPS)
    )
    for role, shop, kind in [
        ("other_shop", other, "staff"),
        ("this_shop", this, "staff"),
        ("owner", this, "owner"),
    ]:
        person = User.objects.create_user(role, is_staff=True)
        Membership.objects.create(user=person, shop=shop, role=kind)
        found[role] = logged_in(person)
    found["superuser"] = logged_in(User.objects.create_superuser("superuser"))
    found["waiting"] = Client()
    with_phone(User.objects.create_superuser("waiting", password=PASSWORD))
    log_in(found["waiting"], name="waiting")
    found |= programs(this, other)
    return {role: quiet(found[role]) for role in ROLES}


def programs(this: Shop, other: Shop) -> dict[str, Client]:
    found = {}
    for role, shop, can_write in [
        ("token_reads", this, False),
        ("token", this, True),
        ("token_other", other, True),
        ("token_revoked", this, True),
    ]:
        token, key = tokens.issue(shop=shop, name=role, can_write=can_write)
        found[role] = Client(HTTP_AUTHORIZATION=f"Bearer {key}")
        if role == "token_revoked":
            tokens.revoke(token)
    return found


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def quiet(client: Client) -> Client:
    """An answer of 500 is one to be written down like others."""
    client.raise_request_exception = False
    return client


class Ask:
    """Asks and undoes: what one role has done, no other finds."""

    def __init__(self) -> None:
        self._numbers = count()

    def __call__(self, client: Client, method: str, path: str, **form: Any) -> str:
        # An address for each, so that nobody is throttled.
        number = next(self._numbers)
        at = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        cookies = deepcopy(client.cookies)
        with transaction.atomic():
            data = {"data": form} if form else {}
            answer = getattr(client, method.lower())(path, REMOTE_ADDR=at, **data)
            said = outcome(answer)
            transaction.set_rollback(True)
        client.cookies = cookies
        return said


def outcome(answer: HttpResponse) -> str:
    """The status; of those that lead to a login or a code, that."""
    if answer.status_code != 302:
        return str(answer.status_code)
    path = answer["Location"].partition("?")[0]
    if path.startswith("/admin/login/"):
        return "login"
    return "code" if path.startswith("/admin/second-factor/code/") else "302"


def rows(asked: Iterable[Endpoint]) -> Iterator[dict[str, str]]:
    people, ask = clients(), Ask()
    for endpoint in asked:
        path = path_of(endpoint)
        for method in METHODS:
            said = {role: ask(people[role], method, path) for role in asking(endpoint, method)}
            yield {"address": endpoint.label, "method": method} | dict.fromkeys(ROLES, "") | said


def asking(endpoint: Endpoint, method: str) -> Iterable[str]:
    if method not in OTHERS:
        return ROLES
    programs = [role for role in ROLES if role.startswith("token")]
    return [*ASKED_BY_OTHERS, *(programs if endpoint.route.startswith("api/") else [])]


def action_rows() -> Iterator[dict[str, str]]:
    """Actions of lists, each with one thing of this shop."""
    people, ask = clients(), Ask()
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="superuser")
    for model, pages in sorted(admin.site._registry.items(), key=lambda each: each[0]._meta.label):
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        for action in sorted(pages.get_actions(request)):
            form = {"action": action, ACTION_CHECKBOX_NAME: str(stocked.one_of(model).pk)}
            path = reverse(name)
            said = {role: ask(people[role], "POST", path, **form) for role in ROLES}
            yield {"address": f"{name} {action}", "method": "POST"} | said


def parts() -> dict[str, Any]:
    """The table in parts that are made one by one."""
    every = endpoints()
    return {
        "site": lambda: rows(each for each in every if not each.is_admin),
        "pages": lambda: rows(each for each in every if each.is_admin and not is_of_model(each)),
        "goods": lambda: rows(each for each in every if is_of_model(each) and is_of_goods(each)),
        "work": lambda: rows(each for each in every if is_of_model(each) and not is_of_goods(each)),
        "actions": action_rows,
    }


def is_of_model(endpoint: Endpoint) -> bool:
    ends = ("_changelist", "_add", "_change", "_delete", "_history")
    return endpoint.name.startswith("admin:") and endpoint.name.endswith(ends)


def is_of_goods(endpoint: Endpoint) -> bool:
    return endpoint.name.startswith("admin:catalog_")


def text(part: str, found: Iterable[dict[str, str]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, ["part", "address", "method", *ROLES], lineterminator="\n")
    writer.writeheader()
    writer.writerows({"part": part} | row for row in found)
    return stream.getvalue()


def kept(part: str) -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["part"] == part]


def keep(part: str, found: list[dict[str, str]]) -> None:
    """Write this part anew, and leave the others."""
    others = {name: kept(name) for name in parts()} if TABLE.is_file() else {}
    others[part] = found
    lines = [text(name, others.get(name, [])) for name in parts()]
    TABLE.write_text(lines[0] + "".join(each.partition("\n")[2] for each in lines[1:]), "utf-8")
