"""Sign-in through accounts elsewhere, switched on by the environment: an id and a secret make a provider exist."""

from collections.abc import Mapping
from typing import Any


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
