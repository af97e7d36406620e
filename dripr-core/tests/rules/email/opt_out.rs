//! Links by which a recipient opts out.

use dripr_core::{
    email::{InvalidOptOutLink, OptOutLinks},
    ids::{CampaignId, UserId},
};

const KEY: &str = "sixteen letters!";

fn links(base: &str, key: &str) -> Result<OptOutLinks, InvalidOptOutLink> {
    OptOutLinks::new(base, key.to_owned().into())
}

fn ids(user: &str, campaign: &str) -> (UserId, CampaignId) {
    (user.parse().unwrap(), campaign.parse().unwrap())
}

#[test]
fn a_link_names_the_campaign_and_is_read_back() {
    let links = links("https://mail.example/", KEY).unwrap();
    let (user, campaign) = ids("u1", "c1");
    let link = links.link(&user, &campaign);
    let path = link.strip_prefix("https://mail.example/o/").unwrap();
    assert!(path.starts_with("u1/c1/"));
    assert_eq!(path.len(), "u1/c1/".len() + 64);
    assert!(path["u1/c1/".len()..].bytes().all(|b| b.is_ascii_hexdigit()));
    let claim = links.read(path).unwrap();
    assert_eq!((claim.user_id, claim.campaign_id), (user, campaign));
}

#[test]
fn a_link_that_we_did_not_make_is_refused() {
    let ours = links("https://mail.example", KEY).unwrap();
    let (user, campaign) = ids("u1", "c1");
    let path = ours.link(&user, &campaign).split_once("/o/").unwrap().1.to_owned();
    let tag = path.rsplit_once('/').unwrap().1;
    let (first, rest) = tag.split_at(1);
    let flipped = if first == "0" { "1" } else { "0" };
    for bad in [
        String::new(),
        "u1/c1".to_owned(),
        "u1/c1/".to_owned(),
        format!("u1/c2/{tag}"),
        format!("u2/c1/{tag}"),
        format!("u1/c1/{flipped}{rest}"),
        format!("u1/c1/{}", &tag[..62]),
        format!("u1/c1/{}", &tag[..63]),
        format!("u1/c1/{tag}00"),
        format!("u1/c1/{tag}/"),
        format!("u 1/c1/{tag}"),
        format!("u1/c 1/{tag}"),
        format!("u1/c1/{}", "zz".repeat(32)),
        // A sign is no digit.
        format!("u1/c1/{}", "+f".repeat(32)),
        // What is signed is each part with its length: a letter cannot wander.
        format!("u1c/1/{tag}"),
    ] {
        assert_eq!(ours.read(&bad), Err(InvalidOptOutLink::Link), "{bad}");
    }
    let others = links("https://mail.example", "another sixteen letters").unwrap();
    assert_eq!(others.read(&path), Err(InvalidOptOutLink::Link));
}

#[test]
fn a_base_address_is_a_web_address_in_which_nothing_breaks_a_header() {
    for good in ["https://mail.example", "http://localhost:8080", "https://mail.example/a/b"] {
        assert!(links(good, KEY).is_ok(), "{good}");
    }
    for bad in [
        "",
        "mail.example",
        "ftp://mail.example",
        "https://",
        "https:///o",
        "https://a b",
        "https://a\"",
        "https://a>",
    ] {
        assert!(matches!(links(bad, KEY), Err(InvalidOptOutLink::Base(given)) if given == bad), "{bad:?}");
    }
}

#[test]
fn a_key_has_sixteen_characters_and_is_never_shown() {
    assert!(matches!(links("https://mail.example", &KEY[1..]), Err(InvalidOptOutLink::Key)));
    let shown = format!("{:?}", links("https://mail.example", KEY).unwrap());
    assert_eq!(shown, "OptOutLinks { base: \"https://mail.example\", .. }");
}
