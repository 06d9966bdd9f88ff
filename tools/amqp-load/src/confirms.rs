//! The broker's word on published messages, as the client library hears it.

use std::time::Instant;

use amqprs::callbacks::ChannelCallback;
use amqprs::channel::Channel;
use amqprs::{Ack, BasicProperties, Cancel, CloseChannel, Nack, Return};
use async_trait::async_trait;
use tokio::sync::mpsc;

/// The broker's word on published messages of one channel.
pub(crate) struct Confirm {
    /// Which of the publishing channels.
    pub(crate) channel: usize,
    pub(crate) tag: u64,
    /// It stands for all messages up to this one.
    pub(crate) up_to: bool,
    pub(crate) accepted: bool,
    pub(crate) at: Instant,
}

/// Passes the broker's words on one channel on; the client library calls it.
pub(crate) struct Confirms {
    channel: usize,
    to: mpsc::UnboundedSender<Confirm>,
}

impl Confirms {
    pub(crate) fn new(channel: usize, to: mpsc::UnboundedSender<Confirm>) -> Self {
        Self { channel, to }
    }

    fn pass(&self, tag: u64, up_to: bool, accepted: bool) {
        let confirm = Confirm { channel: self.channel, tag, up_to, accepted, at: Instant::now() };
        // Nobody listens any more once the load is over.
        let _ended = self.to.send(confirm);
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
