-- Contacts that come as files. Each part may be run again.

-- How far each import is.
CREATE TABLE IF NOT EXISTS imports (
    id         VARCHAR(96) PRIMARY KEY,
    user_id    VARCHAR(96) NOT NULL,
    created_at BIGINT NOT NULL,
    run        BIGINT NOT NULL,
    version    BIGINT NOT NULL,
    state      LONGTEXT NOT NULL,
    KEY imports_by_user (user_id, id),
    KEY imports_by_age (created_at),
    FOREIGN KEY (user_id) REFERENCES users (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;

-- What is to be told of their rows.
CREATE TABLE IF NOT EXISTS import_lines (
    import_id  VARCHAR(96) NOT NULL,
    run        BIGINT NOT NULL,
    line       BIGINT NOT NULL,
    fate       VARCHAR(32) NOT NULL,
    state      LONGTEXT NOT NULL,
    PRIMARY KEY (import_id, run, line),
    KEY import_lines_by_fate (import_id, run, fate, line),
    FOREIGN KEY (import_id) REFERENCES imports (id)
) ENGINE = InnoDB DEFAULT CHARACTER SET = utf8mb4 COLLATE = utf8mb4_bin;
