"""What people of the admin may touch."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from catalog.models import Membership, Product, Shop

Person = AbstractBaseUser | AnonymousUser  # who is logged in, as requests have it


def shops_of(user: Person, *, roles: tuple[str, ...] = ()) -> QuerySet[Shop]:
    """The shops whose goods this person may change, in one of these roles if any are named."""
    if not (user.is_active and getattr(user, "is_staff", False)):
        return Shop.objects.none()
    if getattr(user, "is_superuser", False):
        return Shop.objects.all()
    mine = Membership.objects.filter(user=user.pk)
    if roles:
        mine = mine.filter(role__in=roles)
    return Shop.objects.filter(pk__in=mine.values("shop"))


def has_products(shops: QuerySet[Shop]) -> bool:
    """Whether there is anything in these shops, shown or hidden."""
    return Product.objects.filter(shop__in=shops).exists()
