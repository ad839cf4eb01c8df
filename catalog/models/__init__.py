"""The catalogue's tables."""

from catalog.models.access import ApiToken, KeptAnswer, Membership
from catalog.models.audit import StaffAction
from catalog.models.goods import (
    CATEGORY_SEPARATOR,
    Category,
    PictureDigest,
    Product,
    ProductImage,
    Shop,
    digest_of,
)
from catalog.models.work import FetchedPicture, Import, Undo

__all__ = [
    "CATEGORY_SEPARATOR",
    "ApiToken",
    "Category",
    "FetchedPicture",
    "Import",
    "KeptAnswer",
    "Membership",
    "PictureDigest",
    "Product",
    "ProductImage",
    "Shop",
    "StaffAction",
    "Undo",
    "digest_of",
]
