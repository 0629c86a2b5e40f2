BEGIN TRANSACTION;
CREATE TABLE coverage_audit (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	action TEXT NOT NULL, 
	repository TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	detail TEXT NOT NULL
)
 STRICT

;
INSERT INTO "coverage_audit" VALUES(1,'2026-01-01T00:00:00Z','ann','act','repo','why','{}');
CREATE TABLE coverage_baseline (
	repository TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	epoch INTEGER NOT NULL, 
	rank INTEGER NOT NULL, 
	prior_rank INTEGER, 
	rate TEXT NOT NULL, 
	percent TEXT NOT NULL, 
	covered INTEGER, 
	total INTEGER, 
	sha TEXT NOT NULL, 
	tree TEXT, 
	fence INTEGER, 
	updated_at TEXT NOT NULL, 
	PRIMARY KEY (repository, scope, kind, epoch), 
	CONSTRAINT coverage_baseline_rank CHECK (rank BETWEEN 0 AND 1000000000000000), 
	CONSTRAINT coverage_baseline_counts CHECK ((covered IS NULL) = (total IS NULL) AND (covered IS NULL OR covered BETWEEN 0 AND total)), 
	CONSTRAINT coverage_baseline_epoch CHECK (epoch >= 1)
)
 STRICT

;
INSERT INTO "coverage_baseline" VALUES('repo','scope','ctrace-3.11-line',1,750000000000000,NULL,'3/4','75.0',3,4,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb',NULL,'2026-01-01T00:00:00Z');
CREATE TABLE coverage_context_map (
	repository TEXT NOT NULL, 
	tree TEXT NOT NULL, 
	created_at TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	PRIMARY KEY (repository)
)
 STRICT

;
CREATE TABLE coverage_flaky_line (
	repository TEXT NOT NULL, 
	tree TEXT NOT NULL, 
	path TEXT NOT NULL, 
	line INTEGER NOT NULL, 
	target INTEGER NOT NULL, 
	blob TEXT NOT NULL, 
	seen_at TEXT NOT NULL, 
	PRIMARY KEY (repository, tree, path, line, target), 
	CONSTRAINT coverage_flaky_line_number CHECK (line >= 1)
)
 STRICT

;
CREATE TABLE coverage_intent (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	repository TEXT NOT NULL, 
	holder TEXT NOT NULL, 
	fence INTEGER NOT NULL, 
	sha TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	state TEXT NOT NULL, 
	at TEXT NOT NULL, 
	settled_at TEXT, 
	CONSTRAINT coverage_intent_state CHECK (state IN ('open', 'done', 'dropped')), 
	CONSTRAINT coverage_intent_once UNIQUE (repository, fence, sha)
)
 STRICT

;
CREATE TABLE coverage_lease (
	repository TEXT NOT NULL, 
	holder TEXT, 
	fence INTEGER NOT NULL, 
	boot TEXT NOT NULL, 
	expires_ms INTEGER NOT NULL, 
	PRIMARY KEY (repository), 
	CONSTRAINT coverage_lease_fence CHECK (fence >= 1)
)
 STRICT

;
CREATE TABLE coverage_measurement (
	identity TEXT NOT NULL, 
	seq INTEGER NOT NULL, 
	repository TEXT NOT NULL, 
	commit_sha TEXT, 
	tree TEXT, 
	scope TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	covered INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	created_at TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	PRIMARY KEY (identity), 
	CONSTRAINT coverage_measurement_counts CHECK (covered >= 0 AND covered <= total), 
	CONSTRAINT coverage_measurement_seq UNIQUE (seq)
)
 STRICT

;
INSERT INTO "coverage_measurement" VALUES('identity-of-head',1,'repo','6865616400000000000000000000000000000000','6865616400000000000000000000000000000000','scope','ctrace-3.11-line',3,4,'2026-01-01T00:00:00Z',X'43474D366760708C8A8B3759062BE5A6032420887801954EDB0AC2300CFD15C9934257DB555BFD96D287D2A65A28DDD8A6B0BF3765884F2286849C939C5CAC851CB12E7959BB217577F41118E88B3E6BA94FE287FD25B51096C907A421C5A504967C99D13198C330B6EA3C85DD3EE2949F180FC4C35053BE11305C1AAE088CC5E70A8E59DBC447CFC7B5B595E9B5EA93963D1A61AEDF9E26A96C775A0860964E7F5283F5518AA3ED9B8B8DBFA9732F38AB4A97');
CREATE TABLE coverage_outbox (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	created_at TEXT NOT NULL, 
	topic TEXT NOT NULL, 
	dedup_key TEXT, 
	payload TEXT NOT NULL, 
	state TEXT NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_attempt_at TEXT NOT NULL, 
	last_error TEXT NOT NULL, 
	CONSTRAINT coverage_outbox_state CHECK (state IN ('pending', 'delivered', 'dead')), 
	CONSTRAINT coverage_outbox_once UNIQUE (topic, dedup_key)
)
 STRICT

;
INSERT INTO "coverage_outbox" VALUES(1,'2026-01-01T00:00:00Z','telegram','k','{"kind": "note", "message": "hello"}','pending',0,'2026-01-01T00:00:00Z','');
CREATE TABLE coverage_ratchet_log (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	repository TEXT NOT NULL, 
	scope TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	epoch INTEGER NOT NULL, 
	old_rank INTEGER, 
	new_rank INTEGER NOT NULL, 
	covered INTEGER, 
	total INTEGER, 
	sha TEXT NOT NULL, 
	fence INTEGER, 
	at TEXT NOT NULL, 
	CONSTRAINT coverage_ratchet_log_rises CHECK (old_rank IS NULL OR old_rank < new_rank)
)
 STRICT

;
INSERT INTO "coverage_ratchet_log" VALUES(1,'repo','scope','ctrace-3.11-line',1,NULL,750000000000000,3,4,'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',NULL,'2026-01-01T00:00:00Z');
CREATE TABLE coverage_schema (
	version INTEGER NOT NULL, 
	applied_at TEXT NOT NULL, 
	PRIMARY KEY (version)
)
 STRICT

;
INSERT INTO "coverage_schema" VALUES(4,'2026-01-01T00:00:00Z');
CREATE TABLE coverage_tool_error (
	repository TEXT NOT NULL, 
	in_a_row INTEGER NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (repository), 
	CONSTRAINT coverage_tool_error_some CHECK (in_a_row >= 1)
)
 STRICT

;
CREATE TABLE coverage_waiver (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	repository TEXT NOT NULL, 
	category TEXT NOT NULL, 
	actor TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	granted_at TEXT NOT NULL, 
	expires_at TEXT NOT NULL, 
	path TEXT NOT NULL, 
	first_line INTEGER NOT NULL, 
	last_line INTEGER NOT NULL, 
	digest TEXT NOT NULL, 
	tests TEXT NOT NULL, 
	used_at TEXT, 
	used_by TEXT, 
	revoked_at TEXT, 
	CONSTRAINT coverage_waiver_lines CHECK (first_line BETWEEN 0 AND last_line)
)
 STRICT

;
CREATE TABLE coverage_waiver_use (
	waiver INTEGER NOT NULL, 
	tree TEXT NOT NULL, 
	PRIMARY KEY (waiver, tree)
)
 STRICT

;
CREATE INDEX coverage_ratchet_log_of ON coverage_ratchet_log (repository, seq);
CREATE INDEX coverage_measurement_of ON coverage_measurement (repository, seq);
CREATE INDEX coverage_audit_of ON coverage_audit (repository, seq);
CREATE INDEX coverage_waiver_of ON coverage_waiver (repository, seq);
CREATE INDEX coverage_outbox_due ON coverage_outbox (state, next_attempt_at);
CREATE INDEX coverage_flaky_line_seen ON coverage_flaky_line (repository, seen_at);
CREATE TRIGGER coverage_baseline_rises BEFORE UPDATE ON coverage_baseline
WHEN NEW.rank < OLD.rank OR NEW.repository <> OLD.repository OR NEW.scope <> OLD.scope OR NEW.kind <> OLD.kind OR NEW.epoch <> OLD.epoch BEGIN SELECT RAISE(ABORT, 'a coverage baseline only rises; an audited reset opens a new epoch'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('coverage_ratchet_log',1);
INSERT INTO "sqlite_sequence" VALUES('coverage_outbox',1);
INSERT INTO "sqlite_sequence" VALUES('coverage_audit',1);
COMMIT;
