"""When the life cycle does its next step with a ticket, and how many steps its wait has seen."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0003_canned_replies")]

    operations = [
        migrations.AddField("ticket", "cycle_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("ticket", "cycle_step", models.PositiveSmallIntegerField(db_default=0, default=0)),
        migrations.AddIndex(
            "ticket",
            models.Index(condition=models.Q(("cycle_at__isnull", False)), fields=["cycle_at"], name="ticket_cycle"),
        ),
    ]
