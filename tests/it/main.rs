//! Whole campaigns through the engine and a real store.

mod faults_page;
mod killed_engine;
mod shared_calls;
mod simulated_on_sqlite;
mod year_on_sqlite;
