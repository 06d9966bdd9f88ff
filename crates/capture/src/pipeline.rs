//! From batches of trace messages to a consumer of events, on a thread of its own.
//!
//! The network side must renew its lease on every node in time, whatever a disk does. So it only hands batches over;
//! this thread decodes them and passes the events on. The queue between the two is bounded: when it is full the
//! network side stops reading, and the agent on the node drops and counts.

use crate::decode::{Decoded, Decoder};
use crate::trigger::Trigger;
use pluto_agent::{DropCause, EventBatch, Mfa};
use pluto_dist::Message;
use pluto_event::{Event, Form, FunctionId, GapCause, Missing, Nanos, NodeId, ProcessId, Tables, What};
use pluto_matchspec::Signature;
use pluto_term::{Atom, DecodeError, Limits, Pid, Reader};
use tokio::sync::{mpsc, watch};

/// Batches that may wait between the network and the consumer.
const QUEUE_BATCHES_MAX: usize = 64;

/// Functions of a node that were learned of and may wait to be told to it.
const LEARNED_MAX: usize = 4096;

/// Where events go: a recording, a terminal.
pub trait Consumer: Send + 'static {
    /// Why the consumer cannot go on.
    type Error: Send + 'static;

    /// The tables that the ids of the events point into.
    fn tables(&mut self) -> &mut Tables;

    /// Takes one event.
    ///
    /// # Errors
    /// Where the consumer cannot go on; the capture then ends.
    fn event(&mut self, event: &Event<'_>) -> Result<(), Self::Error>;

    /// Makes what was taken so far last, or visible. Called several times a second.
    ///
    /// # Errors
    /// As [`Consumer::event`].
    fn flush(&mut self) -> Result<(), Self::Error>;

    /// Takes what becomes known of a node, by its number in the capture.
    ///
    /// # Errors
    /// As [`Consumer::event`].
    fn told(&mut self, _node: usize, _told: Told) -> Result<(), Self::Error> {
        Ok(())
    }

    /// Whether it has as much as it may have; the capture then ends.
    fn is_full(&self) -> bool {
        false
    }
}

/// What becomes known of a node while it is traced, besides its events.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// Registered names of processes, those among them that are no news included.
    Names {
        /// The names.
        names: Vec<(Atom, Pid)>,
        /// When those that are news were not there yet.
        after: Nanos,
        /// When they were there.
        by: Nanos,
    },
    /// What is traced from now on.
    Patterns {
        /// Since when.
        time: Nanos,
        /// The patterns.
        patterns: Vec<String>,
        /// Functions that they stand for and that are not traced, because they were too much.
        without: Vec<String>,
    },
}

/// What the network side hands over.
#[derive(Debug)]
pub enum Input {
    /// A batch of the sink of a node, by the node's number in this capture.
    Batch(usize, Message),
    /// Events of a node are known to be missing between two times on the node's clock.
    Gap {
        /// The node's number in this capture.
        node: usize,
        /// Why.
        cause: GapCause,
        /// How many.
        missing: Missing,
        /// Since when, in nanoseconds of the node's monotonic clock; since its last event where that is not known.
        since: Option<i64>,
        /// Until when; until its last event where that is not known.
        until: Option<i64>,
    },
    /// The connection to a node was lost, as was noticed at this time of our own clock: nothing that the node did
    /// after its last event is known.
    Lost(usize, Nanos),
    /// A function that is traced from now on, and how what it sends is read.
    Expect(usize, ExpectedFunction),
    /// A function is not traced after all: its calls are another tool's again.
    Forget(usize, ExpectedFunction),
    /// Something that becomes known of a node.
    Told(usize, Told),
    /// Time for [`Consumer::flush`].
    Flush,
}

/// A function that a node was told to trace.
#[derive(Clone, Debug)]
pub struct ExpectedFunction {
    /// The module.
    pub module: String,
    /// The name.
    pub name: String,
    /// The number of arguments.
    pub arity: u32,
    /// How what its match spec sends is read.
    pub projection: pluto_matchspec::Projection,
}

/// What the calls of a function mostly look like: its match spec may test for that first.
#[derive(Clone, Debug)]
pub struct Learned {
    /// The function.
    pub function: Mfa,
    /// All that was learned of it so far.
    pub signatures: Vec<Signature>,
}

/// How far a capture has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Events handed to the consumer, gaps left out.
    pub events: u64,
    /// Bytes of batches read.
    pub bytes: u64,
    /// Events known to be missing, at least.
    pub missing: u64,
    /// Trace events of other tools, dropped.
    pub foreign: u64,
    /// Events whose term was nested too deep to be read.
    pub too_deep: u64,
    /// Whether [`Trigger`] fired.
    pub triggered: bool,
    /// Whether the wanted number of events was reached.
    pub complete: bool,
    /// Whether the consumer has as much as it may have.
    pub full: bool,
}

/// The queue of a pipeline that is still to be started. Sessions are attached to its input first: what they say of
/// their nodes decides whether there will be a pipeline at all.
#[derive(Debug)]
pub struct Queue {
    /// Where the network side puts what it got.
    pub input: mpsc::Sender<Input>,
    /// Where the pipeline takes it.
    pub inputs: mpsc::Receiver<Input>,
}

impl Default for Queue {
    fn default() -> Queue {
        let (input, inputs) = mpsc::channel(QUEUE_BATCHES_MAX);
        Queue { input, inputs }
    }
}

/// A running pipeline.
#[derive(Debug)]
pub struct Pipeline<C: Consumer> {
    /// Where the network side puts what it got.
    pub input: mpsc::Sender<Input>,
    /// How far it has come.
    pub progress: watch::Receiver<Progress>,
    /// What is learned of the functions of each node, by its number.
    pub learned: Vec<mpsc::Receiver<Learned>>,
    thread: std::thread::JoinHandle<(C, Result<(), C::Error>)>,
}

impl<C: Consumer> Pipeline<C> {
    /// Starts the thread on a queue. `decoders` are those of the nodes, by their numbers.
    ///
    /// # Errors
    /// Where the operating system gives no thread.
    pub fn start(
        queue: Queue,
        consumer: C,
        decoders: Vec<Decoder>,
        trigger: Option<Trigger>,
        events_max: Option<u64>,
    ) -> std::io::Result<Pipeline<C>> {
        let Queue { input, inputs } = queue;
        let (report, progress) = watch::channel(Progress::default());
        let (teach, learned) = decoders.iter().map(|_| mpsc::channel(LEARNED_MAX)).unzip();
        let mut worker = Worker {
            consumer,
            decoders,
            teach,
            trigger,
            events_max: events_max.unwrap_or(u64::MAX),
            progress: Progress::default(),
        };
        let thread = std::thread::Builder::new().name("pluto-pipeline".to_owned()).spawn(move || {
            let result = worker.run(inputs, &report);
            (worker.consumer, result)
        })?;
        Ok(Pipeline { input, progress, learned, thread })
    }

    /// Waits until everything that was put in is taken, and gives the consumer back, with what stopped it.
    pub fn finish(self) -> (C, Result<(), C::Error>) {
        drop(self.input);
        match self.thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// One of the ways in which a [`Decoder`] reads a message.
type ReadMessage =
    for<'a> fn(&'a mut Decoder, &mut Reader<'_>, &mut Tables) -> Result<Decoded<'a>, DecodeError>;

struct Worker<C> {
    consumer: C,
    decoders: Vec<Decoder>,
    teach: Vec<mpsc::Sender<Learned>>,
    trigger: Option<Trigger>,
    events_max: u64,
    progress: Progress,
}

impl<C: Consumer> Worker<C> {
    fn run(
        &mut self,
        mut inputs: mpsc::Receiver<Input>,
        report: &watch::Sender<Progress>,
    ) -> Result<(), C::Error> {
        while let Some(input) = inputs.blocking_recv() {
            match input {
                Input::Batch(node, message) => {
                    self.batch(node, &message)?;
                    self.teach(node);
                }
                Input::Gap { node, cause, missing, since, until } => {
                    self.gap(node, cause, missing, since, until)?;
                }
                Input::Lost(node, noticed) => self.lost(node, noticed)?,
                Input::Expect(node, function) => {
                    if let Some((decoder, id)) = self.decoder_of(node, &function) {
                        decoder.expect(id, function.projection);
                    }
                    self.teach(node);
                }
                Input::Forget(node, function) => {
                    if let Some((decoder, id)) = self.decoder_of(node, &function) {
                        decoder.forget(id);
                    }
                }
                Input::Told(node, told) => self.consumer.told(node, told)?,
                Input::Flush => self.consumer.flush()?,
            }
            self.progress.full = self.consumer.is_full();
            // Nobody watches when the capture is over; what is left is still taken.
            report.send_replace(self.progress);
        }
        self.consumer.flush()
    }

    /// The decoder of a node, and a function's id.
    fn decoder_of(&mut self, node: usize, function: &ExpectedFunction) -> Option<(&mut Decoder, FunctionId)> {
        let ExpectedFunction { module, name, arity, .. } = function;
        let id = crate::decode::intern_function(self.consumer.tables(), module, name, *arity);
        Some((self.decoders.get_mut(node)?, id))
    }

    /// Hands on what was learned.
    fn teach(&mut self, node: usize) {
        let (Some(decoder), Some(teach)) = (self.decoders.get_mut(node), self.teach.get(node)) else {
            return;
        };
        for (function, signatures) in decoder.take_learned() {
            let Some(function) = mfa(self.consumer.tables(), function) else { continue };
            // Without it the function is traced all the same, for a little more.
            let _dropped = teach.try_send(Learned { function, signatures });
        }
    }

    /// Takes the events of one batch. A message that cannot be read is a counted gap, and the next one goes on.
    fn batch(&mut self, node: usize, message: &Message) -> Result<(), C::Error> {
        self.progress.bytes += message.bytes().len() as u64;
        let limits = Limits::default();
        let Ok(Some(batch)) = EventBatch::read(message.reader(&limits)) else {
            return self.gap(node, GapCause::Unreadable, Missing::Unknown, None, None);
        };
        for (cause, count) in batch.drops {
            self.gap(node, drop_cause(cause), Missing::Exactly(count), None, None)?;
        }
        let (mut reader, mut base) = (batch.events, 0);
        for left in (1..=batch.len as u64).rev() {
            let start = base + reader.position();
            let Err(error) = self.message(node, &mut reader, Decoder::message)? else { continue };
            let rest = message.bytes().get(start..).unwrap_or_default();
            let again = || Reader::new(rest, &limits).with_atom_cache(message.atoms());
            (reader, base) = (again(), start);
            if matches!(error, DecodeError::TooDeep { .. }) {
                if self.message(node, &mut reader, Decoder::message_too_deep)?.is_ok() {
                    continue;
                }
                reader = again();
            }
            if reader.skip_deep().is_err() {
                return self.gap(node, GapCause::Unreadable, Missing::Exactly(left), None, None);
            }
            self.gap(node, GapCause::Unreadable, Missing::Exactly(1), None, None)?;
        }
        Ok(())
    }

    /// Takes one trace message, as `read` does. The inner error says that it cannot be read.
    fn message(
        &mut self,
        node: usize,
        reader: &mut Reader<'_>,
        read: ReadMessage,
    ) -> Result<Result<(), DecodeError>, C::Error> {
        let Some(decoder) = self.decoders.get_mut(node) else { return Ok(Ok(())) };
        match read(decoder, reader, self.consumer.tables()) {
            Ok(Decoded::Event(event)) => {
                if self.progress.events >= self.events_max {
                    return Ok(Ok(()));
                }
                self.consumer.event(&event)?;
                self.progress.events += 1;
                self.progress.too_deep += u64::from(event.what.payload().form == Form::TooDeep);
                self.progress.complete = self.progress.events >= self.events_max;
                if let Some(trigger) = &mut self.trigger {
                    self.progress.triggered |= trigger.fires(&event);
                }
            }
            Ok(Decoded::Foreign) => self.progress.foreign += 1,
            Ok(Decoded::Other) => {}
            Ok(Decoded::Dropped(count)) => {
                let missing = Missing::Exactly(count);
                self.gap(node, GapCause::Backpressure, missing, None, None)?;
            }
            Err(error) => return Ok(Err(error)),
        }
        Ok(Ok(()))
    }

    fn gap(
        &mut self,
        node: usize,
        cause: GapCause,
        missing: Missing,
        since: Option<i64>,
        until: Option<i64>,
    ) -> Result<(), C::Error> {
        let Some(decoder) = self.decoders.get(node) else { return Ok(()) };
        // Before the first event there is only our own clock to go by.
        let last = decoder.last_event().unwrap_or_else(crate::clock::now);
        let on_axis = |time: Option<i64>| -> Nanos { time.map_or(last, |t| decoder.time(t)) };
        let (since, until) = (on_axis(since), on_axis(until));
        self.gap_between(decoder.node(), cause, missing, since, until)
    }

    fn lost(&mut self, node: usize, noticed: Nanos) -> Result<(), C::Error> {
        let Some(decoder) = self.decoders.get(node) else { return Ok(()) };
        // The two clocks are compared to some microseconds only: the last event may seem to come after.
        let since = decoder.last_event().unwrap_or(noticed);
        let until = noticed.max(since);
        self.gap_between(decoder.node(), GapCause::ConnectionLost, Missing::Unknown, since, until)
    }

    fn gap_between(
        &mut self,
        node: NodeId,
        cause: GapCause,
        missing: Missing,
        since: Nanos,
        until: Nanos,
    ) -> Result<(), C::Error> {
        let what = What::Gap { node, cause, missing, since: since.min(until) };
        self.consumer.event(&Event { time: until, process: ProcessId::NONE, what })?;
        if let Missing::Exactly(n) | Missing::AtLeast(n) = missing {
            self.progress.missing = self.progress.missing.saturating_add(n);
        }
        if let Some(trigger) = &mut self.trigger {
            trigger.forget();
        }
        Ok(())
    }
}

fn mfa(tables: &Tables, function: FunctionId) -> Option<Mfa> {
    let function = tables.function(function).ok()?;
    let name = |atom| tables.atom(atom).ok().map(Atom::new);
    Some(Mfa {
        module: name(function.module)?,
        function: name(function.name)?,
        arity: u8::try_from(function.arity).ok()?,
    })
}

/// Why events that the sink dropped are missing.
pub(crate) fn drop_cause(cause: DropCause) -> GapCause {
    match cause {
        DropCause::Backpressure => GapCause::Backpressure,
        DropCause::EventLimit => GapCause::EventLimit,
        DropCause::ByteLimit => GapCause::ByteLimit,
    }
}
