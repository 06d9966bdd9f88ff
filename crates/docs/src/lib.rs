//! Pages about packages of the Pluto language: what their modules make public, with what is said about it. Does no IO.
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)
)]

mod collect;
mod html;

use pluto_source::Span;
use pluto_syntax::tree::Tree;

/// A module that pages are about.
#[derive(Clone, Copy)]
pub struct Module<'m> {
    /// Its name: `shapes.circle`.
    pub name: &'m str,
    /// Its text.
    pub text: &'m str,
    /// Its tree.
    pub tree: &'m Tree,
    /// What the function whose name stands there raises, where it does not say so itself.
    pub raises: &'m dyn Fn(Span) -> Option<String>,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The name of its file.
    pub file: String,
    /// Its text, HTML that needs nothing else.
    pub html: String,
}

/// The pages about some modules: one with all of them, `index.html`, and one of each.
#[must_use]
pub fn pages(title: &str, modules: &[Module<'_>]) -> Vec<Page> {
    let collected: Vec<collect::Module> = modules.iter().map(collect::module).collect();
    html::pages(title, &collected)
}
