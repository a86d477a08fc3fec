from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0013_used_rows'),
    ]

    operations = [
        migrations.AddField(
            model_name='cannedreply',
            name='folder',
            field=models.CharField(blank=True, default='', max_length=60),
        ),
    ]
