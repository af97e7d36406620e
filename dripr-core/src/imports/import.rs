//! One import.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::{ALIVE_SECONDS, Tally};
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
}

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
            Stage::Running if alive => return Err(FileRefused::Running),
            Stage::Running | Stage::Waiting | Stage::Failed { .. } => {}
        }
        self.stage = Stage::Running;
        self.tally = Tally::default();
        self.run += 1;
        self.moved_at = now;
        Ok(())
    }

    /// How far it is, as seen at an instant: what says that its file is coming though nobody reads it any more broke off.
    #[must_use]
    pub fn stage_at(&self, now: Instant) -> Stage {
        match &self.stage {
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

    /// Nothing more comes.
    pub fn end(&mut self, failure: Option<String>, now: Instant) {
        self.stage = match failure {
            None => Stage::Done,
            Some(reason) => Stage::Failed { reason },
        };
        self.moved_at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_by_one_at_a_time_and_again_only_if_it_failed() {
        let at = |second: i64| Instant::from_timestamp(second, 0).unwrap();
        let mut import = Import::new(
            ImportId::new("i").unwrap(),
            UserId::new("u").unwrap(),
            ImportOptions::default(),
            at(0),
        );
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
