//! `/agents/{agent}/emails`, `/emails`: what was made for homeowners, and what becomes of it.

mod approve;
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

pub(super) use self::view::DeliveryStatusView;
use super::{Api, problem::Problem};

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
        .routes(routes!(edit_intro::edit_intro))
        .routes(routes!(settle::settle_email))
        .routes(routes!(test::send_test))
}

/// The email of an agent that a path names.
async fn find(api: &Api, user: &UserId, named: &str) -> Result<Email, Problem> {
    let none = || Problem::not_found("email");
    let id = EmailId::new(named).map_err(|_| none())?;
    let email = api.store.email(&id).await?.ok_or_else(none)?;
    if email.user_id == *user { Ok(email) } else { Err(none()) }
}
