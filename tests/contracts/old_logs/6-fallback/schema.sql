CREATE TABLE IF NOT EXISTS logbook (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL, now REAL NOT NULL, incident_id TEXT NOT NULL,
    kind TEXT NOT NULL, what TEXT NOT NULL, data TEXT NOT NULL, hash TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS logbook_incident ON logbook (incident_id, seq);
CREATE TRIGGER IF NOT EXISTS logbook_in_order BEFORE INSERT ON logbook
    WHEN NEW.seq IS NOT (SELECT ifnull(max(seq), 0) + 1 FROM logbook)
    BEGIN SELECT RAISE(ABORT, 'the logbook is append only, without gaps'); END;
CREATE TRIGGER IF NOT EXISTS logbook_no_update BEFORE UPDATE ON logbook
    BEGIN SELECT RAISE(ABORT, 'the logbook is append only'); END;
CREATE TRIGGER IF NOT EXISTS logbook_no_delete BEFORE DELETE ON logbook
    BEGIN SELECT RAISE(ABORT, 'the logbook is append only'); END;
CREATE TABLE IF NOT EXISTS anchors (
    seq INTEGER NOT NULL, hash TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL,
    key TEXT NOT NULL, signature TEXT NOT NULL
) STRICT;
CREATE TRIGGER IF NOT EXISTS anchors_no_update BEFORE UPDATE ON anchors
    BEGIN SELECT RAISE(ABORT, 'anchors are append only'); END;
CREATE TRIGGER IF NOT EXISTS anchors_no_delete BEFORE DELETE ON anchors
    BEGIN SELECT RAISE(ABORT, 'anchors are append only'); END;
CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, at REAL NOT NULL,
    data TEXT NOT NULL, PRIMARY KEY (kind, id)
) STRICT;
CREATE INDEX IF NOT EXISTS documents_kind ON documents (kind);
CREATE INDEX IF NOT EXISTS documents_state ON documents (kind, state);
PRAGMA user_version = 1;
