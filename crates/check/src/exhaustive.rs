//! Which values no arm of a `match` takes, and which arms take none: Maranget, "Warnings for pattern matching" (JFP 2007).
//!
//! Knows nothing of the language's types. The caller says by [`Shapes`] what the values of a type look like, and builds
//! the patterns in [`Patterns`]:
//!
//! | in the language | shape | patterns |
//! | --- | --- | --- |
//! | `bool`, `T?`, enums, error sets | [`Shape::Closed`] | [`Patterns::variant`] |
//! | tuples, classes | [`Shape::Closed`] with one variant | [`Patterns::variant`] |
//! | `int`, `byte`, `duration` | [`Shape::Ints`] | [`Patterns::ints`] |
//! | `[T]` | [`Shape::Array`] | [`Patterns::array`] |
//! | `string`, `float`, atoms | [`Shape::Open`] | [`Patterns::label`] without parts, a label for each literal |
//! | `term` | [`Shape::Open`] | [`Patterns::label`], a label for each kind and size, with its parts |
//! | maps of a `term` | [`Shape::Keyed`] | [`Patterns::keyed`] |
//!
//! The search is one pass over matrices of patterns: a column is split by the constructors that occur in it, and the rows
//! that remain are looked at for each. It keeps its own stack, so that no pattern is too deep, and counts the cells that it
//! copies, because the problem is NP-complete: over [`Limits::cells`] it says so and answers nothing.

mod pattern;
mod search;
mod split;
#[cfg(test)]
mod tests;

pub use pattern::{PatternId, Patterns};
pub use search::check;

/// What the values of types look like.
pub trait Shapes {
    /// A type of the caller's.
    type Type: Copy;

    /// What its values look like.
    fn shape(&self, ty: Self::Type) -> Shape;

    /// Adds the types of the parts of a constructor, from left to right.
    fn parts(&self, ty: Self::Type, of: Constructor, into: &mut Vec<Self::Type>);
}

/// What the values of a type look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One of a known number of variants; no variants, no values.
    Closed(u32),
    /// The integers from the first to the second, both of them included.
    Ints(i64, i64),
    /// Any number of elements of one type.
    Array,
    /// Keys, each there with a value or not there.
    Keyed,
    /// One of infinitely many labels.
    Open,
}

/// Something that has parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constructor {
    /// A variant of [`Shape::Closed`].
    Variant(u32),
    /// A label of [`Shape::Open`].
    Label(u64),
    /// The elements of [`Shape::Array`], or the values of [`Shape::Keyed`]: one type.
    Element,
}

/// An arm of a `match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arm {
    /// What it takes.
    pub pattern: PatternId,
    /// Whether it has a guard, and so may refuse what its pattern takes.
    pub guarded: bool,
}

/// Where the search ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many cells of matrices are copied.
    pub cells: u64,
    /// How many missing values are kept, at least one.
    pub missing: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { cells: 600_000, missing: 8 }
    }
}

/// What was found out about a `match`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<T> {
    /// All of it.
    Known(Report<T>),
    /// Nothing: the search went over [`Limits::cells`].
    TooComplex,
}

/// What a `match` does not take, and what is of no use in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report<T> {
    /// What no arm takes, as patterns without alternatives; empty where the arms take everything.
    pub missing: Vec<Witness<T>>,
    /// Whether there is more that no arm takes.
    pub more_missing: bool,
    /// The arms that take nothing that arms before them do not take, by their places, ascending.
    pub unreachable_arms: Vec<usize>,
    /// The alternatives of other arms that take nothing that what is before them does not take, in the order of the text.
    /// What stands in such an alternative is not listed again.
    pub unreachable_alternatives: Vec<PatternId>,
}

/// Values of a type, as a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness<T> {
    /// Any value, or any that is not mentioned in the arms.
    Any,
    /// A variant.
    Variant {
        /// Of which type.
        ty: T,
        /// Which.
        index: u32,
        /// Its parts.
        parts: Vec<Witness<T>>,
    },
    /// The integers from the first to the second, both of them included.
    Ints {
        /// Of which type.
        ty: T,
        /// The first.
        from: i64,
        /// The last.
        to: i64,
    },
    /// A label.
    Label {
        /// Of which type.
        ty: T,
        /// Which.
        label: u64,
        /// Its parts.
        parts: Vec<Witness<T>>,
    },
    /// An array.
    Array {
        /// Of which type.
        ty: T,
        /// Its first elements.
        before: Vec<Witness<T>>,
        /// Whether any number of elements follows.
        rest: bool,
        /// Its last elements.
        after: Vec<Witness<T>>,
    },
    /// Keys with their values.
    Keyed {
        /// Of which type.
        ty: T,
        /// The keys of the arms, ascending: each is [`Witness::Any`] or [`Witness::Entry`].
        entries: Vec<(u64, Witness<T>)>,
    },
    /// What a key has, or that the key is not there.
    Entry(Option<Box<Witness<T>>>),
}
