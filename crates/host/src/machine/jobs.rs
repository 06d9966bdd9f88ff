//! Work that is done on threads of its own, while the tasks of a program go on.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::outside::{Fault, Problem};
use crate::waiting::{News, Pause, Token};

/// How many pieces of work are done at a time; others wait for one of these to end.
const MOST: usize = 64;

/// Whether nobody waits any more for what a piece of work gives.
pub(super) type Left = Arc<AtomicBool>;

/// What a piece of work gave.
#[derive(Default)]
struct Given {
    value: Mutex<Option<Box<dyn Any + Send>>>,
    is_there: Condvar,
}

/// A piece of work that was asked for.
struct Job {
    given: Arc<Given>,
    left: Left,
    ends: Ends,
}

/// When a piece of work ends that nobody waits for any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// At once, and what it began with it: the program does not end before.
    AtOnce,
    /// By itself.
    ByItself,
}

/// A piece of work.
type Work = Box<dyn FnOnce() + Send>;

/// Pieces of work that are done, or were and nobody has asked yet.
#[derive(Default)]
pub(super) struct Jobs {
    known: HashMap<Token, Job>,
    /// Those that end at once.
    ending: Vec<Arc<Given>>,
    /// As many threads run as are counted, and something waits only where that is the most.
    pool: Arc<Mutex<Pool>>,
}

#[derive(Default)]
struct Pool {
    threads: usize,
    waiting: VecDeque<Work>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives what a piece of work gave when that is over, also where it was never begun.
struct Done {
    given: Arc<Given>,
    token: Token,
    news: News,
    value: Option<Box<dyn Any + Send>>,
}

impl Done {
    fn with<T: Send + 'static>(mut self, value: T) {
        self.value = Some(Box::new(value));
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        *lock(&self.given.value) = Some(self.value.take().unwrap_or_else(|| Box::new(())));
        self.given.is_there.notify_all();
        self.news.tell(self.token);
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        let known: Vec<Token> = self.known.keys().copied().collect();
        known.into_iter().for_each(|token| self.forget(token));
        // Those that were not begun are over when they are dropped, which takes the lock.
        let waiting = std::mem::take(&mut lock(&self.pool).waiting);
        drop(waiting);
        for given in &self.ending {
            let value = lock(&given.value);
            drop(given.is_there.wait_while(value, |value| value.is_none()));
        }
    }
}

impl Jobs {
    /// Begins a piece of work, which is told of by a token when it is done.
    pub(super) fn begin<T: Send + 'static>(
        &mut self,
        ends: Ends,
        (token, news): (Token, News),
        work: impl FnOnce(&Left) -> Result<T, Fault> + Send + 'static,
    ) -> Pause {
        let (given, left) = (Arc::<Given>::default(), Left::default());
        let job = Job { given: Arc::clone(&given), left: Arc::clone(&left), ends };
        let done = Done { given, token, news, value: None };
        match self.start(Box::new(move || done.with(work(&left)))) {
            Ok(()) => {
                self.known.insert(token, job);
                Pause::Waits(token)
            }
            Err(fault) => fault.into(),
        }
    }

    /// What a piece of work gave, where it is done.
    pub(super) fn given<T: 'static>(&mut self, token: Token) -> Result<T, Pause> {
        let done = self.known.get(&token).and_then(|job| lock(&job.given.value).take());
        let Some(done) = done else { return Err(Pause::Waits(token)) };
        self.known.remove(&token);
        match done.downcast::<Result<T, Fault>>() {
            Ok(done) => Ok((*done)?),
            Err(_) => Err(Fault::new(Problem::Other, "it was given up").into()),
        }
    }

    /// Nobody waits for a piece of work any more.
    pub(super) fn forget(&mut self, token: Token) {
        let Some(job) = self.known.remove(&token) else { return };
        job.left.store(true, Ordering::Relaxed);
        if job.ends == Ends::AtOnce {
            self.ending.retain(|given| lock(&given.value).is_none());
            self.ending.push(job.given);
        }
    }

    fn start(&self, work: Work) -> Result<(), Fault> {
        let mut pool = lock(&self.pool);
        if pool.threads >= MOST {
            pool.waiting.push_back(work);
            return Ok(());
        }
        let shared = Arc::clone(&self.pool);
        let all = move || {
            let mut next = Some(work);
            while let Some(work) = next {
                work();
                let mut pool = lock(&shared);
                next = pool.waiting.pop_front();
                if next.is_none() {
                    pool.threads -= 1;
                }
            }
        };
        let thread = std::thread::Builder::new().name("outside".to_owned()).spawn(all);
        thread.map_err(|error| Fault::new(Problem::Other, format!("no thread can be had: {error}")))?;
        pool.threads += 1;
        Ok(())
    }
}
