"""How far the first run is."""

from django.db import models


class FirstRun(models.Model):
    """The first run of this installation: at most one row, with id 1; none where an administrator was there before.

    `code_digest` is the SHA-256 of the code on the console; `opened_at` says when it was used, which it is once;
    `attempts` counts what was typed for it. `finished_at`: all questions are answered.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    code_digest = models.CharField(max_length=64)
    attempts = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="first_run_is_one_row")]

    def __str__(self) -> str:
        return f"first run, code until {self.expires_at:%Y-%m-%d %H:%M} UTC"
