import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def belong(apps, schema_editor):
    """The notes of tickets that are a private department's just now are its own; all others stay the whole desk's."""
    Message, Ticket, Department = (
        apps.get_model("tickets", "Message"), apps.get_model("tickets", "Ticket"), apps.get_model("people", "Department")
    )
    private = list(Department.objects.filter(private=True).values_list("pk", flat=True))
    if private:
        notes = Message.objects.filter(ticket__department__in=private).exclude(audience="requester")
        holder = Ticket.objects.filter(pk=OuterRef("ticket_id")).values("department_id")
        notes.update(department_id=Subquery(holder))


class Migration(migrations.Migration):

    dependencies = [
        ("people", "0010_hours_right"),
        ("tickets", "0017_calls_as_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="department",
            field=models.ForeignKey(
                blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+",
                to="people.department",
            ),
        ),
        migrations.RunPython(belong, migrations.RunPython.noop),
    ]
