//! `/a/…`: where an agent looks at an email and approves it, declines it or writes its opening words, by a link that is for
//! this email alone. A GET asks, and changes nothing: mail filters follow links.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use chrono::TimeDelta;
use dripr_core::{
    campaign::{Action, Actor, CampaignStatus, Command, Dossier, LONGEST_INTRO},
    email::{ApprovalLinks, DeliveryStatus, Email, UnusableApprovalLink},
    ids::CampaignId,
    ports::{CampaignStore, EmailStore},
};
use serde::Deserialize;

use super::{Site, page::Page};

/// For how many days the link to a report that is made again works.
const AGAIN_DAYS: i64 = 3;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/a/{email}/{until}/{signature}", get(show).post(approve))
        .route("/a/{email}/{until}/{signature}/skip", get(show_skip).post(skip))
        .route("/a/{email}/{until}/{signature}/intro", get(show_intro).post(edit_intro))
        .route("/again/{campaign}/{until}/{signature}", get(again))
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
        Ok(()) => {}
        Err(UnusableApprovalLink::Forged) => return Err(gone(FORGED)),
        Err(UnusableApprovalLink::Expired) => {
            return Err(Page::error(StatusCode::GONE, "This link has expired", EXPIRED));
        }
    }
    match present(site, &email.campaign_id).await? {
        Some(_) => Ok(email),
        None => Err(gone(REMOVED)),
    }
}

/// A campaign that was not removed, of an agent who was not. What is removed is shown to nobody any more.
async fn present(site: &Site, id: &CampaignId) -> Result<Option<Dossier>, Page> {
    let found = site.store.load(std::slice::from_ref(id)).await.map_err(|error| Page::failed(&error))?;
    let is_present =
        |found: &Dossier| found.campaign.deleted_at.is_none() && found.agent.deleted_at.is_none();
    Ok(found.into_iter().next().flatten().filter(is_present))
}

const EXPIRED: &str = "If the report still waits, the next morning's mail has a new link.";
const REMOVED: &str = "There is no such report any more.";
const FORGED: &str = "It may have been cut off on its way, or the email was changed since.";

async fn show(State(site): State<Arc<Site>>, link: Link) -> Result<Page, Page> {
    let (email, path) = (email(&site, &link).await?, path(&site, &link));
    let page = if email.delivery_status == DeliveryStatus::Created {
        let leaves = email.scheduled_send_datetime.format("%-d %B %Y, %H:%M UTC");
        Page::new("May this email go out?")
            .says(format!("To {}. It leaves on {leaves} at the earliest.", email.recipient))
            .button("Approve", path.clone())
            .quiet_button("Not this month", format!("{path}/skip"))
            .link("Write the opening words", format!("{path}/intro"))
    } else {
        Page::new("Nothing to decide").says(settled(email.delivery_status))
    };
    with_preview(&site, &email, page).await
}

async fn show_skip(State(site): State<Arc<Site>>, link: Link) -> Result<Page, Page> {
    let (email, path) = (undecided(&site, &link).await?, path(&site, &link));
    let page = Page::new("Send nothing this month?")
        .says(format!("{} then gets no report this month. The next one is made in a month.", email.recipient))
        .button("Not this month", format!("{path}/skip"))
        .link("Look at the report", path);
    with_preview(&site, &email, page).await
}

async fn show_intro(State(site): State<Arc<Site>>, link: Link) -> Result<Page, Page> {
    let (email, path) = (undecided(&site, &link).await?, path(&site, &link));
    let campaign = present(&site, &email.campaign_id).await?;
    let written = campaign.and_then(|dossier| dossier.campaign.intro_edit).unwrap_or_default();
    let page = Page::new("Your opening words")
        .says("They stand at the beginning of this report, in place of those below. The report is made again with them.")
        .form("Make the report with them", format!("{path}/intro"), written, LONGEST_INTRO)
        .link("Look at the report", path);
    with_preview(&site, &email, page).await
}

async fn with_preview(site: &Site, email: &Email, page: Page) -> Result<Page, Page> {
    let messages = site.store.messages(std::slice::from_ref(&email.id)).await;
    let message = messages.map_err(|error| Page::failed(&error))?.pop().flatten();
    Ok(match message {
        Some(message) => page
            .says(format!("Subject: {}", message.subject))
            .preview(message.for_others(&message.html, &site.opt_out)),
        None => page,
    })
}

/// The email that a genuine link is for, if there is something to decide.
async fn undecided(site: &Site, link: &Link) -> Result<Email, Page> {
    let email = email(site, link).await?;
    if email.delivery_status != DeliveryStatus::Created {
        return Err(Page::error(StatusCode::CONFLICT, "Nothing to decide", settled(email.delivery_status)));
    }
    Ok(email)
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

fn path(site: &Site, Path((id, until, signature)): &Link) -> String {
    format!("{}/a/{id}/{until}/{signature}", site.path)
}

async fn approve(State(site): State<Arc<Site>>, link: Link) -> Result<Page, Page> {
    let email = undecided(&site, &link).await?;
    let (email_id, content_hash, of) = (email.id.clone(), email.content_hash, email.user_id.clone());
    decide(&site, &email, Action::Approve { email_id, content_hash, of }).await?;
    Ok(Page::new("Approved").says("This email goes out at its time."))
}

async fn skip(State(site): State<Arc<Site>>, link: Link) -> Result<Page, Page> {
    let email = undecided(&site, &link).await?;
    let reason = Some("the agent declined it".to_owned());
    decide(&site, &email, Action::Reject { email_id: email.id.clone(), reason }).await?;
    Ok(Page::new("Not this month").says("This email is not sent. The next report is made in a month."))
}

/// What the form brings.
#[derive(Deserialize)]
struct Written {
    text: String,
}

async fn edit_intro(
    State(site): State<Arc<Site>>,
    link: Link,
    Form(written): Form<Written>,
) -> Result<Page, Page> {
    let email = undecided(&site, &link).await?;
    // Browsers end lines in their own way.
    let text = Some(written.text.replace("\r\n", "\n"));
    decide(&site, &email, Action::EditIntro { of: Some(email.id.clone()), text }).await?;
    let until = site.bench.clock.now() + TimeDelta::days(AGAIN_DAYS);
    let again = site.approval.again(&email.user_id, &email.campaign_id, until);
    Ok(Page::new("Your words are in")
        .says("The report is made again with them. It still waits for you to approve it.")
        .link("Look at the new report", again))
}

/// Leads on to the campaign's present report, once it is there.
async fn again(
    State(site): State<Arc<Site>>,
    Path((campaign, until, signature)): Link,
) -> Result<Response, Page> {
    let gone = |why: &str| Page::error(StatusCode::NOT_FOUND, "This link does not work", why);
    let id = CampaignId::new(&campaign).map_err(|_| gone(FORGED))?;
    let dossier = present(&site, &id).await?.ok_or_else(|| gone(FORGED))?;
    let path = format!("{campaign}/{until}/{signature}");
    let until = site
        .approval
        .check_again(&path, &dossier.campaign.user_id, &id, site.bench.clock.now())
        .map_err(|why| gone(if why == UnusableApprovalLink::Expired { EXPIRED } else { FORGED }))?;
    match dossier.email {
        Some(email) if email.delivery_status == DeliveryStatus::Created => {
            let link = site.approval.link(&email, until);
            Ok(Redirect::to(&link).into_response())
        }
        Some(email) => {
            Ok(Page::new("Nothing to decide").says(settled(email.delivery_status)).into_response())
        }
        None if dossier.campaign.status == CampaignStatus::ReadyToCreateEmail => Ok(Page::new("In a moment")
            .says("The report is being made. This page looks again by itself.")
            .refresh(3)
            .into_response()),
        None => Ok(Page::new("Nothing to decide").says("No report waits for you here.").into_response()),
    }
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
