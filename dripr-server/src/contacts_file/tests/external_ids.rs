use super::{one, read};

/// What a row says with these columns beside an address and a ZIP code.
fn external_id(header: &str, values: &str) -> Option<String> {
    let row = one(&format!("email,zip,{header}\na@b.example,98103,{values}\n"));
    row.external_id.map(String::from)
}

#[test]
fn what_crms_call_a_contact_is_read() {
    for (header, values, expected) in [
        ("external_id", " 003Dn00000AbCdE ", "003Dn00000AbCdE"),
        ("CRM ID", "Kunde 7", "Kunde 7"),
        ("Record ID", "51", "51"),
        ("Record ID - Contact,Record ID - Company", "51,9", "51"),
        ("Contact Id,Assigned Agent ID,Owner ID,External Vendor ID", "7,1,2,3", "7"),
        ("Lead ID", "L-7", "L-7"),
        ("MEMBER_RATING,LEID,EUID", "2,44877845,0a1b2c", "44877845"),
        ("EUID", "0a1b2c", "0a1b2c"),
        ("External ID,Record ID", "own,51", "own"),
        // As an export of ours has it.
        ("external_id", "'=1+1", "=1+1"),
    ] {
        assert_eq!(external_id(header, values).as_deref(), Some(expected), "{header}: {values}");
    }
}

#[test]
fn a_column_that_may_be_of_anything_is_left_alone() {
    for (header, values) in [
        ("ID", "7"),
        ("ID,Assigned To", "7,Ana"),
        ("ID,Tags", "7,Buyer"),
        ("ID,First Name,Last Name,Stage,Assigned To,Tags", "7,Ana,Ruiz,Lead,Bo,Buyer"),
        ("#,Owner ID,Company ID,Agent ID,Deal ID", "1,2,3,4,5"),
        ("$ Record ID", "7"),
        // Another column's numbers are of other people.
        ("External ID,Record ID", ",51"),
        ("Contact ID", ""),
    ] {
        assert_eq!(external_id(header, values), None, "{header}: {values}");
    }
}

#[test]
fn whole_headers_of_real_exports_have_their_contacts_ids() {
    for (header, column, email) in [
        (include_str!("../../../tests/data/crm-headers/hubspot.csv"), "Record ID", "Email"),
        (include_str!("../../../tests/data/crm-headers/kvcore_boldtrail.csv"), "Contact Id", "Email"),
        (include_str!("../../../tests/data/crm-headers/mailchimp.csv"), "LEID", "Email Address"),
        (include_str!("../../../tests/data/crm-headers/follow_up_boss.csv"), "", "Email"),
        (include_str!("../../../tests/data/crm-headers/outlook.csv"), "", "E-mail Address"),
        (include_str!("../../../tests/data/crm-headers/google_contacts_legacy.csv"), "", "E-mail 1 - Value"),
    ] {
        let header = header.lines().next().unwrap();
        let cells = header.split(',').map(|name| match name {
            name if name == column => "51",
            name if name == email => "a@b.example",
            // Whatever else is a number there is somebody's or something's else.
            name if name.to_lowercase().contains("id") => "9",
            _ => "",
        });
        let cells: Vec<&str> = cells.collect();
        let row = one(&format!("zip,{header}\n98103,{}\n", cells.join(",")));
        let expected = (!column.is_empty()).then_some("51");
        assert_eq!(
            row.external_id.as_ref().map(dripr_core::contact::ExternalId::as_str),
            expected,
            "{header}"
        );
    }
}

#[test]
fn a_row_whose_external_id_is_none_is_refused() {
    let long = "x".repeat(256);
    for (value, reason) in [
        ("1.23457E+11", "is a number that a spreadsheet rounded; export it as text"),
        ("6E+10", "is a number that a spreadsheet rounded; export it as text"),
        ("\"1,23457E+11\"", "is a number that a spreadsheet rounded; export it as text"),
        ("\"a\nb\"", "has a control character or a line break in it"),
        (long.as_str(), "is longer than 255 characters"),
    ] {
        let text = format!("email,zip,external_id\na@b.example,98103,{value}\n");
        let problem = read(&text).unwrap().remove(0).unwrap_err();
        assert_eq!((problem.field, problem.reason.as_str()), ("external_id", reason), "{value}");
    }
    // As spreadsheets of countries with a decimal comma write their files.
    let text = "email;zip;external_id\na@b.example;98103;1,23457E+11\nb@b.example;98103;1,5\n";
    let rows = read(text).unwrap();
    let problem = rows[0].as_ref().unwrap_err();
    assert_eq!((problem.field, problem.value.as_str()), ("external_id", "1,23457E+11"));
    assert!(problem.reason.contains("rounded") && rows[1].is_ok());
    for value in ["1.5", "E+10", "12E+10", "1E+1x", "1e10", "003E+0000", "7.E+10"] {
        assert_eq!(external_id("external_id", value).as_deref(), Some(value));
    }
}
