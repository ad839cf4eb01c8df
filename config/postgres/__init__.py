"""The database backend that DATABASES names: Django's own, which does not wait for ever."""
