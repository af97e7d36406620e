//! Where templates write: a text that cannot grow without end.

use std::io;

use handlebars::Output;

/// The longest text that a template may make, in bytes.
pub(super) const LONGEST: usize = 512 * 1024;

/// A text of at most [`LONGEST`] bytes.
pub(super) struct Page(String);

impl Page {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self(String::with_capacity(capacity))
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl Output for Page {
    fn write(&mut self, text: &str) -> io::Result<()> {
        if self.0.len() + text.len() > LONGEST {
            return Err(io::Error::other(format!("it makes more than {} KB", LONGEST / 1024)));
        }
        self.0.push_str(text);
        Ok(())
    }
}
