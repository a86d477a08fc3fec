import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# Each begins another index, or names rows so few that no search begins with it. As SQL: Django would make SQLite copy
# the whole table.
DROPPED = (
    "notify_notification_person_id_013ae9d1",
)


class Migration(migrations.Migration):

    dependencies = [
        ('notify', '0003_tasks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(f"DROP INDEX IF EXISTS {name}", migrations.RunSQL.noop) for name in DROPPED],
            [
                migrations.AlterField(
                    model_name='notification',
                    name='person',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
    ]
