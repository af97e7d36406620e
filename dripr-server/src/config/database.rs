//! `[database]`: where campaigns, emails and queues are kept.

use std::{fmt, path::PathBuf};

use serde::Deserialize;

use super::{ConfigProblem, Environment, secret::secret};

/// The database's address, which may hold a password, so that it need not stand in a file.
pub const ADDRESS_VARIABLE: &str = "DRIPR_DATABASE_URL";

/// Where campaigns, emails and queues are kept.
#[derive(Debug, Clone)]
pub enum Database {
    /// In a SQLite file; it is made if it is not there.
    File(PathBuf),
    /// In a database of a PostgreSQL server.
    #[cfg(feature = "postgres")]
    Postgres(secrecy::SecretString),
    /// In a database of a MySQL or MariaDB server.
    #[cfg(feature = "mysql")]
    MySql(secrecy::SecretString),
}

/// For people: an address may hold a password.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => f.write_str("the PostgreSQL database"),
            #[cfg(feature = "mysql")]
            Self::MySql(_) => f.write_str("the MySQL database"),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    path: Option<PathBuf>,
    url_file: Option<PathBuf>,
}

impl Written {
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Database, ConfigProblem> {
        let key = "database.url_file";
        let Some(address) = secret(environment, ADDRESS_VARIABLE, key, self.url_file, &absolute)? else {
            return Ok(Database::File(absolute(self.path.unwrap_or_else(|| "dripr.db".into()))));
        };
        if self.path.is_some() {
            let reason =
                "nobody heeds it: the database is the one that database.url_file or DRIPR_DATABASE_URL names";
            return Err(ConfigProblem::key("database.path", reason));
        }
        let scheme = secrecy::ExposeSecret::expose_secret(&address).split("://").next().unwrap_or_default();
        match scheme {
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => Ok(Database::Postgres(address)),
            #[cfg(feature = "mysql")]
            "mysql" | "mariadb" => Ok(Database::MySql(address)),
            #[cfg(not(feature = "postgres"))]
            "postgres" | "postgresql" => Err(without(key, "PostgreSQL", "postgres")),
            #[cfg(not(feature = "mysql"))]
            "mysql" | "mariadb" => Err(without(key, "MySQL", "mysql")),
            _ => Err(ConfigProblem::key(key, "it begins neither with postgres:// nor with mysql://")),
        }
    }
}

#[cfg(not(all(feature = "postgres", feature = "mysql")))]
fn without(key: &str, what: &str, feature: &str) -> ConfigProblem {
    let reason = format!(
        "this dripr was built without {what}; build it with `cargo build --release --features {feature}`"
    );
    ConfigProblem::key(key, reason)
}
