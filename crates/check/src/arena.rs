//! Arenas with typed ids, and lists that are ranges of a pool.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

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

/// Elements of a [`Pool`], one after the other.
pub struct List<T> {
    start: u32,
    len: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    /// No elements.
    pub const EMPTY: Self = Self { start: 0, len: 0, of: PhantomData };

    /// How many elements.
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.start, self.len)
    }
}

/// The elements of all lists of one type.
#[derive(Clone, Debug)]
pub struct Pool<T> {
    elements: Vec<T>,
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { elements: Vec::new() }
    }
}

impl<T> Pool<T> {
    /// Adds a list.
    pub fn add(&mut self, elements: impl IntoIterator<Item = T>) -> List<T> {
        let start = self.elements.len() as u32;
        self.elements.extend(elements);
        List { start, len: self.elements.len() as u32 - start, of: PhantomData }
    }

    /// The elements of a list.
    #[expect(clippy::indexing_slicing, reason = "a list comes from its own pool, which never shrinks")]
    pub fn get(&self, list: List<T>) -> &[T] {
        &self.elements[list.start as usize..(list.start + list.len) as usize]
    }

    /// Whether the list is one of this pool.
    pub fn has(&self, list: List<T>) -> bool {
        (list.start + list.len) as usize <= self.elements.len()
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
