//! Files and folders that are their owner's alone: what is kept holds names and addresses of people.

use std::{
    fs::{DirBuilder, OpenOptions},
    io,
    path::Path,
};

/// How a file is written that must not be there yet.
pub(crate) fn new_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder, and those that it lies in, as far as they are not there.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn what_is_made_is_its_owners_alone_and_what_is_there_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (shared, deep) = (folder.path().join("shared"), folder.path().join("shared/deep/er"));
        fs::create_dir(&shared).unwrap();
        fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
        make_folder(&deep).unwrap();
        make_folder(&deep).unwrap();
        assert_eq!((mode(&shared), mode(&deep), mode(deep.parent().unwrap())), (0o755, 0o700, 0o700));
        let file = deep.join("file");
        new_file().open(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(new_file().open(&file).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
