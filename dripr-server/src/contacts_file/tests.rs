use proptest::prelude::*;

use super::*;

mod external_ids;

const HEADER: &str = "first_name,last_name,email,street,city,state,zip_code,latitude,longitude,bedrooms,year_built,fixed_send_day,check_before_sending,created_at,unsubscribed";

fn knows_zip(zip: ZipCode) -> bool {
    zip.as_str() != "00000"
}

fn read(text: &str) -> Result<Vec<Result<NewContactRow, RowProblem>>, FileProblem> {
    read_bytes(text.as_bytes(), SendDayRule::Default(SendDay::LAST))
}

fn read_bytes(
    bytes: &[u8],
    send_day: SendDayRule,
) -> Result<Vec<Result<NewContactRow, RowProblem>>, FileProblem> {
    let expected = Expected {
        zone: Tz::America__New_York,
        now: "2026-06-01T00:00:00Z".parse().unwrap(),
        send_day,
        knows_zip: &knows_zip,
    };
    let mut file = ContactsFile::new(bytes, expected)?;
    let mut rows = Vec::new();
    while let Some(row) = file.next_row()? {
        rows.push(row);
    }
    Ok(rows)
}

fn one(text: &str) -> NewContactRow {
    read(text).unwrap().remove(0).unwrap()
}

#[test]
fn a_full_row_is_read_whole() {
    let row = one(&format!(
        "{HEADER}\nAna,Ruiz,Ana@b.example,\"12 Elm St, #4\",Seattle,WA,98103-1234,47.66,-122.34,3,1924,7,yes,2026-03-01,\n"
    ));
    assert_eq!((row.row, row.first_name.as_str(), row.last_name.as_str()), (2, "Ana", "Ruiz"));
    assert_eq!(row.email.as_str(), "Ana@b.example");
    let home = row.home.unwrap();
    assert_eq!(home.one_line(), "12 Elm St, #4, Seattle, WA 98103");
    assert_eq!(home.location.unwrap().latitude(), 47.66);
    assert_eq!((home.facts.bedrooms, home.facts.year_built), (Some(3.0), Some(1924)));
    assert_eq!(row.fixed_send_day.get(), 7);
    assert!(row.check_before_sending == Some(true) && row.no_mail.is_none());
    // Midnight in New York.
    assert_eq!(row.created_at.unwrap().to_rfc3339(), "2026-03-01T05:00:00+00:00");
}

#[test]
fn every_faulty_row_is_named_with_field_and_value_and_the_others_are_taken() {
    let good = "Ana,Ruiz,ana@b.example,12 Elm St,Seattle,WA,98103,,,3,1924,7,,,";
    let cases = [
        ("email", "", "Ana,Ruiz,,12 Elm St,Seattle,WA,98103,,,3,1924,7,,,"),
        ("email", "ana at b", "Ana,Ruiz,ana at b,12 Elm St,Seattle,WA,98103,,,3,1924,7,,,"),
        (
            "email",
            "a@b.example,c@d.example",
            "Ana,Ruiz,\"a@b.example,c@d.example\",12 Elm St,Seattle,WA,98103,,,3,1924,7,,,",
        ),
        ("fixed_send_day", "31", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,,,3,1924,31,,,"),
        ("fixed_send_day", "0", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,,,3,1924,0,,,"),
        ("zip_code", "", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,,,,3,1924,7,,,"),
        ("zip_code", "9810", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,9810,,,3,1924,7,,,"),
        ("zip_code", "00000", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,00000,,,3,1924,7,,,"),
        ("latitude", "97.1", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,97.1,-122,3,1924,7,,,"),
        ("latitude", "NaN", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,NaN,-122,3,1924,7,,,"),
        ("longitude", "-222", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,47.1,-222,3,1924,7,,,"),
        ("longitude", "", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,47.1,,3,1924,7,,,"),
        ("bedrooms", "inf", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,,,inf,1924,7,,,"),
        ("bedrooms", "-1", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,,,-1,1924,7,,,"),
        ("year_built", "1066", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,,,3,1066,7,,,"),
        (
            "check_before_sending",
            "maybe",
            "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,,,3,1924,7,maybe,,",
        ),
        ("created_at", "last week", "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,,,3,1924,7,,last week,"),
        (
            "created_at",
            "2026-02-30",
            "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,,,3,1924,7,,2026-02-30,",
        ),
        (
            "created_at",
            "2027-01-01",
            "Ana,Ruiz,a@b.example,12 Elm St,Seattle,WA,98103,,,3,1924,7,,2027-01-01,",
        ),
    ];
    for (field, value, line) in cases {
        let rows = read(&format!("{HEADER}\n{good}\n{line}\n{good}\n")).unwrap();
        assert_eq!(rows.len(), 3, "{line}");
        assert!(rows[0].is_ok() && rows[2].is_ok(), "{line}");
        let problem = rows[1].as_ref().unwrap_err();
        assert_eq!((problem.row, problem.field, problem.value.as_str()), (3, field, value), "{line}");
        assert!(problem.to_string().starts_with(&format!("row 3: {field} {value:?}: ")));
    }
}

#[test]
fn a_send_day_is_needed_unless_there_is_a_rule_for_rows_without() {
    let text = b"email,zip\na@b.example,98103\n";
    let problem = read_bytes(text, SendDayRule::Required).unwrap().remove(0).unwrap_err();
    assert_eq!(problem.field, "fixed_send_day");
    // Blank lines, and several of one row, are no rows of their own.
    let text = b"email,zip,fixed_send_day,note\na@b.example,98103,,\"x\ny\nz\"\n\nb@b.example,98103,\nc@b.example,98103,9\nd,98103,\ne@b.example,98103,\n";
    let rule = SendDayRule::Spread { first: SendDay::new(28).unwrap(), days: 3 };
    let rows = read_bytes(text, rule).unwrap();
    let days: Vec<u8> = rows.into_iter().flatten().map(|row| row.fixed_send_day.get()).collect();
    assert_eq!(days, [28, 1, 9, 1], "each by its place, one after the other, unless the row says otherwise");
}

#[test]
fn exports_of_address_books_are_understood() {
    let google = one(
        "First Name,Middle Name,Last Name,E-mail 1 - Label,E-mail 1 - Value,Address 1 - Street,Address 1 - City,Address 1 - Region,Address 1 - Postal Code\n\
        Ana,,Ruiz,* Home,ana@b.example ::: ana@c.example,12 Elm St,Seattle,WA,98103\n",
    );
    assert_eq!((google.email.as_str(), google.home.unwrap().street.as_str()), ("ana@b.example", "12 Elm St"));
    let outlook = one(
        "First Name,Last Name,Business Street,Business Postal Code,Home Street,Home City,Home State,Home Postal Code,E-mail Address\n\
        Ana,Ruiz,1 Office Plaza,98101,12 Elm St,Seattle,WA,98103,ana@b.example\n",
    );
    assert_eq!(outlook.home.unwrap().one_line(), "12 Elm St, Seattle, WA 98103");
    let kvcore = one(
        "First Name,Last Name,Email,Email Optin,Status,Primary Address,Primary City,Primary State,Primary Zip,Latitude,Longitude,Created At\n\
        Ana,Ruiz,ana@b.example,1,Closed,12 Elm St,Seattle,WA,98103,0,0,2019-01-01 10:00:00\n",
    );
    assert!(kvcore.no_mail.is_none() && kvcore.created_at.is_none());
    let home = kvcore.home.unwrap();
    assert_eq!((home.street.as_str(), home.location), ("12 Elm St", None));
    let follow_up_boss = one("STREET,ZIP,email,NAME\n12 Elm St,98103,ana@b.example,Ana Maria Ruiz\n");
    assert_eq!(
        (follow_up_boss.first_name.as_str(), follow_up_boss.last_name.as_str()),
        ("Ana Maria", "Ruiz")
    );
}

/// A row below a header, with values for some of its columns.
fn below(header: &str, values: &[(&str, &str)]) -> String {
    let header = header.lines().next().unwrap();
    let cells = header.split(',').map(|name| {
        let value = values.iter().find(|(column, _)| *column == name);
        value.map_or("", |(_, value)| *value)
    });
    format!("{header}\n{}\n", cells.collect::<Vec<_>>().join(","))
}

macro_rules! export {
    ($name:literal) => {
        include_str!(concat!("../../tests/data/crm-headers/", $name, ".csv"))
    };
}

#[test]
fn whole_headers_of_real_exports_are_understood() {
    let person = [("First Name", "Ana"), ("Last Name", "Ruiz")];
    let home = ["12 Elm St", "Seattle", "WA", "98103"];
    let with = |columns: [&'static str; 4], more: &[(&'static str, &'static str)]| {
        person
            .into_iter()
            .chain(columns.into_iter().zip(home))
            .chain(more.iter().copied())
            .collect::<Vec<_>>()
    };
    for (header, values) in [
        (
            export!("follow_up_boss"),
            with(
                ["Street", "City", "State", "Zip"],
                &[("Email", "ana@b.example"), ("Secondary Email", "x@y.example")],
            ),
        ),
        (
            export!("google_contacts_legacy"),
            with(
                ["Address 1 - Street", "Address 1 - City", "Address 1 - Region", "Address 1 - Postal Code"],
                &[("Given Name", "Ana"), ("Family Name", "Ruiz"), ("E-mail 1 - Value", "ana@b.example")],
            ),
        ),
        (
            export!("kvcore_boldtrail"),
            with(
                ["Primary Address", "Primary City", "Primary State", "Primary Zip"],
                &[
                    ("Email", "ana@b.example"),
                    ("Agent Email", "agent@b.example"),
                    ("Spouse Email", "spouse@b.example"),
                    ("Email Optin", "1"),
                    ("Status", "Closed"),
                    ("Valuation Optin", "0"),
                ],
            ),
        ),
        (
            export!("outlook"),
            with(
                ["Home Street", "Home City", "Home State", "Home Postal Code"],
                &[
                    ("Business Street", "1 Office Plaza"),
                    ("Business Postal Code", "98101"),
                    ("E-mail Address", "ana@b.example"),
                ],
            ),
        ),
    ] {
        let row = one(&below(header, &values));
        assert_eq!((row.first_name.as_str(), row.last_name.as_str()), ("Ana", "Ruiz"), "{header}");
        assert_eq!((row.email.as_str(), row.no_mail), ("ana@b.example", None), "{header}");
        assert_eq!(row.home.unwrap().one_line(), "12 Elm St, Seattle, WA 98103", "{header}");
    }
    // These know no homes: each row says what it lacks.
    for (header, column) in
        [(export!("google_contacts_current"), "E-mail 1 - Value"), (export!("mailchimp"), "Email Address")]
    {
        let problem = read(&below(header, &[(column, "ana@b.example")])).unwrap().remove(0).unwrap_err();
        assert_eq!(problem.field, "zip_code", "{header}");
    }
    let hubspot = read(export!("hubspot")).unwrap();
    let lacking: Vec<_> = hubspot.iter().map(|row| row.as_ref().unwrap_err().field).collect();
    assert_eq!(lacking, ["zip_code", "email", "zip_code"]);
    // Homes for sale are no contacts.
    assert!(matches!(read(export!("redfin_listing_export")), Err(FileProblem::NoEmailColumn(_))));
}

macro_rules! spectrum {
    ($($name:literal),*) => {
        [$((
            $name,
            include_bytes!(concat!("../../tests/data/csv-spectrum/", $name, ".csv")).as_slice(),
            include_str!(concat!("../../tests/data/csv-spectrum/", $name, ".json")),
        )),*]
    };
}

/// Each cell of each file is read as an address, which none of them is: the problem repeats what was read.
#[test]
fn every_way_of_quoting_is_read_as_others_read_it() {
    for (name, csv, json) in spectrum!["comma_in_quotes", "empty", "json", "simple", "simple_crlf", "utf8"] {
        let expected: serde_json::Value = serde_json::from_str(json).unwrap();
        // One row alone is told without its list.
        let expected = expected.as_array().cloned().unwrap_or_else(|| vec![expected]);
        let end = csv.iter().position(|byte| *byte == b'\n').unwrap();
        let header = std::str::from_utf8(&csv[..end]).unwrap().trim_end();
        let columns: Vec<&str> = header.split(',').collect();
        for (place, column) in columns.iter().enumerate() {
            let renamed = (0..columns.len()).map(|at| if at == place { "email" } else { "other" });
            let mut file = renamed.collect::<Vec<_>>().join(",").into_bytes();
            file.extend_from_slice(&csv[end..]);
            let rows = read_bytes(&file, SendDayRule::MONTH).unwrap();
            assert_eq!(rows.len(), expected.len(), "{name}");
            for (row, expected) in rows.iter().zip(&expected) {
                let problem = row.as_ref().unwrap_err();
                assert_eq!(problem.field, "email", "{name}");
                assert_eq!(problem.value, expected[*column].as_str().unwrap().trim(), "{name}, {column}");
            }
        }
    }
}

#[test]
fn a_file_of_no_unicode_is_read_with_its_quotes() {
    let csv = include_bytes!("../../tests/data/csv-spectrum/location_coordinates.csv");
    let end = csv.iter().position(|byte| *byte == b'\n').unwrap();
    let file = [b"other,email,other,other".as_slice(), &csv[end..]].concat();
    let problem = read_bytes(&file, SendDayRule::MONTH).unwrap().remove(0).unwrap_err();
    assert!(problem.value.starts_with("37") && problem.value.ends_with("\"W"), "{problem}");
}

#[test]
fn what_others_found_to_break_programs_breaks_no_row_but_its_own() {
    let naughty: Vec<String> =
        serde_json::from_str(include_str!("../../../dripr-adapters/tests/data/naughty_strings.json"))
            .unwrap();
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(["email", "zip", "first_name", "street", "consent"]).unwrap();
    for text in &naughty {
        for place in 0..5 {
            let mut row = ["a@b.example", "98103", "Ana", "12 Elm St", "yes"];
            row[place] = text;
            file.write_record(row).unwrap();
        }
    }
    let rows = read_bytes(&file.into_inner().unwrap(), SendDayRule::MONTH).unwrap();
    assert_eq!(rows.len(), naughty.len() * 5);
    for (row, text) in rows.iter().skip(2).step_by(5).zip(&naughty) {
        match row {
            Ok(row) => assert!(!row.first_name.chars().any(char::is_control), "{text:?}"),
            Err(problem) => assert_eq!(problem.field, "first_name", "{text:?}: {problem}"),
        }
    }
}

#[test]
fn a_row_without_a_street_subscribes_to_its_zip_code() {
    assert_eq!(one("email,zip\na@b.example,98103\n").home, None);
    assert_eq!(one("email,zip,street,no_address_newsletter\na@b.example,98103,12 Elm St,yes\n").home, None);
}

#[test]
fn any_column_that_withholds_consent_wins() {
    let out = |header: &str, values: &str| {
        one(&format!("email,zip,{header}\na@b.example,98103,{values}\n")).no_mail.is_some()
    };
    for (header, values) in [
        ("Email Optin", "0"),
        ("Email Optin,Unsubscribed", "yes,yes"),
        ("Status", "Unsubscribed"),
        ("status,consent", "cleaned,yes"),
        ("Status", "Transactional"),
        ("CLEAN_TIME,CLEAN_CAMPAIGN_TITLE", "2024-03-01 10:00:00,March"),
        ("Opted out of email: Marketing Information", "true"),
        ("opted out of email: One to One,Opted out of email: Newsletter", "false,Yes"),
        ("Opted Out", "confirmed"),
        ("Unsubscribed", "agreed"),
        ("do not email", "granted"),
        ("Consent", "Declined"),
        ("Opted Out,consent", "2024-03-01,yes"),
        ("Has Opted Out of Email", "TRUE"),
        ("consent,Consent", "yes,no"),
    ] {
        assert!(out(header, values), "{header}: {values}");
    }
    for (header, values) in [
        ("Email Optin", "1"),
        ("Email Optin", ""),
        ("Status", "New lead"),
        ("Status,unsubscribed", "subscribed,no"),
        ("consent", "Opted in"),
        ("consent", "confirmed"),
        ("Opted out of email: Marketing Information,Opted Out", "false,0"),
        ("unsubscribed,Opt Out", "Subscribed,Opted-In"),
        ("clean_time", ""),
    ] {
        assert!(!out(header, values), "{header}: {values}");
    }
    let unclear = read("email,zip,consent\na@b.example,98103,perhaps\n").unwrap().remove(0).unwrap_err();
    assert_eq!((unclear.field, unclear.value.as_str()), ("consent", "perhaps"));
}

#[test]
fn why_somebody_gets_no_mail_is_told_and_the_most_final_reason_counts() {
    let why = |header: &str, values: &str| {
        one(&format!("email,zip,{header}\na@b.example,98103,{values}\n")).no_mail
    };
    for (header, values, cause) in [
        ("Bounced", "yes", SuppressionCause::HardBounce),
        ("email_bounced", "2024-03-01", SuppressionCause::HardBounce),
        ("Hard Bounce", "1", SuppressionCause::HardBounce),
        ("CLEAN_TIME", "2024-03-01 10:00:00", SuppressionCause::HardBounce),
        ("Cleaned", "true", SuppressionCause::HardBounce),
        ("status", "Cleaned", SuppressionCause::HardBounce),
        ("status", "bounced", SuppressionCause::HardBounce),
        ("consent", "bounced", SuppressionCause::HardBounce),
        ("Complained", "yes", SuppressionCause::Complaint),
        ("Spam complaint", "2024-03-01", SuppressionCause::Complaint),
        ("status", "Spam", SuppressionCause::Complaint),
        ("consent", "complained", SuppressionCause::Complaint),
        // As an export has it.
        ("unsubscribed", "hard_bounce", SuppressionCause::HardBounce),
        ("unsubscribed", "opt_out", SuppressionCause::OptOut),
        ("unsubscribed", "complaint", SuppressionCause::Complaint),
        ("unsubscribed", "no reason given", SuppressionCause::OptOut),
        ("do not email", "yes", SuppressionCause::OptOut),
        ("status", "archived", SuppressionCause::OptOut),
        ("bounced,unsubscribed", "yes,yes", SuppressionCause::OptOut),
        ("complaint,status,bounced", "yes,unsubscribed,yes", SuppressionCause::Complaint),
    ] {
        assert_eq!(why(header, values), Some(cause), "{header}: {values}");
    }
    for (header, values) in [("bounced,complained", "no,0"), ("clean_time", ""), ("complaint", "false")] {
        assert_eq!(why(header, values), None, "{header}: {values}");
    }
}

#[test]
fn an_opt_out_counts_though_its_row_cannot_be_used() {
    let problem = |text: &str| read(text).unwrap().remove(0).unwrap_err();
    // What Mailchimp writes of who unsubscribed.
    let mailchimp = problem(
        "Email Address,First Name,MEMBER_RATING,OPTIN_TIME,UNSUB_TIME,UNSUB_REASON,LEID\n\
        Ana@b.example,Ana,2,2023-01-05 10:00:00,2024-03-01 10:00:00,N/A,77\n",
    );
    assert_eq!(mailchimp.field, "zip_code");
    let (address, cause) = mailchimp.wants_no_mail.unwrap();
    assert_eq!((address.as_str(), cause), ("Ana@b.example", SuppressionCause::OptOut));
    for (header, values, field) in [
        ("zip,consent,unsubscribed", "98103,perhaps,yes", "consent"),
        ("zip,consent,status", "98103,perhaps,cleaned", "consent"),
        ("zip,consent,opt_in", "98103,perhaps,no", "consent"),
        ("zip,opted_out,bedrooms", "98103,yes,many", "bedrooms"),
    ] {
        let problem = problem(&format!("email,{header}\na@b.example,{values}\n"));
        assert_eq!((problem.field, problem.wants_no_mail.is_some()), (field, true), "{header}: {values}");
    }
    for text in [
        "email,zip,consent\na@b.example,98103,perhaps\n",
        "email,zip,unsubscribed\na@b.example,,no\n",
        "email,zip,unsubscribed\nnobody,98103,yes\n",
        // Where cells are shifted, what stands below `unsubscribed` may be anything.
        "email,zip,unsubscribed\na@b.example,98103,Seattle,yes\n",
    ] {
        assert_eq!(problem(text).wants_no_mail, None, "{text}");
    }
}

#[test]
fn all_of_a_home_comes_from_one_address() {
    let home = |header: &str, values: &str| {
        let row = read(&format!("email,{header}\na@b.example,{values}\n")).unwrap().remove(0);
        row.map(|row| row.home.map_or(format!("only {}", row.zip_code), |home| home.one_line()))
            .unwrap_or_else(|problem| format!("{} {}", problem.field, problem.reason))
    };
    let both = "Property Address,Property City,Property Postal Code,Mailing Address,Mailing City,Mailing Zip";
    let plain = "Property Address,City,State,Zip,Mailing Address,Mailing City,Mailing State,Mailing Zip Code";
    for (header, values, expected) in [
        (both, "12 Elm St,Seattle,98103,PO Box 9,Reno,89501", "12 Elm St, Seattle, 98103"),
        (both, ",Seattle,98103,PO Box 9,Reno,89501", "PO Box 9, Reno, 89501"),
        (both, "12 Elm St,,98103,PO Box 9,Reno,89501", "12 Elm St, 98103"),
        (both, "12 Elm St,Seattle,,PO Box 9,Reno,89501", "zip_code is empty"),
        (both, ",,98103,,,89501", "only 98103"),
        // What has no column of its own is taken from where no other street is.
        (plain, "12 Elm St,Seattle,WA,98103,PO Box 9,Reno,NV,89501", "12 Elm St, Seattle, WA 98103"),
        ("street,unit,property_address,zip", ",4,12 Elm St,98103", "12 Elm St, 4, 98103"),
        ("street,unit,property_address,zip", "9 Oak St,4,12 Elm St,98103", "zip_code is empty"),
        // It may be of either street.
        ("property_address,zip,mailing_address", "12 Elm St,98103,PO Box 9", "zip_code is empty"),
        ("property_address,zip,mailing_address", "12 Elm St,98103,", "12 Elm St, 98103"),
    ] {
        assert_eq!(home(header, values), expected, "{header}: {values}");
    }
}

#[test]
fn columns_of_some_address_books_mean_what_they_mean_there() {
    let google = one(
        "E-mail 1 - Value,Address 1 - Street,Address 1 - Extended Address,Address 1 - City,Address 1 - Region,Address 1 - Postal Code\n\
        a@b.example,12 Elm St,Apt 4,Seattle,WA,98103\n",
    );
    assert_eq!(google.home.unwrap().one_line(), "12 Elm St, Apt 4, Seattle, WA 98103");
    let outlook = "E-mail Address,Home Street,Home Street 2,Home Street 3,Home City,Home Postal Code";
    let outlook = one(&format!("{outlook}\na@b.example,12 Elm St,,Apt 4,Seattle,98103\n"));
    assert_eq!(outlook.home.unwrap().street, "12 Elm St, Apt 4");
    let hubspot =
        one("Email,Street Address,City,State/Region,Postal Code\na@b.example,12 Elm St,Seattle,WA,98103\n");
    assert_eq!(hubspot.home.unwrap().one_line(), "12 Elm St, Seattle, WA 98103");
    let redfin = "email,address,zip,SQUARE FEET,$/SQUARE FEET\na@b.example,12 Elm St,98103,,512\n";
    assert_eq!(one(redfin).home.unwrap().facts.living_area_sqft, None, "512 dollars are no living area");
    for column in ["MEMBER_RATING", "LEID"] {
        let text = format!(
            "Email Address,Address,Zip,{column},LATITUDE,LONGITUDE\na@b.example,12 Elm St,98103,2,40.7,-74\n"
        );
        assert_eq!(one(&text).home.unwrap().location, None, "where mail was read is not where the home lies");
    }
}

#[test]
fn files_of_other_separators_and_campaigns_that_are_off_are_read() {
    let rows =
        read("email;zip;first_name;enabled\na@b.example;98103;\"Ana; Maria\";no\nb@b.example;98103;;\n")
            .unwrap();
    let rows: Vec<_> = rows.into_iter().map(|row| row.unwrap()).collect();
    assert_eq!((rows[0].first_name.as_str(), rows[0].enabled, rows[1].enabled), ("Ana; Maria", false, true));
    assert_eq!(one("email\tzip\tname\na@b.example\t98103\tAna, Ruiz\n").last_name, "Ana");
}

#[test]
fn a_file_without_a_column_of_addresses_is_refused_by_name() {
    let error = read("first,last\nAna,Ruiz\n").unwrap_err().to_string();
    assert!(error.contains("no column of email addresses") && error.contains("last"), "{error}");
    assert!(matches!(read("").unwrap_err(), FileProblem::Empty));
    assert!(matches!(read("\n \r\n").unwrap_err(), FileProblem::Empty));
}

#[test]
fn names_are_kept_to_one_line() {
    let row = one("email,zip,first_name\na@b.example,98103,\"Ana\r\nBcc: x@y.example\u{2028}\t=1+1\"\n");
    assert_eq!(row.first_name, "Ana Bcc: x@y.example =1+1");
    let long = format!("email,zip,first_name\na@b.example,98103,{}\n", "x".repeat(10_000));
    assert_eq!(read(&long).unwrap().remove(0).unwrap_err().field, "first_name");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_loop(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let _ = read_bytes(&bytes, SendDayRule::Required);
        let mut with_header = b"email,zip,street,name,unsubscribed,latitude\n".to_vec();
        with_header.extend(&bytes);
        let _ = read_bytes(&with_header, SendDayRule::Required);
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\"\\r\\n,a-z@.0-9é\u{feff}\u{0}-]{0,400}") {
        let _ = read(&format!("email,zip,street,name,unsubscribed,latitude\n{text}"));
    }
}
