use dripr_core::{
    events::{Event, Queue},
    ports::{Delivery, EventQueue},
};

use super::{
    place::{Place, VISIBILITY, at, event, number},
    queue::publish,
};

const QUEUE: Queue = Queue::EmailSending;

#[tokio::test]
async fn what_is_parked_is_listed_replayed_or_discarded() {
    let place = Place::new();
    let queue = place.queue();
    publish(&queue, 0..450).await;
    let now = at("2026-03-12T15:00:00.000001Z");
    let all = queue.receive(QUEUE, 500, now, VISIBILITY).await.unwrap();
    let cause = "cannot be handled: \u{1F3E0}\r\n\u{0} 7 8\n";
    queue.settle(all.into_iter().map(|one| one.park(cause)).collect(), now).await.unwrap();
    assert_eq!(queue.next_visible(&[QUEUE]).await.unwrap(), None, "a parked delivery is away");

    let dead = queue.dead_letters(QUEUE).await.unwrap();
    assert_eq!(dead.len(), 450);
    for (expected, letter) in dead.iter().enumerate() {
        assert_eq!((letter.cause.as_str(), letter.receive_count, letter.parked_at), (cause, 1, now));
        let parked: Event = serde_json::from_slice(&letter.payload).unwrap();
        assert_eq!(parked, event(expected as u64));
        // Its name is a number, in which any digits may stand.
        let shown = format!("{letter:?}").replace(&letter.id, "");
        assert!(!shown.contains("98103"), "{shown}");
    }
    assert!(queue.dead_letters(Queue::Intro).await.unwrap().is_empty());

    assert!(queue.discard(QUEUE, &dead[0].id).await.unwrap());
    assert!(!queue.discard(QUEUE, &dead[0].id).await.unwrap());
    assert!(!queue.replay(QUEUE, &dead[0].id).await.unwrap());
    assert!(!queue.replay(Queue::Intro, &dead[1].id).await.unwrap());
    assert!(queue.replay(QUEUE, &dead[1].id).await.unwrap());
    assert!(!queue.replay(QUEUE, &dead[1].id).await.unwrap());
    let mut got = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    assert_eq!(got.len(), 1);
    assert_eq!((number(got[0].event().unwrap()), got[0].receive_count()), (1, 1));
    queue.settle(vec![got.remove(0).done()], now).await.unwrap();
    assert_eq!(queue.dead_letters(QUEUE).await.unwrap().len(), 448);
}

#[tokio::test]
async fn a_message_that_is_no_event_is_delivered_as_such_and_can_be_parked() {
    let place = Place::new();
    let queue = place.queue();
    let now = at("2026-03-12T15:00:00Z");
    let mut raw = place.raw();
    let key = |name: &str| format!("{}queue:{QUEUE}:{name}", place.prefix);
    let garbage = [&b""[..], b"{}", b"\xff\xfe\x00", b"{\"event_type\":\"STATUS_CHANGE\",\"payload\":{}}"];
    for (n, message) in garbage.iter().enumerate() {
        redis::cmd("HSET").arg(key("payloads")).arg(format!("g{n}")).arg(*message).exec(&mut raw).unwrap();
        redis::cmd("ZADD").arg(key("visible")).arg(0).arg(format!("g{n}")).exec(&mut raw).unwrap();
    }
    // One whose message is gone, one whose name is no text, and one whose state is damaged.
    redis::cmd("ZADD").arg(key("visible")).arg(0).arg("gone").exec(&mut raw).unwrap();
    redis::cmd("ZADD").arg(key("visible")).arg("-inf").arg(&b"\xff\xff"[..]).exec(&mut raw).unwrap();
    redis::cmd("ZADD").arg(key("visible")).arg("inf").arg("damaged").exec(&mut raw).unwrap();
    redis::cmd("HSET").arg(key("state")).arg("damaged").arg("many few").exec(&mut raw).unwrap();
    assert!(queue.next_visible(&[QUEUE]).await.unwrap().is_some());

    let all = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    assert_eq!(all.len(), 7);
    assert!(all.iter().all(|delivery| !delivery.event().unwrap_err().is_empty()));
    queue.settle(all.into_iter().map(|one: Delivery| one.park("no event")).collect(), now).await.unwrap();
    let dead = queue.dead_letters(QUEUE).await.unwrap();
    assert_eq!(dead.len(), 6, "what has no name of ours cannot be settled");
    assert_eq!(dead.iter().find(|letter| letter.id == "g2").unwrap().payload, b"\xff\xfe\x00");
    assert!(queue.replay(QUEUE, "g2").await.unwrap());
    let again = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    assert!(again[0].event().is_err());
}
