"""The admin: each module registers its own models."""

from catalog.admin import accounts, categories, imports, products, shops, tokens, undoing

__all__ = ["accounts", "categories", "imports", "products", "shops", "tokens", "undoing"]
