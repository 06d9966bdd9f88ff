//! What a program waits for outside of itself: something is asked for, and where it is not there yet it is asked for again when there
//! is news of it. Meanwhile other tasks go on.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::outside::Fault;

/// Something that is waited for: a connection, a listener, or work that is done meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// Whether something is asked for anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It is.
    First,
    /// There was news of what was waited for.
    Again(Token),
    /// It was waited for as long as was allowed.
    Late,
}

/// Why there is nothing to give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pause {
    /// Something went wrong.
    Fault(Fault),
    /// It is to be waited for.
    Waits(Token),
}

impl From<Fault> for Pause {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<io::Error> for Pause {
    fn from(error: io::Error) -> Self {
        Self::Fault(error.into())
    }
}

/// How long it is from one time of a run to another one, both in nanoseconds; nothing where it is over.
#[must_use]
pub fn between(now: i64, then: i64) -> Duration {
    Duration::from_nanos(u64::try_from(then.saturating_sub(now)).unwrap_or(0))
}

/// A duration in nanoseconds, as far as those can be counted.
#[must_use]
pub fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// What there is news of. It is told by any thread, and taken by whoever runs the program.
#[derive(Clone, Default)]
pub struct News(Arc<Board>);

/// Somebody who is woken by news.
type Wakes = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Board {
    /// Whether there is any, to be seen without the lock.
    any: AtomicBool,
    told: Mutex<(BTreeSet<Token>, Option<Wakes>)>,
    come: Condvar,
}

impl fmt::Debug for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("News").field("tokens", &self.lock().0).finish_non_exhaustive()
    }
}

impl News {
    fn lock(&self) -> MutexGuard<'_, (BTreeSet<Token>, Option<Wakes>)> {
        self.0.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// There is news of something, of which whoever runs the program does not know yet.
    pub fn tell(&self, of: Token) {
        let wake = self.put(of);
        self.0.come.notify_all();
        // Who is woken may be taking news: it is not told of under the lock.
        if let Some(wake) = wake {
            wake();
        }
    }

    /// There is news of something, told by whoever runs the program.
    pub fn note(&self, of: Token) {
        self.put(of);
    }

    fn put(&self, of: Token) -> Option<Wakes> {
        let mut told = self.lock();
        told.0.insert(of);
        self.0.any.store(true, Ordering::Release);
        told.1.clone()
    }

    /// Has somebody woken by news from now on.
    pub fn wake(&self, wake: impl Fn() + Send + Sync + 'static) {
        self.lock().1 = Some(Arc::new(wake));
    }

    /// What there was news of since it was taken last, in the order of tokens.
    #[must_use]
    pub fn take(&self) -> BTreeSet<Token> {
        if !self.0.any.load(Ordering::Acquire) {
            return BTreeSet::new();
        }
        let mut told = self.lock();
        self.0.any.store(false, Ordering::Release);
        std::mem::take(&mut told.0)
    }

    /// Waits until there is some, at most so long: for how long it did.
    pub fn wait(&self, within: Option<Duration>) -> Duration {
        let began = Instant::now();
        let told = self.lock();
        let none = |told: &mut (BTreeSet<Token>, Option<Wakes>)| told.0.is_empty();
        match within {
            Some(within) => drop(self.0.come.wait_timeout_while(told, within, none)),
            None => drop(self.0.come.wait_while(told, none)),
        }
        began.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{News, Token};

    #[test]
    fn news_is_taken_once_and_ends_waiting() {
        let news = News::default();
        let told = news.clone();
        let teller = std::thread::spawn(move || [2, 1, 2].map(|token| told.tell(Token(token))));
        news.wait(None);
        teller.join().expect("it tells");
        assert_eq!(news.take().into_iter().collect::<Vec<_>>(), [Token(1), Token(2)]);
        assert!(news.take().is_empty());
        assert!(news.wait(Some(Duration::from_millis(1))) >= Duration::from_millis(1));
    }
}
