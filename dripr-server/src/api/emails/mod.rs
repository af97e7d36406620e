//! `/agents/{agent}/emails`, `/emails`: what was made for homeowners, and what becomes of it.

mod approve;
mod decide;
mod edit_intro;
mod events;
mod list;
mod list_all;
mod message;
mod preview;
mod read;
mod reject;
mod search;
mod settle;
mod test;
mod view;

use std::sync::Arc;

use dripr_core::{
    email::Email,
    ids::{EmailId, UserId},
    ports::EmailStore,
};
use utoipa_axum::{router::OpenApiRouter, routes};

pub(super) use self::{decide::Decision, view::DeliveryStatusView};
use super::{Api, many::each, problem::Problem};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_emails))
        .routes(routes!(list_all::list_all_emails))
        .routes(routes!(read::read_email))
        .routes(routes!(message::read_message))
        .routes(routes!(preview::read_email_html))
        .routes(routes!(preview::read_email_text))
        .routes(routes!(events::list_events))
        .routes(routes!(approve::approve_email))
        .routes(routes!(reject::reject_email))
        .routes(routes!(decide::decide_emails))
        .routes(routes!(edit_intro::edit_intro))
        .routes(routes!(settle::settle_email))
        .routes(routes!(test::send_test))
}

/// The email of an agent that a path names.
async fn find(api: &Api, user: &UserId, named: &str) -> Result<Email, Problem> {
    let id = EmailId::new(named).map_err(|_| unknown())?;
    find_each(api, user, vec![id]).await?.pop().ok_or_else(Problem::lost)?
}

/// The emails of an agent that a request names, each found or not.
async fn find_each(
    api: &Api,
    user: &UserId,
    ids: Vec<EmailId>,
) -> Result<Vec<Result<Email, Problem>>, Problem> {
    let found = each(ids, move |ids| Box::pin(async move { api.store.emails_by_ids(&ids).await })).await?;
    let own = |email: &Email| email.user_id == *user;
    let one = |found: Option<Email>| found.filter(own).ok_or_else(unknown);
    Ok(found.into_iter().map(|found| found.and_then(one)).collect())
}

fn unknown() -> Problem {
    Problem::not_found("email")
}
