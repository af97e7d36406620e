//! Whole campaigns through the engine and a real store.

mod killed_engine;
mod shared_calls;
mod simulated_on_sqlite;
mod year_on_sqlite;
