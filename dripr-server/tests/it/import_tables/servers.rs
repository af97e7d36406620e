//! The same from database servers. `DRIPR_TEST_MYSQL` and `DRIPR_TEST_POSTGRES` name them, by default
//! `mysql://root@127.0.0.1:3306/mysql` and `postgres://postgres@127.0.0.1:5432/postgres`; each test makes a database of its own
//! and takes it away.

use std::env;

use sqlx::{AssertSqlSafe, Connection};

use super::{Older, moves_over};

macro_rules! on_server {
    ($name:ident, $connection:ty, $variable:literal, $default:literal, $database:literal, |$sql:ident| $schema:expr) => {
        #[tokio::test]
        async fn $name() {
            let server = env::var($variable).unwrap_or_else(|_| $default.to_owned());
            let name = format!("{}_{}", $database, std::process::id());
            let say_to = async |url: &str, sql: &str| {
                let mut connection = <$connection>::connect(url).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            };
            say_to(&server, &format!("DROP DATABASE IF EXISTS {name}")).await;
            say_to(&server, &format!("CREATE DATABASE {name}")).await;
            let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
            let $sql = Older::new().sql;
            say_to(&url, &$schema).await;
            moves_over(&url, async |sql: &str| say_to(&url, sql).await).await;
            say_to(&server, &format!("DROP DATABASE {name}")).await;
        }
    };
}

on_server!(
    an_older_deployment_in_mysql_moves_over,
    sqlx::MySqlConnection,
    "DRIPR_TEST_MYSQL",
    "mysql://root@127.0.0.1:3306/mysql",
    "dripr_older",
    |sql| sql
);
on_server!(
    an_older_deployment_in_postgresql_moves_over,
    sqlx::PgConnection,
    "DRIPR_TEST_POSTGRES",
    "postgres://postgres@127.0.0.1:5432/postgres",
    "dripr_older",
    |sql| sql.replace("DATETIME", "TIMESTAMPTZ")
);
