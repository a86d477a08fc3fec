from django.db import migrations

_RIGHT = "hours.manage"


def give(apps, schema_editor):
    """Who sees to everything sees to the hours too: the administrator and the supervisor of every installation."""
    for role in apps.get_model("people", "Role").objects.filter(key__in=["administrator", "supervisor"]):
        if _RIGHT not in role.rights:
            role.rights = [*role.rights, _RIGHT]
            role.save(update_fields=["rights"])


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0009_custom_fields'),
    ]

    operations = [
        migrations.RunPython(give, migrations.RunPython.noop),
    ]
