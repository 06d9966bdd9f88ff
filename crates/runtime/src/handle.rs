//! Objects that stand for something that tasks share: what it is, its number, and a token.
//!
//! All handles of one thing have one token. When the last of them is gone, in heaps and in what is on its way, the machine hears of it.
//! No program can see that: it may only be forgotten then what nobody can reach any more.

use std::sync::{Arc, Mutex, PoisonError};

use crate::heap::{read, write};
use crate::task::Task;
use crate::trap::Trap;
use crate::types::{FORWARDED, HANDLE, header};

pub(crate) const TASK: u32 = 0;
pub(crate) const SENDER: u32 = 1;
pub(crate) const RECEIVER: u32 = 2;
pub(crate) const ACTOR: u32 = 3;
/// It has no token: it is its task's own.
pub(crate) const STREAM: u32 = 4;
/// The number of a copy of a stream, which nobody can ask: what makes its values is not copied.
pub(crate) const NO_STREAM: u64 = u64::MAX;

/// Words of a handle.
pub(crate) const WORDS: usize = 3;

/// Kinds and numbers of what has no handle any more. Nothing is done while it is locked but to add or take one.
pub(crate) type Gone = Arc<Mutex<Vec<(u32, usize)>>>;

/// What all handles of something share.
#[derive(Debug)]
pub(crate) struct Token {
    kind: u32,
    number: usize,
    gone: Gone,
}

impl Token {
    pub(crate) fn new(kind: u32, number: usize, gone: &Gone) -> Arc<Self> {
        Arc::new(Self { kind, number, gone: Arc::clone(gone) })
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner).push((self.kind, self.number));
    }
}

/// Whether a header is that of a handle of a kind: then its number follows.
pub(crate) fn is(word: u64, kind: u32) -> bool {
    word == header(HANDLE, kind)
}

/// Whether a header is that of a handle that has a token.
pub(crate) fn has_token(word: u64) -> bool {
    word as u32 == header(HANDLE, 0) as u32 && !is(word, STREAM)
}

/// The token of a handle, for somebody else too.
pub(crate) fn token(object: u64) -> Arc<Token> {
    let token = read(object + 16) as *const Token;
    // SAFETY: it is a handle with a token, which came from `Arc::into_raw`, and is held by the handle itself meanwhile.
    unsafe {
        Arc::increment_strong_count(token);
        Arc::from_raw(token)
    }
}

/// The handles in a heap, each of which holds its token.
#[derive(Debug, Default)]
pub(crate) struct Handles(Vec<u64>);

impl Handles {
    /// A handle is there from now on, in room that is its own.
    pub(crate) fn add(&mut self, object: u64, token: Arc<Token>) {
        write(object + 16, Arc::into_raw(token) as u64);
        self.0.push(object);
    }

    /// Forgets those that were not moved, and follows the others.
    pub(crate) fn moved(&mut self) {
        self.0.retain_mut(|object| {
            let word = read(*object);
            if word & FORWARDED == 0 {
                drop_token(*object);
                return false;
            }
            *object = word & !FORWARDED;
            true
        });
    }
}

fn drop_token(object: u64) {
    // SAFETY: it came from `Arc::into_raw`, and the handle, which is no more, held it once.
    drop(unsafe { Arc::from_raw(read(object + 16) as *const Token) });
}

/// The heap goes after its handles.
impl Drop for Task<'_> {
    fn drop(&mut self) {
        self.handles.0.drain(..).for_each(drop_token);
    }
}

impl Task<'_> {
    /// A new handle with a token in room that was made for it.
    pub(crate) fn take_handle(&mut self, kind: u32, number: usize, token: Arc<Token>) -> u64 {
        let at = self.take(WORDS);
        self.set_word(at, 0, header(HANDLE, kind));
        self.set_word(at, 1, number as u64);
        self.handles.add(at, token);
        at
    }

    pub(crate) fn new_handle(&mut self, kind: u32, number: usize, gone: &Gone) -> Result<u64, Trap> {
        let token = Token::new(kind, number, gone);
        self.make_room(WORDS)?;
        Ok(self.take_handle(kind, number, token))
    }

    /// The number of a handle.
    pub(crate) fn handle(&self, object: u64) -> usize {
        if object == 0 { usize::MAX } else { self.word(object, 1) as usize }
    }
}
