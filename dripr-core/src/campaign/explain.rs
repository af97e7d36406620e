//! Why nothing happens: the gate that holds a campaign, since when, and when it is looked at next.

use serde::Serialize;

use super::{Campaign, CampaignStatus, Facts, Phase, Stage, deadline, decide};
use crate::{email::DeliveryStatus, schedule::Instant};

/// What holds a campaign.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Where it stands.
    pub status: CampaignStatus,
    /// In words for people.
    pub phase: Phase,
    /// What is being done.
    pub stage: Stage,
    /// The gate, as a short stable name such as `slot`, `approval`, `window`.
    pub gate: &'static str,
    /// The gate in one sentence.
    pub because: String,
    /// Since when it holds.
    pub since: Instant,
    /// When it is looked at next; absent if only somebody's doing can open it.
    pub next_look: Option<Instant>,
}

/// Says which gate holds a campaign.
#[must_use]
pub fn explain(campaign: &Campaign, facts: &Facts<'_>) -> Explanation {
    let (phase, stage) = Phase::of(campaign, facts.email);
    let (gate, because) = gate(campaign, facts);
    Explanation {
        status: campaign.status,
        phase,
        stage,
        gate,
        because,
        since: since(campaign, facts, gate),
        next_look: deadline(campaign, facts),
    }
}

fn since(campaign: &Campaign, facts: &Facts<'_>, gate: &str) -> Instant {
    match gate {
        "approval" => facts.email.map_or(campaign.status_since, |email| email.created_at),
        "unknown_outcome" => facts
            .email
            .and_then(|email| email.attempt.as_ref())
            .and_then(|attempt| attempt.unknown_since)
            .unwrap_or(campaign.status_since),
        "removed" => campaign.deleted_at.unwrap_or(campaign.status_since),
        _ => campaign.status_since,
    }
}

fn gate(campaign: &Campaign, facts: &Facts<'_>) -> (&'static str, String) {
    if campaign.deleted_at.is_some() {
        return ("removed", "the campaign was removed".to_owned());
    }
    match facts.email.map(|email| email.delivery_status) {
        Some(DeliveryStatus::Transmitting) => {
            return ("transmitting", "the email is being handed to the mail provider".to_owned());
        }
        Some(DeliveryStatus::Unknown) => {
            return (
                "unknown_outcome",
                "nobody knows yet whether the mail provider took the email; it is being asked".to_owned(),
            );
        }
        _ => {}
    }
    if let Some(no_mail) = facts.no_mail {
        return ("suppressed", format!("no mail may go to this address: {}", no_mail.cause.sentence()));
    }
    if !campaign.enabled {
        return ("disabled", "the campaign is disabled".to_owned());
    }
    if facts.contact.deleted_at.is_some() {
        return ("removed", "the contact was removed".to_owned());
    }
    if let Err(why) = facts.agent.may_send(facts.now) {
        return ("agent", why.to_owned());
    }
    if let Some(next) = decide(campaign, facts) {
        return ("due", format!("it is about to become {}", next.to()));
    }
    match campaign.status {
        CampaignStatus::Dormant => match campaign.slot {
            Some(slot) => {
                ("slot", format!("the next email is for {}; its preparation has not begun", slot.cycle()))
            }
            None => ("slot", "its first send date is about to be planned".to_owned()),
        },
        CampaignStatus::WaitingForData | CampaignStatus::WaitingForHomeAnalysis => {
            ("operations", pending(campaign))
        }
        CampaignStatus::ReadyToCreateEmail => match facts.email.map(|email| email.delivery_status) {
            Some(DeliveryStatus::Created) => {
                ("approval", "the email waits for the agent's approval".to_owned())
            }
            Some(_) => match facts.may_leave_at(campaign) {
                Some(at) => ("slot", format!("the email is ready and leaves at {at}")),
                None => ("slot", "the email is ready and waits for its send date".to_owned()),
            },
            None => ("operations", pending(campaign)),
        },
        CampaignStatus::ReadyToSendEmail => match &campaign.send_deferred_because {
            Some(why) => ("deferred", format!("sending was put off: {why}")),
            None => match facts.may_leave_at(campaign) {
                Some(at) if facts.now < at => ("window", format!("the sending window opens at {at}")),
                _ => ("sender", "the email waits for a sender".to_owned()),
            },
        },
        CampaignStatus::Error => (
            "failure",
            campaign
                .failure
                .as_ref()
                .map_or_else(|| "it failed".to_owned(), |failure| failure.reason.clone()),
        ),
        CampaignStatus::Unsubscribed => ("suppressed", "the recipient gets no mail".to_owned()),
    }
}

fn pending(campaign: &Campaign) -> String {
    let waiting: Vec<String> = campaign
        .operations
        .pending(campaign.status)
        .map(|operation| match &campaign.operations[operation].last_error {
            Some(error) => format!("{operation} (last attempt: {error})"),
            None => operation.to_string(),
        })
        .collect();
    format!("waits for {}", waiting.join(", "))
}
