//! Mailboxes: where what the peer sends to one of our processes waits for its reader, bounded in messages and bytes.

use std::sync::{Arc, OnceLock};

use pluto_term::{Pid, Reference, Term};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::Message;
use crate::endpoint::{Event, LocalId};
use crate::error::Lost;

/// What a mailbox may hold. At either bound the connection stops reading, which reaches the peer as TCP back-pressure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxLimits {
    /// Deliveries.
    pub messages: usize,
    /// Bytes of all deliveries together. One delivery larger than that is taken when the mailbox is empty.
    pub bytes: usize,
}

impl Default for MailboxLimits {
    fn default() -> Self {
        Self { messages: 4_096, bytes: 32 << 20 }
    }
}

/// What arrives in a mailbox.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// A message.
    Message(Message),
    /// A monitored process is gone.
    Down {
        /// The monitor.
        reference: Reference,
        /// The process: a pid, or the name it was monitored by.
        process: Term,
        /// Why it is gone.
        reason: Message,
    },
    /// An exit signal. It does not end the mailbox.
    Exit {
        /// The process that ended, or that sent the signal.
        from: Pid,
        /// The reason.
        reason: Message,
        /// Whether it came through a link, which is gone with it.
        linked: bool,
    },
    /// The connection is gone; nothing comes after this.
    ConnectionLost(Lost),
}

impl Delivery {
    /// What a mailbox gets of an event; answers to spawn requests go to who asked.
    pub(crate) fn from_event(event: Event) -> Option<Self> {
        match event {
            Event::Message { message, .. } => Some(Self::Message(message)),
            Event::Down { reference, process, reason, .. } => Some(Self::Down { reference, process, reason }),
            Event::Exit { from, reason, linked, .. } => Some(Self::Exit { from, reason, linked }),
            Event::Spawned { .. } => None,
        }
    }
}

/// A delivery and the room it takes.
#[derive(Debug)]
struct Queued {
    delivery: Delivery,
    _room: OwnedSemaphorePermit,
}

/// The reading end of a process of ours. Dropping it ends the process.
#[derive(Debug)]
pub struct Mailbox {
    id: LocalId,
    queue: mpsc::Receiver<Queued>,
    room: Arc<Semaphore>,
    lost: Option<Arc<OnceLock<Lost>>>,
    ended: mpsc::UnboundedSender<LocalId>,
}

impl Mailbox {
    /// The next delivery, in the order the node sent them. After the end of the connection what is queued still comes, then
    /// [`Delivery::ConnectionLost`], then `None` for ever.
    ///
    /// Cancel safe: a future dropped before it is ready has taken nothing.
    pub async fn recv(&mut self) -> Option<Delivery> {
        match self.queue.recv().await {
            Some(queued) => Some(queued.delivery),
            None => self.lost(),
        }
    }

    /// The next delivery if one is there already.
    pub fn try_recv(&mut self) -> Option<Delivery> {
        match self.queue.try_recv() {
            Ok(queued) => Some(queued.delivery),
            Err(mpsc::error::TryRecvError::Empty) => None,
            Err(mpsc::error::TryRecvError::Disconnected) => self.lost(),
        }
    }

    fn lost(&mut self) -> Option<Delivery> {
        let reason = self.lost.take()?;
        Some(Delivery::ConnectionLost(reason.get().cloned().unwrap_or(Lost::Closed)))
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.queue.close();
        self.room.close();
        // Where the driver is gone already there is nothing left to end.
        let _: Result<(), mpsc::error::SendError<LocalId>> = self.ended.send(self.id);
    }
}

/// The writing end of a mailbox, held by the driver.
#[derive(Debug, Clone)]
pub(crate) struct MailboxSender {
    queue: mpsc::Sender<Queued>,
    room: Arc<Semaphore>,
    capacity: u32,
}

impl MailboxSender {
    /// Waits until there is room for `bytes`, or the mailbox was dropped. The driver is the only writer, so the room is
    /// still there when it tries again.
    pub(crate) async fn room(&self, bytes: usize) {
        drop(self.room.acquire_many(self.permits(bytes)).await);
        drop(self.queue.reserve().await);
    }

    fn permits(&self, bytes: usize) -> u32 {
        u32::try_from(bytes).unwrap_or(u32::MAX).clamp(1, self.capacity)
    }

    /// Queues `delivery` if there is room now; else gives it back.
    pub(crate) fn try_deliver(&self, delivery: Delivery, bytes: usize) -> Option<Delivery> {
        let room = match Arc::clone(&self.room).try_acquire_many_owned(self.permits(bytes)) {
            Ok(room) => room,
            Err(tokio::sync::TryAcquireError::Closed) => return None,
            Err(tokio::sync::TryAcquireError::NoPermits) => return Some(delivery),
        };
        match self.queue.try_send(Queued { delivery, _room: room }) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => None,
            Err(mpsc::error::TrySendError::Full(queued)) => Some(queued.delivery),
        }
    }
}

/// Both ends of a new mailbox.
pub(crate) fn mailbox(
    id: LocalId,
    limits: MailboxLimits,
    lost: Arc<OnceLock<Lost>>,
    ended: mpsc::UnboundedSender<LocalId>,
) -> (MailboxSender, Mailbox) {
    let capacity = u32::try_from(limits.bytes).unwrap_or(u32::MAX >> 4).clamp(1, u32::MAX >> 4);
    let room = Arc::new(Semaphore::new(capacity as usize));
    let (sender, queue) = mpsc::channel(limits.messages.clamp(1, 1 << 24));
    let writer = MailboxSender { queue: sender, room: Arc::clone(&room), capacity };
    (writer, Mailbox { id, queue, room, lost: Some(lost), ended })
}
