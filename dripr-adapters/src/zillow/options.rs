//! How the services are asked.

use crate::http::HttpOptions;

/// How a service is asked. The defaults suit the real ones.
#[derive(Debug, Clone)]
pub struct ZillowOptions {
    /// Where it is, how long an answer may take and be.
    pub http: HttpOptions,
    /// The name of the service at RapidAPI's gateway, for the header `X-RapidAPI-Host`; where it is left out, the host
    /// that is asked. A proxy in between needs it.
    pub host: Option<String>,
    /// How far from a ZIP code's centre homes are looked for, in miles, from 1 to 49. A service gives one page of some
    /// 40 homes, the newest of the area: the smaller that is, the more of them are near, and the fewer there may be.
    pub miles_around: u8,
}

impl Default for ZillowOptions {
    fn default() -> Self {
        Self { http: HttpOptions::default(), host: None, miles_around: 3 }
    }
}
