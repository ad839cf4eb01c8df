"""The cache that CACHES names: Django's own on Valkey, which nobody waits for while it is away."""

from collections.abc import Callable
from typing import Any, Final

from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.exceptions import ConnectionError, RedisError, TimeoutError

from catalog.outages import Outage

CALLS: Final = (
    *("add", "get", "set", "touch", "delete", "get_many", "has_key", "incr"),
    *("set_many", "delete_many", "clear"),
)

server: Final = Outage("the cache")


def guarded(name: str) -> Callable[..., Any]:
    plain = getattr(RedisCacheClient, name)

    def call(self: "Client", *args: Any, **kwargs: Any) -> Any:
        """Raises RedisError, at once where it is known to be away."""
        if server.is_on:
            raise ConnectionError("the cache has not answered; it is asked meanwhile")
        try:
            return plain(self, *args, **kwargs)
        except (ConnectionError, TimeoutError) as err:
            server.begin(self.answers, reason=err)
            raise

    return call


class Client(RedisCacheClient):
    def answers(self) -> bool:
        try:
            return bool(self.get_client().ping())
        except RedisError:
            return False


for _name in CALLS:
    setattr(Client, _name, guarded(_name))


class Counters(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = Client
