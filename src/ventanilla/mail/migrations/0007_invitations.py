"""Mails that invite colleagues."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mail', '0006_oauth'),
    ]

    operations = [
        migrations.AlterField(
            model_name='outgoing',
            name='kind',
            field=models.CharField(choices=[('reply', 'Reply'), ('ack', 'Acknowledgement'), ('resolved', 'Resolved'), ('reminder', 'Reminder'), ('notice', 'Notice'), ('link', 'Link'), ('library', 'Library'), ('invitation', 'Invitation')], max_length=10),
        ),
    ]
