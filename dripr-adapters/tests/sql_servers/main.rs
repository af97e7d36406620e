//! The SQL store over real database servers.
//!
//! PostgreSQL is the server that `DRIPR_TEST_POSTGRES` names, by default `postgres://postgres@127.0.0.1:5432/postgres`; MySQL
//! or MariaDB the one that `DRIPR_TEST_MYSQL` names, by default `mysql://root@127.0.0.1:3306/mysql`. The user must be allowed
//! to make databases: each test has one of its own and takes it away. A server that is not there is a failure.

mod at_once;
mod contract;
mod couriers;
mod migrations;
mod place;
mod proxy;
mod removals;
mod silence;
