//! What came back of an email after it was sent.

use std::{fmt, str::FromStr, sync::Arc};

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use dripr_core::{
    access::Scope,
    email::Email,
    feedback::{Bounce, BounceKind, Feedback, Happening, Visitor},
    ids::FeedbackId,
    ports::FeedbackStore,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::find;
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// One thing that came back of an email, as the provider or a mail server told it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventView {
    /// When it happened, by their clock.
    at: DateTime<Utc>,
    what: EventKind,
    /// Who opened the email or followed the link.
    by: Option<VisitorView>,
    /// Where the link leads that was followed. The one by which the recipient opts out is theirs alone, and left out.
    link: Option<String>,
    /// Why the email came back, if it did.
    bounce: Option<BounceView>,
}

/// What came back.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum EventKind {
    /// The recipient's mail server took it.
    Delivered,
    /// It came back, or an automatic answer did.
    Bounced,
    /// The recipient reported it as spam.
    Complained,
    /// Its pictures were loaded.
    Opened,
    /// A link in it was followed.
    Clicked,
    /// The recipient opted out, by a way of the provider's own.
    OptedOut,
    /// The recipient opted in again, by a way of the provider's own.
    OptedIn,
}

/// Who it was, as far as can be told.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum VisitorView {
    Person,
    /// A mail program, whether anybody looked or not.
    Prefetch,
    /// A filter or another robot.
    Robot,
}

/// Why an email came back.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BounceView {
    kind: BounceKindView,
    /// What the mail server or the provider said, for people.
    detail: String,
    /// Whether nothing more is sent to the address.
    is_final: bool,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum BounceKindView {
    NoMailbox,
    FullMailbox,
    Refused,
    Unreachable,
    /// No failure: an automatic answer.
    AutoReply,
    Unclear,
}

impl EventView {
    fn of(event: Feedback, email: &Email) -> Self {
        let by = event.visitor(email).map(Into::into);
        let link = event.link_for_others(email).map(str::to_owned);
        let what = EventKind::from(&event.what);
        let bounce = match event.what {
            Happening::Bounced(why) => Some(why.into()),
            Happening::Delivered
            | Happening::Complained
            | Happening::Opened { .. }
            | Happening::Clicked { .. }
            | Happening::OptedOut
            | Happening::OptedIn => None,
        };
        Self { at: event.at, what, by, link, bounce }
    }
}

impl From<&Happening> for EventKind {
    fn from(what: &Happening) -> Self {
        match what {
            Happening::Delivered => Self::Delivered,
            Happening::Bounced(_) => Self::Bounced,
            Happening::Complained => Self::Complained,
            Happening::Opened { .. } => Self::Opened,
            Happening::Clicked { .. } => Self::Clicked,
            Happening::OptedOut => Self::OptedOut,
            Happening::OptedIn => Self::OptedIn,
        }
    }
}

impl From<Visitor> for VisitorView {
    fn from(visitor: Visitor) -> Self {
        match visitor {
            Visitor::Person => Self::Person,
            Visitor::Prefetch => Self::Prefetch,
            Visitor::Robot => Self::Robot,
        }
    }
}

impl From<Bounce> for BounceView {
    fn from(bounce: Bounce) -> Self {
        let kind = match bounce.kind {
            BounceKind::NoMailbox => BounceKindView::NoMailbox,
            BounceKind::FullMailbox => BounceKindView::FullMailbox,
            BounceKind::Refused => BounceKindView::Refused,
            BounceKind::Unreachable => BounceKindView::Unreachable,
            BounceKind::AutoReply => BounceKindView::AutoReply,
            BounceKind::Unclear => BounceKindView::Unclear,
        };
        Self { kind, is_final: bounce.kind.is_final(), detail: bounce.detail }
    }
}

/// A place in the list: when it happened, told in microseconds, and its name.
struct Place(DateTime<Utc>, FeedbackId);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.timestamp_micros(), self.1)
    }
}

impl FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once(' ').ok_or(())?;
        let at = DateTime::from_timestamp_micros(at.parse().map_err(|_| ())?).ok_or(())?;
        Ok(Self(at, FeedbackId::new(id).map_err(|_| ())?))
    }
}

/// What came back of an email: that it was taken, opened, followed, returned and so on, as it happened. Not every provider tells
/// everything, and what comes late is told of as of when it happened.
#[utoipa::path(
    get, path = "/agents/{agent}/emails/{email}/events", tag = "emails",
    params(("agent" = String, Path), ("email" = String, Path), Part),
    responses((status = 200, body = Page<EventView>))
)]
pub(super) async fn list_events(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, email)): Path<(String, String)>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<EventView>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let email = find(&api, &agent.id, &email).await?;
    let (limit, after) = (part.limit()?, part.after::<Place>()?);
    let after = after.map(|Place(at, id)| (at, id));
    let events = api.store.feedback_of(&email.id, after, limit + 1).await?;
    let place = |event: &Feedback| Place(event.at, event.id.clone()).to_string();
    Ok(Json(Page::of(events, limit, place, |event: Feedback| EventView::of(event, &email))))
}
