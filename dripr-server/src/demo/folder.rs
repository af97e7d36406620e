//! The folder of a demonstration: replaced by the next one, and never anything in it that is somebody else's.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use crate::failure::Failure;

/// Marks a folder as a demonstration's, and lists what it made.
const MARK: &str = ".dripr-demo";
const FIRST_LINE: &str =
    "Made by `dripr demo`. The next demonstration into this folder replaces these files:";
const UNFINISHED: &str = "(unfinished)";

/// What a demonstration makes.
const OWN_FOLDERS: [&str; 2] = ["outbox", "inputs"];
const OWN_FILES: [&str; 4] = ["index.html", "demo.db", "demo.db-wal", "demo.db-shm"];

/// The folder of a demonstration.
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Makes the folder, or takes an earlier demonstration out of it.
    pub(super) fn prepare(root: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::file("cannot use the folder", root, error);
        let folder = Self { root: root.to_owned() };
        match fs::read_dir(root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(root).map_err(failed)?
            }
            Err(error) => return Err(failed(error)),
            Ok(mut entries) => {
                let mark = folder.mark();
                if mark.is_file() {
                    let listed = fs::read_to_string(&mark).map_err(failed)?;
                    folder.remove_earlier(&listed).map_err(failed)?;
                } else if entries.next().is_some() {
                    return Err(Failure::new(format!(
                        "the folder {} is not empty and holds no earlier demonstration; name another with --out",
                        root.display()
                    )));
                }
            }
        }
        fs::write(folder.mark(), format!("{FIRST_LINE}\n{UNFINISHED}\n")).map_err(failed)?;
        for own in OWN_FOLDERS {
            fs::create_dir_all(folder.root.join(own)).map_err(failed)?;
        }
        Ok(folder)
    }

    /// The database, while the demonstration runs.
    pub(super) fn database(&self) -> PathBuf {
        self.root.join("demo.db")
    }

    /// Where emails go.
    pub(super) fn outbox(&self) -> PathBuf {
        self.root.join("outbox")
    }

    /// The page that leads to all emails.
    pub(super) fn index(&self) -> PathBuf {
        self.root.join("index.html")
    }

    /// Puts one of the files that the demonstration worked from beside its results.
    pub(super) fn keep_input(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Failure> {
        let path = self.root.join("inputs").join(name);
        fs::write(&path, bytes).map_err(|error| Failure::file("cannot write", &path, error))?;
        Ok(path)
    }

    /// Takes the database away and lists what was made.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        let failed = |error| Failure::file("cannot use the folder", &self.root, error);
        for name in OWN_FILES.iter().filter(|name| name.starts_with("demo.db")) {
            remove_file(&self.root.join(name)).map_err(failed)?;
        }
        let mut made = Vec::new();
        for own in OWN_FOLDERS {
            list(&self.root, Path::new(own), &mut made).map_err(failed)?;
        }
        made.extend(OWN_FILES.iter().map(PathBuf::from).filter(|name| self.root.join(name).is_file()));
        made.sort();
        let mut text = format!("{FIRST_LINE}\n");
        for path in made {
            // Names of our own making: plain text.
            text.push_str(&path.to_string_lossy());
            text.push('\n');
        }
        fs::write(self.mark(), text).map_err(failed)
    }

    fn mark(&self) -> PathBuf {
        self.root.join(MARK)
    }

    fn remove_earlier(&self, listed: &str) -> io::Result<()> {
        let mut made: Vec<PathBuf> = listed.lines().skip(1).map(PathBuf::from).collect();
        if made.iter().any(|path| path.as_os_str() == UNFINISHED) {
            // It was stopped before it could say what it made: all that stands where it puts things.
            made = OWN_FILES.iter().map(PathBuf::from).collect();
            for own in OWN_FOLDERS {
                list(&self.root, Path::new(own), &mut made)?;
            }
        }
        // Whoever edits the list still names only what lies below this folder.
        let below = |path: &&PathBuf| path.components().all(|part| matches!(part, Component::Normal(_)));
        for path in made.iter().filter(below) {
            remove_file(&self.root.join(path))?;
        }
        let mut emptied: Vec<&Path> = made.iter().filter(below).filter_map(|path| path.parent()).collect();
        emptied.sort();
        emptied.dedup();
        for folder in emptied.into_iter().rev().filter(|folder| !folder.as_os_str().is_empty()) {
            // One that still holds something of somebody else's stays.
            let _ = fs::remove_dir(self.root.join(folder));
        }
        Ok(())
    }
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Lists the files below a folder, without following links.
pub(super) fn list(root: &Path, below: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = match fs::read_dir(root.join(below)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            list(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path) -> Vec<String> {
        let mut all = Vec::new();
        list(root, Path::new(""), &mut all).unwrap();
        let mut names: Vec<String> = all.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn an_earlier_demonstration_is_replaced_and_what_others_put_there_stays() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().join("a/b");
        let folder = Folder::prepare(&root).unwrap();
        fs::create_dir_all(folder.outbox().join("2015-03")).unwrap();
        fs::write(folder.outbox().join("2015-03/old.eml"), "old").unwrap();
        fs::write(folder.database(), "data").unwrap();
        folder.finish().unwrap();
        fs::write(folder.outbox().join("2015-03/mine.txt"), "mine").unwrap();
        fs::write(root.join("notes.txt"), "mine").unwrap();
        assert_eq!(
            names(&root),
            [".dripr-demo", "notes.txt", "outbox/2015-03/mine.txt", "outbox/2015-03/old.eml"]
        );
        Folder::prepare(&root).unwrap();
        assert_eq!(names(&root), [".dripr-demo", "notes.txt", "outbox/2015-03/mine.txt"]);
    }

    #[test]
    fn a_demonstration_that_was_stopped_is_replaced_too() {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::prepare(temporary.path()).unwrap();
        fs::write(folder.outbox().join("half.eml"), "half").unwrap();
        fs::write(folder.database(), "data").unwrap();
        Folder::prepare(temporary.path()).unwrap();
        assert_eq!(names(temporary.path()), [".dripr-demo"]);
    }

    #[test]
    fn a_folder_of_somebody_else_is_left_alone() {
        let temporary = tempfile::tempdir().unwrap();
        fs::write(temporary.path().join("thesis.tex"), "mine").unwrap();
        let error = Folder::prepare(temporary.path()).err().unwrap().to_string();
        assert!(error.contains("not empty") && error.contains("--out"), "{error}");
        assert_eq!(names(temporary.path()), ["thesis.tex"]);
    }

    #[test]
    fn a_list_that_was_tampered_with_reaches_nothing_outside() {
        let temporary = tempfile::tempdir().unwrap();
        let outside = temporary.path().join("outside.txt");
        fs::write(&outside, "mine").unwrap();
        let root = temporary.path().join("demo");
        Folder::prepare(&root).unwrap();
        fs::write(root.join(MARK), format!("{FIRST_LINE}\n../outside.txt\n{}\n", outside.display())).unwrap();
        Folder::prepare(&root).unwrap();
        assert!(outside.exists());
    }
}
