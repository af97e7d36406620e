//! Which emails a list is of, and a part of it.

use std::{fmt, str::FromStr};

use axum::Json;
use chrono::{DateTime, Utc};
use dripr_core::{
    access::Reach,
    email::{DeliveryStatus, Email},
    ids::{CampaignId, EmailId},
    ports::{EmailOrder, EmailPlace, EmailSearch, EmailStore},
};
use serde::{
    Deserialize, Deserializer,
    de::{IntoDeserializer, value::StrDeserializer},
};
use utoipa::{IntoParams, ToSchema};

use super::view::{DeliveryStatusView, EmailView};
use crate::api::{
    Api,
    page::{Page, Part},
    problem::Problem,
};

/// Which emails are wanted, and in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those whose delivery stands so, or in one of several ways, with commas between them; `CREATED` are those that wait
    /// for approval.
    #[param(value_type = Option<Vec<DeliveryStatusView>>, inline, style = Form, explode = false)]
    delivery_status: Option<Statuses>,
    /// Only those of this campaign.
    campaign: Option<String>,
    /// Only those that were made then or later.
    created_from: Option<DateTime<Utc>>,
    /// Only those that were made before then.
    created_to: Option<DateTime<Utc>>,
    /// `created_at` as they were made, `-created_at` the newest first, `id` as their ids are as texts, which is the order if
    /// none is named. A cursor is good for the order in which it was given.
    #[param(inline)]
    sort: Option<Sort>,
}

/// An order of emails.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
pub(super) enum Sort {
    #[default]
    #[serde(rename = "id")]
    Id,
    #[serde(rename = "created_at")]
    OldestFirst,
    #[serde(rename = "-created_at")]
    NewestFirst,
}

/// Delivery statuses with commas between them.
#[derive(Debug, Default)]
struct Statuses(Vec<DeliveryStatus>);

impl<'de> Deserialize<'de> for Statuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // A list of none, as it is written in an address.
        if text.is_empty() {
            return Ok(Self::default());
        }
        let mut statuses: Vec<DeliveryStatus> = Vec::new();
        for name in text.split(',') {
            let name: StrDeserializer<'_, D::Error> = name.into_deserializer();
            statuses.push(DeliveryStatusView::deserialize(name)?.into());
        }
        // Each once, in an order of their own, so that one question has one statement.
        Ok(Self(DeliveryStatus::ALL.into_iter().filter(|status| statuses.contains(status)).collect()))
    }
}

/// A place in a list that is ordered by time.
struct Place(EmailPlace);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.created_at.timestamp_micros(), self.0.id)
    }
}

impl FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once(' ').ok_or(())?;
        let created_at = at.parse().ok().and_then(DateTime::from_timestamp_micros).ok_or(())?;
        Ok(Self(EmailPlace { created_at, id: EmailId::new(id).map_err(|_| ())? }))
    }
}

/// A part of the emails within a reach that are wanted.
pub(super) async fn page(
    api: &Api,
    within: &Reach,
    filter: Filter,
    part: &Part,
) -> Result<Json<Page<EmailView>>, Problem> {
    let limit = part.limit()?;
    let sort = filter.sort.unwrap_or_default();
    let place = || Ok::<_, Problem>(part.after::<Place>()?.map(|Place(place)| place));
    let order = match sort {
        Sort::Id => EmailOrder::Id(part.after::<EmailId>()?),
        Sort::OldestFirst => EmailOrder::OldestFirst(place()?),
        Sort::NewestFirst => EmailOrder::NewestFirst(place()?),
    };
    let campaign_id = match filter.campaign.as_deref().map(CampaignId::new) {
        None => None,
        Some(Ok(id)) => Some(id),
        // What cannot be an id is no campaign's.
        Some(Err(_)) => return Ok(Json(Page::ending(Vec::new(), None))),
    };
    let search = EmailSearch {
        campaign_id,
        delivery_statuses: filter.delivery_status.unwrap_or_default().0,
        created_from: filter.created_from,
        created_to: filter.created_to,
        order,
    };
    let emails = api.store.emails_within(within, &search, limit + 1).await?;
    let key = |email: &Email| match sort {
        Sort::Id => email.id.to_string(),
        Sort::OldestFirst | Sort::NewestFirst => {
            Place(EmailPlace { created_at: email.created_at, id: email.id.clone() }).to_string()
        }
    };
    Ok(Json(Page::of(emails, limit, key, EmailView::of)))
}
