//! What a machine knows of a task that is not done. It is apart from what the task itself works with, its heap and its frames: others
//! may look at it, and have it end, while it runs.

use rustc_hash::FxHashMap;

use crate::channels::Arm;
use crate::parcel::Parcel;
use crate::tasks::{Name, Owner, Scope, State, Waiter};

#[derive(Debug)]
pub(crate) struct Record {
    pub(crate) name: Name,
    pub(crate) state: State,
    /// How often it has waited.
    pub(crate) epoch: u64,
    /// How often it holds a sender of each channel.
    pub(crate) holds: FxHashMap<usize, usize>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) owner: Option<Owner>,
    pub(crate) cancelled: bool,
    pub(crate) detached: bool,
    /// Whether there is no handle of it.
    pub(crate) unowned: bool,
    /// Whether it only does what was deferred.
    pub(crate) ends: bool,
    pub(crate) waiters: Vec<Waiter>,
    /// The arms of the `select` that it is in.
    pub(crate) select: Vec<Arm>,
    /// The message that a `select` received.
    pub(crate) taken: Option<Parcel>,
    /// The actor that it is.
    pub(crate) actor: Option<usize>,
}

impl Record {
    pub(crate) fn new(name: Name) -> Self {
        Self {
            name,
            state: State::Ready,
            epoch: 0,
            holds: FxHashMap::default(),
            scopes: Vec::new(),
            owner: None,
            cancelled: false,
            detached: false,
            unowned: false,
            ends: false,
            waiters: Vec::new(),
            select: Vec::new(),
            taken: None,
            actor: None,
        }
    }

    /// Whether it was told to end, and does not do so yet.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled && !self.ends
    }
}
