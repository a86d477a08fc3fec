from django.db import migrations, models


# What is there before may have been used: nobody deletes it.
class Migration(migrations.Migration):

    dependencies = [
        ('automation', '0001_macro'),
    ]

    operations = [
        migrations.AddField(
            model_name='macro',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL("UPDATE automation_macro SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
    ]
