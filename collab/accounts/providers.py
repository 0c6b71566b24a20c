"""Sign-in through accounts elsewhere, switched on by the environment: an id and a secret make a provider exist."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit


def providers_from(environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """As allauth's SOCIALACCOUNT_PROVIDERS wants them."""

    def credentials(prefix: str) -> dict[str, str] | None:
        client, secret = environment.get(f"{prefix}_CLIENT_ID"), environment.get(f"{prefix}_CLIENT_SECRET")
        return {"client_id": client, "secret": secret} if client and secret else None

    providers: dict[str, dict[str, Any]] = {}
    if google := credentials("GOOGLE"):
        providers["google"] = {"APPS": [google], "SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True}
    if github := credentials("GITHUB"):
        providers["github"] = {"APPS": [github], "SCOPE": ["read:user", "user:email"]}
    server = environment.get("OIDC_SERVER_URL")
    if server and (oidc := credentials("OIDC")):
        app = {
            "provider_id": "oidc",  # in the redirect URI that operators register: /accounts/oidc/oidc/login/callback/
            "name": environment.get("OIDC_NAME") or "Single sign-on",
            "settings": {"server_url": server},
            **oidc,
        }
        providers["openid_connect"] = {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
    return providers


def sign_in_origins(environment: Mapping[str, str]) -> list[str]:
    """Where the sign-in buttons lead: our pages' content policy must name it (collab/headers.py)."""
    offered = providers_from(environment)
    origins = [origin for provider, origin in _ORIGINS.items() if provider in offered]
    if "openid_connect" in offered:
        # Its discovery document may name another host for people; asking it now would make every start depend on it.
        named = [environment["OIDC_SERVER_URL"], *environment.get("OIDC_SIGN_IN_ORIGINS", "").split(",")]
        parts = [urlsplit(url.strip()) for url in named if url.strip()]
        origins += dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts)
    return origins


_ORIGINS = {"google": "https://accounts.google.com", "github": "https://github.com"}
