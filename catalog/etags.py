"""Versions of products, so that an app fetches nothing twice and overwrites nobody's change."""

import hashlib

from django.utils.translation import gettext as _
from rest_framework.request import Request

from catalog.models import Product
from catalog.problems import Problem


def of_product(product: Product) -> str:
    """Changes with each write of the product or its pictures."""
    version = f"{product.pk} {product.updated_at.isoformat()}"
    return f'"{hashlib.blake2b(version.encode(), digest_size=8).hexdigest()}"'


def require_match(request: Request, product: Product) -> None:
    """Raises a 412 Problem where `If-Match` names another version than the current one."""
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    # A compressed answer's tag comes back marked as weak; it names the same version.
    versions = {each.strip().removeprefix("W/") for each in wanted.split(",")}
    if of_product(product) not in versions:
        raise Problem(
            status=412,
            detail=_("The product has changed since; read it again, then write."),
        )
