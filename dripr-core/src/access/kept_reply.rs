//! Answers that are kept, so that a call that comes again is answered alike.

use serde::{Deserialize, Serialize};

/// For how long an answer is kept, in hours.
pub const KEPT_HOURS: i64 = 24;

/// For how long a call that has no answer yet counts as under way, in seconds. After that whoever made it is taken for dead.
pub const UNDER_WAY_SECONDS: i64 = 60;

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptReply {
    /// Its HTTP status.
    pub status: u16,
    /// Its headers that say something about the body.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: String,
}

/// How a call stands that comes with a key of its caller's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repetition {
    /// It is the first, or the first one's end was never heard of: it is to be done.
    First,
    /// The same was done: this was the answer.
    Answered(KeptReply),
    /// The same is being done.
    UnderWay,
    /// The key was used for something else.
    OtherCall,
}
