//! How a run ends, and what is heard of its tasks. Where something is in the source is a `P`, as whoever hears it has places.

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<P> {
    /// At its end.
    Finished,
    /// With an error that nothing handled.
    Failed(Failure<P>),
    /// By a bug.
    Trapped(Trapped<P>),
    /// Every task waits for another one.
    Deadlock(Vec<Waiting<P>>),
    /// The world took nothing any more.
    Stopped,
    /// It was cut off after its steps.
    OutOfSteps,
}

/// An error that nothing handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure<P> {
    /// What it is.
    pub error: String,
    /// Where it was raised.
    pub at: Option<P>,
}

/// A bug that ended a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trapped<P> {
    /// What it is, in words.
    pub why: String,
    /// Where it is.
    pub at: P,
    /// The functions that were called, the innermost first, each with where it was.
    pub stack: Vec<(String, P)>,
    /// What a test expected, where that is not so.
    pub expected: Option<Expected>,
}

/// What a test expected, and found otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The method that said what is expected: `to_be`.
    pub matcher: String,
    /// The value, as it is written in a program.
    pub actual: String,
    /// The value that it was held against.
    pub wanted: Option<String>,
}

/// A task that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting<P> {
    /// The task.
    pub task: String,
    /// What it waits for.
    pub wait: Wait,
    /// Where it waits.
    pub at: P,
}

/// What a task waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The end of a task.
    Task(String),
    /// A message.
    Receive,
    /// Room in a channel, or somebody who receives.
    Send,
    /// One of several things.
    Select,
    /// A time.
    Time,
    /// The answer of an actor.
    Reply(String),
    /// The tasks of a scope.
    Scope,
}

impl<P> Outcome<P> {
    /// The same with places of another kind.
    pub fn map<Q>(&self, place: impl Fn(&P) -> Q) -> Outcome<Q> {
        match self {
            Outcome::Finished => Outcome::Finished,
            Outcome::Failed(failure) => Outcome::Failed(failure.map(place)),
            Outcome::Trapped(trapped) => Outcome::Trapped(trapped.map(place)),
            Outcome::Deadlock(waiting) => {
                Outcome::Deadlock(waiting.iter().map(|one| one.map(&place)).collect())
            }
            Outcome::Stopped => Outcome::Stopped,
            Outcome::OutOfSteps => Outcome::OutOfSteps,
        }
    }
}

impl<P> Failure<P> {
    /// The same with places of another kind.
    pub fn map<Q>(&self, place: impl Fn(&P) -> Q) -> Failure<Q> {
        Failure { error: self.error.clone(), at: self.at.as_ref().map(place) }
    }
}

impl<P> Trapped<P> {
    /// The same with places of another kind.
    pub fn map<Q>(&self, place: impl Fn(&P) -> Q) -> Trapped<Q> {
        Trapped {
            why: self.why.clone(),
            at: place(&self.at),
            stack: self.stack.iter().map(|(name, at)| (name.clone(), place(at))).collect(),
            expected: self.expected.clone(),
        }
    }
}

impl<P> Waiting<P> {
    /// The same with a place of another kind.
    pub fn map<Q>(&self, place: impl Fn(&P) -> Q) -> Waiting<Q> {
        Waiting { task: self.task.clone(), wait: self.wait.clone(), at: place(&self.at) }
    }
}

impl Expected {
    /// What was expected, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let wanted = self.wanted.as_ref().map_or(String::new(), |wanted| format!(" {wanted}"));
        format!("expected {} {}{wanted}", self.actual, self.matcher.replace('_', " "))
    }
}
