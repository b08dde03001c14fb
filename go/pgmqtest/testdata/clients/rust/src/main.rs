//! Plays with pgmq through the Rust client of its authors, and prints what it gets: a line a call, times left out.

use pgmq::{Message, PGMQueueExt};
use serde_json::{json, Value};
use std::time::Duration;

fn show(name: &str, told: impl std::fmt::Debug) {
    println!("{name} {told:?}");
}

fn plain(message: &Message<Value>) -> (i64, i32, String) {
    (message.msg_id, message.read_ct, message.message.to_string())
}

fn plain_all(messages: &[Message<Value>]) -> Vec<(i64, i32, String)> {
    messages.iter().map(plain).collect()
}

fn said<T>(result: Result<T, pgmq::PgmqError>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let url = std::env::args().nth(1).expect("the URL of a database");
    let queue = PGMQueueExt::new(url, 2).await.expect("a connection");
    show("create", said(queue.create("orders").await));
    show("create again", said(queue.create("orders").await));
    show("create unlogged", said(queue.create_unlogged("quick").await));
    show("create partitioned", said(queue.create_partitioned("parts").await));
    let queues = queue.list_queues().await.expect("queues").unwrap_or_default();
    let mut names: Vec<_> = queues.iter().map(|q| (q.queue_name.clone(), q.is_partitioned, q.is_unlogged)).collect();
    names.sort();
    show("list", names);
    show("send", said(queue.send("orders", &json!({"order": 1})).await));
    show("send later", said(queue.send_delay("orders", &json!({"order": 2}), 3600).await));
    let headers = json!({"trace": "a"});
    show("send with headers", said(queue.send_delay_with_headers("orders", &json!({"order": 3}), Some(&headers), 0).await));
    let batch: Vec<Value> = (4..12).map(|order| json!({"order": order})).collect();
    show("send a batch", said(queue.send_batch("orders", &batch).await));
    show("send to nowhere", said(queue.send("nowhere", &json!({})).await));
    show("read", said(queue.read::<Value>("orders", 60).await).map(|m| m.as_ref().map(plain)));
    show("read several", said(queue.read_batch::<Value>("orders", 60, 3).await).map(|m| plain_all(&m)));
    let (limit, interval) = (Some(Duration::from_secs(1)), Some(Duration::from_millis(50)));
    show("read and poll", said(queue.read_batch_with_poll::<Value>("orders", 60, 2, limit, interval).await).map(|m| m.as_deref().map(plain_all)));
    show("poll in vain", said(queue.read_batch_with_poll::<Value>("quick", 60, 2, limit, interval).await).map(|m| m.as_deref().map(plain_all)));
    show("set_vt", said(queue.set_vt::<Value>("orders", 1, 0).await).map(|m| plain(&m)));
    show("read again", said(queue.read::<Value>("orders", 60).await).map(|m| m.as_ref().map(plain)));
    show("pop", said(queue.pop::<Value>("orders").await).map(|m| m.as_ref().map(plain)));
    show("archive", (said(queue.archive("orders", 3).await), said(queue.archive("orders", 3).await)));
    show("archive several", said(queue.archive_batch("orders", &[4, 5, 99]).await));
    show("delete", (said(queue.delete("orders", 1).await), said(queue.delete("orders", 1).await)));
    show("delete several", said(queue.delete_batch("orders", &[2, 99]).await));
    let metrics = queue.metrics("orders").await.map(|m| (m.queue_name, m.queue_length, m.total_messages, m.queue_visible_length));
    show("metrics", said(metrics));
    show("purge", said(queue.purge_queue("orders").await));
    show("drop", said(queue.drop_queue("orders").await));
    show("drop again", said(queue.drop_queue("orders").await));
}
