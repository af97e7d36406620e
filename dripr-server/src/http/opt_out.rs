//! `/o/…`: where the opt-out links in emails lead.
//!
//! A GET shows a page that asks, and changes nothing: mail filters follow links. A POST acts at once, from the page's button
//! or from a mail program that opts out with one click (RFC 8058), which sends no cookie and follows no redirect.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use dripr_core::{
    consent::{self, Recipient},
    email::OptOutClaim,
};

use super::{Site, page::Page};

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/o/test", get(of_a_test))
        .route("/o/{user}/{campaign}/{signature}", get(ask).post(opt_out))
        .route("/o/{user}/{campaign}/{signature}/again", get(ask).post(opt_in))
}

type Link = Path<(String, String, String)>;

/// Who the link is for, or the page that says that it is not one.
fn claim(site: &Site, Path((user, campaign, signature)): &Link) -> Result<OptOutClaim, Page> {
    site.opt_out.read(&format!("{user}/{campaign}/{signature}")).map_err(|_| no_link())
}

fn no_link() -> Page {
    Page::error(
        StatusCode::NOT_FOUND,
        "This link does not work",
        "It may have been cut off on its way. Please use the link at the end of the email as it is, or answer the email.",
    )
}

/// Where the links in test copies lead.
async fn of_a_test() -> Page {
    Page::new("This was a test").says(
        "Your homeowner's link opens a page here that asks whether they want no more of these emails. This one does nothing.",
    )
}

async fn ask(State(site): State<Arc<Site>>, link: Link) -> Result<Page, Page> {
    let claim = claim(&site, &link)?;
    let recipient = consent::recipient(&*site.store, &site.opt_out, &claim).await;
    let recipient = recipient.map_err(|error| Page::failed(&error))?.ok_or_else(no_link)?;
    let path = path(&site, &link);
    Ok(standing(&recipient, path))
}

async fn opt_out(State(site): State<Arc<Site>>, link: Link) -> Result<Response, Page> {
    let claim = claim(&site, &link)?;
    let now = site.bench.clock.now();
    let recipient = consent::opt_out(&*site.store, &site.opt_out, &claim, now).await;
    let recipient = recipient.map_err(|error| Page::failed(&error))?.ok_or_else(no_link)?;
    tracing::info!(campaign_id = %claim.campaign_id, "a recipient opted out");
    Ok(standing(&recipient, path(&site, &link)).into_response())
}

async fn opt_in(State(site): State<Arc<Site>>, link: Link) -> Result<Page, Page> {
    let claim = claim(&site, &link)?;
    let now = site.bench.clock.now();
    let recipient = consent::opt_in(&*site.store, &site.opt_out, &claim, now).await;
    let recipient = recipient.map_err(|error| Page::failed(&error))?.ok_or_else(no_link)?;
    if recipient.blocked {
        // Whatever they decide now, they get none.
        return Ok(out(&recipient, &path(&site, &link)));
    }
    if recipient.suppression.is_some() {
        return Ok(standing(&recipient, path(&site, &link)));
    }
    tracing::info!(campaign_id = %claim.campaign_id, "a recipient opted in again");
    let name = recipient.agent.full_name();
    let page = Page::new("Welcome back");
    if recipient.has_moved {
        // Whoever reads there was not asked.
        return Ok(page
            .says(format!("{name} may write to this address again, and has another one of yours by now."))
            .says(
                "If you get no reports there, use the link in one that you got there, or tell your agent.",
            ));
    }
    Ok(page.says(format!("You get the monthly home report from {name} again.")))
}

/// The page's own address: relative ones would depend on the slash at its end.
fn path(site: &Site, Path((user, campaign, signature)): &Link) -> String {
    format!("{}/o/{user}/{campaign}/{signature}", site.path)
}

/// How it stands. Who is still written to at another address is not out, and can be.
fn standing(recipient: &Recipient, path: String) -> Page {
    if recipient.is_out_everywhere { out(recipient, &path) } else { offer(recipient, path) }
}

fn offer(recipient: &Recipient, path: String) -> Page {
    let name = recipient.agent.full_name();
    Page::new("No more home reports?")
        .says(format!("{name} sends you a report on your home once a month."))
        .says("If you do not want it any more, press the button. It takes effect at once.")
        .button("Stop the reports", path)
}

fn out(recipient: &Recipient, path: &str) -> Page {
    let name = recipient.agent.full_name();
    let page = Page::new("You get no more reports")
        .says(format!("You get no more reports from {name}. You need not do anything else."));
    if recipient.blocked {
        // Whatever they decide, they would get none.
        return page;
    }
    let cause = recipient.suppression.as_ref().map(|suppression| suppression.cause);
    if cause == Some(dripr_core::email::SuppressionCause::HardBounce) {
        return page.says("Mail to your address came back. If it works again, please tell your agent.");
    }
    if !recipient.may_opt_in {
        return page.says("If that was a mistake, use the link in the newest report that you got.");
    }
    page.says("If that was a mistake, you can have them again.")
        .quiet_button("Send me the reports again", format!("{path}/again"))
}
