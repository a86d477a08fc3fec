"""What can be found."""

from django.db import models


class SearchDocument(models.Model):
    """One findable text: a message, a ticket's subject, an article. The texts of one ticket share its `group_key`.

    `id` is made of the text's date (milliseconds, times 1024, plus something to tell texts of one instant apart), so
    that newest first is the order of the primary key on both engines and no sorting is ever needed.

    `words` and `audience` are space-separated index words, not text to read. On SQLite an FTS5 table over these two
    columns is the index, kept by triggers; on PostgreSQL `words` stays empty and the column `index`, a tsvector with a
    GIN index, holds both. `schema.ensure()` makes what Django's migrations cannot.
    """

    id = models.BigIntegerField(primary_key=True)
    source = models.CharField(max_length=20)
    key = models.BigIntegerField()
    group_key = models.BigIntegerField(db_index=True)
    words = models.TextField()
    audience = models.TextField()

    class Meta:
        db_table = "search_document"
        constraints = [models.UniqueConstraint(fields=["source", "key"], name="search_document_source_key")]

    def __str__(self) -> str:
        return f"{self.source}:{self.key}"
