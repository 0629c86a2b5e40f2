"""The tables of the store. They may share a database with a host's own: every name has our prefix.

Only what SQLite and PostgreSQL both have: whole numbers, text and bytes. Times are ISO 8601 text,
JSON is text. On SQLite the tables are STRICT, so that no number can be kept as text.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from coverage_gate.core.ratchet import RANK_ONE

#: Raised with each change of the tables. Changes only add.
SCHEMA_VERSION = 6

#: SQLite that knows STRICT tables and RETURNING.
MIN_SQLITE = (3, 37, 0)

METADATA = MetaData()

# SQLite numbers rows only in a column that is called INTEGER.
BIG = BigInteger().with_variant(Integer(), "sqlite")

# A CHECK that comes out as NULL holds, so nothing here may.
_COUNTS = "(covered IS NULL) = (total IS NULL) AND (covered IS NULL OR covered BETWEEN 0 AND total)"

VERSIONS = Table(
    "coverage_schema",
    METADATA,
    Column("version", BIG, primary_key=True, autoincrement=False),
    Column("applied_at", Text, nullable=False),
    sqlite_strict=True,
)

BASELINES = Table(
    "coverage_baseline",
    METADATA,
    Column("repository", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("epoch", BIG, nullable=False, autoincrement=False),
    Column("rank", BIG, nullable=False),
    # What the row had before its last write: tells a founding, a rise and a stamp apart.
    Column("prior_rank", BIG),
    Column("rate", Text, nullable=False),
    Column("percent", Text, nullable=False),
    Column("covered", BIG),
    Column("total", BIG),
    Column("sha", Text, nullable=False),
    Column("tree", Text),
    Column("fence", BIG),
    Column("updated_at", Text, nullable=False),
    PrimaryKeyConstraint("repository", "scope", "kind", "epoch"),
    CheckConstraint(f"rank BETWEEN 0 AND {RANK_ONE}", name="coverage_baseline_rank"),
    CheckConstraint(_COUNTS, name="coverage_baseline_counts"),
    CheckConstraint("epoch >= 1", name="coverage_baseline_epoch"),
    sqlite_strict=True,
)

RATCHET_LOG = Table(
    "coverage_ratchet_log",
    METADATA,
    Column("seq", BIG, primary_key=True, autoincrement=True),
    Column("repository", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("epoch", BIG, nullable=False),
    Column("old_rank", BIG),
    Column("new_rank", BIG, nullable=False),
    Column("covered", BIG),
    Column("total", BIG),
    Column("sha", Text, nullable=False),
    Column("fence", BIG),
    Column("at", Text, nullable=False),
    CheckConstraint("old_rank IS NULL OR old_rank < new_rank", name="coverage_ratchet_log_rises"),
    Index("coverage_ratchet_log_of", "repository", "seq"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

MEASUREMENTS = Table(
    "coverage_measurement",
    METADATA,
    Column("identity", Text, primary_key=True),
    Column("seq", BIG, nullable=False),
    Column("repository", Text, nullable=False),
    Column("commit_sha", Text),
    Column("tree", Text),
    Column("scope", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("covered", BIG, nullable=False),
    Column("total", BIG, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    CheckConstraint("covered >= 0 AND covered <= total", name="coverage_measurement_counts"),
    UniqueConstraint("seq", name="coverage_measurement_seq"),
    Index("coverage_measurement_of", "repository", "seq"),
    sqlite_strict=True,
)

#: What the numbers were: one row for each measured commit of a branch.
HISTORY = Table(
    "coverage_history",
    METADATA,
    Column("seq", BIG, primary_key=True, autoincrement=True),
    Column("repository", Text, nullable=False),
    Column("branch", Text, nullable=False),
    Column("commit_sha", Text, nullable=False),
    Column("tree", Text),
    Column("identity", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("covered", BIG, nullable=False),
    Column("total", BIG, nullable=False),
    Column("at", Text, nullable=False),
    Column("recorded_at", Text, nullable=False),
    # The counts of each file.
    Column("payload", LargeBinary, nullable=False),
    CheckConstraint("covered >= 0 AND covered <= total", name="coverage_history_counts"),
    UniqueConstraint(
        "repository", "branch", "commit_sha", "identity", name="coverage_history_once"
    ),
    Index("coverage_history_of", "repository", "branch", "at", "seq"),
    Index("coverage_history_tree", "repository", "tree"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

LEASES = Table(
    "coverage_lease",
    METADATA,
    Column("repository", Text, primary_key=True),
    Column("holder", Text),
    Column("fence", BIG, nullable=False),
    Column("boot", Text, nullable=False),
    Column("expires_ms", BIG, nullable=False),
    CheckConstraint("fence >= 1", name="coverage_lease_fence"),
    sqlite_strict=True,
)

INTENTS = Table(
    "coverage_intent",
    METADATA,
    Column("seq", BIG, primary_key=True, autoincrement=True),
    Column("repository", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("fence", BIG, nullable=False),
    Column("sha", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("settled_at", Text),
    CheckConstraint("state IN ('open', 'done', 'dropped')", name="coverage_intent_state"),
    UniqueConstraint("repository", "fence", "sha", name="coverage_intent_once"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

AUDITS = Table(
    "coverage_audit",
    METADATA,
    Column("seq", BIG, primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("repository", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("coverage_audit_of", "repository", "seq"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

WAIVERS = Table(
    "coverage_waiver",
    METADATA,
    Column("seq", BIG, primary_key=True, autoincrement=True),
    Column("repository", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("granted_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("first_line", BIG, nullable=False),
    Column("last_line", BIG, nullable=False),
    Column("digest", Text, nullable=False),
    # A JSON array of test ids.
    Column("tests", Text, nullable=False),
    Column("used_at", Text),
    Column("used_by", Text),
    Column("revoked_at", Text),
    CheckConstraint("first_line BETWEEN 0 AND last_line", name="coverage_waiver_lines"),
    Index("coverage_waiver_of", "repository", "seq"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

#: Which waivers the verdict on a tree used: its merge uses them up.
WAIVER_USES = Table(
    "coverage_waiver_use",
    METADATA,
    Column("waiver", BIG, nullable=False, autoincrement=False),
    Column("tree", Text, nullable=False),
    PrimaryKeyConstraint("waiver", "tree"),
    sqlite_strict=True,
)

OUTBOX = Table(
    "coverage_outbox",
    METADATA,
    Column("seq", BIG, primary_key=True, autoincrement=True),
    Column("created_at", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("dedup_key", Text),
    Column("payload", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", BIG, nullable=False),
    Column("next_attempt_at", Text, nullable=False),
    Column("last_error", Text, nullable=False),
    CheckConstraint("state IN ('pending', 'delivered', 'dead')", name="coverage_outbox_state"),
    # NULL equals no NULL: messages without a key are never the same.
    UniqueConstraint("topic", "dedup_key", name="coverage_outbox_once"),
    Index("coverage_outbox_due", "state", "next_attempt_at"),
    sqlite_autoincrement=True,
    sqlite_strict=True,
)

FLAKY_LINES = Table(
    "coverage_flaky_line",
    METADATA,
    Column("repository", Text, nullable=False),
    Column("tree", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("line", BIG, nullable=False, autoincrement=False),
    # Where a branch leads; 0 for a statement.
    Column("target", BIG, nullable=False, autoincrement=False),
    Column("blob", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
    PrimaryKeyConstraint("repository", "tree", "path", "line", "target"),
    CheckConstraint("line >= 1", name="coverage_flaky_line_number"),
    Index("coverage_flaky_line_seen", "repository", "seen_at"),
    sqlite_strict=True,
)

CONTEXT_MAPS = Table(
    "coverage_context_map",
    METADATA,
    Column("repository", Text, nullable=False),
    Column("tree", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    PrimaryKeyConstraint("repository"),
    sqlite_strict=True,
)

#: What the analysis of a source file told, so that it is not asked again; see ADR 0032.
STATIC_FACTS = Table(
    "coverage_static_facts",
    METADATA,
    Column("repository", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("kept_at", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    PrimaryKeyConstraint("repository", "key", "name"),
    Index("coverage_static_facts_age", "repository", "kept_at"),
    sqlite_strict=True,
)

TOOL_ERRORS = Table(
    "coverage_tool_error",
    METADATA,
    Column("repository", Text, primary_key=True),
    Column("in_a_row", BIG, nullable=False),
    Column("at", Text, nullable=False),
    CheckConstraint("in_a_row >= 1", name="coverage_tool_error_some"),
    sqlite_strict=True,
)

_KEY_MOVES = " OR ".join(
    f"NEW.{column.name} <> OLD.{column.name}" for column in BASELINES.primary_key
)
_REFUSED = f"NEW.rank < OLD.rank OR {_KEY_MOVES}"
_WORDS = "a coverage baseline only rises; an audited reset opens a new epoch"

_SQLITE_TRIGGER = f"""
CREATE TRIGGER IF NOT EXISTS coverage_baseline_rises BEFORE UPDATE ON coverage_baseline
WHEN {_REFUSED} BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END
"""

_POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION coverage_baseline_rises() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_REFUSED} THEN RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'check_violation'; END IF;
  RETURN NEW;
END $$
"""

_POSTGRESQL_TRIGGER = """
CREATE TRIGGER coverage_baseline_rises BEFORE UPDATE ON coverage_baseline
FOR EACH ROW EXECUTE FUNCTION coverage_baseline_rises()
"""

#: Statements that make the trigger against a fall, by dialect. Each may be repeated.
TRIGGERS = {
    "sqlite": (_SQLITE_TRIGGER,),
    "postgresql": (
        _POSTGRESQL_FUNCTION,
        "DROP TRIGGER IF EXISTS coverage_baseline_rises ON coverage_baseline",
        _POSTGRESQL_TRIGGER,
    ),
}
