"""`ventanilla upgrade` with migrations of a version to come: one that works, and one that fails half-way."""

from pathlib import Path

import pytest

from tests.installations import ITSELF, Installation

pytestmark = [pytest.mark.crash]

# A later version: an app more, whose second migration says what becomes of the upgrade.
LATER = """
import sys
import ventanilla.config.settings as settings
sys.path.insert(0, {folder!r})
settings.INSTALLED_APPS.append("later")
"""
FIRST = """
from django.db import migrations, models
def rename(apps, editor):
    editor.execute("UPDATE installation_installation SET name = 'Changed by the migration'")
class Migration(migrations.Migration):
    operations = [
        migrations.CreateModel("Thing", [("id", models.BigAutoField(primary_key=True))]),
        migrations.RunPython(rename),
    ]
"""
SECOND = """
from django.db import migrations
def fail(apps, editor):
    {what}
class Migration(migrations.Migration):
    atomic = False
    dependencies = [("later", "0001_first")]
    operations = [migrations.RunPython(fail)]
"""
FAILS = "editor.execute('DELETE FROM people_identity'); raise RuntimeError('half-way')"


def later(folder: Path, what: str) -> str:
    migrations = folder / "later" / "migrations"
    migrations.mkdir(parents=True)
    for package in (migrations, migrations.parent):
        (package / "__init__.py").touch()
    (migrations / "0001_first.py").write_text(FIRST)
    (migrations / "0002_second.py").write_text(SECOND.format(what=what))
    return LATER.format(folder=str(folder)) + ITSELF


def test_an_upgrade_that_fails_half_way_leaves_everything_as_it_was(tmp_path, installation):
    before = installation.rows()
    said = installation.run("upgrade", code=later(tmp_path, FAILS), expect=1)
    assert "RuntimeError: half-way" in said and "as it was before" in said
    assert installation.rows() == before
    (backup,) = (installation.data / "backups").glob("before-upgrade-*.zip")
    assert oct(backup.stat().st_mode)[-3:] == "600"
    assert not [path.name for path in installation.data.iterdir() if "restor" in path.name]
    assert "up to date" in installation.run("upgrade"), "the version that ran until now runs on"
    assert installation.rows() == before
    lone = Installation(tmp_path / "other")
    assert "database alone" in lone.run("restore", str(backup), expect=1) or installation.url


def test_an_upgrade_that_works_keeps_a_backup_and_is_done_once(tmp_path, installation):
    newer = later(tmp_path, "pass")
    said = installation.run("upgrade", code=newer)
    assert "later.0001_first, later.0002_second" in said and "Upgraded" in said
    assert installation.rows()["later_thing"] == []
    assert len(list((installation.data / "backups").iterdir())) == 1
    assert "up to date" in installation.run("upgrade", code=newer)
    assert len(list((installation.data / "backups").iterdir())) == 1


def test_nothing_is_upgraded_while_it_runs(tmp_path, installation):
    holder = installation.start(
        code="import os\nfrom pathlib import Path\nfrom ventanilla.config.operation.alone import share\n"
        "share(Path(os.environ['VENTANILLA_DATA']))\nprint('there', flush=True)\nimport time\ntime.sleep(600)"
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "there\n"
        assert "Stop it first" in installation.run("upgrade", code=later(tmp_path, "pass"), expect=1)
        assert "later_thing" not in installation.rows()
    finally:
        holder.kill()
        holder.communicate()
