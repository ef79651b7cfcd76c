"""The small tables beside the snapshots: runs, requests for work, spreadsheet keys, sealed secrets, publications.

SQLite in the data folder by default; any SQLAlchemy URL works, so several machines may share one Postgres.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import (
    Column,
    DateTime,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
)
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from addon.errors import StoreError

_METADATA = MetaData()

RUN = Table(
    "run",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("job", String(40), nullable=False),
    Column("scheduled_for", String(40), nullable=False),
    Column("trigger", String(40), nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("state", String(20), nullable=False),
    Column("row_count", Integer, nullable=False, default=0),
    Column("changed_count", Integer, nullable=False, default=0),
    Column("call_count", Integer, nullable=False, default=0),
    Column("snapshot", String(60), nullable=False, default=""),
    Column("problems", Text, nullable=False, default=""),
    Column("error", Text, nullable=False, default=""),
    UniqueConstraint("job", "scheduled_for", name="one_start_each"),
)
RUN_NOTE = Table(
    "run_note",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("run", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Index("notes_of_a_run", "run"),
)
JOB_REQUEST = Table(
    "job_request",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("job", String(40), nullable=False),
    Column("requested_at", DateTime, nullable=False),
    Column("requested_by", String(200), nullable=False),
    Column("taken_at", DateTime),
)
SPREADSHEET_KEY = Table(
    "spreadsheet_key",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("spreadsheet", String(200), nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("limit_to", String(200), nullable=False, default=""),
    Column("created_at", DateTime, nullable=False),
    Column("created_by", String(320), nullable=False, default=""),
    Column("expires_at", DateTime, nullable=False),
    Column("revoked_at", DateTime),
    Index("keys_of_a_spreadsheet", "spreadsheet"),
)
SEALED_SECRET = Table(
    "sealed_secret",
    _METADATA,
    Column("name", String(400), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("kept_at", DateTime, nullable=False),
)
WRITTEN_TAB = Table(
    "written_tab",
    _METADATA,
    Column("spreadsheet", String(200), primary_key=True),
    Column("tab", String(40), primary_key=True),
    Column("content", String(64), nullable=False),
    Column("written_at", DateTime, nullable=False),
)
PUBLICATION = Table(
    "publication",
    _METADATA,
    Column("spreadsheet", String(200), primary_key=True),
    Column("snapshot", String(60), nullable=False),
    Column("content", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("published_at", DateTime, nullable=False),
)


def open_database(data_folder: Path, url: str = "") -> Engine:
    """Return an engine with all tables present. Raises `StoreError` if the database cannot be opened."""
    try:
        if not url:
            data_folder.mkdir(parents=True, exist_ok=True)
        # Parameters hold sealed keys and addresses: they have no place in an error's text.
        engine = create_engine(url or f"sqlite:///{data_folder / 'scorecell.db'}", hide_parameters=True)
        event.listen(engine, "handle_error", _in_words)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _configure_sqlite)
        _METADATA.create_all(engine)
    except OSError as error:
        raise StoreError(f"The data folder {data_folder} cannot be written: {error.strerror}.") from error
    except SQLAlchemyError as error:
        raise StoreError(f"The database in {data_folder} cannot be opened: {error}") from error
    return engine


def _in_words(context: ExceptionContext) -> None:
    """Turn what the database says into a sentence; a row that is there already is for the caller to judge."""
    if isinstance(context.sqlalchemy_exception, IntegrityError):
        return
    said = str(context.original_exception)
    remedy = ""
    if "disk" in said:
        remedy = " The disk is full; the last published numbers stay as they are. Free some space and run it again."
    raise StoreError(f"The database cannot be used: {said}.{remedy}") from context.original_exception


def _configure_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Let readers and the writer work side by side, and wait for each other at most five seconds."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA busy_timeout=5000")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
