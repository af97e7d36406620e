//! Links by which a recipient opts out.

use dripr_core::{
    email::{EmailAddress, InvalidOptOutLink, OptOutLinks},
    ids::{CampaignId, UserId},
};

const KEY: &str = "sixteen letters!";

fn links(base: &str, key: &str) -> Result<OptOutLinks, InvalidOptOutLink> {
    OptOutLinks::new(base, key.to_owned().into())
}

fn ids(user: &str, campaign: &str) -> (UserId, CampaignId) {
    (user.parse().unwrap(), campaign.parse().unwrap())
}

fn kim() -> EmailAddress {
    "Kim@home.example".parse().unwrap()
}

#[test]
fn a_link_names_campaign_and_recipient_and_is_read_back() {
    let links = links("https://mail.example/", KEY).unwrap();
    let (user, campaign) = ids("u1", "c1");
    let link = links.link(&user, &campaign, &kim());
    let path = link.strip_prefix("https://mail.example/o/").unwrap();
    let (mark, signature) = path.strip_prefix("u1/c1/").unwrap().split_once('-').unwrap();
    assert_eq!((mark.len(), signature.len()), (32, 64));
    assert!(
        mark.bytes().chain(signature.bytes()).all(|b| b.is_ascii_hexdigit()),
        "it tells no address: {link}"
    );
    let claim = links.read(path).unwrap();
    assert_eq!((&claim.user_id, &claim.campaign_id), (&user, &campaign));
    assert_eq!(links.went_to(&claim, &"kim@HOME.example".parse().unwrap()), Some(true));
    assert_eq!(links.went_to(&claim, &"kim@new.example".parse().unwrap()), Some(false));
}

#[test]
fn the_mark_of_an_address_is_another_for_each_agent_and_key() {
    let mark = |key: &str, user: &str, campaign: &str, address: &EmailAddress| {
        let (links, (user, campaign)) = (links("https://mail.example", key).unwrap(), ids(user, campaign));
        let link = links.link(&user, &campaign, address);
        links.read(link.split_once("/o/").unwrap().1).unwrap().recipient.unwrap()
    };
    let known = mark(KEY, "u1", "c1", &kim());
    assert_eq!(mark(KEY, "u1", "c2", &kim()), known);
    assert_ne!(mark(KEY, "u2", "c1", &kim()), known);
    assert_ne!(mark("another sixteen letters", "u1", "c1", &kim()), known);
    assert_ne!(mark(KEY, "u1", "c1", &"lee@home.example".parse().unwrap()), known);
}

/// As links were made before they named the recipient. They stand in emails for years.
#[test]
fn an_older_link_is_read_and_names_no_recipient() {
    let links = links("https://mail.example", KEY).unwrap();
    let signature = "15963baba9397305a7bcedca3fb521328b2d346be368e369c6ea5e8e65896401";
    let claim = links.read(&format!("u1/c1/{signature}")).unwrap();
    assert_eq!((&claim.user_id, &claim.campaign_id), (&"u1".parse().unwrap(), &"c1".parse().unwrap()));
    assert_eq!((&claim.recipient, links.went_to(&claim, &kim())), (&None, None));
    for bad in [format!("u1/c1/-{signature}"), format!("u1/c1/{}-{signature}", "0".repeat(32))] {
        assert_eq!(links.read(&bad), Err(InvalidOptOutLink::Link), "nobody adds a recipient to it: {bad}");
    }
}

#[test]
fn a_link_that_we_did_not_make_is_refused() {
    let ours = links("https://mail.example", KEY).unwrap();
    let (user, campaign) = ids("u1", "c1");
    let path = ours.link(&user, &campaign, &kim()).split_once("/o/").unwrap().1.to_owned();
    let tag = path.rsplit_once('/').unwrap().1;
    let (first, rest) = tag.split_at(1);
    let flipped = if first == "0" { "1" } else { "0" };
    let others = ours.link(&user, &campaign, &"lee@home.example".parse().unwrap());
    let (others_mark, signature) = (others.rsplit_once('/').unwrap().1.split_at(32).0, tag.split_at(33).1);
    for bad in [
        String::new(),
        "u1/c1".to_owned(),
        "u1/c1/".to_owned(),
        format!("u1/c2/{tag}"),
        format!("u2/c1/{tag}"),
        format!("u1/c1/{flipped}{rest}"),
        format!("u1/c1/{}", &tag[..95]),
        format!("u1/c1/{}", &tag[..96]),
        // Another's mark, and none.
        format!("u1/c1/{others_mark}-{signature}"),
        format!("u1/c1/{signature}"),
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
