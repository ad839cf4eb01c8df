"""What the staff of a shop decide about its lists of similar items."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_price_order"),
        ("search", "0008_events"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Rule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("pin", "pin"),
                            ("exclude", "leave out"),
                            ("boost", "move up"),
                            ("bury", "move down"),
                        ],
                        max_length=10,
                        verbose_name="what it does",
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="1 is the first of the list.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="place",
                    ),
                ),
                (
                    "strength",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Of 100. What is alike by 80 and moves up by 10 stands at 90.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="points",
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        choices=[
                            ("all", "all lists"),
                            ("product", "the list of one product"),
                            ("category", "lists of products in a category"),
                            ("brand", "lists of products of a brand"),
                            ("price", "lists of products at some prices"),
                        ],
                        default="all",
                        max_length=10,
                        verbose_name="in which lists",
                    ),
                ),
                (
                    "scope_brand",
                    models.CharField(blank=True, max_length=200, verbose_name="of the brand"),
                ),
                (
                    "scope_price_min",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=14,
                        null=True,
                        verbose_name="from the price",
                    ),
                ),
                (
                    "scope_price_max",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=14,
                        null=True,
                        verbose_name="up to the price",
                    ),
                ),
                (
                    "target",
                    models.CharField(
                        choices=[
                            ("product", "one product"),
                            ("category", "products in a category"),
                            ("shop", "products of a shop"),
                            ("brand", "products of a brand"),
                            ("price", "products at some prices"),
                        ],
                        default="product",
                        max_length=10,
                        verbose_name="which products",
                    ),
                ),
                (
                    "target_brand",
                    models.CharField(blank=True, max_length=200, verbose_name="brand"),
                ),
                (
                    "target_price_min",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=14,
                        null=True,
                        verbose_name="from this price",
                    ),
                ),
                (
                    "target_price_max",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=14,
                        null=True,
                        verbose_name="up to this price",
                    ),
                ),
                (
                    "starts_at",
                    models.DateTimeField(
                        blank=True, help_text="Empty: at once.", null=True, verbose_name="starts"
                    ),
                ),
                (
                    "ends_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Empty: until it is switched off.",
                        null=True,
                        verbose_name="ends",
                    ),
                ),
                ("active", models.BooleanField(default=True, verbose_name="switched on")),
                (
                    "note",
                    models.CharField(
                        blank=True,
                        help_text="What it is for; only staff see it.",
                        max_length=200,
                        verbose_name="note",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="made")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "scope_category",
                    models.ForeignKey(
                        blank=True,
                        help_text="And in all below it.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.category",
                        verbose_name="in the category",
                    ),
                ),
                (
                    "scope_product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rules_of_list",
                        to="catalog.product",
                        verbose_name="whose list",
                    ),
                ),
                (
                    "shop",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose lists it changes.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rules",
                        to="catalog.shop",
                        verbose_name="shop",
                    ),
                ),
                (
                    "target_category",
                    models.ForeignKey(
                        blank=True,
                        help_text="And all below it.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.category",
                        verbose_name="category",
                    ),
                ),
                (
                    "target_product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rules",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "target_shop",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.shop",
                        verbose_name="of the shop",
                    ),
                ),
            ],
            options={
                "verbose_name": "rule",
                "verbose_name_plural": "rules",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", "pin"),
                                ("position__isnull", False),
                                ("position__range", (1, 100)),
                                ("target", "product"),
                            ),
                            models.Q(
                                models.Q(("kind", "pin"), _negated=True), ("position__isnull", True)
                            ),
                            _connector="OR",
                        ),
                        name="a_pin_alone_has_a_product_and_a_place",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind__in", ["boost", "bury"]),
                                ("strength__isnull", False),
                                ("strength__range", (1, 100)),
                            ),
                            models.Q(("kind__in", ["pin", "exclude"]), ("strength__isnull", True)),
                            _connector="OR",
                        ),
                        name="a_move_up_or_down_alone_has_points",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("scope", "all"),
                                models.Q(("scope_product__isnull", False), _negated=True),
                                models.Q(("scope_category__isnull", False), _negated=True),
                                ("scope_brand", ""),
                                models.Q(("scope_price_min__isnull", False), _negated=True),
                                models.Q(("scope_price_max__isnull", False), _negated=True),
                            ),
                            models.Q(
                                ("scope", "product"),
                                ("scope_product__isnull", False),
                                models.Q(("scope_category__isnull", False), _negated=True),
                                ("scope_brand", ""),
                                models.Q(("scope_price_min__isnull", False), _negated=True),
                                models.Q(("scope_price_max__isnull", False), _negated=True),
                            ),
                            models.Q(
                                ("scope", "category"),
                                ("scope_category__isnull", False),
                                models.Q(("scope_product__isnull", False), _negated=True),
                                ("scope_brand", ""),
                                models.Q(("scope_price_min__isnull", False), _negated=True),
                                models.Q(("scope_price_max__isnull", False), _negated=True),
                            ),
                            models.Q(
                                ("scope", "brand"),
                                models.Q(("scope_brand", ""), _negated=True),
                                models.Q(("scope_product__isnull", False), _negated=True),
                                models.Q(("scope_category__isnull", False), _negated=True),
                                models.Q(("scope_price_min__isnull", False), _negated=True),
                                models.Q(("scope_price_max__isnull", False), _negated=True),
                            ),
                            models.Q(
                                ("scope", "price"),
                                models.Q(
                                    ("scope_price_min__isnull", False),
                                    ("scope_price_max__isnull", False),
                                    _connector="OR",
                                ),
                                models.Q(("scope_product__isnull", False), _negated=True),
                                models.Q(("scope_category__isnull", False), _negated=True),
                                ("scope_brand", ""),
                            ),
                            _connector="OR",
                        ),
                        name="rule_says_which_lists",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("target", "product"),
                                ("target_product__isnull", False),
                                models.Q(("target_category__isnull", False), _negated=True),
                                models.Q(("target_shop__isnull", False), _negated=True),
                                ("target_brand", ""),
                                models.Q(("target_price_min__isnull", False), _negated=True),
                                models.Q(("target_price_max__isnull", False), _negated=True),
                            ),
                            models.Q(
                                ("target", "category"),
                                ("target_category__isnull", False),
                                models.Q(("target_product__isnull", False), _negated=True),
                                models.Q(("target_shop__isnull", False), _negated=True),
                                ("target_brand", ""),
                                models.Q(("target_price_min__isnull", False), _negated=True),
                                models.Q(("target_price_max__isnull", False), _negated=True),
                            ),
                            models.Q(
                                ("target", "shop"),
                                ("target_shop__isnull", False),
                                models.Q(("target_product__isnull", False), _negated=True),
                                models.Q(("target_category__isnull", False), _negated=True),
                                ("target_brand", ""),
                                models.Q(("target_price_min__isnull", False), _negated=True),
                                models.Q(("target_price_max__isnull", False), _negated=True),
                            ),
                            models.Q(
                                ("target", "brand"),
                                models.Q(("target_brand", ""), _negated=True),
                                models.Q(("target_product__isnull", False), _negated=True),
                                models.Q(("target_category__isnull", False), _negated=True),
                                models.Q(("target_shop__isnull", False), _negated=True),
                                models.Q(("target_price_min__isnull", False), _negated=True),
                                models.Q(("target_price_max__isnull", False), _negated=True),
                            ),
                            models.Q(
                                ("target", "price"),
                                models.Q(
                                    ("target_price_min__isnull", False),
                                    ("target_price_max__isnull", False),
                                    _connector="OR",
                                ),
                                models.Q(("target_product__isnull", False), _negated=True),
                                models.Q(("target_category__isnull", False), _negated=True),
                                models.Q(("target_shop__isnull", False), _negated=True),
                                ("target_brand", ""),
                            ),
                            _connector="OR",
                        ),
                        name="rule_says_which_products",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("scope_price_min__isnull", True),
                                ("scope_price_max__isnull", True),
                                ("scope_price_max__gte", models.F("scope_price_min")),
                                _connector="OR",
                            ),
                            models.Q(
                                ("target_price_min__isnull", True),
                                ("target_price_max__isnull", True),
                                ("target_price_max__gte", models.F("target_price_min")),
                                _connector="OR",
                            ),
                        ),
                        name="prices_of_a_rule_are_in_order",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("starts_at__isnull", True),
                            ("ends_at__isnull", True),
                            ("ends_at__gt", models.F("starts_at")),
                            _connector="OR",
                        ),
                        name="rule_ends_after_it_starts",
                    ),
                ],
            },
        ),
    ]
