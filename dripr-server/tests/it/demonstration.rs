//! `dripr demo`: what comes out of it, read by an independent parser.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use chrono::{DateTime, Datelike, Timelike};
use mail_parser::{Message, MessageParser, MimeHeaders};

use crate::program::{Run, dripr};

struct Demo {
    folder: tempfile::TempDir,
    run: Run,
}

/// The demonstration as it comes without arguments, run once for all that look at it.
static SAMPLE: LazyLock<Demo> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let run = dripr(folder.path(), &["demo"]).success();
    Demo { folder, run }
});

fn files(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

fn emails() -> Vec<(PathBuf, Vec<u8>)> {
    let all = files(&SAMPLE.folder.path().join("dripr-demo/outbox"));
    let emails: Vec<_> =
        all.into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "eml")).collect();
    assert!(!emails.is_empty());
    emails
}

fn recipient(message: &Message<'_>) -> String {
    message.to().unwrap().first().unwrap().address().unwrap().to_owned()
}

/// The day and hour on which an email left, on the wall of the sending zone.
fn left_at(message: &Message<'_>) -> DateTime<chrono_tz::Tz> {
    let date = DateTime::parse_from_rfc3339(&message.date().unwrap().to_rfc3339()).unwrap();
    date.with_timezone(&chrono_tz::Tz::America__New_York)
}

#[test]
fn without_arguments_it_ends_with_a_table_and_where_to_look() {
    let said = &SAMPLE.run.stdout;
    for expected in [
        "month",
        "emails",
        "held",
        "skipped",
        "errors",
        "March 2015",
        "April 2015",
        "May 2015",
        "index.html",
        "outbox",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    let figures: Vec<u64> = said
        .lines()
        .find(|line| line.starts_with("all "))
        .unwrap()
        .split_whitespace()
        .skip(1)
        .map(|figure| figure.parse().unwrap())
        .collect();
    let [emails_sent, held, skipped, errors] = figures[..] else { panic!("{said}") };
    assert_eq!(usize::try_from(emails_sent).unwrap(), emails().len());
    // Nobody approves one homeowner's emails; everything else goes well.
    assert_eq!((held, skipped, errors), (0, 3, 0), "{said}");
    let page = fs::read_to_string(SAMPLE.folder.path().join("dripr-demo/index.html")).unwrap();
    assert_eq!(page.matches("<a href=\"outbox/").count(), emails().len());
    for link in page.split("<a href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(SAMPLE.folder.path().join("dripr-demo").join(link).is_file(), "{link}");
    }
}

#[test]
fn every_homeowner_gets_one_email_a_month() {
    let mut months: HashMap<String, Vec<u32>> = HashMap::new();
    for (_, bytes) in emails() {
        let message = MessageParser::default().parse(&bytes).unwrap();
        months.entry(recipient(&message)).or_default().push(left_at(&message).month());
    }
    for (to, mut months) in months.clone() {
        months.sort_unstable();
        assert_eq!(months, [3, 4, 5], "{to}");
    }
    assert!(months.len() >= 200);
    let sample = ["north", "south"].map(|name| {
        fs::read_to_string(format!("{}/sample/contacts-{name}.csv", env!("CARGO_MANIFEST_DIR"))).unwrap()
    });
    // Two opted out, and one waits for an approval that never comes.
    let contacts = sample.iter().map(|text| text.lines().count() - 1).sum::<usize>();
    assert_eq!(months.len(), contacts - 3);
    for line in sample.iter().flat_map(|text| text.lines()).filter(|line| line.ends_with(",yes")) {
        assert!(!months.contains_key(line.split(',').nth(2).unwrap()), "{line}");
    }
}

#[test]
fn every_email_is_sound() {
    let headers: BTreeSet<&str> = [
        "Date",
        "From",
        "To",
        "Reply-To",
        "Subject",
        "Message-ID",
        "MIME-Version",
        "Content-Type",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "List-ID",
        "Feedback-ID",
        "X-Dripr-Email-Id",
    ]
    .into();
    for (path, bytes) in emails() {
        let name = path.display();
        let message = MessageParser::default().parse(&bytes).unwrap();
        assert_eq!(message.to().unwrap().iter().count(), 1, "{name}");
        assert!(message.cc().is_none() && message.bcc().is_none(), "{name}");
        for header in message.headers() {
            assert!(headers.contains(header.name()), "{name}: {}", header.name());
        }
        assert_eq!(
            message.headers().len(),
            message.headers().iter().map(|header| header.name()).collect::<BTreeSet<_>>().len()
        );
        let left = left_at(&message);
        assert!((11..18).contains(&left.hour()), "{name}: {left}");
        assert_eq!(left.year(), 2015);

        let (html, text) = (message.body_html(0).unwrap(), message.body_text(0).unwrap());
        assert!(message.html_part(0).unwrap().is_content_type("text", "html"), "{name}");
        assert!(message.text_part(0).unwrap().is_content_type("text", "plain"), "{name}");
        assert!(html.len() < 90_000, "{name}: {} bytes", html.len());
        for entity in ["&amp;", "&lt;", "&gt;", "&quot;", "&#", "&nbsp;"] {
            assert!(!text.contains(entity), "{name}: {entity} in the text part");
        }
        for part in [message.subject().unwrap(), &html, &text] {
            for trace in ["null", "NaN", "{{", "}}", "undefined"] {
                assert!(!part.contains(trace), "{name}: {trace}");
            }
        }
        for part in [&html, &text] {
            assert!(part.contains("Sample Plaza"), "{name}: no postal address");
            assert!(part.contains("https://reports.example/o/"), "{name}: no opt-out link");
        }
    }
}

#[test]
fn a_home_that_cannot_be_valued_gets_an_email_without_a_value() {
    let unlike_any = emails()
        .into_iter()
        .filter(|(_, bytes)| {
            let message = MessageParser::default().parse(bytes).unwrap();
            recipient(&message) == "tara.rowe.250@homeowner.example"
        })
        .map(|(_, bytes)| MessageParser::default().parse(&bytes).unwrap().body_text(0).unwrap().into_owned())
        .collect::<Vec<_>>();
    assert_eq!(unlike_any.len(), 3);
    for text in unlike_any {
        assert!(!text.to_lowercase().contains("estimated value"), "{text}");
    }
}

#[test]
fn the_same_plan_gives_the_same_files_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    for out in ["one", "two"] {
        dripr(folder.path(), &["demo", "--months=1", "--out", out]).success();
    }
    let (one, two) = (files(&folder.path().join("one")), files(&folder.path().join("two")));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (path, bytes) in &one {
        assert!(two[path] == *bytes, "{} differs", path.display());
    }
    // Another one into the same folder: nothing of the first is left over.
    let sample =
        fs::read_to_string(format!("{}/sample/contacts-north.csv", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let few: String = sample.lines().take(3).map(|line| format!("{line}\n")).collect();
    fs::write(folder.path().join("few.csv"), few).unwrap();
    dripr(folder.path(), &["demo", "--months=1", "--contacts=few.csv", "--out=two"]).success();
    assert_eq!(files(&folder.path().join("two/outbox")).len(), 2 * 2);
}

#[test]
fn files_of_ones_own_are_used_and_their_faulty_rows_reported() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let sample =
        fs::read_to_string(format!("{}/sample/contacts-north.csv", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let mut contacts: String = sample.lines().take(4).map(|line| format!("{line}\n")).collect();
    contacts.push_str("Bo,Lind,nobody,,,,98103\n");
    fs::write(path.join("contacts.csv"), contacts).unwrap();
    fs::write(path.join("rates.csv"), "date,rate\n2015-02-26,3.80\n2015-03-12,lots\n").unwrap();
    let arguments = ["demo", "--months=1", "--contacts=contacts.csv", "--rates=rates.csv", "--out=out"];
    let run = dripr(path, &arguments).success();
    assert!(run.stdout.contains("contacts.csv: row 5: email \"nobody\": it has no @"), "{}", run.stdout);
    assert!(run.stdout.contains("rates.csv: row 3: rate \"lots\""), "{}", run.stdout);
    let emails = files(&path.join("out/outbox"))
        .into_keys()
        .filter(|path| path.extension().is_some_and(|end| end == "eml"));
    assert_eq!(emails.count(), 3);
}

#[test]
fn a_folder_of_somebody_else_and_a_missing_file_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("thesis")).unwrap();
    fs::write(folder.path().join("thesis/thesis.tex"), "mine").unwrap();
    let run = dripr(folder.path(), &["demo", "--out=thesis"]).failure();
    assert!(run.stderr.contains("the folder thesis is not empty"), "{}", run.stderr);
    let run = dripr(folder.path(), &["demo", "--out=x", "--sales=missing.csv"]).failure();
    assert!(run.stderr.contains("missing.csv: No such file"), "{}", run.stderr);
    let run = dripr(folder.path(), &["demo", "--out=x", "--contacts=missing.csv"]).failure();
    assert!(run.stderr.contains("missing.csv: No such file"), "{}", run.stderr);
    let run = dripr(folder.path(), &["demo", "--months=0"]).failure();
    assert!(run.stderr.contains("--months"), "{}", run.stderr);
}
