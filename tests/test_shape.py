"""The shape of the code, held by a machine where a machine can hold it (docs/architecture.md, CONTRIBUTING.md)."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

pytestmark = pytest.mark.pure

SOURCE = Path(settings.PACKAGE)
ROOT = SOURCE.parent.parent


@cache
def modules() -> list[tuple[Path, ast.Module]]:
    return [
        (path.relative_to(SOURCE), ast.parse(path.read_text(encoding="utf-8")))
        for path in sorted(SOURCE.rglob("*.py"))
        if "migrations" not in path.parts and "tests" not in path.parts
    ]


def offenders(pattern: str, *, skip: tuple[str, ...] = ()) -> list[str]:
    found = []
    for path, _tree in modules():
        if str(path) in skip:
            continue
        for number, line in enumerate((SOURCE / path).read_text(encoding="utf-8").splitlines(), start=1):
            if re.search(pattern, line):
                found.append(f"{path}:{number}: {line.strip()}")
    return found


def test_no_signals_outside_their_one_file():
    assert offenders(r"@receiver\b|(?<!sqlite3)\.connect\((?!mailbox)", skip=("people/outside_signals.py",)) == []


def _is_storage(node: ast.ClassDef) -> bool:
    """Whether the class keeps objects, whose `delete` is no model's: Django asks for it by that name."""
    return any(isinstance(base, ast.Name) and base.id.endswith("Storage") for base in node.bases)


def test_nothing_overrides_save_or_delete():
    found = [
        f"{path}: {node.name}.{item.name}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and not _is_storage(node)
        for item in node.body
        if isinstance(item, ast.FunctionDef) and item.name in ("save", "delete") and "forms" not in str(path)
    ]
    assert found == []


def test_foreign_keys_name_a_model_class_and_never_a_string():
    found = []
    for path, tree in modules():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in ("ForeignKey", "OneToOneField", "ManyToManyField") or not node.args:
                continue
            target = node.args[0]
            if isinstance(target, ast.Constant) and target.value != "self":
                found.append(f"{path}:{node.lineno}")
    assert found == []


def test_views_and_api_read_nothing_past_visible_to():
    """A bare `.objects.get/filter/all` in a view skips the rights: questions stand in queries.py."""
    found = [
        line
        for line in offenders(
            r"\b(Ticket|Message|Person|Attachment|RawMail|Outgoing|Access|Draft)\.objects\.(?!visible_to|seen_by|agents)"
        )
        if re.match(r"\w+/(views|api|pages)(_\w+)?\.py", line) or re.match(r"\w+/views/", line)
    ]
    assert found == []


def test_only_erasure_retention_demo_and_tests_open_the_gate():
    assert [
        line for line in offenders(r"open_gate\(|EventsGate\.objects") if not line.startswith("events/gate.py")
    ] == [
        "demo/wipe.py:" + line.partition(":")[2]
        for line in offenders(r"open_gate\(")
        if line.startswith("demo/wipe.py")
    ]


def test_no_class_is_named_after_nothing():
    found = [
        f"{path}: {node.name}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Service|Helper|Util|Utils)$", node.name)
        if node.name != "Service"  # a service of the catalog: the field's own word
    ]
    assert found == []


def test_every_public_function_and_class_says_what_it_guarantees():
    found = []
    for path, tree in modules():
        if ast.get_docstring(tree) is None and (SOURCE / path).read_text(encoding="utf-8").strip():
            found.append(str(path))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith(
                "_"
            ):
                if ast.get_docstring(node) is None and not node.name.endswith("App") and node.name != "Command":
                    found.append(f"{path}: {node.name}")
    assert found == []


def test_every_write_goes_through_an_action():
    """Views, API and templates do not write rows."""
    saves = r"\.(save|bulk_create|bulk_update|get_or_create|update_or_create)\("
    pattern = saves + r"|\.objects\.create\(|\)\.update\(|\)\.delete\("
    found = [
        line for line in offenders(pattern) if re.match(r"\w+/(views|api|queries|pages)(_\w+)?\.py|\w+/views/", line)
    ]
    assert found == []


def test_templates_keep_the_content_policy():
    found = []
    for path in SOURCE.rglob("*.html"):
        if path.parent.name == "mail":
            continue  # letters: no browser policy applies
        text = path.read_text(encoding="utf-8")
        for pattern in (r"\sstyle=\"", r"<script(?![^>]*\bsrc=)", r"\shx-on", r"\son[a-z]+=\"", r"javascript:"):
            if re.search(pattern, text):
                found.append(f"{path.relative_to(SOURCE)}: {pattern}")
    assert found == []


def test_models_point_down_only():
    """A model knows only models of lower layers; the order is the one of INSTALLED_APPS, bottom up."""
    order = {name.rpartition(".")[2]: place for place, name in enumerate(reversed(settings.INSTALLED_APPS))}
    found = []
    for model in apps.get_models():
        if not model.__module__.startswith("ventanilla."):
            continue
        for field in model._meta.get_fields():
            if isinstance(field, models.ForeignKey) and field.related_model.__module__.startswith("ventanilla."):
                if order[field.related_model._meta.app_label] > order[model._meta.app_label]:
                    found.append(f"{model.__name__}.{field.name}")
    assert found == []


def test_no_third_party_file_and_no_address_of_a_registry_is_committed():
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"^--?(index-url|extra-index|find-links|i )", text, re.MULTILINE), path
    lock = ROOT / "package-lock.json"
    assert not lock.exists() or '"resolved"' not in lock.read_text(encoding="utf-8")


def test_a_ticket_model_stays_small():
    lines = (SOURCE / "tickets/models/ticket.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 260
