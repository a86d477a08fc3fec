import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_OLD = "django_session"


def take_over(apps, schema_editor):
    """Whoever is signed in stays so: the rows say whose they are with their next use."""
    connection = schema_editor.connection
    if _OLD not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO people_session (session_key, session_data, expire_date, ip, agent)"
            f" SELECT session_key, session_data, expire_date, '', '' FROM {_OLD}"
            " WHERE expire_date > CURRENT_TIMESTAMP"
        )


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_imports'),
    ]

    operations = [
        migrations.CreateModel(
            name='Session',
            fields=[
                ('session_key', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='session key')),
                ('session_data', models.TextField(verbose_name='session data')),
                ('expire_date', models.DateTimeField(db_index=True, verbose_name='expire date')),
                ('began_at', models.DateTimeField(null=True)),
                ('seen_at', models.DateTimeField(null=True)),
                ('ip', models.CharField(blank=True, max_length=45)),
                ('agent', models.CharField(blank=True, max_length=300)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'session',
                'verbose_name_plural': 'sessions',
                'abstract': False,
            },
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
