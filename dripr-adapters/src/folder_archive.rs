//! An archive in a folder: per agent a folder, per email its HTML.
//!
//! ```text
//! archive/
//!   AGENT/
//!     CAMPAIGN.1.html
//! ```
//!
//! A file is replaced as a whole: a reader sees the old one or the new one, also after a crash. What cannot be lost is
//! in the store; here a power cut may cost the newest files.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ids::{EmailId, UserId},
    ports::{Archive, Probe},
};

use crate::{file_name, file_outbox::off_the_runtime, private_files::make_folder};

/// Tells the unfinished files of one process apart.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Keeps the HTML of emails in a folder.
#[derive(Debug, Clone)]
pub struct FolderArchive {
    root: PathBuf,
}

impl FolderArchive {
    /// Opens a folder, making it if there is none.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] if it cannot be made.
    pub fn open(folder: impl AsRef<Path>) -> PortResult<Self> {
        let root = folder.as_ref().to_owned();
        make_folder(&root).map_err(|error| {
            PortError::new(Fault::Misconfigured, format!("the archive {} cannot be used", root.display()))
                .caused_by(error)
        })?;
        Ok(Self { root })
    }

    fn path(&self, user: &UserId, email: &EmailId) -> PathBuf {
        self.root.join(file_name::of(user.as_str())).join(format!("{}.html", file_name::of(email.as_str())))
    }
}

#[async_trait]
impl Archive for FolderArchive {
    async fn keep(&self, user: &UserId, email: &EmailId, html: &str) -> PortResult<()> {
        let (path, html) = (self.path(user, email), html.to_owned());
        let kept = off_the_runtime(move || replace(&path, html.as_bytes())).await;
        match kept {
            Some(kept) => kept.map_err(|error| failed("kept", email, error)),
            None => Err(PortError::new(
                Fault::Unavailable,
                format!("keeping the HTML of email {email} was cut off"),
            )),
        }
    }

    async fn forget(&self, user: &UserId, email: &EmailId) -> PortResult<()> {
        let path = self.path(user, email);
        match off_the_runtime(move || fs::remove_file(path)).await {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) if error.kind() == ErrorKind::NotFound => Ok(()),
            Some(Err(error)) => Err(failed("removed", email, error)),
            None => Err(PortError::new(
                Fault::Unavailable,
                format!("removing the HTML of email {email} was cut off"),
            )),
        }
    }

    async fn html(&self, user: &UserId, email: &EmailId) -> PortResult<Option<String>> {
        let path = self.path(user, email);
        match off_the_runtime(move || fs::read_to_string(path)).await {
            Some(Ok(html)) => Ok(Some(html)),
            Some(Err(error)) if error.kind() == ErrorKind::NotFound => Ok(None),
            Some(Err(error)) => Err(failed("read", email, error)),
            None => Err(PortError::new(
                Fault::Unavailable,
                format!("reading the HTML of email {email} was cut off"),
            )),
        }
    }
}

#[async_trait]
impl Probe for FolderArchive {
    /// Writes a small file into the folder, and removes it.
    async fn probe(&self) -> PortResult<()> {
        let root = self.root.clone();
        let Some(tried) = off_the_runtime(move || try_out(&root)).await else {
            return Err(PortError::new(Fault::Unavailable, "trying out the archive was cut off"));
        };
        tried.map_err(|error| {
            let message = format!("the archive {} cannot be written to", self.root.display());
            PortError::new(Fault::Misconfigured, message).caused_by(error)
        })
    }
}

fn try_out(folder: &Path) -> io::Result<()> {
    let (path, mut file) = unfinished(folder)?;
    let written = file.write_all(b"tried out\n").and_then(|()| file.sync_data());
    fs::remove_file(&path)?;
    written
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let (unfinished, mut file) = unfinished(folder)?;
    let replaced =
        file.write_all(bytes).and_then(|()| file.sync_data()).and_then(|()| fs::rename(&unfinished, path));
    if replaced.is_err() {
        // It is no email's HTML; nobody looks for it.
        let _ = fs::remove_file(&unfinished);
    }
    replaced
}

/// A new, empty file that nobody else writes to. Its name is no id's: those start with no dot.
fn unfinished(folder: &Path) -> io::Result<(PathBuf, File)> {
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".unfinished-{}-{number}", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            // Left there by an earlier process of the same number.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            opened => return Ok((path, opened?)),
        }
    }
}

fn failed(what: &str, email: &EmailId, error: io::Error) -> PortError {
    let fault = match error.kind() {
        ErrorKind::StorageFull
        | ErrorKind::QuotaExceeded
        | ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::AlreadyExists
        | ErrorKind::NotADirectory
        | ErrorKind::IsADirectory => Fault::Misconfigured,
        ErrorKind::InvalidData => Fault::Corrupt,
        _ => Fault::Unavailable,
    };
    PortError::new(fault, format!("the HTML of email {email} cannot be {what} in the archive"))
        .caused_by(error)
}

#[cfg(test)]
mod tests {
    use dripr_core::testkit::contract;

    use super::*;

    fn ids(user: &str, email: &str) -> (UserId, EmailId) {
        (UserId::new(user).unwrap(), EmailId::new(email).unwrap())
    }

    #[tokio::test]
    async fn what_is_kept_is_found_and_keeping_again_replaces_it() {
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(folder.path().join("deep/er")).unwrap();
        let (user, email) = ids("agent", "c.1");
        assert_eq!(archive.html(&user, &email).await.unwrap(), None);
        archive.keep(&user, &email, "one").await.unwrap();
        archive.keep(&user, &email, "<p>zwei é</p>").await.unwrap();
        assert_eq!(archive.html(&user, &email).await.unwrap().as_deref(), Some("<p>zwei é</p>"));
        let files: Vec<_> = fs::read_dir(folder.path().join("deep/er/agent")).unwrap().collect();
        assert_eq!(files.len(), 1, "{files:?}");
    }

    #[tokio::test]
    async fn agents_do_not_meet_and_no_id_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(folder.path().join("archive")).unwrap();
        let all = [("..", "..", "a"), ("a", "..", "b"), ("A", "..", "c"), ("a", "x:y", "d")];
        for (user, email, html) in all {
            let (user, email) = ids(user, email);
            archive.keep(&user, &email, html).await.unwrap();
        }
        for (user, email, html) in all {
            let (user, email) = ids(user, email);
            assert_eq!(archive.html(&user, &email).await.unwrap().as_deref(), Some(html));
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_to_is_a_matter_for_people() {
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(folder.path()).unwrap();
        let (user, email) = ids("agent", "c.1");
        fs::write(folder.path().join("agent"), "a file where a folder should be").unwrap();
        let error = archive.keep(&user, &email, "x").await.unwrap_err();
        assert!(!error.fault().may_heal(), "{error}");
        assert!(FolderArchive::open(folder.path().join("agent")).is_err());
    }

    #[tokio::test]
    async fn a_probe_leaves_nothing_behind() {
        let parent = tempfile::tempdir().unwrap();
        let works = FolderArchive::open(parent.path().join("works")).unwrap();
        let gone = FolderArchive::open(parent.path().join("gone")).unwrap();
        fs::remove_dir(parent.path().join("gone")).unwrap();
        contract::probe(&works, &gone).await;
        assert_eq!(fs::read_dir(parent.path().join("works")).unwrap().count(), 0);
        let error = gone.probe().await.unwrap_err();
        assert_eq!(error.fault(), Fault::Misconfigured);
        let sentence = format!("the archive {} cannot be written to: ", parent.path().join("gone").display());
        assert!(error.to_string().starts_with(&sentence), "{error}");
        assert!(!parent.path().join("gone").exists(), "a probe changes nothing");
    }

    #[test]
    fn it_works_without_a_runtime_of_tokio() {
        let folder = tempfile::tempdir().unwrap();
        let archive = FolderArchive::open(folder.path()).unwrap();
        let (user, email) = ids("agent", "c.1");
        let mut kept = archive.keep(&user, &email, "x");
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let polled = kept.as_mut().poll(&mut context);
        assert!(matches!(polled, std::task::Poll::Ready(Ok(()))));
    }
}
