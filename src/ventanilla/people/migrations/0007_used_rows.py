from django.db import migrations, models


# What is there before may have been used: nobody deletes it.
class Migration(migrations.Migration):

    dependencies = [
        ('people', '0006_sign_in_providers'),
    ]

    operations = [
        migrations.AddField(
            model_name='department',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='role',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='signinprovider',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='team',
            name='used_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunSQL("UPDATE people_department SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE people_role SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE people_signinprovider SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
        migrations.RunSQL("UPDATE people_team SET used_at = CURRENT_TIMESTAMP", migrations.RunSQL.noop),
    ]
