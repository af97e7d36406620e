//! What is an address that mail can be sent to.

use dripr_core::email::EmailAddress;

fn reason(text: &str) -> &'static str {
    text.parse::<EmailAddress>().unwrap_err().reason
}

#[test]
fn an_address_keeps_its_case_and_is_known_without_it() {
    let address: EmailAddress = " Ana.Ruiz@Home.Example ".parse().unwrap();
    assert_eq!(address.as_str(), "Ana.Ruiz@home.example");
    assert_eq!(address.to_string(), "Ana.Ruiz@home.example");
    assert_eq!(address.key(), "ana.ruiz@home.example");
    assert_eq!(address.domain(), "home.example");
    assert_eq!(format!("{address:?}"), "EmailAddress(\u{2026}@home.example)");
}

#[test]
fn an_address_is_stored_as_its_text_and_checked_when_it_is_read() {
    let address: EmailAddress = serde_json::from_str("\"a@b.example\"").unwrap();
    assert_eq!(serde_json::to_string(&address).unwrap(), "\"a@b.example\"");
    assert!(serde_json::from_str::<EmailAddress>("\"a@b\"").is_err());
}

#[test]
fn what_is_refused_is_told_why() {
    let local = "the part before the @ may have letters, digits and !#$%&'*+-/=?^_`{|}~. only";
    let dot = "a dot stands at an end or beside another dot";
    let length = "the part before the @ must have 1 to 64 characters";
    let no_dot = "the part after the @ is not a domain name with a dot";
    let no_domain = "the part after the @ is not a domain name";
    for (text, why) in [
        ("", "it is empty"),
        (" \t", "it is empty"),
        ("a.b.example", "it has no @"),
        ("a@b@c.example", "it has more than one @"),
        ("@b.example", length),
        ("a b@c.example", local),
        ("a,b@c.example", local),
        ("\u{e9}@c.example", local),
        (".a@b.example", dot),
        ("a.@b.example", dot),
        ("a..b@b.example", dot),
        ("a@b", no_dot),
        ("a@b.123", no_dot),
        ("a@1.2.3.4", no_dot),
        ("a@", no_domain),
        ("a@.example", no_domain),
        ("a@b..example", no_domain),
        ("a@-b.example", no_domain),
        ("a@b-.example", no_domain),
        ("a@b_c.example", no_domain),
        ("a@b c.example", no_domain),
    ] {
        assert_eq!(reason(text), why, "{text:?}");
    }
}

#[test]
fn what_people_really_have_is_taken() {
    for good in [
        "a@b.example",
        "a.b@b-c.example",
        "1@1.example",
        "a@3com.example",
        "a@b.c.d.example",
        "a@b.x1",
        "!#$%&'*+-/=?^_`{|}~@b.example",
    ] {
        assert_eq!(good.parse::<EmailAddress>().unwrap().as_str(), good);
    }
    let german: EmailAddress = "a@b\u{fc}cher.example".parse().unwrap();
    assert_eq!(german.as_str(), "a@xn--bcher-kva.example");
}

#[test]
fn an_address_has_254_bytes_at_most_and_64_of_them_before_the_at() {
    let (label, local) = ("d".repeat(63), "l".repeat(64));
    let address = |local: &str, last: usize| format!("{local}@{label}.{label}.{}", "d".repeat(last));
    let longest = address(&local, 61);
    assert_eq!(longest.len(), 254);
    assert!(longest.parse::<EmailAddress>().is_ok());
    assert_eq!(reason(&address(&local, 62)), "it is longer than 254 bytes");
    assert_eq!(reason(&format!("{local}l@b.example")), "the part before the @ must have 1 to 64 characters");
    assert!(format!("a@{label}.example").parse::<EmailAddress>().is_ok());
    assert!(format!("a@{label}d.example").parse::<EmailAddress>().is_err());
}

#[test]
fn what_was_given_is_shown_cut_to_a_hundred_characters() {
    let refused = "x".repeat(300).parse::<EmailAddress>().unwrap_err();
    assert_eq!(refused.value.len(), 100);
    let refused = "a@b".parse::<EmailAddress>().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "email \"a@b\" is not an address: the part after the @ is not a domain name with a dot"
    );
}
