//! Load for an AMQP broker: publishes messages with confirms at a given rate, consumes them, and counts what is missing.
//!
//! Each message carries its number and its moment of sending, so that both ends can be checked: every message confirmed
//! once, every message consumed once. Exit status 1 where one is missing, 2 where the load could not be run.

mod latency;
mod options;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amqprs::callbacks::ChannelCallback;
use amqprs::channel::{
    BasicAckArguments, BasicConsumeArguments, BasicPublishArguments, BasicQosArguments, Channel,
    ConfirmSelectArguments, ConsumerMessage, QueueDeclareArguments,
};
use amqprs::connection::{Connection, OpenConnectionArguments};
use amqprs::{Ack, BasicProperties, Cancel, CloseChannel, Nack, Return};
use async_trait::async_trait;
use tokio::sync::{Semaphore, mpsc};

use latency::Latencies;
use options::{Options, OptionsError};

const QUEUE: &str = "pluto.load";

/// How long after the last message was sent the rest may take.
const DRAIN: Duration = Duration::from_secs(30);

/// Messages handed to the consumer before it acknowledges them.
const PREFETCH: u16 = 500;

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0}")]
    Options(#[from] OptionsError),
    #[error("the broker or the connection to it failed: {0}")]
    Broker(#[from] amqprs::error::Error),
    #[error("the task that publishes ended early: {0}")]
    Publisher(#[from] tokio::task::JoinError),
}

/// The broker's word on published messages.
struct Confirm {
    tag: u64,
    /// It stands for all messages up to this one.
    up_to: bool,
    accepted: bool,
    at: Instant,
}

/// Passes the broker's words on; the client library calls it.
struct Confirms(mpsc::UnboundedSender<Confirm>);

impl Confirms {
    fn pass(&self, tag: u64, up_to: bool, accepted: bool) {
        // Nobody listens any more once the load is over.
        let _ended = self.0.send(Confirm { tag, up_to, accepted, at: Instant::now() });
    }
}

#[async_trait]
impl ChannelCallback for Confirms {
    async fn close(&mut self, _channel: &Channel, _close: CloseChannel) -> Result<(), amqprs::error::Error> {
        Ok(())
    }
    async fn cancel(&mut self, _channel: &Channel, _cancel: Cancel) -> Result<(), amqprs::error::Error> {
        Ok(())
    }
    async fn flow(&mut self, _channel: &Channel, active: bool) -> Result<bool, amqprs::error::Error> {
        Ok(active)
    }
    async fn publish_ack(&mut self, _channel: &Channel, ack: Ack) {
        self.pass(ack.delivery_tag(), ack.mutiple(), true);
    }
    async fn publish_nack(&mut self, _channel: &Channel, nack: Nack) {
        self.pass(nack.delivery_tag(), nack.multiple(), false);
    }
    async fn publish_return(
        &mut self,
        _channel: &Channel,
        _ret: Return,
        _p: BasicProperties,
        _content: Vec<u8>,
    ) {
    }
}

/// What became of each message.
struct Tally {
    start: Instant,
    confirmed: Vec<Option<Instant>>,
    refused: u64,
    /// Every message up to this tag is confirmed or refused.
    settled: usize,
    consumed: Vec<bool>,
    consume_latency: Latencies,
    duplicates: u64,
    foreign: u64,
    last: Instant,
}

impl Tally {
    fn new(start: Instant, total: usize) -> Self {
        Self {
            start,
            confirmed: vec![None; total],
            refused: 0,
            settled: 0,
            consumed: vec![false; total],
            consume_latency: Latencies::default(),
            duplicates: 0,
            foreign: 0,
            last: start,
        }
    }

    /// Notes the broker's word and returns how many messages it settled.
    fn confirm(&mut self, confirm: &Confirm) -> usize {
        let end = usize::try_from(confirm.tag).unwrap_or(usize::MAX).min(self.confirmed.len());
        let begin = if confirm.up_to { self.settled.min(end) } else { end.saturating_sub(1) };
        let mut count = 0;
        for slot in self.confirmed[begin..end].iter_mut().filter(|slot| slot.is_none()) {
            *slot = Some(confirm.at);
            count += 1;
        }
        if confirm.up_to {
            self.settled = self.settled.max(end);
        }
        if !confirm.accepted {
            self.refused += count as u64;
        }
        self.last = self.last.max(confirm.at);
        count
    }

    fn consume(&mut self, body: &[u8]) {
        let now = Instant::now();
        match message(body).and_then(|(number, sent)| Some((self.consumed.get_mut(number)?, sent))) {
            Some((seen, _)) if *seen => self.duplicates += 1,
            Some((seen, sent)) => {
                *seen = true;
                self.consume_latency.add(now.saturating_duration_since(self.start).saturating_sub(sent));
                self.last = now;
            }
            None => self.foreign += 1,
        }
    }

    fn confirmed(&self) -> u64 {
        self.confirmed.iter().filter(|slot| slot.is_some()).count() as u64 - self.refused
    }

    fn consumed(&self) -> u64 {
        self.consumed.iter().filter(|seen| **seen).count() as u64
    }

    fn complete(&self) -> bool {
        self.confirmed.iter().all(Option::is_some) && self.consumed.iter().all(|seen| *seen)
    }
}

/// Number and moment of sending (since the start of the load), then padding up to the size.
fn body(number: usize, sent: Duration, size: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(size.max(16));
    body.extend((number as u64).to_be_bytes());
    body.extend(u64::try_from(sent.as_nanos()).unwrap_or(u64::MAX).to_be_bytes());
    body.resize(size.max(16), b'.');
    body
}

fn message(body: &[u8]) -> Option<(usize, Duration)> {
    let (number, rest) = body.split_first_chunk::<8>()?;
    let (sent, _) = rest.split_first_chunk::<8>()?;
    Some((
        usize::try_from(u64::from_be_bytes(*number)).ok()?,
        Duration::from_nanos(u64::from_be_bytes(*sent)),
    ))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Runs the load and prints what came of it; true where nothing is missing.
async fn run(arguments: &[String]) -> Result<bool, Error> {
    let options = Options::parse(arguments)?;
    let connection = Connection::open(&OpenConnectionArguments::new(
        &options.host,
        options.port,
        &options.user,
        &options.password,
    ))
    .await?;
    let publishing = connection.open_channel(None).await?;
    let consuming = connection.open_channel(None).await?;
    consuming
        .queue_declare(QueueDeclareArguments::new(QUEUE).exclusive(true).auto_delete(true).finish())
        .await?;
    consuming.basic_qos(BasicQosArguments::new(0, PREFETCH, false)).await?;
    let consume = BasicConsumeArguments::new(QUEUE, "pluto-load").manual_ack(true).finish();
    let (_tag, mut deliveries) = consuming.basic_consume_rx(consume).await?;
    let (confirms, mut confirmed) = mpsc::unbounded_channel();
    publishing.register_callback(Confirms(confirms)).await?;
    publishing.confirm_select(ConfirmSelectArguments::default()).await?;

    let start = Instant::now();
    let window = Arc::new(Semaphore::new(options.window));
    let total = options.total();
    let mut tally = Tally::new(start, total);
    let mut publisher =
        Some(tokio::spawn(publish(publishing.clone(), options.clone(), start, Arc::clone(&window))));
    let mut sent = Vec::new();
    let mut deadline = None;
    while !(deadline.is_some() && tally.complete()) {
        let drained =
            tokio::time::sleep_until(deadline.unwrap_or_else(|| Instant::now() + DRAIN * 1_000).into());
        tokio::select! {
            Some(confirm) = confirmed.recv() => window.add_permits(tally.confirm(&confirm)),
            Some(delivery) = deliveries.recv() => take(&consuming, &mut tally, delivery).await?,
            ended = async { publisher.as_mut().expect("guarded").await }, if publisher.is_some() => {
                sent = ended??;
                publisher = None;
                deadline = Some(Instant::now() + DRAIN);
            }
            () = drained, if deadline.is_some() => break,
            else => break,
        }
    }
    report(&tally, &sent, total);
    let complete = tally.complete() && tally.refused == 0 && tally.duplicates == 0 && tally.foreign == 0;
    publishing.close().await?;
    consuming.close().await?;
    connection.close().await?;
    Ok(complete)
}

/// Publishes everything at the rate, with at most a window of unconfirmed messages; returns the moments of sending.
async fn publish(
    channel: Channel,
    options: Options,
    start: Instant,
    window: Arc<Semaphore>,
) -> Result<Vec<Duration>, amqprs::error::Error> {
    let mut sent = Vec::with_capacity(options.total());
    for number in 0..options.total() {
        tokio::time::sleep_until((start + options.due(number)).into()).await;
        // The semaphore is never closed; a permit comes back with the confirm.
        if let Ok(permit) = window.acquire().await {
            permit.forget();
        }
        let now = start.elapsed();
        sent.push(now);
        let arguments = BasicPublishArguments::new("", QUEUE);
        channel.basic_publish(BasicProperties::default(), body(number, now, options.size), arguments).await?;
    }
    Ok(sent)
}

async fn take(
    channel: &Channel,
    tally: &mut Tally,
    delivery: ConsumerMessage,
) -> Result<(), amqprs::error::Error> {
    tally.consume(delivery.content.as_deref().unwrap_or_default());
    match delivery.deliver {
        Some(deliver) => channel.basic_ack(BasicAckArguments::new(deliver.delivery_tag(), false)).await,
        None => Ok(()),
    }
}

/// One fact a line, `NAME VALUE`; times in microseconds.
fn report(tally: &Tally, sent: &[Duration], total: usize) {
    let mut confirm_latency = Latencies::default();
    for (at, sent) in tally.confirmed.iter().zip(sent) {
        if let Some(at) = at {
            confirm_latency.add(at.saturating_duration_since(tally.start).saturating_sub(*sent));
        }
    }
    println!("asked {total}");
    println!("published {}", sent.len());
    println!("confirmed {}", tally.confirmed());
    println!("refused {}", tally.refused);
    println!("consumed {}", tally.consumed());
    println!("duplicates {}", tally.duplicates);
    println!("foreign {}", tally.foreign);
    println!("elapsed_us {}", tally.last.saturating_duration_since(tally.start).as_micros());
    for (name, latency) in [("confirm", confirm_latency), ("consume", tally.consume_latency.clone())] {
        for (part, value) in latency.summary() {
            println!("{name}_{part}_us {}", value.as_micros());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Confirm, Tally, body, message};

    fn confirm(tag: u64, up_to: bool, accepted: bool) -> Confirm {
        Confirm { tag, up_to, accepted, at: Instant::now() }
    }

    #[test]
    fn a_message_says_its_number_and_moment() {
        let sent = Duration::from_micros(1_234);
        assert_eq!(message(&body(7, sent, 64)), Some((7, sent)));
        assert_eq!(body(7, sent, 64).len(), 64);
        assert_eq!(body(7, sent, 1).len(), 16);
        assert_eq!(message(b"short"), None);
    }

    #[test]
    fn each_message_is_confirmed_once() {
        let mut tally = Tally::new(Instant::now(), 5);
        assert_eq!(tally.confirm(&confirm(2, false, true)), 1);
        assert_eq!(tally.confirm(&confirm(3, true, true)), 2);
        assert_eq!(tally.confirm(&confirm(3, true, true)), 0);
        assert_eq!(tally.confirm(&confirm(4, false, false)), 1);
        assert_eq!(tally.confirm(&confirm(99, true, true)), 1);
        assert_eq!(tally.confirm(&confirm(0, false, true)), 0);
        assert_eq!((tally.confirmed(), tally.refused), (4, 1));
    }

    #[test]
    fn lost_doubled_and_foreign_messages_are_told_apart() {
        let mut tally = Tally::new(Instant::now(), 2);
        for number in [0, 0, 9] {
            tally.consume(&body(number, Duration::ZERO, 16));
        }
        tally.consume(b"");
        assert_eq!((tally.consumed(), tally.duplicates, tally.foreign), (1, 1, 2));
        assert!(!tally.complete());
    }
}
