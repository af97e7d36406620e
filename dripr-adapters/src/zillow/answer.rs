//! What an answer holds: a list of homes, or one.

use serde_json::{Map, Value};

use super::record::Record;

/// What an answer holds.
#[derive(Debug)]
pub(super) enum Homes {
    /// A list of homes.
    List(Vec<Record>),
    /// One home, of which more or less is told.
    One(Box<Record>),
}

impl Homes {
    /// What stands in an answer whose list is called so; nothing if that is neither a list nor a home. Services answer
    /// with HTTP 200 and `{"error": …}`, `{"message": …}` or `{}` too.
    pub(super) fn of(answer: Value, list: &str) -> Option<Self> {
        let Value::Object(mut answer) = answer else { return None };
        match answer.remove(list) {
            // A record that is none does not cost the others.
            Some(Value::Array(records)) => Some(Self::List(
                records.into_iter().filter_map(|record| serde_json::from_value(record).ok()).collect(),
            )),
            None | Some(Value::Null) if tells(&answer, "zpid") || tells(&answer, "lotIds") => {
                serde_json::from_value(Value::Object(answer)).ok().map(Self::One)
            }
            None | Some(Value::Null) if answer.get("totalResultCount").and_then(Value::as_u64) == Some(0) => {
                Some(Self::List(Vec::new()))
            }
            _ => None,
        }
    }

    /// The homes of a list. One home is what an exact address gives, and is none.
    pub(super) fn listed(self) -> Vec<Record> {
        match self {
            Self::List(records) => records,
            Self::One(_) => Vec::new(),
        }
    }

    /// All homes there are.
    pub(super) fn all(self) -> Vec<Record> {
        match self {
            Self::List(records) => records,
            Self::One(record) => vec![*record],
        }
    }
}

fn tells(answer: &Map<String, Value>, field: &str) -> bool {
    answer.get(field).is_some_and(|value| !value.is_null())
}
