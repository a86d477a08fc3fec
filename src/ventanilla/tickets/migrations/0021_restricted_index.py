
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0002_used_rows'),
        ('people', '0011_organization_brands'),
        ('tickets', '0020_fewer_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(condition=models.Q(('restricted', True)), fields=['id'], name='ticket_restricted'),
        ),
    ]
