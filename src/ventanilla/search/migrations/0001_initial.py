
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='SearchDocument',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('source', models.CharField(max_length=20)),
                ('key', models.BigIntegerField()),
                ('group_key', models.BigIntegerField(db_index=True)),
                ('words', models.TextField()),
                ('audience', models.TextField()),
            ],
            options={
                'db_table': 'search_document',
                'constraints': [models.UniqueConstraint(fields=('source', 'key'), name='search_document_source_key')],
            },
        ),
    ]
