//! `dripr export`: what comes out goes in again, and calculates nothing on the way.

use std::fs;

use crate::program::{deployment, dripr};

const CONTACTS: &str = "first_name,last_name,email,street,unit,city,state,zip,latitude,longitude,beds,waterfront,fixed_send_day,check_before_sending,created_at,crm id,unsubscribed\n\
    \"=HYPERLINK(\"\"http://x.example\"\",\"\"y\"\")\",+Ruiz,ana@home.example,@12 Elm St,4,Seattle,WA,98103,47.66,-122.34,3,no,7,yes,2026-01-05T10:00:00Z,-7@crm,\n\
    'Bo',-Lind,bo@home.example,,,,,98103,,,,,8,,2026-01-06,003Dn00000AbCdE,\n\
    José,\"Wade, Jr.\",flo@home.example,22 Elm St,,Seattle,WA,98103,,,,,9,,,,yes\n";

#[test]
fn an_export_imports_again_as_it_was() {
    let folder = deployment();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("contacts.csv"), CONTACTS).unwrap();
    dripr(folder.path(), &["import", "contacts.csv", "--agent", "a1"]).success();
    let run = dripr(folder.path(), &["export", "contacts", "--agent", "a1", "--out", "out.csv"]).success();
    assert_eq!(run.stdout, "out.csv: 3 rows\n");
    let out = fs::read_to_string(path("out.csv")).unwrap();
    let mut cells = csv::Reader::from_reader(out.as_bytes());
    for record in cells.records() {
        for cell in &record.unwrap() {
            let number = cell.parse::<f64>().is_ok();
            assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        }
    }
    assert!(out.contains("'=HYPERLINK") && out.contains(",'-7@crm,"), "{out}");
    assert!(out.contains(",003Dn00000AbCdE,"), "{out}");
    // Nothing is overwritten.
    dripr(folder.path(), &["export", "contacts", "--agent", "a1", "--out", "out.csv"]).failure();

    let other = deployment();
    fs::copy(path("out.csv"), other.path().join("in.csv")).unwrap();
    let run = dripr(other.path(), &["import", "in.csv", "--agent", "a1"]).success();
    assert!(run.stdout.contains("3 enrolled, 0 already there, 0 refused; 1 opted out"), "{run:?}");
    let again = dripr(other.path(), &["export", "contacts", "--agent", "a1"]).success();
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&again.stdout), sorted(&out));
    // Known is known.
    let run = dripr(folder.path(), &["import", "out.csv", "--agent", "a1"]).success();
    assert!(run.stdout.contains("0 enrolled, 3 already there"), "{run:?}");
}

#[test]
fn what_is_off_and_who_wants_no_mail_go_along() {
    let folder = deployment();
    let contacts = "email,zip,fixed_send_day,enabled,unsubscribed\nana@home.example,98103,7,no,\n\
        bo@home.example,98103,7,yes,\ncy@home.example,,7,,yes\ndi@home.example,98103,7,yes,bounced\n\
        ed@home.example,,7,,complained\n";
    fs::write(folder.path().join("contacts.csv"), contacts).unwrap();
    dripr(folder.path(), &["import", "contacts.csv", "--agent", "a1"]).success();
    dripr(folder.path(), &["export", "contacts", "--agent", "a1", "--out", "out.csv"]).success();
    let read = |text: &str| {
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let header = rows.headers().unwrap().clone();
        let place = |name: &str| header.iter().position(|known| known == name).unwrap();
        let cells = ["email", "zip_code", "enabled", "unsubscribed"].map(place);
        let mut rows: Vec<_> =
            rows.records().map(|row| cells.map(|at| row.as_ref().unwrap()[at].to_owned())).collect();
        rows.sort();
        rows
    };
    let out = fs::read_to_string(folder.path().join("out.csv")).unwrap();
    let expected = [
        ["ana@home.example", "98103", "no", ""],
        ["bo@home.example", "98103", "yes", ""],
        ["cy@home.example", "", "", "opt_out"],
        ["di@home.example", "98103", "yes", "hard_bounce"],
        ["ed@home.example", "", "", "complaint"],
    ];
    assert_eq!(read(&out), expected);
    let other = deployment();
    fs::write(other.path().join("in.csv"), &out).unwrap();
    let run = dripr(other.path(), &["import", "in.csv", "--agent", "a1"]).success();
    assert!(run.stdout.contains("3 enrolled, 0 already there, 2 refused; 3 opted out"), "{run:?}");
    let again = dripr(other.path(), &["export", "contacts", "--agent", "a1"]).success();
    assert_eq!(read(&again.stdout), expected);
}

#[test]
fn campaigns_are_listed_with_where_they_stand() {
    let folder = deployment();
    fs::write(folder.path().join("contacts.csv"), CONTACTS).unwrap();
    dripr(folder.path(), &["import", "contacts.csv", "--agent", "a1"]).success();
    let run = dripr(folder.path(), &["export", "campaigns", "--agent", "a1"]).success();
    let mut rows = csv::Reader::from_reader(run.stdout.as_bytes());
    let header = rows.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|known| known == name).unwrap();
    let rows: Vec<_> = rows.records().map(|row| row.unwrap()).collect();
    assert_eq!(rows.len(), 3);
    let of = |address: &str| rows.iter().find(|row| &row[place("recipient")] == address).unwrap();
    assert_eq!(&of("ana@home.example")[place("home")], "'@12 Elm St, 4, Seattle, WA 98103");
    assert_eq!(&of("flo@home.example")[place("no_mail_because")], "the recipient opted out");
    let run = dripr(folder.path(), &["export", "campaigns", "--agent", "nobody"]).failure();
    assert!(run.stderr.contains("there is no agent nobody"), "{run:?}");
}

#[test]
fn exports_of_outlook_and_excel_are_read_in_their_encodings() {
    let text = "First Name,Last Name,E-mail Address,Home Postal Code,Fixed Send Day\r\nZoë,Müller,zoe@home.example,98103,7";
    let utf16 = |big: bool| -> Vec<u8> {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let windows: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for (name, bytes) in
        [("utf16le", utf16(false)), ("utf16be", utf16(true)), ("windows", windows), ("utf8", marked)]
    {
        let folder = deployment();
        fs::write(folder.path().join("contacts.csv"), &bytes).unwrap();
        dripr(folder.path(), &["import", "contacts.csv", "--agent", "a1"]).success();
        let run = dripr(folder.path(), &["export", "contacts", "--agent", "a1"]).success();
        assert!(run.stdout.contains("zoe@home.example,Zoë,Müller,98103"), "{name}: {run:?}");
    }
}
