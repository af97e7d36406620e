//! Homes: how an address is written, and when two are one.

use dripr_core::contact::Home;

use crate::scene::Scene;

fn home() -> Home {
    Scene::new().dossier.campaign.home.unwrap()
}

#[test]
fn an_address_is_written_on_one_line_without_what_is_unknown() {
    let known = home();
    assert_eq!(known.one_line(), "1 Elm St, Seattle, WA 98103");
    let no_state = Home { state: String::new(), ..known.clone() };
    assert_eq!(no_state.one_line(), "1 Elm St, Seattle, 98103");
    let no_city = Home { city: String::new(), ..known };
    assert_eq!(no_city.one_line(), "1 Elm St, WA 98103");
}

#[test]
fn a_home_is_known_by_its_zip_code_and_the_words_of_its_street() {
    for (street, key) in [
        ("1 Elm St", "98103 1 elm st"),
        ("  1, ELM   St. ", "98103 1 elm st"),
        ("12 Elm St., #4", "98103 12 elm st 4"),
        ("11 Elm St", "98103 11 elm st"),
    ] {
        assert_eq!(Home { street: street.to_owned(), ..home() }.key(), key, "{street:?}");
    }
}

#[test]
fn a_campaign_is_known_by_its_home_or_by_its_zip_code_alone() {
    let mut campaign = Scene::new().dossier.campaign;
    assert_eq!(campaign.home_key(), "98103 1 elm st");
    campaign.home = None;
    assert_eq!(campaign.home_key(), "zip 98103");
}

#[test]
fn a_campaign_that_never_sent_counts_as_made_when_it_was_last_enabled() {
    let mut scene = Scene::planned();
    let campaign = &mut scene.dossier.campaign;
    campaign.enabled_at = campaign.created_at + chrono::TimeDelta::days(3);
    assert_eq!(campaign.counts_as_created(), campaign.enabled_at);
    campaign.last_sent_email_datetime = Some(campaign.enabled_at);
    assert_eq!(campaign.counts_as_created(), campaign.created_at);
}
