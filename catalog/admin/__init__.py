"""The admin: each module registers its own models."""

from catalog.admin import accounts, categories, products, shops, tokens, undoing

__all__ = ["accounts", "categories", "products", "shops", "tokens", "undoing"]
