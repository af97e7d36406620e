//! The page from which all emails of a demonstration can be opened.

use std::{collections::HashMap, fmt::Write, fs, path::Path, sync::Arc};

use chrono_tz::Tz;
use dripr_core::{
    email::{Email, Message},
    ports::EmailStore,
    schedule::Instant,
};

use super::folder::{Folder, list};
use crate::{compose::Store, failure::Failure};

const PAGE: usize = 200;

/// Writes the page, the emails in the order in which they left.
pub(super) async fn write(
    store: &Store,
    folder: &Folder,
    mut sent: Vec<Email>,
    zone: Tz,
) -> Result<(), Failure> {
    sent.sort_by(|a, b| (left_at(a), &a.id).cmp(&(left_at(b), &b.id)));
    let files = html_files(folder)?;
    let mut page = String::from(HEAD);
    for some in sent.chunks(PAGE) {
        let ids: Vec<_> = some.iter().map(|email| email.id.clone()).collect();
        for (email, message) in some.iter().zip(store.messages(&ids).await?) {
            if let (Some(message), Some(file)) = (message, files.get(email.id.as_str())) {
                row(&mut page, email, &message, file, zone);
            }
        }
    }
    page.push_str(FOOT);
    let path = folder.index();
    fs::write(&path, page).map_err(|error| Failure::file("cannot write", &path, error))
}

fn left_at(email: &Email) -> Instant {
    email.attempt.as_ref().map_or(email.scheduled_send_datetime, |attempt| attempt.started_at)
}

/// The HTML files of the outbox by the email they show, which their names end with.
fn html_files(folder: &Folder) -> Result<HashMap<String, String>, Failure> {
    let outbox = folder.outbox();
    let mut found = Vec::new();
    list(&outbox, Path::new(""), &mut found)
        .map_err(|error| Failure::file("cannot read the folder", &outbox, error))?;
    let html = found.iter().filter(|path| path.extension().is_some_and(|extension| extension == "html"));
    Ok(html
        .filter_map(|path| {
            let stem = path.file_stem()?.to_string_lossy().into_owned();
            Some((stem, format!("outbox/{}", path.to_string_lossy())))
        })
        .collect())
}

fn row(page: &mut String, email: &Email, message: &Arc<Message>, file: &str, zone: Tz) {
    let when = left_at(email).with_timezone(&zone).format("%Y-%m-%d %H:%M %Z");
    // Writing to a String cannot fail.
    let _ = writeln!(
        page,
        "<tr><td>{when}</td><td>{}</td><td><a href=\"{}\">{}</a></td></tr>",
        escaped(&message.to.name),
        escaped(file),
        escaped(&message.subject),
    );
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}

const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Emails of the \
demonstration</title>\n<style>body{font:15px/1.5 sans-serif;margin:2em;color:#222}td{padding:.1em 1em .1em 0;\
white-space:nowrap}</style>\n</head>\n<body>\n<h1>Emails of the demonstration</h1>\n<p>In the order in which they \
left, on a virtual clock.</p>\n<table>\n";
const FOOT: &str = "</table>\n</body>\n</html>\n";
