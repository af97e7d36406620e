use futures_util::future::join_all;

use super::checks::is_line;
use crate::{
    errors::{Fault, PortError},
    ports::Probe,
};

/// What every [`Probe`] must do: say yes of a provider that works as often as it is asked, also at once, and of one that
/// fails the same each time, in a sentence for people.
///
/// Whether it leaves something behind, sends something or makes more than one call, is to be looked at from outside.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn probe<P: Probe + ?Sized>(works: &P, fails: &P) {
    works.probe().await.expect("a provider that works passes its probe");
    let first = failure(fails).await;
    for outcome in join_all((0..3).map(|_| works.probe())).await {
        outcome.expect("a provider that works passes its probe again, whoever else is asked");
    }
    let again = failure(fails).await;
    assert_eq!(first.fault(), again.fault(), "what is wrong is the same when it is asked again");
}

async fn failure<P: Probe + ?Sized>(fails: &P) -> PortError {
    let error = fails.probe().await.expect_err("a provider that fails does not pass its probe");
    assert!(
        !matches!(error.fault(), Fault::NotYet | Fault::NotAllowed),
        "a probe asks, whatever the pace and the calls that are left; this one did not: {error}"
    );
    let sentence = error.to_string();
    assert!(
        is_line(&sentence),
        "people are told what is wrong, on one line; {sentence:?} tells them nothing"
    );
    assert!(
        !sentence.contains("://") && !format!("{error:?}").contains("://"),
        "an error holds no address, since a key may be in it: {error:?}"
    );
    error
}
