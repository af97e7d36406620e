//! Lists, a page at a time.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;

/// Items of a page, unless a caller says how many.
const USUAL: usize = 50;
/// Items of a page at most.
const MOST: usize = 200;

/// Which part of a list is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// How many items at most; 50 if it is not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// The items, in an order that stays.
    items: Vec<T>,
    /// To be given as `cursor` for what follows; null at the end.
    next_cursor: Option<String>,
}

impl Part {
    /// How many items are wanted.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        match self.limit {
            None => Ok(USUAL),
            Some(limit) if (1..=MOST).contains(&limit) => Ok(limit),
            Some(_) => Err(Problem::invalid("limit", format!("must be from 1 to {MOST}"))),
        }
    }

    /// After which key the part begins.
    pub(super) fn after<K: std::str::FromStr>(&self) -> Result<Option<K>, Problem> {
        let unknown = || Problem::invalid("cursor", "is none that a page of this list has given");
        let Some(cursor) = &self.cursor else { return Ok(None) };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| unknown())?;
        let key = String::from_utf8(bytes).map_err(|_| unknown())?;
        key.parse().map(Some).map_err(|_| unknown())
    }
}

impl<T> Page<T> {
    /// A part of a list that was cut already, and the key of its last item, if more follow.
    pub(super) fn ending(items: Vec<T>, last: Option<String>) -> Self {
        Self { items, next_cursor: last.map(|last| URL_SAFE_NO_PAD.encode(last)) }
    }

    /// A part of a list of which one item more was read than is wanted: that one tells that there are more.
    pub(super) fn of<S>(
        mut items: Vec<S>,
        limit: usize,
        key: impl Fn(&S) -> String,
        shown: impl Fn(S) -> T,
    ) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let last = items.last().filter(|_| more).map(key);
        Self::ending(items.into_iter().map(shown).collect(), last)
    }
}
