use dripr_core::{
    events::{Event, Queue},
    ports::{Delivery, EventQueue, QueueDesk, Which},
    testkit::contract,
};

use super::{
    place::{Place, VISIBILITY, at, event, number},
    queue::publish,
};

const QUEUE: Queue = Queue::EmailSending;

fn one(id: &str) -> Which {
    Which::Ids(vec![id.to_owned()])
}

#[tokio::test]
async fn it_is_a_queue_desk() {
    let place = Place::new();
    // Published, received and looked at by three processes.
    contract::queue_desk(&place.queue(), &place.queue(), &place.queue()).await;
}

#[tokio::test]
async fn it_knows_since_when_something_waits() {
    let place = Place::new();
    let queue = place.queue();
    publish(&queue, 0..2).await;
    // What is new is dated by the server's own clock.
    let now = at("2100-03-12T15:00:00Z");
    let published = queue.standing(QUEUE, now).await.unwrap().waiting_since.unwrap();
    assert!(published > at("2026-01-01T00:00:00Z") && published < now, "{published}");
    let back = at("2100-03-12T16:00:00Z");
    let all = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    queue.settle(all.into_iter().map(|delivery| delivery.again(back)).collect(), now).await.unwrap();
    let hidden = queue.standing(QUEUE, now).await.unwrap();
    assert_eq!((hidden.waiting, hidden.hidden, hidden.waiting_since), (0, 2, None));
    let later = queue.standing(QUEUE, at("2100-03-12T17:00:00Z")).await.unwrap();
    assert_eq!((later.waiting, later.hidden, later.waiting_since), (2, 0, Some(back)));
}

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

    let dead = queue.dead_letters(QUEUE, usize::MAX).await.unwrap();
    assert_eq!(dead.len(), 450);
    for (expected, letter) in dead.iter().enumerate() {
        assert_eq!(
            (letter.cause.as_deref(), letter.receive_count, letter.parked_at),
            (Some(cause), 1, Some(now))
        );
        let parked: Event = serde_json::from_slice(&letter.payload).unwrap();
        assert_eq!(parked, event(expected as u64));
        // Its name is a number, in which any digits may stand.
        let shown = format!("{letter:?}").replace(&letter.id, "");
        assert!(!shown.contains("98103"), "{shown}");
    }
    assert!(queue.dead_letters(Queue::Intro, 10).await.unwrap().is_empty());

    assert_eq!(queue.discard(QUEUE, &one(&dead[0].id)).await.unwrap(), 1);
    assert_eq!(queue.discard(QUEUE, &one(&dead[0].id)).await.unwrap(), 0);
    assert_eq!(queue.replay(QUEUE, &one(&dead[0].id)).await.unwrap(), 0);
    assert_eq!(queue.replay(Queue::Intro, &one(&dead[1].id)).await.unwrap(), 0);
    assert_eq!(queue.replay(QUEUE, &one(&dead[1].id)).await.unwrap(), 1);
    assert_eq!(queue.replay(QUEUE, &one(&dead[1].id)).await.unwrap(), 0);
    let mut got = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    assert_eq!(got.len(), 1);
    assert_eq!((number(got[0].event().unwrap()), got[0].receive_count()), (1, 1));
    queue.settle(vec![got.remove(0).done()], now).await.unwrap();
    assert_eq!(queue.dead_letters(QUEUE, usize::MAX).await.unwrap().len(), 448);
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
    let dead = queue.dead_letters(QUEUE, usize::MAX).await.unwrap();
    assert_eq!(dead.len(), 6, "what has no name of ours cannot be settled");
    assert_eq!(dead.iter().find(|letter| letter.id == "g2").unwrap().payload, b"\xff\xfe\x00");
    assert_eq!(queue.replay(QUEUE, &one("g2")).await.unwrap(), 1);
    let again = queue.receive(QUEUE, 10, now, VISIBILITY).await.unwrap();
    assert!(again[0].event().is_err());
}
