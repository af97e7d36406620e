//! Contacts as `dripr import` takes them, with their homes and whether they want mail.

use dripr_core::{campaign::Dossier, email::Suppression};

use super::Table;
use crate::cli::shown;

pub(super) const TABLE: Table = Table {
    header: &[
        "email",
        "first_name",
        "last_name",
        "zip_code",
        "street",
        "city",
        "state",
        "no_address_newsletter",
        "latitude",
        "longitude",
        "bedrooms",
        "bathrooms",
        "living_area_sqft",
        "lot_sqft",
        "floors",
        "above_ground_sqft",
        "year_built",
        "year_renovated",
        "grade",
        "condition",
        "view",
        "waterfront",
        "neighbours_living_area_sqft",
        "neighbours_lot_sqft",
        "fixed_send_day",
        "check_before_sending",
        "enabled",
        "created_at",
        "external_id",
        "unsubscribed",
    ],
    row,
    opt_out: Some(opt_out),
};

fn row(dossier: &Dossier) -> Vec<String> {
    let Dossier { campaign, contact, suppression, .. } = dossier;
    let home = campaign.home.as_ref();
    let of_home =
        |text: fn(&dripr_core::contact::Home) -> &str| home.map(text).unwrap_or_default().to_owned();
    let facts = home.map(|home| home.facts.clone()).unwrap_or_default();
    let location = home.and_then(|home| home.location);
    vec![
        contact.email.to_string(),
        contact.first_name.clone(),
        contact.last_name.clone(),
        campaign.zip_code.to_string(),
        of_home(|home| &home.street),
        of_home(|home| &home.city),
        of_home(|home| &home.state),
        yes_or_no(home.is_none()),
        known(location.map(|point| point.latitude())),
        known(location.map(|point| point.longitude())),
        known(facts.bedrooms),
        known(facts.bathrooms),
        known(facts.living_area_sqft),
        known(facts.lot_sqft),
        known(facts.floors),
        known(facts.above_ground_sqft),
        known(facts.year_built),
        known(facts.year_renovated),
        known(facts.grade),
        known(facts.condition),
        known(facts.view),
        facts.waterfront.map(yes_or_no).unwrap_or_default(),
        known(facts.neighbours_living_area_sqft),
        known(facts.neighbours_lot_sqft),
        campaign.fixed_send_day.get().to_string(),
        yes_or_no(campaign.check_before_sending),
        yes_or_no(campaign.enabled),
        shown(campaign.created_at),
        known(contact.external_id.as_ref()),
        suppression.as_ref().map(|why| why.cause.as_str().to_owned()).unwrap_or_default(),
    ]
}

/// Only who it is and that they want no mail: an import keeps that, and makes no campaign of it.
fn opt_out(suppression: &Suppression) -> Vec<String> {
    let cell = |column: &&str| match *column {
        "email" => suppression.address.to_string(),
        "unsubscribed" => suppression.cause.as_str().to_owned(),
        _ => String::new(),
    };
    TABLE.header.iter().map(cell).collect()
}

fn known(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn yes_or_no(value: bool) -> String {
    if value { "yes" } else { "no" }.to_owned()
}
