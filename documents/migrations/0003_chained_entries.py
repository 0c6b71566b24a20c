import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Checksums that chain a log's entries. What is there already has none: each log's chain begins at its head."""

    dependencies = [
        ('documents', '0002_notifications'),
    ]

    operations = [
        migrations.AddField(
            model_name='log',
            name='chain',
            field=models.BinaryField(default=b'', help_text='The chain of checksums at the head; see documents/chain.py.'),
        ),
        migrations.AddField(
            model_name='log',
            name='base_seq',
            field=models.PositiveBigIntegerField(default=0, help_text='Entries after this one are chained and kept.'),
        ),
        migrations.AddField(
            model_name='log',
            name='base_chain',
            field=models.BinaryField(default=b'', help_text='The chain there.'),
        ),
        migrations.AddField(
            model_name='snapshot',
            name='chain',
            field=models.BinaryField(help_text='The chain of checksums at `seq`.', null=True),
        ),
        migrations.AddField(
            model_name='update',
            name='digest',
            field=models.BinaryField(help_text='Chains this entry to the one before; see documents/chain.py.', null=True),
        ),
        migrations.AlterField(
            model_name='update',
            name='author',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.RunSQL('UPDATE documents_log SET base_seq = head', migrations.RunSQL.noop),
    ]
