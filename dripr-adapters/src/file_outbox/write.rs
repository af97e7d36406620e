//! Putting emails into the folder so that a crash at any moment leaves each either there, whole, or not there.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use dripr_core::{
    email::OutgoingEmail,
    ports::{LookUp, SendOutcome},
};

use crate::{file_name, mime, private_files::make_folder};

/// Where files stand while they are written.
const UNFINISHED: &str = ".unfinished";
/// How long an unfinished file is left alone: another process may be at it.
const LEFT_ALONE: Duration = Duration::from_secs(3600);

/// Tells the unfinished files of one process apart.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The outbox folder.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

/// An email on its way into the folder.
enum Step {
    /// It has its name.
    Named(String),
    /// It could not be written, which says what became of it.
    Ended(SendOutcome),
}

impl Folder {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        make_folder(&root.join(UNFINISHED))?;
        let folder = Self { root: root.to_owned() };
        let now = folder.try_out()?;
        folder.clear_away(now)?;
        Ok(folder)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn eml(&self, name: &str) -> PathBuf {
        self.root.join(format!("{name}.eml"))
    }

    fn html(&self, name: &str) -> PathBuf {
        self.root.join(format!("{name}.html"))
    }

    /// Finds out now whether files can be written, linked and kept here, and what time the file system has.
    pub(super) fn try_out(&self) -> io::Result<SystemTime> {
        let path = self.write("try-out", b"tried out\n")?;
        let now = fs::metadata(&path).and_then(|data| data.modified());
        // Its name has a number that nobody else has.
        let mut link = path.clone().into_os_string();
        link.push(".link");
        let linked = fs::hard_link(&path, &link);
        fs::remove_file(&path)?;
        linked.map_err(|error| {
            io::Error::new(error.kind(), format!("its file system makes no hard links: {error}"))
        })?;
        fs::remove_file(&link)?;
        sync_folder(&self.root)?;
        now
    }

    /// Clears away what was left unfinished long ago, by the file system's own clock.
    fn clear_away(&self, now: SystemTime) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join(UNFINISHED))? {
            let entry = entry?;
            // Another process may have finished with it meanwhile.
            let Ok(changed) = entry.metadata().and_then(|data| data.modified()) else { continue };
            if now.duration_since(changed).is_ok_and(|age| age >= LEFT_ALONE) {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }

    /// A new, empty file that no other sender has.
    fn unfinished(&self, name: &str) -> io::Result<(PathBuf, File)> {
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = self.root.join(UNFINISHED).join(format!("{name}.{}-{number}", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                // Left there by an earlier process of the same number.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                opened => return Ok((path, opened?)),
            }
        }
    }

    /// Delivers emails: writes each, gives each its name, and then sees to it once that the names stay.
    pub(super) fn deliver(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        if emails.is_empty() {
            return Vec::new();
        }
        let steps: Vec<Step> = emails.iter().map(|email| self.put(email)).collect();
        let synced = sync_folder(&self.root);
        steps
            .into_iter()
            .map(|step| match (step, &synced) {
                (Step::Ended(outcome), _) => outcome,
                (Step::Named(name), Ok(())) => accepted(&name),
                // The name may be lost with the power, or not.
                (Step::Named(_), Err(error)) => {
                    SendOutcome::Unknown { reason: format!("the outbox could not be synced: {error}") }
                }
            })
            .collect()
    }

    fn put(&self, email: &OutgoingEmail) -> Step {
        let name = file_name::of(email.email_id.as_str());
        let eml = self.eml(&name);
        if fs::symlink_metadata(&eml).is_ok() {
            return Step::Named(name);
        }
        let bytes = match mime::bytes(email) {
            Ok(bytes) => bytes,
            Err(reason) => return Step::Ended(SendOutcome::NeedsPeople { reason }),
        };
        // The copy for people first: where the email stands, its copy stands too.
        let html = self
            .write(&name, email.message.html.as_bytes())
            .and_then(|path| fs::rename(path, self.html(&name)));
        let written = html.and_then(|()| self.write(&name, &bytes));
        let path = match written {
            Ok(path) => path,
            Err(error) => return Step::Ended(not_written(&error)),
        };
        self.give_name(name, &path)
    }

    /// Gives a written file its name. A link, unlike a rename, never replaces: of two senders one wins, and the other finds
    /// the winner's file.
    fn give_name(&self, name: String, path: &Path) -> Step {
        let eml = self.eml(&name);
        let linked = fs::hard_link(path, &eml);
        // What stays behind is no email, and is cleared away later.
        let _ = fs::remove_file(path);
        match linked {
            Ok(()) => Step::Named(name),
            // Another sender was faster with the same email.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Step::Named(name),
            // Some file systems over a network say no and have done it.
            Err(error) => match fs::symlink_metadata(&eml) {
                Ok(_) => Step::Named(name),
                Err(missing) if missing.kind() == ErrorKind::NotFound => Step::Ended(not_written(&error)),
                Err(_) => Step::Ended(SendOutcome::Unknown { reason: format!("the outbox failed: {error}") }),
            },
        }
    }

    /// Writes bytes to a file of their own, down to the disk.
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let (path, mut file) = self.unfinished(name)?;
        match file.write_all(bytes).and_then(|()| file.sync_data()) {
            Ok(()) => Ok(path),
            Err(error) => {
                let _ = fs::remove_file(&path);
                Err(error)
            }
        }
    }

    /// Removes what there is of an email, down to the disk.
    pub(super) fn forget(&self, name: &str) -> io::Result<()> {
        for path in [self.html(name), self.eml(name)] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        sync_folder(&self.root)
    }

    /// Whether an email is there. Absence is certain as long as the folder is the one that was opened.
    pub(super) fn look_up(&self, name: &str) -> LookUp {
        match fs::symlink_metadata(self.eml(name)) {
            // Its sender may have died before the name was safe.
            Ok(_) if sync_folder(&self.root).is_ok() => {
                LookUp::Accepted { provider_message_id: Some(file(name)) }
            }
            Err(error) if error.kind() == ErrorKind::NotFound && self.root.join(UNFINISHED).is_dir() => {
                LookUp::NotAccepted
            }
            Ok(_) | Err(_) => LookUp::CannotTell,
        }
    }
}

fn accepted(name: &str) -> SendOutcome {
    SendOutcome::Accepted { provider_message_id: Some(file(name)) }
}

fn file(name: &str) -> String {
    format!("{name}.eml")
}

/// Nothing was sent: the email has no name yet. Space comes back, by itself or by people; trying again later is right
/// either way. A folder that is gone or closed to us waits for people.
fn not_written(error: &io::Error) -> SendOutcome {
    let reason = format!("the email could not be written to the outbox: {error}");
    match error.kind() {
        ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::NotADirectory
        | ErrorKind::NotFound
        | ErrorKind::Unsupported => SendOutcome::NeedsPeople { reason },
        _ => SendOutcome::NotSent { reason, not_before: None },
    }
}

/// Makes sure that the names in a folder stay.
fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere folders cannot be opened; there names are written through.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_senders_the_first_keeps_the_name() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::open(temporary.path()).unwrap();
        // Both looked and found no email, and both wrote one.
        let first = folder.write("c.1", b"first").unwrap();
        let second = folder.write("c.1", b"second").unwrap();
        for path in [first, second] {
            assert!(matches!(folder.give_name("c.1".to_owned(), &path), Step::Named(_)));
            assert!(!path.exists());
        }
        assert_eq!(fs::read(folder.eml("c.1")).unwrap(), b"first");
    }

    #[test]
    fn a_full_disk_is_tried_again_and_a_closed_folder_waits_for_people() {
        for (kind, people) in [
            (ErrorKind::StorageFull, false),
            (ErrorKind::QuotaExceeded, false),
            (ErrorKind::Interrupted, false),
            (ErrorKind::PermissionDenied, true),
            (ErrorKind::ReadOnlyFilesystem, true),
            (ErrorKind::NotFound, true),
        ] {
            let outcome = not_written(&io::Error::from(kind));
            assert_eq!(matches!(outcome, SendOutcome::NeedsPeople { .. }), people, "{outcome:?}");
            assert_eq!(matches!(outcome, SendOutcome::NotSent { .. }), !people, "{outcome:?}");
        }
    }
}
