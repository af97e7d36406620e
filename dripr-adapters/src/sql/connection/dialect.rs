//! What one SQL text is in each of the databases.
//!
//! Statements are written once, as SQLite takes them, with numbered values (`?1`) and these besides:
//!
//! | written | means |
//! |---|---|
//! | `@rows(?1: id text, count int)` | the rows of a JSON array of arrays, counted from 1 as `nr` |
//! | `@list(?1: id text)` | the rows of a JSON array of single values, counted from 1 as `nr` |
//! | `@locked`, `@locked(t)` | at the end of a query: its rows (those of `t`) are locked until the transaction ends. SQLite locks the file |
//! | `@passing` | the same, but rows that others have locked are passed over |
//! | `@by(index)` | after a table's name: MySQL is to go by this index, whatever it holds of a small part of a small table |
//! | `@through(index)` | after a table's name: SQLite and MySQL are to go by this index, although another has more of the order that is wanted |
//! | `@true(column)` | a flag is set, in the words of a partial index |
//! | `@text(column)` | a number as text, empty if it is NULL |
//! | `@number(column)` | a flag as 1 or 0 |
//! | `@char(31)` | a character by its number |
//!
//! `UPDATE … SET … FROM … WHERE …` and `INSERT … ON CONFLICT …` are turned into what MySQL has instead.

use std::{borrow::Cow, fmt::Write as _};

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::sql) enum Dialect {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
    #[cfg(feature = "mysql")]
    MySql,
}

impl Dialect {
    /// A statement in this dialect, and, where values have no numbers, which value stands where.
    pub(in crate::sql) fn translate(self, sql: &str) -> (Cow<'_, str>, Option<Vec<usize>>) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite if !sql.contains('@') => (Cow::Borrowed(sql), None),
            #[cfg(feature = "sqlite")]
            Self::Sqlite => (Cow::Owned(self.expand(sql)), None),
            #[cfg(feature = "postgres")]
            Self::Postgres => {
                let sql = self.expand(sql).replace("CROSS JOIN", "JOIN").replace('?', "$");
                (Cow::Owned(sql), None)
            }
            #[cfg(feature = "mysql")]
            Self::MySql => {
                let (sql, order) = mysql::in_order(&mysql::reworded(self.expand(sql)));
                (Cow::Owned(sql), Some(order))
            }
        }
    }

    /// A text as the database can hold it: PostgreSQL has none with a NUL in it.
    pub(in crate::sql) fn text(self, text: Cow<'_, str>) -> Cow<'_, str> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres if text.contains('\0') => Cow::Owned(text.replace('\0', "\u{FFFD}")),
            _ => text,
        }
    }

    /// Whether a table of values can be written in place, with columns named `column1` and so on. MySQL and MariaDB write one
    /// in two ways.
    pub(in crate::sql) fn has_value_tables(self) -> bool {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql => false,
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            _ => true,
        }
    }

    /// Puts this dialect's words in the place of all that begins with `@`.
    fn expand(self, sql: &str) -> String {
        let mut out = String::with_capacity(sql.len() * 2);
        let mut rest = sql;
        while let Some(at) = rest.find('@') {
            out.push_str(&rest[..at]);
            let word_end =
                rest[at + 1..].find(|c: char| !c.is_ascii_lowercase()).map_or(rest.len(), |n| at + 1 + n);
            let word = &rest[at + 1..word_end];
            rest = &rest[word_end..];
            let inside = if rest.starts_with('(') {
                let end = rest.find(')').unwrap_or(rest.len() - 1);
                let inside = &rest[1..end];
                rest = &rest[end + 1..];
                inside
            } else {
                ""
            };
            self.say(word, inside, &mut out);
        }
        out.push_str(rest);
        out
    }

    fn say(self, word: &str, inside: &str, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = match word {
            "rows" | "list" => {
                self.rows(inside, word == "list", out);
                Ok(())
            }
            "locked" => match self {
                #[cfg(feature = "sqlite")]
                Self::Sqlite => Ok(()),
                // Nobody changes a key, so that rows which refer to a locked one may come meanwhile.
                #[cfg(feature = "postgres")]
                Self::Postgres if inside.is_empty() => write!(out, " FOR NO KEY UPDATE"),
                #[cfg(feature = "postgres")]
                Self::Postgres => write!(out, " FOR NO KEY UPDATE OF {inside}"),
                #[cfg(feature = "mysql")]
                Self::MySql => write!(out, " FOR UPDATE"),
            },
            "passing" => {
                if !self.locks_whole() {
                    out.push_str(" FOR UPDATE SKIP LOCKED");
                }
                Ok(())
            }
            "by" => match self {
                #[cfg(feature = "mysql")]
                Self::MySql => write!(out, " FORCE INDEX ({inside})"),
                #[cfg(any(feature = "sqlite", feature = "postgres"))]
                _ => Ok(()),
            },
            "through" => match self {
                #[cfg(feature = "sqlite")]
                Self::Sqlite => write!(out, " INDEXED BY {inside}"),
                #[cfg(feature = "postgres")]
                Self::Postgres => Ok(()),
                #[cfg(feature = "mysql")]
                Self::MySql => write!(out, " FORCE INDEX ({inside})"),
            },
            "true" => match self {
                #[cfg(feature = "postgres")]
                Self::Postgres => write!(out, "{inside}"),
                #[cfg(any(feature = "sqlite", feature = "mysql"))]
                _ => write!(out, "{inside} = 1"),
            },
            "text" => match self {
                #[cfg(feature = "sqlite")]
                Self::Sqlite => write!(out, "coalesce({inside}, '')"),
                #[cfg(feature = "postgres")]
                Self::Postgres => write!(out, "coalesce(({inside})::text, '')"),
                #[cfg(feature = "mysql")]
                Self::MySql => write!(out, "coalesce({inside}, '')"),
            },
            "number" => match self {
                #[cfg(feature = "postgres")]
                Self::Postgres => write!(out, "({inside})::int"),
                #[cfg(any(feature = "sqlite", feature = "mysql"))]
                _ => write!(out, "{inside}"),
            },
            "char" => match self {
                #[cfg(feature = "sqlite")]
                Self::Sqlite => write!(out, "char({inside})"),
                #[cfg(feature = "postgres")]
                Self::Postgres => write!(out, "chr({inside})"),
                #[cfg(feature = "mysql")]
                Self::MySql => write!(out, "char({inside} USING utf8mb4)"),
            },
            // What is no word of ours stays as it was, for the database to refuse.
            other => write!(out, "@{other}({inside})"),
        };
    }

    /// A statement that takes away the rows whose keys are in `?1`, a JSON array of numbers; ` AND …` may
    /// follow.
    pub(in crate::sql) fn delete_listed(self, table: &str, key: &str) -> String {
        match self {
            #[cfg(feature = "mysql")]
            Self::MySql => {
                format!("DELETE {table} FROM @list(?1: gone int) AS v JOIN {table} ON {table}.{key} = v.gone")
            }
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            _ => format!("DELETE FROM {table} WHERE {key} IN (SELECT gone FROM @list(?1: gone int) AS v)"),
        }
    }

    /// Whether a transaction that writes has the whole database for itself.
    pub(in crate::sql) fn locks_whole(self) -> bool {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => true,
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => false,
        }
    }

    /// `?1: id text, count int`, as a table.
    fn rows(self, inside: &str, single: bool, out: &mut String) {
        let (value, columns) = inside.split_once(':').unwrap_or((inside, ""));
        let columns = columns.split(',').filter_map(|column| column.trim().split_once(' '));
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => {
                out.push_str("(SELECT key + 1 AS nr");
                for (at, (name, _)) in columns.enumerate() {
                    let _ = if single {
                        write!(out, ", value AS {name}")
                    } else {
                        write!(out, ", value ->> {at} AS {name}")
                    };
                }
                let _ = write!(out, " FROM json_each({value}))");
            }
            #[cfg(feature = "postgres")]
            Self::Postgres => {
                out.push_str("(SELECT nr");
                for (at, (name, kind)) in columns.enumerate() {
                    let kind = if kind == "int" { "bigint" } else { "text" };
                    let _ = if single {
                        write!(out, ", (value #>> '{{}}')::{kind} AS {name}")
                    } else {
                        write!(out, ", (value ->> {at})::{kind} AS {name}")
                    };
                }
                let _ =
                    write!(out, " FROM json_array_elements({value}::json) WITH ORDINALITY AS j(value, nr))");
            }
            #[cfg(feature = "mysql")]
            Self::MySql => {
                let _ = write!(out, "JSON_TABLE({value}, '$[*]' COLUMNS (nr FOR ORDINALITY");
                for (at, (name, kind)) in columns.enumerate() {
                    let kind = if kind == "int" { "BIGINT" } else { "VARCHAR(2000)" };
                    let _ = if single {
                        write!(out, ", {name} {kind} PATH '$'")
                    } else {
                        write!(out, ", {name} {kind} PATH '$[{at}]'")
                    };
                }
                out.push_str("))");
            }
        }
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    /// `UPDATE` from other rows and what is done about a conflict, in MySQL's words.
    pub(super) fn reworded(sql: String) -> String {
        if sql.starts_with("UPDATE ")
            && let (Some(set), Some(from)) = (sql.find(" SET "), sql.find(" FROM "))
            && let Some(condition) = sql.rfind(" WHERE ")
        {
            let (table, set) = (&sql["UPDATE ".len()..set], &sql[set..from]);
            let (from, condition) =
                (&sql[from + " FROM ".len()..condition], &sql[condition + " WHERE ".len()..]);
            return format!("UPDATE {table} JOIN {from} ON {condition}{set}");
        }
        let Some(conflict) = sql.find(" ON CONFLICT ") else { return sql };
        let (before, after) = sql.split_at(conflict);
        if after.ends_with("DO NOTHING") {
            return before.replacen("INSERT INTO", "INSERT IGNORE INTO", 1);
        }
        let Some((_, set)) = after.split_once("DO UPDATE SET ") else { return sql };
        let mut out = format!("{before} ON DUPLICATE KEY UPDATE ");
        let mut rest = set;
        while let Some((plain, named)) = rest.split_once("excluded.") {
            let end = named.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(named.len());
            out.push_str(plain);
            out.push_str("VALUES(");
            out.push_str(&named[..end]);
            out.push(')');
            rest = &named[end..];
        }
        out.push_str(rest);
        out
    }

    /// A statement whose values are taken in the order in which they stand, and which value that is each time.
    pub(super) fn in_order(sql: &str) -> (String, Vec<usize>) {
        let mut out = String::with_capacity(sql.len());
        let mut order = Vec::new();
        let mut rest = sql;
        while let Some((plain, numbered)) = rest.split_once('?') {
            out.push_str(plain);
            out.push('?');
            let end = numbered.find(|c: char| !c.is_ascii_digit()).unwrap_or(numbered.len());
            // One without a number is the next one.
            let at = numbered[..end].parse().map_or(order.len(), |number: usize| number.saturating_sub(1));
            order.push(at);
            rest = &numbered[end..];
        }
        out.push_str(rest);
        (out, order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "sqlite")]
    #[test]
    fn sqlite_takes_most_as_it_is_written() {
        let sql = "SELECT a FROM t WHERE b = ?1";
        assert!(matches!(Dialect::Sqlite.translate(sql), (Cow::Borrowed(same), None) if same == sql));
        let (sql, _) = Dialect::Sqlite.translate("SELECT 1 FROM t AS w@through(t_a) WHERE w.a = ?1");
        assert_eq!(sql, "SELECT 1 FROM t AS w INDEXED BY t_a WHERE w.a = ?1");
        let (sql, _) =
            Dialect::Sqlite.translate("SELECT 1 FROM @rows(?1: id text, n int) AS w WHERE @true(w.n)@locked");
        assert_eq!(
            sql,
            "SELECT 1 FROM (SELECT key + 1 AS nr, value ->> 0 AS id, value ->> 1 AS n FROM json_each(?1)) AS w WHERE w.n = 1"
        );
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn postgres_numbers_values_in_its_own_way_and_locks_rows() {
        let (sql, order) = Dialect::Postgres.translate(
            "SELECT @text(a) FROM @list(?1: id text) AS w CROSS JOIN t ON t.id = w.id AND @true(t.on) AND n > ?2@locked",
        );
        assert_eq!(order, None);
        assert_eq!(
            sql,
            "SELECT coalesce((a)::text, '') FROM (SELECT nr, (value #>> '{}')::text AS id \
             FROM json_array_elements($1::json) WITH ORDINALITY AS j(value, nr)) AS w \
             JOIN t ON t.id = w.id AND t.on AND n > $2 FOR NO KEY UPDATE"
        );
        assert_eq!(Dialect::Postgres.text("a\0b".into()), "a\u{FFFD}b");
    }

    #[cfg(feature = "mysql")]
    #[test]
    fn mysql_takes_values_in_order_and_has_its_own_words_for_conflicts() {
        let told = |sql| {
            let (sql, order) = Dialect::MySql.translate(sql);
            (sql.into_owned(), order.unwrap())
        };
        assert_eq!(
            told(
                "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b, c = excluded.c_d"
            ),
            (
                "INSERT INTO t (a, b) VALUES (?, ?) ON DUPLICATE KEY UPDATE b = VALUES(b), c = VALUES(c_d)"
                    .to_owned(),
                vec![0, 1]
            )
        );
        assert_eq!(
            told("INSERT INTO t (a) SELECT ?2 WHERE ?1 = ?2 ON CONFLICT (a) DO NOTHING"),
            ("INSERT IGNORE INTO t (a) SELECT ? WHERE ? = ?".to_owned(), vec![1, 0, 1])
        );
        assert_eq!(
            told("SELECT a FROM t@by(t_a) WHERE a < ?1"),
            ("SELECT a FROM t FORCE INDEX (t_a) WHERE a < ?".to_owned(), vec![0])
        );
        assert_eq!(
            told("UPDATE t SET a = v.b FROM @rows(?1: id text, b int) AS v WHERE t.id = v.id"),
            (
                "UPDATE t JOIN JSON_TABLE(?, '$[*]' COLUMNS (nr FOR ORDINALITY, id VARCHAR(2000) PATH '$[0]', \
                 b BIGINT PATH '$[1]')) AS v ON t.id = v.id SET a = v.b"
                    .to_owned(),
                vec![0]
            )
        );
    }
}
