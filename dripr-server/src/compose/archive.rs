//! Where the HTML of emails is kept for people.

use std::sync::Arc;

use dripr_adapters::folder_archive::FolderArchive;
#[cfg(feature = "s3-archive")]
use dripr_adapters::s3_archive::S3Archive;
use dripr_core::ports;

use crate::{
    config::{Config, archive::Archive},
    failure::Failure,
};

/// The archive of a configuration.
///
/// # Errors
/// It cannot be used as it is configured.
pub fn html_archive(config: &Config) -> Result<Arc<dyn ports::Archive>, Failure> {
    archive(&config.archive)
}

pub(super) fn archive(choice: &Archive) -> Result<Arc<dyn ports::Archive>, Failure> {
    Ok(match choice {
        Archive::Folder(folder) => Arc::new(FolderArchive::open(folder)?),
        #[cfg(feature = "s3-archive")]
        Archive::S3(options) => Arc::new(S3Archive::new(options.clone())?),
    })
}
