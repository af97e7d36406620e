//! Providers over local files: no key, no network, the same answer every time.
//!
//! | file | what lives there |
//! |---|---|
//! | [`source`] | start here: [`LocalData`], which opens the files and implements the ports |
//! | [`sales_file`], [`listings_file`], [`rates_file`] | what one row of each kind of file says |
//! | [`sales_book`] | sales in memory, by day, ZIP code and nearness |
//! | [`valuation`] | what a home would sell for |
//! | [`market`] | a ZIP code's medians and trend |
//! | [`zip_centres`] | centres of ZIP codes, shipped with the crate |
//! | [`headers`], `fields`, [`csv_file`], [`row_report`] | how files are read: aliases, bounds of the believable, rows that are refused |
//!
//! A new column is a line in [`headers`] and one in `fields`; a new kind of file is a file beside [`rates_file`].

pub mod csv_file;
mod fields;
pub mod headers;
pub mod listings_file;
pub mod market;
pub mod rates_file;
pub mod row_report;
pub mod sales_book;
pub mod sales_file;
pub mod source;
pub mod valuation;
pub mod zip_centres;

pub use csv_file::FileError;
pub use fields::{GREATEST_PRICE, LEAST_PRICE};
pub use source::{ListingsFrom, LocalData, LocalDataConfig, RatesFrom};
