//! A file that a subcommand writes, with names and addresses in it.

use std::{
    fs::{File, OpenOptions},
    path::Path,
};

use crate::failure::Failure;

/// A new file that nobody else may read; nothing may be there yet.
pub(super) fn new_file(path: &Path) -> Result<File, Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|error| Failure::file("cannot write", path, error))
}
