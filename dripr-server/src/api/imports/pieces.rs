//! The bytes of a file as they come over the net.

use std::{fmt::Display, future::pending, io, time::Duration};

use futures_util::{Stream, StreamExt, stream};
use tokio::{sync::watch, time::timeout};

/// For how long the next piece of a file is waited for. Whoever is silent for longer is gone.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Pieces as they come. They end with an error if the next one does not come in time, or once this program is told to stop: nobody
/// need wait for a file that is sent again anyway.
pub(super) fn in_time<P, E: Display>(
    pieces: impl Stream<Item = Result<P, E>> + Unpin,
    patience: Duration,
    stopping: watch::Receiver<bool>,
) -> impl Stream<Item = io::Result<P>> {
    stream::unfold(Some((pieces, stopping)), move |open| async move {
        let (mut pieces, mut stopping) = open?;
        let piece = tokio::select! {
            biased;
            () = told(&mut stopping) => Err(io::Error::other("this server is stopping; send the file again")),
            piece = timeout(patience, pieces.next()) => match piece {
                Ok(None) => return None,
                Ok(Some(piece)) => piece.map_err(|error| io::Error::other(error.to_string())),
                Err(_) => {
                    let why = format!("no more of it came for {} seconds", patience.as_secs());
                    Err(io::Error::new(io::ErrorKind::TimedOut, why))
                }
            },
        };
        let open = piece.is_ok().then_some((pieces, stopping));
        Some((piece, open))
    })
}

/// Ends once the program is told to stop.
async fn told(stopping: &mut watch::Receiver<bool>) {
    if stopping.wait_for(|is| *is).await.is_err() {
        // Nobody is left who would tell.
        pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    async fn read(
        pieces: impl Stream<Item = Result<u8, String>> + Unpin,
        stopping: watch::Receiver<bool>,
    ) -> (Vec<u8>, Option<String>) {
        let mut pieces = Box::pin(in_time(pieces, Duration::from_millis(20), stopping));
        let mut all = Vec::new();
        loop {
            match pieces.try_next().await {
                Ok(Some(piece)) => all.push(piece),
                Ok(None) => return (all, None),
                Err(error) => {
                    assert!(pieces.next().await.is_none(), "nothing comes after an error");
                    return (all, Some(error.to_string()));
                }
            }
        }
    }

    #[tokio::test]
    async fn a_file_ends_when_it_ends_or_stalls_or_the_program_stops() {
        let (stop, stopping) = watch::channel(false);
        let two = || stream::iter([Ok(1), Ok(2)]);
        assert_eq!(read(two(), stopping.clone()).await, (vec![1, 2], None));
        let (all, why) = read(two().chain(stream::pending()), stopping.clone()).await;
        assert_eq!(all, [1, 2]);
        assert!(why.unwrap().starts_with("no more of it came"));
        let broken = stream::iter([Ok(1), Err("cut off".to_owned())]);
        assert_eq!(read(broken, stopping.clone()).await, (vec![1], Some("cut off".to_owned())));
        stop.send_replace(true);
        let (all, why) = read(two(), stopping.clone()).await;
        assert_eq!(all, [0_u8; 0]);
        assert!(why.unwrap().contains("stopping"));
        // Whoever never tells is not waited for.
        let (stop, stopping) = watch::channel(false);
        drop(stop);
        assert_eq!(read(two(), stopping).await, (vec![1, 2], None));
    }
}
