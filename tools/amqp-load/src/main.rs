//! Load for an AMQP broker: publishes messages with confirms at a given rate, consumes them, and counts what is missing.
//!
//! Each message carries its number and its moment of sending, so that both ends can be checked: every message confirmed
//! once, every message consumed once. Exit status 1 where one is missing, 2 where the load could not be run.

mod confirms;
mod latency;
mod options;
mod tally;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amqprs::BasicProperties;
use amqprs::channel::{
    BasicAckArguments, BasicConsumeArguments, BasicPublishArguments, BasicQosArguments, Channel,
    ConfirmSelectArguments, ConsumerMessage, QueueDeclareArguments,
};
use amqprs::connection::{Connection, OpenConnectionArguments};
use tokio::sync::{Semaphore, mpsc};

use confirms::{Confirm, Confirms};
use options::{Options, OptionsError};
use tally::Tally;

/// How long after the last message was sent the rest may take.
const DRAIN: Duration = Duration::from_secs(30);

/// Messages handed to a consumer before it acknowledges them.
const PREFETCH: u16 = 500;

/// Between two lines that tell how far the load is.
const PROGRESS: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("{0}")]
    Options(#[from] OptionsError),
    #[error("the broker or the connection to it failed: {0}")]
    Broker(#[from] amqprs::error::Error),
    #[error("the task that publishes ended early: {0}")]
    Publisher(#[from] tokio::task::JoinError),
}

/// One way through the broker: a queue, the channel that publishes into it and the one that consumes from it.
struct Lane {
    publishing: Channel,
    consuming: Channel,
}

/// What the broker says: of messages that were published, and messages for the consumers with their lane.
struct Heard {
    confirms: mpsc::UnboundedReceiver<Confirm>,
    deliveries: mpsc::UnboundedReceiver<(usize, ConsumerMessage)>,
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
    let (lanes, heard) = open(&connection, options.queues).await?;
    let (tally, sent) = load(&lanes, heard, &options).await?;
    println!("asked {}", if options.unpaced { sent.len() } else { options.total() });
    tally.report(&sent);
    for lane in lanes {
        lane.publishing.close().await?;
        lane.consuming.close().await?;
    }
    connection.close().await?;
    Ok(tally.clean())
}

fn queue(lane: usize) -> String {
    format!("pluto.load.{lane}")
}

/// Opens so many lanes, ready to publish and to consume.
async fn open(connection: &Connection, count: usize) -> Result<(Vec<Lane>, Heard), Error> {
    let (confirms_to, confirms) = mpsc::unbounded_channel();
    let (deliveries_to, deliveries) = mpsc::unbounded_channel();
    let mut lanes = Vec::new();
    for number in 0..count {
        let publishing = connection.open_channel(None).await?;
        let consuming = connection.open_channel(None).await?;
        let declare = QueueDeclareArguments::new(&queue(number)).exclusive(true).auto_delete(true).finish();
        consuming.queue_declare(declare).await?;
        consuming.basic_qos(BasicQosArguments::new(0, PREFETCH, false)).await?;
        let consume = BasicConsumeArguments::new(&queue(number), "pluto-load").manual_ack(true).finish();
        let (_tag, mut from) = consuming.basic_consume_rx(consume).await?;
        let to = deliveries_to.clone();
        tokio::spawn(async move {
            while let Some(delivery) = from.recv().await {
                // Nobody listens any more once the load is over.
                let _ended = to.send((number, delivery));
            }
        });
        publishing.register_callback(Confirms::new(number, confirms_to.clone())).await?;
        publishing.confirm_select(ConfirmSelectArguments::default()).await?;
        lanes.push(Lane { publishing, consuming });
    }
    Ok((lanes, Heard { confirms, deliveries }))
}

/// Publishes and consumes until the fate of every message is known, or the patience with it is at its end; returns what
/// became of them, and the moments of sending.
async fn load(lanes: &[Lane], mut heard: Heard, options: &Options) -> Result<(Tally, Vec<Duration>), Error> {
    let start = Instant::now();
    let window = Arc::new(Semaphore::new(options.window));
    let mut tally = Tally::new(start, options.total(), lanes.len());
    let channels = lanes.iter().map(|lane| lane.publishing.clone()).collect();
    let mut publisher = Some(tokio::spawn(publish(channels, options.clone(), start, Arc::clone(&window))));
    let mut progress = tokio::time::interval_at((start + PROGRESS).into(), PROGRESS);
    let mut sent = Vec::new();
    let mut deadline = None;
    while !(deadline.is_some() && tally.complete()) {
        let drained =
            tokio::time::sleep_until(deadline.unwrap_or_else(|| Instant::now() + DRAIN * 1_000).into());
        tokio::select! {
            Some(confirm) = heard.confirms.recv() => window.add_permits(tally.confirm(&confirm)),
            Some((lane, delivery)) = heard.deliveries.recv() => {
                window.add_permits(tally.consume(delivery.content.as_deref().unwrap_or_default()));
                if let Some((lane, deliver)) = lanes.get(lane).zip(delivery.deliver) {
                    let acknowledge = BasicAckArguments::new(deliver.delivery_tag(), false);
                    lane.consuming.basic_ack(acknowledge).await?;
                }
            }
            ended = async { publisher.as_mut().expect("guarded").await }, if publisher.is_some() => {
                sent = ended??;
                tally.sent_only(if options.unpaced { sent.len() } else { options.total() });
                publisher = None;
                deadline = Some(Instant::now() + DRAIN);
            }
            _ = progress.tick(), if options.progress && publisher.is_some() => {
                println!("progress {} {}", start.elapsed().as_micros(), tally.consumed());
            }
            () = drained, if deadline.is_some() => break,
            else => break,
        }
    }
    Ok((tally, sent))
}

/// Publishes everything at the rate, or for the time, with at most a window of messages under way; returns the moments of
/// sending.
async fn publish(
    channels: Vec<Channel>,
    options: Options,
    start: Instant,
    window: Arc<Semaphore>,
) -> Result<Vec<Duration>, amqprs::error::Error> {
    let mut sent = Vec::with_capacity(options.total());
    for (number, (lane, channel)) in (0..options.total()).zip(channels.iter().enumerate().cycle()) {
        tokio::time::sleep_until((start + options.due(number)).into()).await;
        // The semaphore is never closed; a permit comes back with a message that is confirmed and consumed.
        if let Ok(permit) = window.acquire().await {
            permit.forget();
        }
        let now = start.elapsed();
        if options.unpaced && now >= options.time() {
            break;
        }
        sent.push(now);
        let arguments = BasicPublishArguments::new("", &queue(lane));
        channel
            .basic_publish(BasicProperties::default(), tally::body(number, now, options.size), arguments)
            .await?;
    }
    Ok(sent)
}
