from zoneinfo import ZoneInfo

from django.db import migrations
from django.db.models import Sum

_AT_ONCE = 500
# What a new installation begins with: one that has calls begins with the same.
_ACTIVITIES = (
    ("support", "Soporte", "Support", True),
    ("call", "Llamada", "Phone call", True),
    ("visit", "Visita", "Visit", True),
    ("internal", "Trabajo interno", "Internal work", False),
)


def write_down(apps, schema_editor):
    """What was said of how long calls took becomes time of whoever noted them down."""
    Message, TimeEntry, Ticket, Activity = (
        apps.get_model("tickets", name) for name in ("Message", "TimeEntry", "Ticket", "Activity")
    )
    calls = Message.objects.filter(call_seconds__gt=0, author__isnull=False)
    if not calls.exists():
        return
    row = apps.get_model("installation", "Installation").objects.filter(pk=1).first()
    zone = ZoneInfo(row.time_zone if row else "UTC")
    if not Activity.objects.exists():
        Activity.objects.bulk_create(
            Activity(key=key, label={"es": es, "en": en}, billable=billable, position=place)
            for place, (key, es, en, billable) in enumerate(_ACTIVITIES)
        )
    activity = Activity.objects.filter(key="call").first()
    fields = ("pk", "ticket_id", "origin_ticket_id", "author_id", "ticket__organization_id", "sent_at", "call_seconds")
    entries, tickets = [], set()
    for pk, ticket, origin, author, organization, sent_at, seconds in calls.values_list(*fields).iterator():
        day = sent_at.astimezone(zone).date()
        entries.append(
            TimeEntry(
                ticket_id=ticket, origin_ticket_id=origin, person_id=author, organization_id=organization,
                activity=activity, message_id=pk, day=day, month=day.year * 100 + day.month, seconds=seconds,
                created_at=sent_at,
            )
        )
        tickets.add(ticket)
    TimeEntry.objects.bulk_create(entries, batch_size=_AT_ONCE)
    for pk in tickets:
        spent = TimeEntry.objects.filter(ticket_id=pk).aggregate(seconds=Sum("seconds"))["seconds"]
        Ticket.objects.filter(pk=pk).update(spent_seconds=spent)


class Migration(migrations.Migration):

    dependencies = [
        ('installation', '0001_initial'),
        ('tickets', '0016_time_entries'),
    ]

    operations = [
        migrations.RunPython(write_down, migrations.RunPython.noop),
        # The column stays in the table as long as the version before may run beside this one.
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name='message', name='call_seconds')],
        ),
    ]
