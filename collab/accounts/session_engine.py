"""Sessions in the cache, by Django's own engine, but for one thing: a cache that can't be asked is an error.

Django's takes it for a session that isn't there. So a page that was asked for while Redis was away showed somebody who
is signed in the sign-in page, and took the cookie away; a tab's socket was told for good that it was signed out. Now
they are told to come again. Keys and values in Redis are Django's.
"""

from typing import Any

from django.contrib.sessions.backends.cache import SessionStore as CacheStore


class SessionStore(CacheStore):
    _cache: Any  # Django's, which its stubs don't have

    def load(self) -> dict[str, Any]:
        return self._found(self._cache.get(self.cache_key))

    async def aload(self) -> dict[str, Any]:
        return self._found(await self._cache.aget(await self.acache_key()))

    def _found(self, kept: dict[str, Any] | None) -> dict[str, Any]:
        if kept is None:
            self._session_key = None
        return kept or {}
