//! What a row of the users means.

use dripr_core::{
    access::Membership,
    agent::{Agent, Subscription, UnknownOutcome},
    agent_mail::Progress,
    email::EmailAddress,
    ids::UserId,
    schedule::Instant,
};

use super::{LegacyRow, RowProblem};

/// An agent. They were welcomed by the older deployment, so they are not welcomed again.
///
/// # Errors
/// What is wrong with the row.
pub fn agent(row: &LegacyRow, now: Instant) -> Result<Agent, RowProblem> {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let id = UserId::new(row.must("id")?).map_err(|error| row.problem("id", error))?;
    let email = row.must("email")?.parse::<EmailAddress>();
    let postal_address = row.line("postal_address")?;
    if postal_address.is_empty() {
        let reason = "is empty; commercial mail must carry a postal address";
        return Err(row.problem("postal_address", reason));
    }
    Ok(Agent {
        id,
        first_name: row.line("first_name")?,
        last_name: row.line("last_name")?,
        email: email.map_err(|error| row.problem("email", error.reason))?,
        brokerage: some(row.line("brokerage")?),
        phone: some(row.line("phone")?),
        postal_address,
        subscription_status: subscription(row, now)?,
        billing: None,
        managed_client_id: some(row.line("managed_client_id")?),
        given_client_id: None,
        membership: Membership::default(),
        sending_rules: None,
        unknown_outcome: UnknownOutcome::Hold,
        paused: None,
        resumed_at: None,
        welcome: Progress::Skipped,
        created_at: row.past("created_at", now)?.unwrap_or(now),
        account_changed_at: None,
        banned: false,
        deleted_at: row.past("deleted_at", now)?,
        version: 0,
    })
}

/// In Stripe's words.
fn subscription(row: &LegacyRow, now: Instant) -> Result<Subscription, RowProblem> {
    match row.must("subscription_status")?.to_ascii_lowercase().as_str() {
        "active" => Ok(Subscription::Active),
        "trialing" => Ok(Subscription::Trialing),
        "past_due" => Ok(Subscription::PastDue { since: row.past("past_due_since", now)?.unwrap_or(now) }),
        "canceled" => Ok(Subscription::Canceled),
        "unpaid" => Ok(Subscription::Unpaid),
        _ => {
            let reason = "must be active, trialing, past_due, canceled or unpaid";
            Err(row.problem("subscription_status", reason))
        }
    }
}
