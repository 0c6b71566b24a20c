import unicodedata
from typing import Any

from django.db import migrations, models

from documents.folding import fold

AT_ONCE = 20  # a text may be 2 MB


def fold_all(apps: Any, schema_editor: Any) -> None:
    derived = apps.get_model("documents", "DerivedContent")
    rows = derived.objects.select_related("document").order_by("pk")
    last = None
    while page := list((rows if last is None else rows.filter(pk__gt=last))[:AT_ONCE]):
        for row in page:
            row.text = unicodedata.normalize("NFC", row.text)
            row.folded_title, row.folded_text = fold(row.document.title), fold(row.text)
        derived.objects.bulk_update(page, ["text", "folded_title", "folded_text"])
        last = page[-1].pk


class Migration(migrations.Migration):
    """Search finds words whatever their case and accents, on SQLite as on PostgreSQL."""

    dependencies = [
        ("documents", "0004_underived"),
    ]

    operations = [
        migrations.AlterField(
            "derivedcontent",
            "text",
            models.TextField(blank=True, help_text="Composed (NFC), so that its folded form is as long."),
        ),
        migrations.AddField("derivedcontent", "folded_title", models.TextField(blank=True, editable=False)),
        migrations.AddField("derivedcontent", "folded_text", models.TextField(blank=True, editable=False)),
        migrations.RunPython(fold_all, migrations.RunPython.noop),
    ]
