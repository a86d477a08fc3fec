from django.db import migrations, models


# What is there before may have been used: nobody deletes it.
class Migration(migrations.Migration):

    dependencies = [
        ('tickets', '0012_merging'),
    ]

    operations = [
        migrations.AddField(
            model_name='cannedreply',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='category',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='impact',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='pendingreason',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='priority',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='status',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='tickettype',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='urgency',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL("UPDATE tickets_cannedreply SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE tickets_category SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE tickets_impact SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE tickets_pendingreason SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE tickets_priority SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE tickets_status SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE tickets_tickettype SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE tickets_urgency SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
    ]
