//! Whole campaigns through the engine and a real store.

#[cfg(feature = "service-tests")]
mod cut_connections;
mod erased;
mod faults_page;
mod killed_engine;
#[cfg(feature = "service-tests")]
#[path = "../../dripr-adapters/tests/sql_servers/place.rs"]
mod place;
#[cfg(feature = "service-tests")]
mod reads_on_servers;
mod restored;
#[cfg(feature = "service-tests")]
mod served;
mod shared_calls;
#[cfg(feature = "service-tests")]
mod simulated_on_servers;
mod simulated_on_sqlite;
mod year_on_sqlite;
