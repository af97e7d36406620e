//! An event as Stripe writes it, in the form of any API version.

use dripr_core::ids::CustomerId;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Unreadable;
use crate::http::json;

/// The fields of an event that dripr needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Event {
    #[serde(deserialize_with = "json::text")]
    pub(super) object: Option<String>,
    #[serde(rename = "type", deserialize_with = "json::text")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "json::amount")]
    pub(super) created: Option<u64>,
    #[serde(deserialize_with = "json::record")]
    data: Option<Data>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data {
    #[serde(deserialize_with = "json::record")]
    object: Option<Object>,
    /// What was otherwise before, where that is told.
    #[serde(deserialize_with = "json::record")]
    previous_attributes: Option<Previous>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Previous {
    #[serde(deserialize_with = "json::text")]
    status: Option<String>,
}

/// Those of a subscription or an invoice.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Object {
    #[serde(deserialize_with = "json::text")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "id")]
    customer: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "json::record")]
    metadata: Option<Metadata>,
    /// Of an invoice, up to 2025: what it is for.
    #[serde(deserialize_with = "id")]
    subscription: Option<String>,
    /// The same, later.
    #[serde(deserialize_with = "json::record")]
    parent: Option<Parent>,
    #[serde(deserialize_with = "json::integer")]
    pub(super) attempt_count: Option<u32>,
    #[serde(deserialize_with = "json::amount")]
    pub(super) next_payment_attempt: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(deserialize_with = "json::text")]
    user_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parent {
    #[serde(deserialize_with = "json::record")]
    subscription_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(deserialize_with = "id")]
    subscription: Option<String>,
}

impl Event {
    /// What it is about.
    pub(super) fn subject(&self) -> Result<&Object, Unreadable> {
        let object = self.data.as_ref().and_then(|data| data.object.as_ref());
        object.ok_or(Unreadable::Field("data.object"))
    }

    /// How it stood before, if that is what changed.
    pub(super) fn status_before(&self) -> Option<&str> {
        self.data.as_ref()?.previous_attributes.as_ref()?.status.as_deref()
    }
}

impl Object {
    /// Who pays.
    pub(super) fn customer(&self) -> Result<CustomerId, Unreadable> {
        let id = self.customer.as_deref().and_then(|id| CustomerId::new(id).ok());
        id.ok_or(Unreadable::Field("data.object.customer"))
    }

    /// Whose it is, as the program that made it says.
    pub(super) fn user_id(&self) -> Option<&str> {
        self.metadata.as_ref()?.user_id.as_deref()
    }

    /// What an invoice is for.
    pub(super) fn subscription(&self) -> Option<&str> {
        let details = || self.parent.as_ref()?.subscription_details.as_ref()?.subscription.as_deref();
        self.subscription.as_deref().or_else(details)
    }
}

/// An id, given by itself or in the object that it names.
fn id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(id) => Some(id),
        Value::Object(mut object) => match object.remove("id") {
            Some(Value::String(id)) => Some(id),
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    })
}
