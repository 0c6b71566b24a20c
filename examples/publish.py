"""Publish to Weft from Python: the standard library and `pip install redis`.

PUBLISH_KEY=… REDIS_URL=redis://127.0.0.1:6379 python publish.py user:1 notification '{"title": "Backup done"}'
"""

import hashlib
import hmac
import json
import os
import sys
import time
import uuid
from typing import Any

from redis import Redis


def publish(redis: Redis, key: str, to: str, kind: str, data: dict[str, Any], id: str | None = None) -> str:
    """Returns the envelope's id. Whoever can't tell whether it went out publishes it again with the same one."""
    id = id or str(uuid.uuid4())
    envelope = {"v": 1, "id": id, "to": to, "kind": kind, "data": data, "at": time.time()}
    payload = json.dumps(envelope).encode()
    signature = hmac.new(key.encode(), payload, hashlib.sha256).hexdigest()
    redis.xadd("weft:publish", {"payload": payload, "signature": signature})
    return id


if __name__ == "__main__":
    to, kind, data = sys.argv[1:4]
    redis = Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"))
    print(publish(redis, os.environ["PUBLISH_KEY"], to, kind, json.loads(data)))
