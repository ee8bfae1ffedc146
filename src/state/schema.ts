/** Each brings the schema from the version that is its index to the next. Only ever appended to. See docs/state.md. */
export const migrations: readonly string[] = [
  `CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    started_at TEXT NOT NULL,
    duration_ms REAL NOT NULL,
    exit_code INTEGER NOT NULL,
    summary TEXT NOT NULL,
    source_mount TEXT,
    target_mount TEXT
  ) STRICT;
  CREATE INDEX runs_by_pair ON runs (source, target, number);`,

  `CREATE TABLE run_bodies (
    run INTEGER PRIMARY KEY,
    dropped INTEGER NOT NULL,
    encoding TEXT NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE TABLE baselines (
    id INTEGER PRIMARY KEY,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    saved_at TEXT NOT NULL,
    UNIQUE (source, target)
  ) STRICT;
  CREATE TABLE baseline_directories (
    baseline INTEGER NOT NULL,
    directory BLOB NOT NULL,
    entries BLOB NOT NULL,
    PRIMARY KEY (baseline, directory)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE plans (
    id TEXT PRIMARY KEY,
    made_at TEXT NOT NULL,
    title TEXT NOT NULL,
    encoding TEXT NOT NULL,
    body BLOB NOT NULL,
    applied_at TEXT
  ) STRICT;`,

  `CREATE TABLE chunk_lists (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    replica TEXT NOT NULL,
    path BLOB NOT NULL,
    facts BLOB NOT NULL,
    list BLOB NOT NULL,
    UNIQUE (replica, path)
  ) STRICT;`,
];
