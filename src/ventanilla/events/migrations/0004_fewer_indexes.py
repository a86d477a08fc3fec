import django.db.models.deletion
from django.db import migrations, models


# Each begins another index, or names rows so few that no search begins with it. As SQL: Django would make SQLite copy
# the whole table.
DROPPED = (
    "events_handover_event_id_e02492c4",
)


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0003_kinds_by_time'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(f"DROP INDEX IF EXISTS {name}", migrations.RunSQL.noop) for name in DROPPED],
            [
                migrations.AlterField(
                    model_name='handover',
                    name='event',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='events.event'),
                ),
            ],
        ),
    ]
