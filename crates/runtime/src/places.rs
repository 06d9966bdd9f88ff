//! What the numbers of places stand for that a run tells: places as whoever hears of it has them.

use pluto_host as told;
use rustc_hash::FxHashMap;

use crate::code::{Code, Frame};
use crate::world::{Failure, Outcome, Trapped, Waiting};

/// Places in the source, by their numbers.
#[derive(Clone, Debug)]
pub struct Places<P> {
    /// What stands for one that is not among them.
    nowhere: P,
    places: Vec<P>,
    clauses: FxHashMap<u32, P>,
    sites: Vec<P>,
}

impl<P: Clone> Places<P> {
    /// From what stands for no place, the places that code has, the clauses that are found broken at some of them, and the places where
    /// errors are made.
    pub fn new(
        nowhere: P,
        places: Vec<P>,
        clauses: impl IntoIterator<Item = (u32, P)>,
        sites: Vec<P>,
    ) -> Self {
        Self { nowhere, places, clauses: clauses.into_iter().collect(), sites }
    }

    /// Where a frame is.
    pub fn of(&self, frame: Option<Frame>) -> P {
        frame.and_then(|frame| self.known(frame)).unwrap_or_else(|| self.nowhere.clone())
    }

    fn known(&self, frame: Frame) -> Option<P> {
        self.places.get(frame.place? as usize).cloned()
    }

    /// How a run ended.
    pub fn outcome(&self, code: &Code, ended: Outcome) -> told::Outcome<P> {
        match ended {
            Outcome::Finished => told::Outcome::Finished,
            Outcome::OutOfSteps => told::Outcome::OutOfSteps,
            Outcome::Stopped => told::Outcome::Stopped,
            Outcome::Failed(failure) => told::Outcome::Failed(self.failure(&failure)),
            Outcome::Trapped(trapped) => told::Outcome::Trapped(self.trapped(code, &trapped)),
            Outcome::Deadlock(waiting) => {
                told::Outcome::Deadlock(waiting.into_iter().map(|one| self.waiting(one)).collect())
            }
        }
    }

    /// An error that nothing handled.
    pub fn failure(&self, failure: &Failure) -> told::Failure<P> {
        told::Failure { error: failure.error.clone(), at: self.sites.get(failure.site as usize).cloned() }
    }

    /// A bug: it is where the clause is that is broken, else where the innermost function was.
    pub fn trapped(&self, code: &Code, trapped: &Trapped) -> told::Trapped<P> {
        let clause = trapped.stack.first().and_then(|frame| self.clauses.get(&frame.place?));
        let frame = |frame: &Frame| Some((code.name(frame.function).to_owned(), self.known(*frame)?));
        let stack: Vec<(String, P)> = trapped.stack.iter().filter_map(frame).collect();
        let at = clause.or_else(|| stack.first().map(|(_, at)| at)).unwrap_or(&self.nowhere).clone();
        told::Trapped { why: trapped.why.clone(), at, stack, expected: trapped.expected.clone() }
    }

    fn waiting(&self, of: Waiting) -> told::Waiting<P> {
        told::Waiting { task: of.task, wait: of.wait, at: self.of(Some(of.at)) }
    }
}
