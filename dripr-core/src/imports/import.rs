//! One import.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{ALIVE_SECONDS, Reported, Tally};
use crate::{
    ids::{ImportId, UserId},
    schedule::{Instant, SendDay},
};

/// How the rows of a file are to be taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportOptions {
    /// Only look; store no contact and no campaign.
    pub dry_run: bool,
    /// The send day of rows that name none.
    pub send_day: Option<SendDay>,
    /// Spread rows that name no send day over so many days of the month, 1 to 28, from the send day on.
    pub spread: Option<u8>,
    /// In a dry run: ask whether the addresses take mail too, which may cost. In earnest that is asked if the deployment
    /// has somebody to ask.
    pub verify: bool,
    /// Whether the agent approves each email of campaigns of rows that do not say so; if nothing is chosen, unless whoever sends
    /// the file may approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_before_sending: Option<bool>,
    /// Of which rows there is a line.
    #[serde(default)]
    pub report: Reported,
}

/// An import of contacts for an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Its name.
    pub id: ImportId,
    /// Whose contacts they are.
    pub user_id: UserId,
    /// How rows are to be taken.
    pub options: ImportOptions,
    /// When it was made.
    pub created_at: Instant,
    /// How far it is.
    pub stage: Stage,
    /// How its rows fared so far.
    pub tally: Tally,
    /// How often its file began to come: lines are those of the last time.
    pub run: u32,
    /// When it last came on, or gave a sign of life.
    pub moved_at: Instant,
    /// When somebody cancelled it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Instant>,
    /// Counted up with each change.
    pub version: u64,
}

/// What is told of a file whose reader is gone.
const BROKE_OFF: &str = "reading it broke off; send it again";

/// How far an import is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stage")]
pub enum Stage {
    /// Its file did not come yet.
    Waiting,
    /// Its file is coming.
    Running,
    /// Every row was read.
    Done,
    /// Somebody did not want the rest. What was stored stays.
    Cancelled,
    /// The file cannot be read, or broke off. It may be sent again.
    Failed {
        /// What was wrong.
        reason: String,
    },
}

/// Why a file is not taken now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileRefused {
    /// It was read whole before.
    #[error("this import is done; make another one for another file")]
    Done,
    /// It is coming already.
    #[error("the file of this import is being read")]
    Running,
    /// Nobody wants it any more.
    #[error("this import was cancelled; make another one for the file")]
    Cancelled,
}

/// Every row of an import was read: there is nothing left to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this import is done; what it stored stays")]
pub struct ReadWhole;

impl Import {
    /// An import whose file is to come.
    #[must_use]
    pub fn new(id: ImportId, user_id: UserId, options: ImportOptions, now: Instant) -> Self {
        Self {
            id,
            user_id,
            options,
            created_at: now,
            stage: Stage::Waiting,
            tally: Tally::default(),
            run: 0,
            moved_at: now,
            cancelled_at: None,
            version: 0,
        }
    }

    /// The file begins to come, for the first time or again.
    ///
    /// # Errors
    /// [`FileRefused`], and nothing is changed.
    pub fn begin(&mut self, now: Instant) -> Result<(), FileRefused> {
        let alive = self.is_alive(now);
        match self.stage {
            Stage::Done => return Err(FileRefused::Done),
            Stage::Cancelled => return Err(FileRefused::Cancelled),
            Stage::Running | Stage::Waiting | Stage::Failed { .. } if self.cancelled_at.is_some() => {
                return Err(FileRefused::Cancelled);
            }
            Stage::Running if alive => return Err(FileRefused::Running),
            Stage::Running | Stage::Waiting | Stage::Failed { .. } => {}
        }
        self.stage = Stage::Running;
        self.tally = Tally::default();
        self.run += 1;
        self.moved_at = now;
        Ok(())
    }

    /// Somebody does not want it, or not the rest of it. If its file is being read, whoever reads it has yet to [heed](Self::heed) that,
    /// and ends it after the rows in hand; otherwise it has ended. `false`, and nothing changed, if it was cancelled before.
    ///
    /// ```
    /// use dripr_core::{ids::{ImportId, UserId}, imports::{FileRefused, Import, ImportOptions, Stage}};
    /// let now = "2026-03-12T15:00:00Z".parse()?;
    /// let mut import = Import::new(ImportId::new("i")?, UserId::new("ana")?, ImportOptions::default(), now);
    /// assert_eq!(import.cancel(now), Ok(true));
    /// assert_eq!(import.stage, Stage::Cancelled);
    /// assert_eq!(import.begin(now), Err(FileRefused::Cancelled));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ReadWhole`], and nothing is changed.
    pub fn cancel(&mut self, now: Instant) -> Result<bool, ReadWhole> {
        let is_read = self.stage == Stage::Running && self.is_alive(now);
        match self.stage {
            Stage::Done => return Err(ReadWhole),
            Stage::Cancelled => return Ok(false),
            Stage::Running if is_read && self.cancelled_at.is_some() => return Ok(false),
            Stage::Running | Stage::Waiting | Stage::Failed { .. } => {}
        }
        self.cancelled_at = self.cancelled_at.or(Some(now));
        if !is_read {
            self.stage = Stage::Cancelled;
            self.moved_at = now;
        }
        Ok(true)
    }

    /// Takes over that it was cancelled, if that is all that became of it since its reader stored it last: the reader can go on
    /// storing. If somebody ended it meanwhile, because the reader gave no sign of life for long, it stays ended, and what the reader
    /// has in hand still counts. `false`, and nothing changed, if it is another's by now.
    pub fn heed(&mut self, stored: &Self) -> bool {
        let has_ended = stored.stage == Stage::Cancelled;
        let is_marked = self.cancelled_at.is_none() && stored.cancelled_at.is_some();
        let is_news = match stored.stage {
            // Whoever reads it may know of the mark, and not that it ended since.
            Stage::Cancelled => is_marked || stored.version != self.version,
            Stage::Running => is_marked,
            Stage::Waiting | Stage::Done | Stage::Failed { .. } => false,
        };
        if stored.run != self.run || !is_news {
            return false;
        }
        self.cancelled_at = stored.cancelled_at;
        self.version = stored.version;
        if has_ended || self.stage != Stage::Running {
            self.stage = Stage::Cancelled;
        }
        true
    }

    /// Whether somebody cancelled it while its file was being read, and it has not ended since: that is left to its reader, who has
    /// yet to [heed](Self::heed) it, or died before.
    #[must_use]
    pub const fn is_left_to_reader(&self) -> bool {
        self.cancelled_at.is_some() && matches!(self.stage, Stage::Running)
    }

    /// Whether its file is being read though somebody cancelled it: the reader has yet to learn of that.
    #[must_use]
    pub fn is_stopping(&self, now: Instant) -> bool {
        self.is_left_to_reader() && self.is_alive(now)
    }

    /// Ends it in the place of its reader, to whom that [was left](Self::is_left_to_reader) and who died. `false`, and nothing changed,
    /// if it was not left to one, or they may live.
    pub fn end_for_dead_reader(&mut self, now: Instant) -> bool {
        let is_orphan = self.is_left_to_reader() && !self.is_alive(now);
        if is_orphan {
            self.end(None, now);
        }
        is_orphan
    }

    /// What the history says of it once its file is read no farther: how its rows fared.
    #[must_use]
    pub fn outcome(&self) -> String {
        let dry = if self.options.dry_run { " (dry run)" } else { "" };
        format!("import {}{dry}: {}", self.id, self.tally)
    }

    /// How far it is, as seen at an instant: what says that its file is coming though nobody reads it any more broke off, unless it was
    /// cancelled before that.
    #[must_use]
    pub fn stage_at(&self, now: Instant) -> Stage {
        match &self.stage {
            Stage::Running if !self.is_alive(now) && self.cancelled_at.is_some() => Stage::Cancelled,
            Stage::Running if !self.is_alive(now) => Stage::Failed { reason: BROKE_OFF.to_owned() },
            stage => stage.clone(),
        }
    }

    fn is_alive(&self, now: Instant) -> bool {
        (now - self.moved_at).abs() < TimeDelta::seconds(ALIVE_SECONDS)
    }

    /// Whoever reads its file is there, though no rows came.
    pub fn beat(&mut self, now: Instant) {
        self.moved_at = now;
    }

    /// Some rows more were read.
    pub fn advance(&mut self, part: &Tally, now: Instant) {
        self.tally.add(part);
        self.moved_at = now;
    }

    /// Nothing more comes. Whatever kept it from coming, what was cancelled is cancelled.
    pub fn end(&mut self, failure: Option<String>, now: Instant) {
        self.stage = match failure {
            _ if self.cancelled_at.is_some() => Stage::Cancelled,
            None => Stage::Done,
            Some(reason) => Stage::Failed { reason },
        };
        self.moved_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Instant {
        Instant::from_timestamp(second, 0).unwrap()
    }

    fn import() -> Import {
        let (id, user) = (ImportId::new("i").unwrap(), UserId::new("u").unwrap());
        Import::new(id, user, ImportOptions::default(), at(0))
    }

    #[test]
    fn one_that_nobody_reads_is_cancelled_at_once() {
        let mut waiting = import();
        assert_eq!(waiting.cancel(at(1)), Ok(true));
        assert_eq!(
            (&waiting.stage, waiting.cancelled_at, waiting.moved_at),
            (&Stage::Cancelled, Some(at(1)), at(1))
        );
        assert_eq!(waiting.cancel(at(2)), Ok(false), "once");
        assert_eq!(waiting.begin(at(3)), Err(FileRefused::Cancelled));
        assert_eq!((waiting.cancelled_at, waiting.run), (Some(at(1)), 0));

        let mut failed = import();
        failed.begin(at(1)).unwrap();
        failed.end(Some("it broke off".to_owned()), at(2));
        assert_eq!(failed.cancel(at(3)), Ok(true));
        assert_eq!(failed.begin(at(4)), Err(FileRefused::Cancelled), "it is not sent again");

        let mut dead = import();
        dead.begin(at(1)).unwrap();
        assert_eq!(dead.cancel(at(61)), Ok(true));
        assert_eq!(dead.stage, Stage::Cancelled, "nobody is left who would heed it");

        let mut done = import();
        done.begin(at(1)).unwrap();
        done.end(None, at(2));
        let before = done.clone();
        assert_eq!(done.cancel(at(3)), Err(ReadWhole));
        assert_eq!(done, before);
    }

    #[test]
    fn one_that_is_read_is_ended_by_its_reader() {
        let mut reader = import();
        reader.begin(at(1)).unwrap();
        let mut stored = Import { version: 1, ..reader.clone() };
        reader.version = 1;
        assert!(!reader.heed(&stored), "nobody cancelled it");
        assert_eq!(stored.cancel(at(5)), Ok(true));
        assert_eq!(
            (&stored.stage, stored.moved_at),
            (&Stage::Running, at(1)),
            "it lives by its reader alone"
        );
        assert!(stored.is_stopping(at(6)) && !reader.is_stopping(at(6)));
        assert_eq!(stored.begin(at(6)), Err(FileRefused::Cancelled));
        stored.version = 2;
        reader.advance(&Tally { rows: 7, ..Tally::default() }, at(7));
        assert!(reader.heed(&stored));
        assert_eq!(
            (reader.version, reader.tally.rows, &reader.stage),
            (2, 7, &Stage::Running),
            "it goes on storing"
        );
        assert!(!reader.heed(&stored), "once");
        reader.end(Some("it broke off".to_owned()), at(8));
        assert_eq!(reader.stage, Stage::Cancelled);

        // One whose reader died before it heeded that, as everybody sees it; and cancelling it again ends it.
        assert_eq!(stored.stage_at(at(60)), Stage::Running);
        assert_eq!(stored.stage_at(at(61)), Stage::Cancelled);
        let mut left = stored.clone();
        assert_eq!(stored.cancel(at(61)), Ok(true));
        assert_eq!((stored.stage, stored.cancelled_at), (Stage::Cancelled, Some(at(5))));

        // So does time.
        let before = left.clone();
        assert!(left.is_left_to_reader() && !left.end_for_dead_reader(at(60)), "they may live");
        assert_eq!(left, before);
        assert!(left.end_for_dead_reader(at(61)));
        assert_eq!((&left.stage, left.cancelled_at), (&Stage::Cancelled, Some(at(5))));
        assert_eq!((left.moved_at, left.is_left_to_reader()), (at(61), false));
        assert!(!left.end_for_dead_reader(at(99)), "once");
    }

    #[test]
    fn one_that_ended_in_the_place_of_its_reader_stays_ended_though_they_wake() {
        let mut read = import();
        read.begin(at(1)).unwrap();
        read.version = 1;
        let rows = |rows: u64| Tally { rows, ..Tally::default() };
        // Cancelled once they counted as dead.
        let mut stored = Import { version: 2, ..read.clone() };
        stored.cancel(at(61)).unwrap();
        let mut reader = read.clone();
        reader.advance(&rows(5), at(90));
        assert!(reader.heed(&stored));
        assert_eq!((&reader.stage, reader.version, reader.tally.rows), (&Stage::Cancelled, 2, 5));
        assert!(!reader.heed(&stored), "once");
        reader.beat(at(110));
        reader.advance(&rows(3), at(120));
        reader.end(Some("it broke off".to_owned()), at(121));
        assert_eq!(
            (&reader.stage, reader.tally.rows, reader.cancelled_at),
            (&Stage::Cancelled, 8, Some(at(61)))
        );

        // Ended after they heeded the mark.
        let mut marked = Import { version: 2, ..read.clone() };
        marked.cancel(at(2)).unwrap();
        assert!(read.heed(&marked));
        let mut stored = Import { version: 3, ..read.clone() };
        assert!(stored.end_for_dead_reader(at(61)));
        for mut reader in [read.clone(), Import { stage: Stage::Cancelled, ..read.clone() }] {
            assert!(reader.heed(&stored) && !reader.heed(&stored), "once");
            assert_eq!((&reader.stage, reader.version), (&Stage::Cancelled, 3));
        }
        let mut another = Import { run: 2, ..read };
        assert!(!another.heed(&stored), "another's run");
    }

    #[test]
    fn what_nobody_cancelled_is_ended_by_its_reader_alone() {
        let mut dead = import();
        assert!(!dead.end_for_dead_reader(at(99)));
        dead.begin(at(1)).unwrap();
        assert!(!dead.end_for_dead_reader(at(99)), "its file may be sent again");
        assert_eq!(dead.stage, Stage::Running);
        dead.tally = Tally { rows: 3, refused: 3, ..Tally::default() };
        assert_eq!(dead.outcome(), "import i: of 3 rows 0 enrolled, 0 already there, 3 refused");
        dead.options.dry_run = true;
        assert!(dead.outcome().starts_with("import i (dry run): "));
    }

    #[test]
    fn who_reads_the_last_row_when_it_is_cancelled_leaves_it_cancelled() {
        let mut reader = import();
        reader.begin(at(1)).unwrap();
        let mut stored = reader.clone();
        stored.cancel(at(2)).unwrap();
        reader.end(None, at(3));
        assert!(reader.heed(&stored));
        assert_eq!(reader.stage, Stage::Cancelled);
        let mut another = import();
        another.begin(at(1)).unwrap();
        another.run = 2;
        assert!(!another.heed(&stored), "another's run");
    }

    #[test]
    fn a_file_is_read_by_one_at_a_time_and_again_only_if_it_failed() {
        let mut import = import();
        assert_eq!(import.begin(at(1)), Ok(()));
        import.advance(&Tally { rows: 7, ..Tally::default() }, at(50));
        assert_eq!(import.begin(at(109)), Err(FileRefused::Running), "somebody reads it");
        assert_eq!(import.tally.rows, 7);
        import.beat(at(70));
        assert_eq!(import.begin(at(129)), Err(FileRefused::Running), "they give a sign of life");
        assert_eq!(import.stage_at(at(129)), Stage::Running);
        import.moved_at = at(50);
        assert!(matches!(import.stage_at(at(110)), Stage::Failed { .. }), "who is dead reads no file");
        assert_eq!(import.begin(at(110)), Ok(()), "whoever read it is dead");
        assert_eq!((import.run, import.tally.rows), (2, 0), "and it begins again");
        import.end(Some("it broke off".to_owned()), at(111));
        assert_eq!(import.begin(at(112)), Ok(()));
        import.end(None, at(113));
        assert_eq!(import.begin(at(9_999)), Err(FileRefused::Done));
    }
}
