from django.apps import AppConfig


class SearchConfig(AppConfig):
    name = "search"
    verbose_name = "Similar items"

    def ready(self) -> None:
        from search import checks, receivers  # noqa: F401  (registered by being imported)
