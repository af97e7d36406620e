//! What an agent may allow, in Google's words.

/// Sending, and nothing else. Google calls it sensitive.
pub const SEND: &str = "https://www.googleapis.com/auth/gmail.send";
/// Reading, and so searching. Google calls it restricted: an application that asks for it is assessed every year.
pub const READ: &str = "https://www.googleapis.com/auth/gmail.readonly";

const COMPOSE: &str = "https://www.googleapis.com/auth/gmail.compose";
const MODIFY: &str = "https://www.googleapis.com/auth/gmail.modify";
const METADATA: &str = "https://www.googleapis.com/auth/gmail.metadata";
const EVERYTHING: &str = "https://mail.google.com/";

fn any(granted: &[String], wanted: &[&str]) -> bool {
    granted.iter().any(|scope| wanted.contains(&scope.as_str()))
}

/// Whether emails may be sent.
pub(super) fn can_send(granted: &[String]) -> bool {
    any(granted, &[SEND, COMPOSE, MODIFY, EVERYTHING])
}

/// Whether emails may be searched for, by what an agent allowed. With `gmail.metadata` the parameter `q` is refused.
#[must_use]
pub fn can_search(granted: &[String]) -> bool {
    any(granted, &[READ, MODIFY, EVERYTHING])
}

/// Whether the account's address may be asked for.
pub(super) fn can_tell_the_address(granted: &[String]) -> bool {
    any(granted, &[READ, COMPOSE, MODIFY, METADATA, EVERYTHING])
}

/// Scopes as Google tells them, parted by spaces.
pub(super) fn parted(scopes: &str) -> Vec<String> {
    scopes.split_whitespace().map(str::to_owned).collect()
}
