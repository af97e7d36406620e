//! Examples of dripr; each is a file beside this folder and begins with how to run it.

/// The code on the page about providers runs.
#[cfg(doctest)]
#[doc = include_str!("../../docs/providers.md")]
pub struct Providers;
