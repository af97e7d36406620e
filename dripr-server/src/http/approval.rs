//! `/a/…`: where an agent looks at an email and approves it, by a link that is for this email alone.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use dripr_core::{
    campaign::{Action, Actor, Command},
    email::{ApprovalLinks, DeliveryStatus, Email},
    ports::{CampaignStore, EmailStore},
};

use super::{Site, page::Page};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/a/{email}/{until}/{signature}", get(show).post(approve))
        .route("/a/{email}/{until}/{signature}/skip", post(skip))
}

type Link = Path<(String, String, String)>;

/// The email that a genuine link is for. Whoever guesses learns nothing: an unknown email and a wrong signature look alike.
async fn email(site: &Site, Path((id, until, signature)): &Link) -> Result<Email, Page> {
    let path = format!("{id}/{until}/{signature}");
    let gone = |why: &str| Page::error(StatusCode::NOT_FOUND, "This link does not work", why);
    let id = ApprovalLinks::email_id(&path).ok_or_else(|| gone(FORGED))?;
    let email = site.store.email(&id).await.map_err(|error| Page::failed(&error))?;
    let email = email.ok_or_else(|| gone(FORGED))?;
    match site.approval.check(&path, &email, site.bench.clock.now()) {
        Ok(()) => Ok(email),
        Err(dripr_core::email::UnusableApprovalLink::Forged) => Err(gone(FORGED)),
        Err(dripr_core::email::UnusableApprovalLink::Expired) => {
            let why = "It has expired. The email can still be approved where you manage your campaigns.";
            Err(Page::error(StatusCode::GONE, "This link has expired", why))
        }
    }
}

const FORGED: &str = "It may have been cut off on its way, or the email was changed since.";

async fn show(State(site): State<Arc<Site>>, link: Link) -> Result<Page, Page> {
    let email = email(&site, &link).await?;
    let message =
        site.store.messages(std::slice::from_ref(&email.id)).await.map_err(|error| Page::failed(&error))?;
    let message = message.into_iter().next().flatten();
    let path = path(&link);
    let page = match email.delivery_status {
        DeliveryStatus::Created => {
            let leaves = email.scheduled_send_datetime.format("%-d %B %Y, %H:%M UTC");
            Page::new("May this email go out?")
                .says(format!("To {}. It leaves on {leaves} at the earliest.", email.recipient))
                .button("Approve", path.clone())
                .quiet_button("Not this month", format!("{path}/skip"))
        }
        status => Page::new("Nothing to decide").says(settled(status)),
    };
    Ok(match message {
        Some(message) => page.says(format!("Subject: {}", message.subject)).preview(message.html.clone()),
        None => page,
    })
}

/// How an email stands that nobody needs to approve.
const fn settled(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Created => "This email waits for your approval.",
        DeliveryStatus::Approved => "This email is approved, and goes out at its time.",
        DeliveryStatus::Transmitting | DeliveryStatus::Unknown => "This email is being sent.",
        DeliveryStatus::Complete => "This email was sent.",
        DeliveryStatus::Held => "This email was sent, as far as can be told.",
        DeliveryStatus::Rejected | DeliveryStatus::Skipped => "This email is not sent this month.",
        DeliveryStatus::Superseded | DeliveryStatus::Expired => "This email is out of date and is not sent.",
    }
}

fn path(Path((id, until, signature)): &Link) -> String {
    format!("/a/{id}/{until}/{signature}")
}

async fn approve(State(site): State<Arc<Site>>, link: Link) -> Result<Page, Page> {
    let email = email(&site, &link).await?;
    if email.delivery_status != DeliveryStatus::Created {
        return Err(Page::error(StatusCode::CONFLICT, "Nothing to decide", settled(email.delivery_status)));
    }
    let (email_id, content_hash, by) = (email.id.clone(), email.content_hash, email.user_id.clone());
    decide(&site, &email, Action::Approve { email_id, content_hash, by }).await?;
    Ok(Page::new("Approved").says("This email goes out at its time."))
}

async fn skip(State(site): State<Arc<Site>>, link: Link) -> Result<Page, Page> {
    let email = email(&site, &link).await?;
    let reason = Some("the agent declined it".to_owned());
    decide(&site, &email, Action::Reject { email_id: email.id.clone(), reason }).await?;
    Ok(Page::new("Not this month").says("This email is not sent. The next report is made in a month."))
}

async fn decide(site: &Site, email: &Email, action: Action) -> Result<(), Page> {
    let (campaign_id, actor) = (email.campaign_id.clone(), Actor::User(email.user_id.clone()));
    let command = Command { campaign_id, actor, action, desk: site.bench.clone() };
    let executed = site.store.execute(vec![command]).await.map_err(|error| Page::failed(&error))?;
    match executed.into_iter().next().map(|execution| execution.result) {
        Some(Ok(_)) => Ok(()),
        Some(Err(refusal)) => {
            Err(Page::error(StatusCode::CONFLICT, "Nothing was changed", refusal.to_string()))
        }
        None => Err(Page::failed(&std::io::Error::other("the database gave no answer"))),
    }
}
