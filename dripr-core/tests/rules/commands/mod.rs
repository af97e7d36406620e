//! What anybody may want of a campaign, and when it is refused.

mod approval;
mod carry_over;
mod cycle;
mod edits;
mod look_up;
mod record;
mod restored;
mod sending;
mod sent_again;
mod tick;
mod work;
