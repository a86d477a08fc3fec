from django.db import migrations, models


# What is there before may have been used: nobody deletes it.
class Migration(migrations.Migration):

    dependencies = [
        ('saved_views', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='savedview',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL("UPDATE saved_views_savedview SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
    ]
