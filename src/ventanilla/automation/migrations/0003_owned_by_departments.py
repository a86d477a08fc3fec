import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('automation', '0002_used_rows'),
        ('people', '0010_hours_right'),
    ]

    operations = [
        migrations.AddField(
            model_name='macro',
            name='department',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.department'),
        ),
    ]
