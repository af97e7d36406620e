//! Answering connections, by HTTP/1, until told to stop.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    pin::pin,
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, Request},
};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};
use tower_http::timeout::TimeoutBody;

/// How soon the head of a request must be there, and each piece of its body. Connections without a request are kept for as long, so it is longer than the minute
/// for which proxies and load balancers usually keep theirs: one that ends while a proxy takes it up is an error to somebody.
const WITHIN: Duration = Duration::from_secs(75);

/// For how long no connection is taken when none can be, as when there are no more file descriptors.
const PAUSE: Duration = Duration::from_secs(1);

/// Answers connections until `stop` ends, and then until what was asked is answered. Routes find the address that a request came
/// from as [`ConnectInfo`]. Whoever does not send the head of a request within 75 s, or sends none for so long, or nothing more of a body, is
/// let go: slow clients cost no more than that.
pub async fn serve(listener: TcpListener, routes: Router, stop: impl Future<Output = ()> + Send) {
    serve_within(listener, routes, stop, WITHIN).await;
}

async fn serve_within(
    listener: TcpListener,
    routes: Router,
    stop: impl Future<Output = ()> + Send,
    within: Duration,
) {
    let routes = TowerToHyperService::new(routes);
    let (stopping, stopped) = watch::channel(());
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = stop.as_mut() => break,
            // One that ended is forgotten.
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(connection(stream, peer, routes.clone(), stopped.clone(), within));
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be taken");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    // New ones are refused from here on.
    drop(listener);
    drop(stopping);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    routes: TowerToHyperService<Router>,
    mut stopped: watch::Receiver<()>,
    within: Duration,
) {
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        routes.call(request.map(|body| TimeoutBody::new(within, body)))
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(within);
    let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), answer));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        // The other end is dropped, which says it.
        _ = stopped.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// Whether an error is of the one connection that was to be taken.
fn is_of_one_connection(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::Arc};

    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        sync::{Notify, oneshot},
        time::timeout,
    };

    use super::*;

    async fn listening() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    #[tokio::test]
    async fn who_does_not_end_the_head_of_a_request_is_let_go() {
        let (listener, address) = listening().await;
        tokio::spawn(serve_within(listener, Router::new(), pending(), Duration::from_millis(10)));
        let mut client = TcpStream::connect(address).await.unwrap();
        let _ = client.write_all(b"GET /health HTTP/1.1\r\nhost: repo").await;
        let read = timeout(Duration::from_secs(60), client.read(&mut [0; 100])).await;
        assert!(matches!(read.expect("nobody let it go"), Ok(0) | Err(_)), "and is answered nothing");
    }

    #[tokio::test]
    async fn what_was_asked_before_the_end_is_answered_and_who_asks_nothing_keeps_nobody() {
        let (listener, address) = listening().await;
        let (asked, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (tells, waits) = (asked.clone(), go_on.clone());
        let answer = move |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move {
            tells.notify_one();
            waits.notified().await;
            format!("done, {peer}")
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let until_stopped = async move {
            let _ = stopped.await;
        };
        let routes = Router::new().route("/", get(answer));
        let serving = tokio::spawn(serve(listener, routes, until_stopped));
        let _idle = TcpStream::connect(address).await.unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nhost: reports.example\r\n\r\n").await.unwrap();
        asked.notified().await;
        stop.send(()).unwrap();
        go_on.notify_one();
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        let end = format!("done, {}", client.local_addr().unwrap());
        assert!(text.starts_with("HTTP/1.1 200 OK") && text.ends_with(&end), "{text}");
        serving.await.unwrap();
    }
}
