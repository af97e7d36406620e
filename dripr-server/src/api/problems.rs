//! All that is wrong with what a request brings, told at once.

use super::problem::Problem;

/// What is wrong with the fields of a body. Each field is looked at, also after one that cannot be taken.
#[derive(Default)]
pub(super) struct Problems(Option<Problem>);

impl Problems {
    /// A field that was looked at, if it can be taken.
    pub(super) fn take<T>(&mut self, looked_at: Result<T, Problem>) -> Option<T> {
        looked_at.map_err(|problem| self.add(problem)).ok()
    }

    /// Notes one that cannot.
    pub(super) fn add(&mut self, problem: Problem) {
        self.0 = Some(match self.0.take() {
            Some(known) => known.and(problem),
            None => problem,
        });
    }

    /// What is made of the fields, or all that is wrong with them. `whole` finds each field that it needs, if nothing is.
    pub(super) fn unless_any<T>(self, whole: impl FnOnce() -> Option<T>) -> Result<T, Problem> {
        self.0.map_or_else(|| whole().ok_or_else(Problem::lost), Err)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_field_is_told_and_what_is_made_needs_all_of_them() {
        let mut problems = Problems::default();
        let name = problems.take(Ok("Ana"));
        let made = Problems::default().unless_any(|| Some(name?.len()));
        assert_eq!(made.ok(), Some(3));
        let email = problems.take::<&str>(Err(Problem::invalid("/email", "is none")));
        problems.add(Problem::invalid("/phone", "is longer than 200 characters"));
        let told = problems.unless_any(|| Some((name?, email?))).unwrap_err();
        let told = serde_json::to_value(&told).unwrap();
        assert_eq!((&told["status"], &told["type"]), (&json!(422), &json!("urn:dripr:problem:invalid")));
        let errors = json!([
            {"pointer": "/email", "detail": "is none"},
            {"pointer": "/phone", "detail": "is longer than 200 characters"},
        ]);
        assert_eq!(told["errors"], errors);
        assert_eq!(told["detail"], "/email: is none; /phone: is longer than 200 characters");
    }

    #[test]
    fn what_is_wrong_with_no_field_is_told_alone() {
        for one_first in [true, false] {
            let mut both = [Problem::invalid("/email", "is none"), Problem::forbidden("not you")];
            if one_first {
                both.reverse();
            }
            let mut problems = Problems::default();
            both.into_iter().for_each(|problem| problems.add(problem));
            let told = serde_json::to_value(problems.unless_any(|| Some(())).unwrap_err()).unwrap();
            assert_eq!((&told["status"], &told["errors"]), (&json!(403), &json!(null)));
        }
    }
}
