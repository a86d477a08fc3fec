"""Mails that remind a requester of the answer that is missing."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0004_connecting'),
    ]

    operations = [
        migrations.AlterField(
            model_name='outgoing',
            name='kind',
            field=models.CharField(choices=[('reply', 'Reply'), ('ack', 'Acknowledgement'), ('resolved', 'Resolved'), ('reminder', 'Reminder'), ('notice', 'Notice'), ('link', 'Link'), ('library', 'Library')], max_length=10),
        ),
    ]
