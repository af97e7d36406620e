//! Approving and rejecting many emails.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    campaign::Action,
    email::{ContentHash, Email},
    ids::{CampaignId, EmailId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{approve, find_each, reject, view::EmailView};
use crate::api::{
    Api,
    body::Body,
    caller::Asking,
    campaigns::act_on_each,
    many::{Item, Outcomes, read},
    path::Path,
    problem::Problem,
    text::some_line,
};

/// What is decided about emails.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decisions {
    /// Each email once.
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<Decision>,
}

/// What is decided about an email.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "decision", deny_unknown_fields)]
pub(in crate::api) enum Decision {
    /// It leaves when its time comes.
    Approve {
        #[schema(value_type = String, max_length = 96, pattern = "^[A-Za-z0-9._:-]+$")]
        email_id: EmailId,
        /// `content_hash` of the email as it was seen: nothing else is approved.
        #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
        content_hash: String,
    },
    /// The homeowner gets none this month.
    Reject {
        #[schema(value_type = String, max_length = 96, pattern = "^[A-Za-z0-9._:-]+$")]
        email_id: EmailId,
        /// Why, for people; kept in the history.
        #[schema(min_length = 1, max_length = 200)]
        reason: String,
    },
}

impl Decision {
    fn email_id(&self) -> &EmailId {
        match self {
            Self::Approve { email_id, .. } | Self::Reject { email_id, .. } => email_id,
        }
    }

    /// What is done to the email's campaign for it.
    fn action(self, email: Email) -> Result<(CampaignId, Action), Problem> {
        let action = match self {
            Self::Approve { content_hash, .. } => approve::action(&email, &content_hash)?,
            Self::Reject { reason, .. } => reject::action(&email, reason),
        };
        Ok((email.campaign_id, action))
    }
}

impl Item for Decision {
    const NAMES: &'static str = "email_id";

    fn named(&self) -> &str {
        self.email_id().as_str()
    }

    fn read(&mut self, pointer: &str) -> Result<(), Problem> {
        match self {
            Self::Approve { content_hash, .. } => {
                let known: Option<ContentHash> = content_hash.parse().ok();
                if known.is_none_or(|known| known.to_string() != *content_hash) {
                    let detail = "must be 64 hexadecimal digits, in small letters";
                    return Err(Problem::invalid(format!("{pointer}/content_hash"), detail));
                }
            }
            Self::Reject { reason, .. } => *reason = some_line(&format!("{pointer}/reason"), reason)?,
        }
        Ok(())
    }
}

/// What became of an email that was decided about.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Decided {
    email_id: String,
    /// The email as it stands after it; null if the decision was not taken.
    email: Option<EmailView>,
    /// Why the decision was not taken, as `approve` or `reject` of the email alone would say; null if it was.
    problem: Option<Problem>,
}

impl Decided {
    fn of(id: &EmailId, stands: Result<Email, Problem>) -> Self {
        let (email, problem) = match stands {
            Ok(email) => (Some(EmailView::of(email)), None),
            Err(problem) => (None, Some(problem)),
        };
        Self { email_id: id.to_string(), email, problem }
    }
}

/// Approves and rejects emails, up to 100 with one request, each in its own right: what stands against one hinders no other.
#[utoipa::path(
    post, path = "/agents/{agent}/emails/decisions", tag = "emails", request_body = Decisions,
    params(("agent" = String, Path)), responses((status = 200, body = Outcomes<Decided>))
)]
pub(super) async fn decide_emails(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Body(decisions): Body<Decisions>,
) -> Result<Json<Outcomes<Decided>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Approve).await?;
    let decisions = read(decisions.items)?;
    let ids: Vec<EmailId> = decisions.iter().map(|decision| decision.email_id().clone()).collect();
    let found = find_each(&api, &agent.id, ids.clone()).await?;
    let wanted = decisions.into_iter().zip(found);
    let wanted = wanted.map(|(decision, found)| found.and_then(|email| decision.action(email))).collect();
    let decided = act_on_each(&api, &asking, wanted).await?;
    let stand = find_each(&api, &agent.id, ids.clone()).await?;
    let stand = decided.into_iter().zip(stand).map(|(decided, stands)| decided.and(stands));
    Ok(Json(Outcomes::of(ids.iter().zip(stand).map(|(id, stands)| Decided::of(id, stands)))))
}
