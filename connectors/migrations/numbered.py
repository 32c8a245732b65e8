"""The list of all migrations, which gives each its number.

A migration names collections and keys by strings: it describes documents of the past, which the code of today need not
know.
"""

from collections.abc import Sequence
from typing import Final

from connectors.migrations import m0001_import_runs, m0002_submissions, m0003_invitations
from connectors.migrations.migration import Migration

MIGRATIONS: Final[Sequence[Migration]] = (
    m0001_import_runs.MIGRATION,
    m0002_submissions.MIGRATION,
    m0003_invitations.MIGRATION,
)
"""All migrations in their order; the first one brings data from version 0 to version 1."""

LATEST: Final = len(MIGRATIONS)
"""The schema version that this code reads and writes."""
