use futures_util::future::join_all;

use crate::{errors::Fault, ports::CallCounter};

/// What every [`CallCounter`] must do: count as many calls as it has left, also at once, and refuse every further one.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn call_counter<C: CallCounter + ?Sized>(counter: &C, left: usize) {
    let counted = join_all((0..left + 2).map(|_| counter.count())).await;
    let passed = counted.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(passed, left, "as many calls are let through as are left, also where they come at once");
    let error = counter.count().await.expect_err("a call is refused where none is left");
    for refused in counted.into_iter().filter_map(Result::err).chain([error]) {
        assert_eq!(
            refused.fault(),
            Fault::NotAllowed,
            "a call that may not be made is not allowed; the error was: {refused}"
        );
    }
}
