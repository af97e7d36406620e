//! Many at once, each in its own right: what one operation does to one thing is done to up to a hundred, by the same steps, and what
//! stands against one of them hinders none of the others.
//!
//! A request brings them as `items`. What cannot be taken refuses all of it, before anything is done; what stands against a single one
//! is told in its place of the answer, as the operation for it alone would tell it.

use std::collections::HashMap;

use dripr_core::errors::{Fault, PortResult};
use futures_util::future::BoxFuture;
use serde::Serialize;
use utoipa::ToSchema;

use super::{problem::Problem, problems::Problems};

/// Items of a request at most, which its description says too.
const MOST: usize = 100;

/// An item of a request about many.
pub(super) trait Item {
    /// The field that names what it is about.
    const NAMES: &'static str;

    /// What it is about.
    fn named(&self) -> &str;

    /// Looks at its other fields, and leaves them as they are taken. `pointer` is where it stands.
    ///
    /// # Errors
    /// What cannot be taken.
    fn read(&mut self, _pointer: &str) -> Result<(), Problem> {
        Ok(())
    }
}

/// The items of a request as they are taken.
///
/// # Errors
/// There are none or too many, one names what another names (nobody could say which of the two was meant), or has a field that
/// cannot be taken.
pub(super) fn read<T: Item>(mut items: Vec<T>) -> Result<Vec<T>, Problem> {
    if !(1..=MOST).contains(&items.len()) {
        return Err(Problem::invalid("/items", format!("must be from 1 to {MOST} of them")));
    }
    let mut problems = Problems::default();
    let mut seen: HashMap<String, usize> = HashMap::with_capacity(items.len());
    for (at, item) in items.iter_mut().enumerate() {
        let pointer = format!("/items/{at}");
        let first = *seen.entry(item.named().to_owned()).or_insert(at);
        if first < at {
            let names = T::NAMES;
            problems.add(Problem::invalid(
                format!("{pointer}/{names}"),
                format!("is that of /items/{first} too"),
            ));
        }
        problems.take(item.read(&pointer));
    }
    problems.unless_any(|| Some(items))
}

/// Asks a store about many things with one call. Where what is stored of one is damaged, it is asked about each alone, so that this
/// one hinders no other.
///
/// # Errors
/// The store could be asked about none of them.
pub(super) async fn each<'a, K: Clone, T>(
    all: Vec<K>,
    ask: impl Fn(Vec<K>) -> BoxFuture<'a, PortResult<Vec<T>>>,
) -> Result<Vec<Result<T, Problem>>, Problem> {
    match ask(all.clone()).await {
        Ok(answers) => return Ok(answers.into_iter().map(Ok).collect()),
        Err(error) if error.fault() == Fault::Corrupt => {}
        Err(error) => return Err(error.into()),
    }
    let mut answers = Vec::with_capacity(all.len());
    for one in all {
        answers.push(match ask(vec![one]).await {
            Ok(mut answer) => answer.pop().ok_or_else(Problem::lost),
            Err(error) => Err(error.into()),
        });
    }
    Ok(answers)
}

/// What became of many.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Outcomes<T> {
    /// What became of each item of the request, in their order.
    items: Vec<T>,
}

impl<T> Outcomes<T> {
    /// Of each in its place.
    pub(super) fn of(items: impl Iterator<Item = T>) -> Self {
        Self { items: items.collect() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use dripr_core::errors::PortError;
    use serde_json::json;

    use super::*;

    struct Named(&'static str);

    impl Item for Named {
        const NAMES: &'static str = "name";

        fn named(&self) -> &str {
            self.0
        }

        fn read(&mut self, pointer: &str) -> Result<(), Problem> {
            if self.0 == "bad" { Err(Problem::invalid(format!("{pointer}/of"), "is bad")) } else { Ok(()) }
        }
    }

    #[test]
    fn each_that_cannot_be_taken_is_named_in_its_place() {
        let names = |all: &[&'static str]| all.iter().copied().map(Named).collect::<Vec<_>>();
        let taken = read(names(&["a", "b", "c"])).unwrap();
        assert_eq!(taken.iter().map(Named::named).collect::<Vec<_>>(), ["a", "b", "c"]);
        let pointers = |all: &[&'static str]| {
            let told = serde_json::to_value(read(names(all)).err().unwrap()).unwrap();
            let errors = told["errors"].as_array().unwrap().clone();
            errors.into_iter().map(|error| error["pointer"].clone()).collect::<Vec<_>>()
        };
        let expected = ["/items/1/name", "/items/2/of", "/items/3/name", "/items/4/name", "/items/4/of"];
        assert_eq!(pointers(&["a", "a", "bad", "a", "bad"]), expected);
        assert_eq!(pointers(&[]), ["/items"]);
        assert_eq!(pointers(&["a"; MOST + 1]), ["/items"]);
        assert!(read((0..MOST).map(|n| Named(Box::leak(n.to_string().into_boxed_str()))).collect()).is_ok());
    }

    /// A store in which one thing is damaged, or that does not answer; and how many it was asked about at a time.
    struct Asked {
        damaged: u8,
        is_there: bool,
        times: Mutex<Vec<usize>>,
    }

    impl Asked {
        fn answer(&self, keys: Vec<u8>) -> PortResult<Vec<u8>> {
            self.times.lock().unwrap().push(keys.len());
            if !self.is_there {
                return Err(PortError::new(Fault::Unavailable, "it is not there"));
            }
            if keys.contains(&self.damaged) {
                return Err(PortError::new(Fault::Corrupt, "a row is damaged"));
            }
            Ok(keys.into_iter().map(|key| key * 10).collect())
        }
    }

    async fn asked(damaged: u8, is_there: bool) -> (Option<Vec<Option<u8>>>, Vec<usize>) {
        let store = Asked { damaged, is_there, times: Mutex::default() };
        let stored = &store;
        let answers = each(vec![1, 2, 3], move |keys| Box::pin(async move { stored.answer(keys) })).await;
        let answers = answers.ok().map(|answers| answers.into_iter().map(Result::ok).collect());
        (answers, store.times.into_inner().unwrap())
    }

    #[tokio::test]
    async fn what_is_damaged_hinders_no_other() {
        assert_eq!(asked(0, true).await, (Some(vec![Some(10), Some(20), Some(30)]), vec![3]));
        assert_eq!(asked(2, true).await, (Some(vec![Some(10), None, Some(30)]), vec![3, 1, 1, 1]));
        assert_eq!(asked(0, false).await, (None, vec![3]), "all would fail alike");
        let problem = Problem::from(PortError::new(Fault::Corrupt, "a row is damaged"));
        assert_eq!(serde_json::to_value(problem).unwrap()["status"], json!(500));
    }
}
