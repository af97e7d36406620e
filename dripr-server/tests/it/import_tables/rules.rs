//! What an old row means: whatever is in its columns, it is taken or its problem is named.

use std::sync::Arc;

use dripr_adapters::sql::legacy_tables::{
    LegacyRow, Mapping, Table, agent, campaign, contact, email, opt_out_of_campaign, opt_out_of_contact,
};
use dripr_core::schedule::{Instant, SendingRules};
use proptest::prelude::*;

use super::NOW;

/// What columns hold: words that are known, and anything else.
fn value() -> impl Strategy<Value = String> {
    let known = [
        "",
        " ",
        "1",
        "0",
        "true",
        "\u{1}",
        "DORMANT",
        "SENT",
        "FETCHING",
        "READY",
        "READY_TO_SEND_EMAIL",
        "ERROR",
        "COMPLETE",
        "HELD",
        "active",
        "past_due",
        "2026-03-12",
        "2026-03-12 15:00:00",
        "2026-03-12T15:00:00+00:00",
        "0000-00-00 00:00:00",
        "9999-12-31 23:59:59",
        "-262143-01-01 00:00:00",
        "u1",
        "kim@home.example",
        "98103",
        "28",
        "12 Elm St",
    ];
    prop_oneof![3 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

fn row(table: Table) -> impl Strategy<Value = LegacyRow> {
    let fields: Vec<&'static str> = table.fields().collect();
    prop::collection::vec(prop::option::of(value()), fields.len()).prop_map(move |values| {
        let fields = fields.iter().copied().zip(values);
        LegacyRow::new(
            Arc::new(Mapping::default()),
            table,
            fields.filter_map(|(field, value)| Some((field, value?))),
        )
    })
}

fn usable_contact() -> LegacyRow {
    let values = [
        ("id", "7"),
        ("user_id", "u1"),
        ("email", "kim@home.example"),
        ("street", "12 Elm St"),
        ("zip_code", "98103"),
    ];
    let values = values.map(|(field, value)| (field, value.to_owned()));
    LegacyRow::new(Arc::new(Mapping::default()), Table::Contacts, values)
}

proptest! {
    #[test]
    fn any_text_in_any_column_is_taken_or_named(
        user in row(Table::Users),
        person in row(Table::Contacts),
        mail in row(Table::Emails),
        of in row(Table::Campaigns),
    ) {
        let now: Instant = NOW.parse().unwrap();
        let rules = SendingRules::default();
        let named = |table: Table, problem: &dripr_adapters::sql::legacy_tables::RowProblem| {
            problem.table == table.as_str()
                && table.fields().any(|field| field == problem.column)
                && !problem.reason.is_empty()
        };
        if let Err(problem) = agent(&user, now) {
            prop_assert!(named(Table::Users, &problem), "{problem}");
        }
        if let Err(problem) = contact(&person, now) {
            prop_assert!(named(Table::Contacts, &problem), "{problem}");
        }
        let _ = opt_out_of_contact(&person);
        match email(&mail, now) {
            Ok(email) => prop_assert!(email.sent.is_none_or(|sent| sent <= now)),
            Err(problem) => prop_assert!(named(Table::Emails, &problem), "{problem}"),
        }
        let whose = contact(&usable_contact(), now).unwrap();
        let _ = opt_out_of_campaign(&of, &whose);
        match campaign(&of, &whose, None, &rules, now) {
            Ok(taken) => {
                let taken = taken.new.campaign;
                let last = taken.last_sent_email_datetime;
                // An old SENT may be for later today.
                prop_assert!(last.is_none_or(|sent| sent <= now + chrono::TimeDelta::days(1)));
                prop_assert!(taken.last_cycle.is_none_or(|cycle| cycle.sent <= last));
            }
            Err(problem) => prop_assert!(named(Table::Campaigns, &problem), "{problem}"),
        }
    }
}

#[test]
fn a_mapping_translates_words_and_fills_what_is_missing() {
    let mapping: Mapping = toml::from_str(
        "zone = \"America/New_York\"\n[users]\ntable = \"agents\"\n[users.columns]\nemail = \"mail\"\n\
         [users.defaults]\npostal_address = \"1 Sample Plaza\"\n[users.values.subscription_status]\nPAYING = \"active\"\n",
    )
    .unwrap();
    mapping.check().unwrap();
    let values = [
        ("id", "u1"),
        ("email", "a@b.example"),
        ("subscription_status", "PAYING"),
        ("created_at", "2026-03-01 09:00:00"),
    ];
    let values = values.map(|(field, value)| (field, value.to_owned()));
    let row = LegacyRow::new(Arc::new(mapping.clone()), Table::Users, values);
    let taken = agent(&row, NOW.parse().unwrap()).unwrap();
    assert_eq!(taken.postal_address, "1 Sample Plaza");
    assert_eq!(taken.created_at, "2026-03-01T14:00:00Z".parse::<Instant>().unwrap());
    let bad = LegacyRow::new(Arc::new(mapping), Table::Users, [("id", "u1".to_owned())]);
    assert_eq!(
        agent(&bad, NOW.parse().unwrap()).unwrap_err().to_string(),
        "agents \"u1\": mail \"\": is empty"
    );
}

#[test]
fn a_mapping_with_a_name_that_is_none_is_refused() {
    for (text, said) in [
        ("[users.columns]\nnickname = \"a\"", "users.columns \"nickname\" is not a field of this table"),
        (
            "[users]\ntable = \"a; drop\"",
            "users.table \"a; drop\" may only have letters, digits and underscores",
        ),
        (
            "[emails.columns]\nid = \"a`b\"",
            "emails.columns \"a`b\" may only have letters, digits and underscores",
        ),
    ] {
        let mapping: Mapping = toml::from_str(text).unwrap();
        assert_eq!(mapping.check().unwrap_err().to_string(), said);
    }
    assert!(toml::from_str::<Mapping>("[homes]").is_err());
}
