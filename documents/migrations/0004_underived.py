from typing import Any

from django.db import migrations, models
from django.db.models import Q


def leave_room(apps: Any, schema_editor: Any) -> None:
    """On each page of PostgreSQL's table, for the next versions of its rows: only there can an append skip the indexes."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE documents_log SET (fillfactor = 70)")


class Migration(migrations.Migration):
    """What is to be derived has a mark of its own, so that an append changes no column that an index names."""

    dependencies = [
        ("documents", "0003_chained_entries"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="log", name="log_underived"),
        migrations.AddField(
            model_name="log",
            name="underived",
            field=models.BooleanField(default=False, help_text="There are entries after derived_seq."),
        ),
        migrations.RunPython(leave_room, migrations.RunPython.noop),
        migrations.RunSQL(
            "UPDATE documents_log SET underived = TRUE WHERE head > derived_seq", migrations.RunSQL.noop
        ),
        migrations.AddIndex(
            model_name="log",
            index=models.Index(fields=["document"], name="log_underived", condition=Q(underived=True)),
        ),
    ]
