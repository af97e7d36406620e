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
        ("12 Elm Street, Apt 4", "98103 12 elm st 4"),
        ("12 elm str unit 4", "98103 12 elm st 4"),
        ("12 Elm St Suite #4", "98103 12 elm st 4"),
        ("12 Elm St Apartment B", "98103 12 elm st b"),
        ("400 Northeast 45th Boulevard", "98103 400 ne 45th blvd"),
        ("400 NE 45th Blvd.", "98103 400 ne 45th blvd"),
        ("100 North Saint Charles Avenue", "98103 100 n st charles ave"),
        ("100 Space Center Blvd", "98103 100 space ctr blvd"),
        ("1 Apartment", "98103 1 apartment"),
        ("", "98103"),
    ] {
        let found = Home { street: street.to_owned(), ..home() }.key();
        assert_eq!(found, key, "{street:?}");
        assert_eq!(Home::renewed_key(&found), key, "a key is renewed once");
    }
}

#[test]
fn a_key_of_before_words_were_shortened_is_renewed() {
    for (stored, key) in [
        ("98103 12 elm street apt 4", "98103 12 elm st 4"),
        ("98103 12 elm st 4", "98103 12 elm st 4"),
        ("zip 98103", "zip 98103"),
        ("erased ana-street-unit 1", "erased ana-street-unit 1"),
        ("", ""),
    ] {
        assert_eq!(Home::renewed_key(stored), key);
    }
}

#[test]
fn homes_that_are_two_stay_two() {
    let key = |street: &str| Home { street: street.to_owned(), ..home() }.key();
    for (one, other) in [
        ("12 Elm St", "12 Elm Ct"),
        ("12 Elm St", "12 Elm St #4"),
        ("12 Elm St #4", "12 Elm St #5"),
        ("12 NE Elm St", "12 NW Elm St"),
        ("12 Elm St", "12 Elm Creek St"),
        ("100 Space Center Blvd", "100 Center Blvd"),
    ] {
        assert_ne!(key(one), key(other), "{one} and {other}");
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
