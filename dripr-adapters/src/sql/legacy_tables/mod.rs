//! The tables of an older deployment, read and never written: agents, contacts, campaigns and emails in MySQL, MariaDB,
//! PostgreSQL or SQLite, whatever their columns are called.
//!
//! | file | what is in it |
//! |---|---|
//! | `mapping` | which table and column each field comes from |
//! | `fields` | the fields, and which of them must be there |
//! | `place` | connecting, and looking whether all that is mapped is there |
//! | `read` | rows in pages, ordered by key |
//! | `row` | one row: its fields, checked one by one |
//! | `dates` | how older deployments write dates |
//! | `agent`, `contact`, `campaign`, `email` | what a row means; pure |
//!
//! Every value is read as text, so that a flag may be a `BIT`, a `BOOLEAN` or a number and a date may be written in any way
//! that says which it is. What cannot be understood is a [`RowProblem`] with table, key, column and value; the other rows are
//! not concerned.

mod agent;
mod campaign;
mod contact;
mod dates;
mod email;
mod fields;
mod mapping;
mod place;
mod problem;
mod read;
mod row;

pub use self::{
    agent::agent,
    campaign::{LegacyCampaign, OptOut, campaign, opt_out_of_campaign},
    contact::{LegacyContact, contact, opt_out_of_contact},
    email::{LegacyEmail, email},
    fields::Table,
    mapping::{InvalidMapping, Mapping, TableMapping},
    place::LegacyTables,
    problem::RowProblem,
    row::LegacyRow,
};
