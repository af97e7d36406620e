//! How RentCast is asked.

use crate::http::HttpOptions;

/// How RentCast is asked.
#[derive(Debug, Clone)]
pub struct RentCastOptions {
    /// How long an answer may take and be.
    pub http: HttpOptions,
    /// How far around a ZIP code's centre homes are looked for, in miles, 1 to 50. RentCast's own recipe for recent sales
    /// has 3. Where more than 500 homes lie within it, RentCast gives any 500 of them.
    pub radius_miles: u8,
}

impl Default for RentCastOptions {
    fn default() -> Self {
        Self { http: HttpOptions::default(), radius_miles: 3 }
    }
}
