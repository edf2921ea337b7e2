/**
 * The database's schema, as the steps that made it: step n brings `user_version` from n to n + 1. A step that has been
 * released never changes; a new one is added at the end.
 */
export const MIGRATIONS: readonly string[] = [
  `
  -- A process that runs jobs. It holds owners/<id>.lock for as long as it lives.
  CREATE TABLE owners (id TEXT PRIMARY KEY, pid INTEGER NOT NULL, started_at TEXT NOT NULL) STRICT;

  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    owner_id TEXT,
    state TEXT NOT NULL,
    stage TEXT NOT NULL,
    model_name TEXT NOT NULL,
    model_path TEXT NOT NULL,
    method TEXT NOT NULL,
    calibration TEXT,
    calibration_fingerprint TEXT,
    budget_bytes INTEGER,
    plan_bytes INTEGER,
    original_bytes INTEGER,
    out_path TEXT,
    kl_divergence REAL,
    perplexity_ratio REAL,
    recipe TEXT NOT NULL,
    model TEXT,
    plan TEXT,
    report TEXT,
    error TEXT
  ) STRICT;
  CREATE INDEX runs_by_time ON runs (created_at DESC);
  CREATE INDEX runs_by_state ON runs (state);

  -- Finished layers of a run's compress stage, in the order written.
  CREATE TABLE journal (
    run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    layer INTEGER,
    finished_at TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (run_id, position)
  ) STRICT, WITHOUT ROWID;

  -- Calibration files, shared between runs.
  CREATE TABLE calibrations (
    fingerprint TEXT PRIMARY KEY,
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    created_at TEXT NOT NULL
  ) STRICT;

  CREATE TABLE recent_models (path TEXT PRIMARY KEY, name TEXT NOT NULL, used_at TEXT NOT NULL) STRICT;
  `,
  `
  -- What people write on a run, where it came from, and what was seen before and during it.
  ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT '';
  ALTER TABLE runs ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE runs ADD COLUMN imported_at TEXT;
  -- Whether it rests once its plan is made.
  ALTER TABLE runs ADD COLUMN stops_at_plan INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE runs ADD COLUMN gauges TEXT;
  ALTER TABLE runs ADD COLUMN checked TEXT;
  -- Maps of an imported run, whose calibration is on another machine.
  ALTER TABLE runs ADD COLUMN maps TEXT;

  ALTER TABLE calibrations ADD COLUMN used_at TEXT;
  ALTER TABLE calibrations ADD COLUMN model_name TEXT;
  ALTER TABLE calibrations ADD COLUMN model_path TEXT;
  ALTER TABLE calibrations ADD COLUMN corpus TEXT;
  ALTER TABLE calibrations ADD COLUMN tokens INTEGER;
  `,
  `
  -- Whether an outside engine agreed with the report: lists ask for it, and a report may be megabytes.
  ALTER TABLE runs ADD COLUMN verified INTEGER;
  UPDATE runs SET verified = report ->> '$.verification.agrees' WHERE report IS NOT NULL;
  `,
]
