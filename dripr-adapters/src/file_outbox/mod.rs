//! A mailer that delivers into a folder: per email a standard `.eml` and, for people to look at, its `.html`.
//!
//! ```text
//! outbox/
//!   CAMPAIGN.1.eml        the email, as a mail program opens it
//!   CAMPAIGN.1.html       its HTML part
//!   .unfinished/          files being written; never an email
//! ```
//!
//! An email is sent when its `.eml` stands in the folder. The name follows from the email's id alone, and a file gets it
//! by a hard link, which fails where the name is taken: two senders, two tries or two months cannot make two files of
//! one email. Before an email counts as accepted its bytes and its name are on the disk. So absence is certain, and a
//! look-up answers at once.
//!
//! The same email gives the same bytes.

mod write;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use dripr_core::{
    email::OutgoingEmail,
    errors::{Fault, PortError, PortResult},
    ids::{EmailId, UserId},
    person::Erasing,
    ports::{Inquiry, LookUp, Mailer, Probe, SendOutcome},
};

use self::write::Folder;
use crate::file_name;

/// Emails that are written with one look after the folder.
const BATCH: usize = 64;

/// Delivers emails into a folder.
#[derive(Debug, Clone)]
pub struct FileOutbox {
    folder: Arc<Folder>,
}

impl FileOutbox {
    /// Opens a folder, making it if there is none. What a crash left unfinished an hour or more ago is removed.
    ///
    /// # Errors
    /// [`Fault::Misconfigured`] if it cannot be made or written to, or its file system knows no hard links.
    pub fn open(folder: impl AsRef<Path>) -> PortResult<Self> {
        let path = folder.as_ref();
        let folder = Folder::open(path).map_err(|error| {
            PortError::new(Fault::Misconfigured, format!("the outbox {} cannot be used", path.display()))
                .caused_by(error)
        })?;
        Ok(Self { folder: Arc::new(folder) })
    }

    /// Where an email stands once it is sent.
    #[must_use]
    pub fn path(&self, email: &EmailId) -> PathBuf {
        self.folder.eml(&file_name::of(email.as_str()))
    }
}

#[async_trait]
impl Mailer for FileOutbox {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let (folder, own) = (self.folder.clone(), emails.to_vec());
        match off_the_runtime(move || folder.deliver(&own)).await {
            Some(outcomes) => outcomes,
            None => {
                let reason = "the delivery was cut off".to_owned();
                vec![SendOutcome::Unknown { reason }; emails.len()]
            }
        }
    }

    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        let (folder, name) = (self.folder.clone(), file_name::of(inquiry.email_id.as_str()));
        off_the_runtime(move || folder.look_up(&name)).await.unwrap_or(LookUp::CannotTell)
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn settling_time(&self) -> Option<Duration> {
        Some(Duration::ZERO)
    }
}

#[async_trait]
impl Erasing for FileOutbox {
    /// Only for an email whose outcome is known: afterwards a look-up says that it was not sent.
    async fn forget(&self, _user: &UserId, email: &EmailId) -> PortResult<()> {
        let (folder, name) = (self.folder.clone(), file_name::of(email.as_str()));
        match off_the_runtime(move || folder.forget(&name)).await {
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => {
                let message = format!("email {email} cannot be removed from the outbox");
                Err(PortError::new(Fault::Misconfigured, message).caused_by(error))
            }
            None => Err(PortError::new(Fault::Unavailable, "removing an email from the outbox was cut off")),
        }
    }
}

#[async_trait]
impl Probe for FileOutbox {
    /// Writes a small file that is no email into the folder, links it, and removes both.
    async fn probe(&self) -> PortResult<()> {
        let folder = self.folder.clone();
        let Some(tried) = off_the_runtime(move || folder.try_out()).await else {
            return Err(PortError::new(Fault::Unavailable, "trying out the outbox was cut off"));
        };
        tried.map(drop).map_err(|error| {
            let message = format!("the outbox {} cannot be written to", self.folder.root().display());
            PortError::new(Fault::Misconfigured, message).caused_by(error)
        })
    }
}

/// Does what waits for a disk where it holds up no task: on tokio's threads for that, and in place where there is no
/// tokio. Nothing comes back if the work was cut off.
pub(crate) async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => runtime.spawn_blocking(work).await.ok(),
        Err(_) => Some(work()),
    }
}
