//! Arenas with typed ids; lists are ranges of a pool, as in the tree.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

pub use pluto_syntax::tree::{List, Pool};

/// A place in an [`Arena`].
pub trait Id: Copy + Eq + fmt::Debug {
    /// The id of a place.
    fn from_index(index: u32) -> Self;
    /// The place.
    fn index(self) -> u32;
}

/// Things of one kind, by id.
#[derive(Clone)]
pub struct Arena<I, T> {
    things: Vec<T>,
    ids: PhantomData<fn() -> I>,
}

impl<I, T> Default for Arena<I, T> {
    fn default() -> Self {
        Self { things: Vec::new(), ids: PhantomData }
    }
}

impl<I, T: fmt::Debug> fmt::Debug for Arena<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.things.fmt(f)
    }
}

impl<I: Id, T> Arena<I, T> {
    /// Adds a thing.
    pub fn add(&mut self, thing: T) -> I {
        self.things.push(thing);
        I::from_index(self.things.len() as u32 - 1)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.things.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.things.is_empty()
    }

    /// Whether there is such a thing.
    pub fn has(&self, id: I) -> bool {
        (id.index() as usize) < self.things.len()
    }

    /// All ids, in the order in which their things were added.
    pub fn ids(&self) -> impl Iterator<Item = I> + use<I, T> {
        (0..self.things.len() as u32).map(I::from_index)
    }

    /// All things with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (I, &T)> {
        (0..).map(I::from_index).zip(&self.things)
    }

    /// All things, to change them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.things.iter_mut()
    }
}

#[expect(clippy::indexing_slicing, reason = "an id comes from its own arena, which never shrinks")]
impl<I: Id, T> Index<I> for Arena<I, T> {
    type Output = T;

    fn index(&self, id: I) -> &T {
        &self.things[id.index() as usize]
    }
}

#[expect(clippy::indexing_slicing, reason = "an id comes from its own arena, which never shrinks")]
impl<I: Id, T> IndexMut<I> for Arena<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.things[id.index() as usize]
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $id(u32);

        impl $crate::arena::Id for $id {
            fn from_index(index: u32) -> Self {
                Self(index)
            }
            fn index(self) -> u32 {
                self.0
            }
        }

        impl std::fmt::Debug for $id {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}{}", stringify!($id), self.0)
            }
        }
    )*};
}

pub(crate) use ids;
