//! Whole campaigns through the engine and a real store.

mod killed_engine;
mod year_on_sqlite;
