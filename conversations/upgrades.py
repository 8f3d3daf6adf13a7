"""How a database and this code stand to each other: which migrations it lacks, and which the code does not know."""

from collections.abc import Iterable

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

Names = Iterable[tuple[str, str]]  # of migrations: app and name


def applied(database: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """The migrations that the database has, in order of their names; none where it is empty."""
    return sorted(MigrationRecorder(database).applied_migrations())


def lacking(database: BaseDatabaseWrapper) -> list[str]:
    """The migrations of this code that the database has not."""
    executor = MigrationExecutor(database)
    return [str(migration) for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def newer(names: Names) -> list[str]:
    """Those of these migrations, of apps that this code has, that it does not know: newer code made them."""
    loader = MigrationLoader(None)
    replaced = {name for migration in loader.disk_migrations.values() for name in migration.replaces}
    unknown = set(names) - set(loader.disk_migrations) - replaced
    return sorted(f"{app}.{name}" for app, name in unknown if app in loader.migrated_apps)
