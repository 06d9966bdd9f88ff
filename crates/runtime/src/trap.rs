//! Why a task ends because of a bug.

/// A bug, as compiled code and operations say it. Some carry a word more: a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Trap {
    /// An integer is too large.
    Overflow = 1,
    /// Division by zero.
    DivideByZero,
    /// A shift by less than 0 or more than 63.
    Shift,
    /// No element is there.
    Index,
    /// A map has no such key.
    MissingKey,
    /// A conversion would lose something.
    Convert,
    /// An assertion; its text is why, or null.
    Assert,
    /// A clause of a contract; its text is which.
    Contract,
    /// What the program says, in its text.
    Said,
    /// Too many calls in one another.
    Stack,
    /// Too much memory.
    Memory,
    /// A value that holds itself.
    Cycle,
    /// Code that nothing leads to.
    Unreachable,
}

impl Trap {
    const ALL: [Self; 13] = [
        Self::Overflow,
        Self::DivideByZero,
        Self::Shift,
        Self::Index,
        Self::MissingKey,
        Self::Convert,
        Self::Assert,
        Self::Contract,
        Self::Said,
        Self::Stack,
        Self::Memory,
        Self::Cycle,
        Self::Unreachable,
    ];

    pub(crate) fn numbered(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|trap| *trap as u64 == number)
    }

    /// The trap in words.
    pub(crate) fn words(self, text: &str) -> String {
        match self {
            Self::Overflow => "integer overflow".to_owned(),
            Self::DivideByZero => "division by zero".to_owned(),
            Self::Shift => "a shift by less than 0 or more than 63".to_owned(),
            Self::Index => "an index out of range".to_owned(),
            Self::MissingKey => "a key that is not in the map".to_owned(),
            Self::Convert => "a conversion that would lose something".to_owned(),
            Self::Assert if text.is_empty() => "an assertion does not hold".to_owned(),
            Self::Assert => format!("an assertion does not hold: {text}"),
            Self::Contract => format!("`{text}` does not hold"),
            Self::Said => text.to_owned(),
            Self::Stack => "too many calls in one another".to_owned(),
            Self::Memory => "out of memory".to_owned(),
            Self::Cycle => "a value that holds itself, or that is nested too deep".to_owned(),
            Self::Unreachable => "code that cannot be reached was reached".to_owned(),
        }
    }
}

/// Why an operation does not go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A bug.
    Trap(Trap),
    /// A bug that is said in words.
    Said(&'static str),
    /// Something is not as a test expects: the method that said so, the value and the other one are the arguments.
    Unexpected,
}

impl From<Trap> for Stop {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}
