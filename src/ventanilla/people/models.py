"""Who uses Ventanilla: persons, their identities, their organizations, departments, teams and roles."""

import hashlib

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ventanilla.brands.models import Brand
from ventanilla.core.models import Configurable
from ventanilla.files.models import Blob
from ventanilla.people.rights import Right, Scope


class Organization(models.Model):
    """The company itself (`own`) or a customer. A mail domain leads a new person to their organization. Its people see
    its `brand`, else that of the organization above it."""

    name = models.CharField(max_length=160)
    own = models.BooleanField(default=False)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    domains = models.JSONField(default=list, blank=True)
    custom = models.JSONField(default=dict, db_default={}, blank=True)
    brand = models.ForeignKey(Brand, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Department(Configurable):
    """A part of the company with queues of its own. A private one is seen by its members alone."""

    private = models.BooleanField(default=False)


class Calendar(Configurable):
    """Hours of service: when it is open, in a zone, with seasons, holidays and single days that differ.

    `definition` (`core.calendar_text`) is what holds now, a copy of the version with the number `version`. The first
    calendar in use is the one of whoever names none.
    """

    definition = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=0)


class CalendarVersion(models.Model):
    """The hours that a calendar has, or once had. Never changed: another hour or holiday makes the next version."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["calendar", "number"], name="one_calendar_version_a_number")]

    def __str__(self) -> str:
        return f"{self.calendar_id} · {self.number}"


class Team(Configurable):
    """A group of agents of one department, at one support level (1–4; 4 may be a supplier). It works in the hours of
    its `calendar`, else in those of the default one."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT)
    level = models.PositiveSmallIntegerField(default=1)
    calendar = models.ForeignKey(Calendar, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta(Configurable.Meta):
        constraints = [models.CheckConstraint(condition=Q(level__gte=1, level__lte=4), name="team_level_1_to_4")]


class Role(Configurable):
    """What its holders may do (`rights`) and whose tickets they see (`scope`)."""

    scope = models.CharField(max_length=20, choices=[(s.value, s.value) for s in Scope], default=Scope.OWN.value)
    rights = models.JSONField(default=list)


class People(models.QuerySet["Person"]):
    """Questions to the table of persons."""

    def active(self) -> "People":
        """Persons who may act: not switched off, not merged into another."""
        return self.filter(is_active=True, merged_into=None)

    def agents(self) -> "People":
        """Active persons whose role opens the desk."""
        return self.active().filter(role__scope__in=[Scope.ALL, Scope.DEPARTMENTS])

    def get_by_natural_key(self, email: str) -> "Person":
        """The person who signs in with this address."""
        return self.get(email=email)


class Person(AbstractBaseUser):
    """Anyone who asks or answers. `email` is the primary address, a copy of one of the identities."""

    class Notices(models.TextChoices):
        """Of which tickets an agent is told."""

        NONE = "none"
        MINE = "mine"
        TEAM = "team"
        ALL = "all"

    class Theme(models.TextChoices):
        AUTO = "auto"
        LIGHT = "light"
        DARK = "dark"

    # Who really looks, while somebody sees the pages as this person (`view_as.py`). No column.
    seen_through: "Person | None" = None

    name = models.CharField(max_length=160, blank=True)
    email = models.EmailField(max_length=254, unique=True, null=True, blank=True)
    role = models.ForeignKey(Role, on_delete=models.PROTECT)
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.SET_NULL)
    limited_to = models.ManyToManyField(Organization, blank=True, related_name="+")
    teams = models.ManyToManyField(Team, through="Membership", related_name="members")
    job_title = models.CharField(max_length=160, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    location = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=8, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    theme = models.CharField(max_length=8, choices=Theme.choices, default=Theme.AUTO)
    single_keys = models.BooleanField(default=True)
    absent_until = models.DateTimeField(null=True, blank=True)
    notices = models.CharField(max_length=8, choices=Notices.choices, default=Notices.MINE)
    notices_by_mail = models.BooleanField(default=True, db_default=True)
    notices_by_push = models.BooleanField(default=True, db_default=True)
    # As `core.hours.WorkingHours.stored` gives it; empty: those of the whole installation.
    working_hours = models.JSONField(null=True, blank=True)
    columns = models.JSONField(default=dict, blank=True)
    custom = models.JSONField(default=dict, db_default={}, blank=True)
    is_active = models.BooleanField(default=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    # Since when a second step is asked for at the sign-in: a copy of whether there are any, read on every page.
    protected_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = People.as_manager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        indexes = [models.Index(fields=["name"], name="person_name")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """The name to show: the name, else the address, else a number."""
        return self.name or self.email or f"#{self.pk}"

    @property
    def has_password(self) -> bool:
        """Whether this person may sign in by password (persons made by mail may not)."""
        return bool(self.password) and not self.password.startswith(UNUSABLE_PASSWORD_PREFIX)

    def is_absent(self) -> bool:
        """Whether «Ausente hasta…» takes the person out of automatic assignment just now."""
        return self.absent_until is not None and self.absent_until > timezone.now()

    def may(self, right: Right) -> bool:
        """Whether the person's role includes a right."""
        return self.is_active and right in self.role.rights

    def may_see_as(self, other: "Person") -> bool:
        """Whether this person may see the pages as another: they manage people, and have every right of the other."""
        return (
            self.may(Right.PEOPLE)
            and self.pk != other.pk
            and other.is_active
            and set(other.role.rights) <= set(self.role.rights)
        )


class Membership(models.Model):
    """A person's place in a team."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE)
    team = models.ForeignKey(Team, on_delete=models.CASCADE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "team"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.team_id}"


class SignInProvider(Configurable):
    """A server that says who somebody is (OpenID Connect Core 1.0). Removed means archived, without its secret.

    `issuer` is what its tokens are signed in the name of and never changes; `metadata` its addresses as it told them
    when the row was saved (`oidc.Metadata`). `domains` limits for whom a person is made, empty means for everybody.
    """

    class Kind(models.TextChoices):
        MICROSOFT = "microsoft"
        GOOGLE = "google"
        KEYCLOAK = "keycloak"
        OTHER = "other"

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.OTHER)
    issuer = models.CharField(max_length=500)
    client_id = models.CharField(max_length=250)
    client_secret = models.TextField(blank=True)
    secret_expires_on = models.DateField(null=True, blank=True)
    ca_certificate = models.TextField(blank=True)
    metadata = models.JSONField(default=dict)
    active = models.BooleanField(default=True)
    makes_requesters = models.BooleanField(default=False)
    domains = models.JSONField(default=list, blank=True)

    class Meta(Configurable.Meta):
        constraints = [
            models.UniqueConstraint(fields=["issuer"], condition=Q(archived_at=None), name="provider_of_an_issuer")
        ]


class Identity(models.Model):
    """One way a person is recognized. Mail makes unverified ones; a value belongs to one person.

    At a `provider` somebody is recognized by their `subject_value` there (`id_token`), since `verified_at`.
    """

    class Kind(models.TextChoices):
        EMAIL = "email"
        PHONE = "phone"
        LOGIN = "login"
        EXTERNAL = "external"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    value = models.CharField(max_length=254)
    provider = models.ForeignKey(
        SignInProvider, null=True, blank=True, on_delete=models.PROTECT, related_name="identities"
    )
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "value"], name="identity_once")]

    def __str__(self) -> str:
        return self.value


class Session(AbstractBaseSession):
    """A browser that is signed in (or is about to be: then nobody's). Written by `session_store` alone.

    `ip` and `agent` are those of the last time it was noted to be in use, at most ten minutes ago when it is.
    """

    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="sessions")
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    ip = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=300, blank=True)

    @property
    def mark(self) -> str:
        """What names the session on a page: its key would let in whoever reads it."""
        return self.mark_of(self.session_key)

    @staticmethod
    def mark_of(session_key: str) -> str:
        """The mark of the session with this key."""
        return hashlib.sha256(f"session:{session_key}".encode()).hexdigest()[:24]


class SecondStep(models.Model):
    """What a person proves themselves with beyond a password or code: an app that shows codes, or a passkey.

    `secret` is sealed (an app's key) or public by nature (a passkey's credential). `counter` only rises: the last time
    step (RFC 6238) whose code was used, or the passkey's own counter. A passkey's `credential` is its id in base64url.
    """

    class Kind(models.TextChoices):
        APP = "app"
        PASSKEY = "passkey"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="second_steps")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    name = models.CharField(max_length=80, blank=True)
    secret = models.TextField()
    credential = models.CharField(max_length=1400, unique=True, null=True, blank=True)
    counter = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person"], condition=Q(kind="app"), name="one_app_a_person")]

    def __str__(self) -> str:
        return self.name or self.kind


class RecoveryCode(models.Model):
    """A code on paper that replaces the second step once. Only its keyed hash is kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"recovery code of {self.person_id}"


class PeopleImport(models.Model):
    """A file of people, organizations or departments on its way in.

    Somebody says what its columns are (MAPPING); the file is read into `ImportLine` rows (READING), what would become
    of each is found out (CHECKING, then CHECKED), and on a person's word it is written (RUNNING, then DONE). The three
    that a background does are due rows; `position` is the last line that is through, moved in the transaction of its
    batch, so that a killed process loses and doubles nothing. `mapping` is one field name per column, "" for none.
    `person` is whose rights count; nobody means the command line.
    """

    class Kind(models.TextChoices):
        PEOPLE = "people"
        ORGANIZATIONS = "organizations"
        DEPARTMENTS = "departments"

    class State(models.IntegerChoices):
        MAPPING = 0
        READING = 1
        CHECKING = 2
        CHECKED = 3
        RUNNING = 4
        DONE = 5
        FAILED = 6

    kind = models.CharField(max_length=14, choices=Kind.choices, default=Kind.PEOPLE)
    name = models.CharField(max_length=200)
    blob = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    heading = models.JSONField(default=list)
    samples = models.JSONField(default=list)
    mapping = models.JSONField(default=list)
    make_organizations = models.BooleanField(default=True)
    state = models.PositiveSmallIntegerField(choices=State.choices, default=State.MAPPING)
    position = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    trouble = models.CharField(max_length=20, blank=True)
    trouble_line = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["state", "next_attempt_at"], name="people_import_due")]

    def __str__(self) -> str:
        return f"import {self.pk}"


class ImportLine(models.Model):
    """One line of an import: its cells as they were read, and what becomes or became of it.

    `problems` are `[code, field, value]` (`import_fields.Problem`); a line with any is refused as a whole.
    """

    class Outcome(models.TextChoices):
        NEW = "new"
        CHANGED = "changed"
        SAME = "same"
        REFUSED = "refused"

    batch = models.ForeignKey(PeopleImport, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()
    cells = models.JSONField(default=list)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    problems = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="import_line_once")]

    def __str__(self) -> str:
        return f"line {self.number} of import {self.batch_id}"


class PersonMerge(models.Model):
    """A person was made part of another; what was theirs is in `MergeMove`, until it is given back."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    into = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="merges")
    was_active = models.BooleanField()
    email = models.EmailField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.person_id} into {self.into_id}"


class MergeMove(models.Model):
    """One row that a merge gave to the other person: which table, which column, which row."""

    merge = models.ForeignKey(PersonMerge, on_delete=models.CASCADE, related_name="moves")
    model = models.CharField(max_length=60)
    field = models.CharField(max_length=60)
    row = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.model} {self.row}"
