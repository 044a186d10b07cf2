"""Triggers: history is append-only, and an event is pending from its insertion on."""

from django.db import migrations

from certcenter.audit.triggers import APPEND_ONLY, POSTGRES, SQLITE


def create(apps, schema_editor):
    statements = POSTGRES if schema_editor.connection.vendor == "postgresql" else SQLITE
    for statement in statements:
        schema_editor.execute(statement, params=None)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION audit_refuse CASCADE", params=None)
        schema_editor.execute("DROP FUNCTION audit_note_pending CASCADE", params=None)
        return
    names = [f"{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")]
    for name in [*names, "audit_event_pending"]:
        schema_editor.execute(f"DROP TRIGGER {name}", params=None)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
