"""Sessions know whose they are. The table is that of django.contrib.sessions, which is no longer among the apps."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations, models


def make_table(apps: Any, schema_editor: Any) -> None:
    """A new site has none yet."""
    session = apps.get_model("conversations", "Session")
    with schema_editor.connection.cursor() as cursor:
        is_there = session._meta.db_table in schema_editor.connection.introspection.table_names(cursor)
    if not is_there:
        schema_editor.create_model(session)


def name_owners(apps: Any, schema_editor: Any) -> None:
    """Of the sessions that are there, by what is in them."""
    session = apps.get_model("conversations", "Session")
    store = SessionStore()
    for row in session.objects.iterator():
        owner = str(store.decode(row.session_data).get("_auth_user_id", ""))
        if owner.isdecimal():
            session.objects.filter(pk=row.pk).update(owner_id=int(owner))


class Migration(migrations.Migration):

    dependencies = [
        ("conversations", "0010_lists"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="Session",
                    fields=[
                        ("session_key", models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key")),
                        ("session_data", models.TextField(verbose_name="session data")),
                        ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                    ],
                    options={
                        "verbose_name": "session",
                        "verbose_name_plural": "sessions",
                        "db_table": "django_session",
                        "abstract": False,
                    },
                ),
            ],
        ),
        migrations.RunPython(make_table, migrations.RunPython.noop),
        migrations.AddField(
            model_name="session",
            name="owner_id",
            field=models.BigIntegerField(db_index=True, null=True, verbose_name="owner’s number"),
        ),
        migrations.RunPython(name_owners, migrations.RunPython.noop),
    ]
