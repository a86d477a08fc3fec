import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# Each begins another index, or names rows so few that no search begins with it. As SQL: Django would make SQLite copy
# the whole table.
DROPPED = (
    "tickets_access_person_id_02322af9",
    "tickets_access_ticket_id_3b7eefdb",
    "tickets_message_ticket_id_a1134910",
    "tickets_presence_ticket_id_f0e92811",
    "tickets_readmark_person_id_5e84398f",
    "tickets_ticket_assignee_id_3a5aa407",
    "tickets_ticket_impact_id_36594c5a",
    "tickets_ticket_organization_id_7128da48",
    "tickets_ticket_pending_reason_id_230bbe5d",
    "tickets_ticket_requester_id_2072a2f2",
    "tickets_ticket_team_id_5a4e7469",
    "tickets_ticket_urgency_id_56a55876",
)


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_used_rows'),
        ('people', '0011_organization_brands'),
        ('tickets', '0019_owned_by_departments'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(f"DROP INDEX IF EXISTS {name}", migrations.RunSQL.noop) for name in DROPPED],
            [
                migrations.AlterField(
                    model_name='access',
                    name='person',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='access',
                    name='ticket',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='access', to='tickets.ticket'),
                ),
                migrations.AlterField(
                    model_name='message',
                    name='ticket',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='tickets.ticket'),
                ),
                migrations.AlterField(
                    model_name='presence',
                    name='ticket',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='tickets.ticket'),
                ),
                migrations.AlterField(
                    model_name='readmark',
                    name='person',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='ticket',
                    name='assignee',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assigned', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='ticket',
                    name='impact',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='tickets.impact'),
                ),
                migrations.AlterField(
                    model_name='ticket',
                    name='organization',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='people.organization'),
                ),
                migrations.AlterField(
                    model_name='ticket',
                    name='pending_reason',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='tickets.pendingreason'),
                ),
                migrations.AlterField(
                    model_name='ticket',
                    name='requester',
                    field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='requested', to=settings.AUTH_USER_MODEL),
                ),
                migrations.AlterField(
                    model_name='ticket',
                    name='team',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='people.team'),
                ),
                migrations.AlterField(
                    model_name='ticket',
                    name='urgency',
                    field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to='tickets.urgency'),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(fields=['requester', '-is_open', '-updated_at', '-id'], name='ticket_of_requester'),
        ),
    ]
