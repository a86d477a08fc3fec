import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("mail", "0012_texts"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            # It begins another index. As SQL: Django would make SQLite copy the whole table.
            [migrations.RunSQL("DROP INDEX IF EXISTS mail_rawmail_mailbox_id_b7850de3", migrations.RunSQL.noop)],
            [
                migrations.AlterField(
                    model_name="rawmail",
                    name="mailbox",
                    field=models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, to="mail.mailbox"
                    ),
                ),
            ],
        ),
    ]
