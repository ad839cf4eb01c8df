"""The admin: each module registers its own models."""

from catalog.admin import (
    accounts,
    audit_log,
    categories,
    imports,
    products,
    shops,
    tokens,
    undoing,
)

__all__ = [
    "accounts",
    "audit_log",
    "categories",
    "imports",
    "products",
    "shops",
    "tokens",
    "undoing",
]
