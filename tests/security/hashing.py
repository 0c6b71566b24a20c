"""A password hasher that counts: what takes as long as a hashing tells as much as words would."""

from typing import ClassVar

from django.contrib.auth.hashers import MD5PasswordHasher


class CountingHasher(MD5PasswordHasher):
    algorithm = "counting"
    hashings: ClassVar[int] = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).hashings += 1
        return super().encode(password, salt)
