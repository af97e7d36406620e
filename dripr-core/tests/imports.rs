//! Imports: whatever becomes of one, what was cancelled stays so.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use dripr_core::{
    imports::{FileRefused, Import, ImportOptions, ReadWhole, Stage, Tally},
    schedule::Instant,
};
use proptest::prelude::*;

fn at(second: i64) -> Instant {
    Instant::from_timestamp(second, 0).unwrap()
}

proptest! {
    #[test]
    fn what_was_cancelled_takes_no_file_and_ends_by_itself(
        steps in prop::collection::vec((0_u8..7, 0_i64..100), 0..30)
    ) {
        let (id, user) = ("i".parse().unwrap(), "ana".parse().unwrap());
        let mut import = Import::new(id, user, ImportOptions::default(), at(0));
        let (mut now, mut is_cancelled) = (0, false);
        for (what, later) in steps {
            now += later;
            let is_read = import.stage == Stage::Running;
            match what {
                0 => {
                    let begun = import.begin(at(now));
                    prop_assert!(!is_cancelled || begun == Err(FileRefused::Cancelled));
                }
                1 if is_read => import.beat(at(now)),
                2 if is_read => import.advance(&Tally { rows: 1, ..Tally::default() }, at(now)),
                3 if is_read => import.end(None, at(now)),
                4 if is_read => import.end(Some("it broke off".to_owned()), at(now)),
                5 => match import.cancel(at(now)) {
                    Ok(_) => is_cancelled = true,
                    Err(ReadWhole) => prop_assert_eq!(&import.stage, &Stage::Done),
                },
                6 => {
                    let was_left = import.is_left_to_reader();
                    let has_ended = import.end_for_dead_reader(at(now));
                    prop_assert!(was_left || !has_ended);
                    prop_assert_eq!(import.is_left_to_reader(), was_left && !has_ended);
                }
                _ => {}
            }
            prop_assert_eq!(import.cancelled_at.is_some(), is_cancelled);
            let has_ended = import.stage_at(at(now)) == Stage::Cancelled;
            prop_assert_eq!(has_ended || import.is_stopping(at(now)), is_cancelled);
            prop_assert!(import.stage_at(at(now + 60)) == Stage::Cancelled || !is_cancelled, "a dead reader keeps none");
            let mut swept = import.clone();
            swept.end_for_dead_reader(at(now + 60));
            prop_assert_eq!(swept.stage == Stage::Cancelled, is_cancelled, "whatever was cancelled ends");
        }
    }
}
