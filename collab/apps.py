from django.apps import AppConfig


class CollabConfig(AppConfig):
    name = "collab"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from collab import receivers  # noqa: F401  # connects them
        from collab.accounts import auditing  # noqa: F401
        from collab.accounts import receivers as account_receivers  # noqa: F401
