//! Arenas with typed ids, and lists that are ranges of a pool.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Index;

use pluto_source::Span;

use super::Nodes;

/// Nodes of one type with their spans.
#[derive(Clone, Debug)]
pub struct Arena<T> {
    pub(super) nodes: Vec<T>,
    pub(super) spans: Vec<Span>,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self { nodes: Vec::new(), spans: Vec::new() }
    }
}

/// An id of a node of [`Nodes`].
pub trait Node: Copy + fmt::Debug + Eq {
    /// What the node is.
    type Value;
    /// The arena of such nodes.
    fn arena(nodes: &Nodes) -> &Arena<Self::Value>;
    /// The arena of such nodes, to add one.
    fn arena_mut(nodes: &mut Nodes) -> &mut Arena<Self::Value>;
    /// The id of a place in the arena.
    fn from_index(index: u32) -> Self;
    /// The place in the arena.
    fn index(self) -> u32;
}

/// What lists can hold.
pub trait Pooled: Sized {
    /// The pool of such elements.
    fn pool(nodes: &Nodes) -> &Pool<Self>;
    /// The pool of such elements, to add some.
    fn pool_mut(nodes: &mut Nodes) -> &mut Pool<Self>;
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

impl<T> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.len) == (other.start, other.len)
    }
}

impl<T> Eq for List<T> {}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.start, self.len)
    }
}

/// The elements of all lists of one type.
#[derive(Clone, Debug)]
pub struct Pool<T> {
    pub(crate) elements: Vec<T>,
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

impl Nodes {
    /// Adds a node.
    pub fn add<I: Node>(&mut self, value: I::Value, span: Span) -> I {
        let arena = I::arena_mut(self);
        arena.nodes.push(value);
        arena.spans.push(span);
        I::from_index(arena.nodes.len() as u32 - 1)
    }

    /// Adds a list.
    pub fn add_list<T: Pooled>(&mut self, elements: impl IntoIterator<Item = T>) -> List<T> {
        T::pool_mut(self).add(elements)
    }

    /// Takes back the nodes of one type from this one on: nothing may refer to them.
    pub(crate) fn take_back<I: Node>(&mut self, from: I) {
        let arena = I::arena_mut(self);
        arena.nodes.truncate(from.index() as usize);
        arena.spans.truncate(from.index() as usize);
    }

    /// Where a node stands.
    #[expect(clippy::indexing_slicing, reason = "an id comes from its own arena, which never shrinks")]
    pub fn span<I: Node>(&self, id: I) -> Span {
        I::arena(self).spans[id.index() as usize]
    }

    /// The elements of a list.
    pub fn list<T: Pooled>(&self, list: List<T>) -> &[T] {
        T::pool(self).get(list)
    }

    /// All ids of nodes of one type, in the order in which they were added.
    pub fn ids<I: Node>(&self) -> impl Iterator<Item = I> + use<I> {
        (0..I::arena(self).nodes.len() as u32).map(I::from_index)
    }
}

impl<I: Node> Index<I> for Nodes {
    type Output = I::Value;

    #[expect(clippy::indexing_slicing, reason = "an id comes from its own arena, which never shrinks")]
    fn index(&self, id: I) -> &I::Value {
        &I::arena(self).nodes[id.index() as usize]
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident => $value:ident in $arena:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $id(u32);

        impl Node for $id {
            type Value = $value;
            fn arena(nodes: &Nodes) -> &Arena<$value> {
                &nodes.$arena
            }
            fn arena_mut(nodes: &mut Nodes) -> &mut Arena<$value> {
                &mut nodes.$arena
            }
            fn from_index(index: u32) -> Self {
                Self(index)
            }
            fn index(self) -> u32 {
                self.0
            }
        }
    )*};
}

macro_rules! pools {
    ($(#[$doc:meta])* pub(crate) struct $pools:ident { $($name:ident: $element:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default)]
        pub(crate) struct $pools {
            $($name: Pool<$element>,)*
        }

        $(impl Pooled for $element {
            fn pool(nodes: &Nodes) -> &Pool<Self> {
                &nodes.pools.$name
            }
            fn pool_mut(nodes: &mut Nodes) -> &mut Pool<Self> {
                &mut nodes.pools.$name
            }
        })*
    };
}

pub(super) use {ids, pools};
