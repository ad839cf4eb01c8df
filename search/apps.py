from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = _("Similar items")

    def ready(self) -> None:
        from search import checks, receivers  # noqa: F401  (registered by being imported)
        from search.engine.text import japanese

        japanese.use_dictionary(settings.TEXT_DICTIONARY)
