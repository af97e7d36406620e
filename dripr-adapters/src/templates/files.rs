//! The templates that ship, and where a deployment's own come from.

use std::{fs, io::ErrorKind, path::Path};

use dripr_core::errors::{Fault, PortError, PortResult};

/// Which part of an email a template makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// HTML; values are escaped.
    Html,
    /// Plain text, and subject lines; values are not escaped.
    Text,
}

/// A template: what it is called in `{{> name}}`, its file and its text.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) part: Part,
    pub(super) name: String,
    pub(super) file: String,
    pub(super) text: String,
}

/// The largest template, in bytes.
const LARGEST: u64 = 256 * 1024;

macro_rules! builtin {
    ($($file:literal)*) => {
        [$(($file, include_str!(concat!("builtin/", $file)))),*]
    };
}

/// The templates that ship.
const BUILTIN: [(&str, &str); 22] = builtin! {
    "report.html.hbs" "report.txt.hbs" "report.subject.hbs"
    "market.html.hbs" "market.txt.hbs"
    "listings.html.hbs" "listings.txt.hbs"
    "sales.html.hbs" "sales.txt.hbs"
    "welcome.html.hbs" "welcome.txt.hbs" "welcome.subject.hbs"
    "morning.html.hbs" "morning.txt.hbs" "morning.subject.hbs"
    "concern.html.hbs" "concern.txt.hbs" "concern.subject.hbs"
    "styles.html.hbs" "signature.html.hbs" "card_begins.html.hbs" "card_ends.html.hbs"
};

/// The templates that ship.
pub(super) fn builtin() -> Vec<Source> {
    BUILTIN.iter().filter_map(|(file, text)| Source::new(file, (*text).to_owned())).collect()
}

/// The templates that ship, each replaced by the file of its name in a folder, and what else is in the folder as
/// partials.
pub(super) fn in_folder(folder: &Path) -> PortResult<Vec<Source>> {
    let unreadable = |error: std::io::Error| {
        let fault = Fault::Misconfigured;
        PortError::new(fault, format!("the template folder {} cannot be read", folder.display()))
            .caused_by(error)
    };
    let mut sources = builtin();
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        names.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    names.sort();
    for (file, path) in names {
        if !file.ends_with(".hbs") {
            continue;
        }
        let own = Source::new(&file, read(&path)?).ok_or_else(|| {
            let expected = "NAME.html.hbs, NAME.txt.hbs or NAME.subject.hbs";
            let message = format!("the template {file} is named neither {expected}");
            PortError::new(Fault::Misconfigured, message)
        })?;
        sources.retain(|source| source.file != own.file);
        sources.push(own);
    }
    Ok(sources)
}

fn read(path: &Path) -> PortResult<String> {
    let unusable =
        |why: &str| PortError::new(Fault::Misconfigured, format!("the template {} {why}", path.display()));
    let size = fs::metadata(path).map_err(|error| unusable("cannot be read").caused_by(error))?.len();
    if size > LARGEST {
        return Err(unusable(&format!("is larger than {} KB", LARGEST / 1024)));
    }
    fs::read_to_string(path).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => unusable("is not UTF-8 text"),
        _ => unusable("cannot be read").caused_by(error),
    })
}

impl Source {
    fn new(file: &str, text: String) -> Option<Self> {
        let stem = file.strip_suffix(".hbs")?;
        let (part, name) =
            match (stem.strip_suffix(".html"), stem.strip_suffix(".txt"), stem.strip_suffix(".subject")) {
                (Some(name), _, _) => (Part::Html, name),
                (_, Some(name), _) => (Part::Text, name),
                // A subject is text of its own beside the text part of the same name.
                (_, _, Some(_)) => (Part::Text, stem),
                _ => return None,
            };
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let ok = !name.is_empty() && name.chars().all(plain);
        ok.then(|| Self { part, name: name.to_owned(), file: file.to_owned(), text })
    }
}
