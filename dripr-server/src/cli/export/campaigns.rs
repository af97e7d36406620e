//! Campaigns with where they stand.

use dripr_core::campaign::{Dossier, Phase};

use super::Table;
use crate::cli::shown;

pub(super) const TABLE: Table = Table {
    header: &[
        "campaign",
        "recipient",
        "first_name",
        "last_name",
        "home",
        "zip_code",
        "status",
        "phase",
        "enabled",
        "fixed_send_day",
        "check_before_sending",
        "next_slot",
        "last_sent",
        "email",
        "email_status",
        "failure",
        "no_mail_because",
        "created_at",
    ],
    row,
    opt_out: None,
};

fn row(dossier: &Dossier) -> Vec<String> {
    let Dossier { campaign, email, contact, .. } = dossier;
    let (phase, _) = Phase::of(campaign, email.as_ref());
    vec![
        campaign.id.to_string(),
        contact.email.to_string(),
        contact.first_name.clone(),
        contact.last_name.clone(),
        campaign.home.as_ref().map(|home| home.one_line()).unwrap_or_default(),
        campaign.zip_code.to_string(),
        campaign.status.as_str().to_owned(),
        word(&phase),
        campaign.enabled.to_string(),
        campaign.fixed_send_day.get().to_string(),
        campaign.check_before_sending.to_string(),
        campaign.slot.map(|slot| shown(slot.at())).unwrap_or_default(),
        campaign.last_sent_email_datetime.map(shown).unwrap_or_default(),
        email.as_ref().map(|email| email.id.to_string()).unwrap_or_default(),
        email.as_ref().map(|email| email.delivery_status.to_string()).unwrap_or_default(),
        campaign.failure.as_ref().map(|failure| failure.reason.clone()).unwrap_or_default(),
        dossier.no_mail().map(|why| why.cause.sentence().to_owned()).unwrap_or_default(),
        shown(campaign.created_at),
    ]
}

/// As JSON has it.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}
