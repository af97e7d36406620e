//! Which followed link is the one by which its recipient opts out.

use dripr_core::email::{Email, OptOutLinks};
use proptest::prelude::*;

use crate::scene::Scene;

fn email() -> Email {
    let (user_id, campaign_id) = ("ana".parse().unwrap(), "ana_b-1".parse().unwrap());
    Email { user_id, campaign_id, ..Scene::sending().email() }
}

fn link(of: &Email) -> String {
    let links =
        OptOutLinks::new("https://mail.example/reports", "sixteen letters!".to_owned().into()).unwrap();
    links.link(&of.user_id, &of.campaign_id, &of.recipient)
}

/// Every character that may be is encoded, in small letters or not.
fn encoded(text: &str, small: bool) -> String {
    let one = |b: u8| match (b.is_ascii_alphanumeric(), small) {
        (true, _) => char::from(b).to_string(),
        (false, true) => format!("%{b:02x}"),
        (false, false) => format!("%{b:02X}"),
    };
    text.bytes().map(one).collect()
}

#[test]
fn an_opt_out_link_is_known_in_whatever_form_it_comes_back() {
    let email = email();
    let own = link(&email);
    let by_proofpoint = own.replace('-', "-2D").replace('_', "-5F").replace(':', "-3A").replace('/', "_");
    for known in [
        own.clone(),
        format!("{own}/again"),
        format!("{own}?utm_source=dripr&utm_medium=email"),
        format!("{own}?a=1&amp;utm_source=x#top"),
        own.replace("/o/", "/./o/").replace("https", "HTTPS"),
        own.replace("/o/", "/O/").replace("/ana/", "/ANA/"),
        own.replace('/', "%2F"),
        own.replace("/o/", "%2fo%2f").replace("/ana_b", "%2Fana_b"),
        own.replace("/ana/", "/%61n%61/").replace("ana_b-1", "ana%5Fb%2d1"),
        own.replace('/', "&#x2F;"),
        own.replace('/', "&amp;#47;"),
        own.replace("/o/", "\\o\\"),
        format!("https://safe.example/?url={}&data=05", encoded(&own, false)),
        format!("https://safe.example/?a=1&amp;url={}", encoded(&encoded(&own, true), false)),
        format!("https://track.example/click/{}/9f", encoded(&own, true)),
        format!("https://urldefense.com/v3/__{own}__;!!x"),
        format!("https://urldefense.proofpoint.com/v2/url?u={by_proofpoint}&d=DwMF"),
        "/o/ana/ana_b-1/00".to_owned(),
    ] {
        assert!(email.is_opted_out_by(&known), "{known}");
    }
    for other in [
        String::new(),
        "https://homes.example/?id=7".to_owned(),
        "https://mail.example/o/ana".to_owned(),
        own.replace("ana_b-1", "ana_b-2"),
        own.replace("/ana/", "/bob/"),
        own.replace("/o/", "/no/"),
        own.replace("/o/", "/o/x/"),
        format!("https://homes.example/{}", "%25".repeat(400)),
        "https://homes.example/%FF%2".to_owned(),
    ] {
        assert!(!email.is_opted_out_by(&other), "{other}");
    }
}

proptest! {
    #[test]
    fn it_is_known_through_layers_of_other_links(layers in prop::collection::vec(any::<(bool, bool)>(), 0..5)) {
        let email = email();
        let link = layers.into_iter().fold(link(&email), |link, (in_path, small)| {
            let inner = encoded(&link, small);
            if in_path { format!("https://a.example/c/{inner}/z") } else { format!("https://a.example/?b=2&u={inner}&e=f") }
        });
        prop_assert!(email.is_opted_out_by(&link), "{link}");
    }

    #[test]
    fn no_text_is_too_odd(text in any::<String>()) {
        let _ = email().is_opted_out_by(&text);
    }
}
