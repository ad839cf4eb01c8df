"""Every address of the site, from the URL resolver itself."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.urls import URLPattern, URLResolver, get_resolver

from catalog import pictures
from catalog.models import ProductImage
from tests.security import stocked


class Endpoint(NamedTuple):
    name: str  # with its namespaces; empty for a few of Django's own
    route: str  # as the resolver has it

    @property
    def label(self) -> str:
        return self.route if self.name.endswith(":") or not self.name else self.name

    @property
    def is_admin(self) -> bool:
        return self.route.startswith("admin/")


def endpoints() -> list[Endpoint]:
    found = list(walk(get_resolver().url_patterns))
    return sorted(set(found), key=lambda each: (each.is_admin, each.label, each.route))


def walk(patterns: list[Any], route: str = "", space: str = "") -> Iterator[Endpoint]:
    for pattern in patterns:
        here = route + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from walk(pattern.url_patterns, here, inner)
        elif isinstance(pattern, URLPattern):
            yield Endpoint(f"{space}{pattern.name or ''}", here)


def path_of(endpoint: Endpoint) -> str:
    """The address of one thing that is there."""
    given = stocked.values(endpoint.name, endpoint.route)
    if endpoint.name == "admin:app_list":
        return "/admin/catalog/"
    if "(?P<url>" in endpoint.route:
        return "/admin/nowhere/"
    if "(?P<path>" in endpoint.route:
        return picture()
    path = f"/{endpoint.route}"
    for name, value in given.items():
        for kind in ("int:", "path:", "uuid:", "slug:", "str:", ""):
            path = path.replace(f"<{kind}{name}>", str(value))
    return path


def picture() -> str:
    return pictures.url(ProductImage.objects.all()[0].sha256)
