use futures_util::future::join_all;

use crate::{
    ids::{EmailId, MAX_ID_LENGTH, UserId},
    ports::Archive,
};

/// What every [`Archive`] must do: what is kept comes back as it was, keeping it again replaces it, what is forgotten is gone, and no id meets
/// another.
///
/// An archive in files or rows should also be looked at from outside: the ids that the suite uses, such as `..`, must not
/// have left anything beside it.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn archive<A: Archive + ?Sized>(archive: &A) {
    keeps_and_replaces(archive).await;
    keeps_every_text(archive).await;
    keeps_ids_apart(archive).await;
    may_be_repeated_at_once(archive).await;
    forgets(archive).await;
}

async fn forgets<A: Archive + ?Sized>(archive: &A) {
    let (gone, stays) = (ids("agent", "contract.4"), ids("agent", "contract.5"));
    keep(archive, &gone, "<p>gone</p>").await;
    keep(archive, &stays, "<p>stays</p>").await;
    for _ in 0..2 {
        archive.forget(&gone.0, &gone.1).await.expect("forgetting what is there, or not, is no failure");
        assert_eq!(html(archive, &gone).await, None, "what was forgotten is not there");
    }
    assert_eq!(html(archive, &stays).await.as_deref(), Some("<p>stays</p>"), "and nothing else is");
    keep(archive, &gone, "<p>again</p>").await;
    assert_eq!(html(archive, &gone).await.as_deref(), Some("<p>again</p>"), "it may be kept again");
}

async fn keep<A: Archive + ?Sized>(archive: &A, (user, email): &(UserId, EmailId), html: &str) {
    archive.keep(user, email, html).await.expect("an email's HTML is kept");
}

async fn html<A: Archive + ?Sized>(archive: &A, (user, email): &(UserId, EmailId)) -> Option<String> {
    archive.html(user, email).await.expect("an archive says what it has")
}

fn ids(user: &str, email: &str) -> (UserId, EmailId) {
    (UserId::new(user).expect("an id"), EmailId::new(email).expect("an id"))
}

async fn keeps_and_replaces<A: Archive + ?Sized>(archive: &A) {
    let (first, second) = (ids("agent", "contract.1"), ids("agent", "contract.2"));
    assert_eq!(html(archive, &first).await, None, "what was never kept is not there");
    keep(archive, &first, "<p>first, and longer than what comes after it</p>").await;
    keep(archive, &second, "<p>second</p>").await;
    keep(archive, &first, "<p>anew</p>").await;
    assert_eq!(html(archive, &first).await.as_deref(), Some("<p>anew</p>"), "keeping it again replaces it");
    keep(archive, &first, "<p>anew</p>").await;
    assert_eq!(html(archive, &first).await.as_deref(), Some("<p>anew</p>"), "keeping the same again is safe");
    assert_eq!(
        html(archive, &second).await.as_deref(),
        Some("<p>second</p>"),
        "keeping one email changes no other"
    );
}

async fn keeps_every_text<A: Archive + ?Sized>(archive: &A) {
    let odd = "\u{feff}<p title='\"'>Größe \u{1F3E0} \u{202e}{{x}}\u{0}\r\n\u{2028} \n\n";
    for (n, text) in ["", odd, &odd.repeat(10_000)].into_iter().enumerate() {
        let id = ids("agent", &format!("text.{n}"));
        keep(archive, &id, text).await;
        assert!(
            html(archive, &id).await.as_deref() == Some(text),
            "{} bytes of HTML come back byte for byte, whatever they are",
            text.len()
        );
    }
}

async fn keeps_ids_apart<A: Archive + ?Sized>(archive: &A) {
    let (long, longer) = ("x".repeat(MAX_ID_LENGTH - 1), "x".repeat(MAX_ID_LENGTH));
    let all: Vec<_> = [
        ("a", "b"),
        ("A", "b"),
        ("a", "B"),
        ("b", "a"),
        ("a", ".."),
        ("..", "a"),
        ("..", ".."),
        (".", "."),
        ("...", "b"),
        (".a", "b"),
        ("a.b", "c"),
        ("a", "b.c"),
        ("a:b", "c"),
        ("a", "b:c"),
        ("a_b", "c"),
        ("a-b", "c"),
        ("-a", "--b"),
        ("con", "nul.1"),
        ("aux:", "COM1"),
        (&long, &longer),
        (&longer, &long),
    ]
    .into_iter()
    .map(|(user, email)| ids(user, email))
    .collect();
    for id in &all {
        assert_eq!(
            html(archive, id).await,
            None,
            "{id:?} was never kept; another id leads to the same place"
        );
        keep(archive, id, &format!("{id:?}")).await;
    }
    for id in &all {
        let found = html(archive, id).await;
        assert_eq!(found, Some(format!("{id:?}")), "{id:?} has what was kept for it, and for nothing else");
    }
}

async fn may_be_repeated_at_once<A: Archive + ?Sized>(archive: &A) {
    let id = ids("agent", "contract.3");
    let texts: Vec<String> = (0..8_u8).map(|n| char::from(b'a' + n).to_string().repeat(20_000)).collect();
    join_all(texts.iter().map(|text| keep(archive, &id, text))).await;
    let found = html(archive, &id).await.expect("what was kept is there");
    assert!(texts.contains(&found), "of several keepings at once one is left, whole");
}
