-- Where node `lake` keeps its part of the sharded table nature.strikes, and the copy of the other one. Run by `sqlite3`.
.bail on
CREATE TABLE strikes_early (
    year INTEGER NOT NULL,
    id INTEGER NOT NULL,
    state TEXT,
    species TEXT,
    cost INTEGER,
    PRIMARY KEY (year, id)
) STRICT;
CREATE TABLE strikes_late (
    year INTEGER NOT NULL,
    id INTEGER NOT NULL,
    state TEXT,
    species TEXT,
    cost INTEGER,
    PRIMARY KEY (year, id)
) STRICT;
