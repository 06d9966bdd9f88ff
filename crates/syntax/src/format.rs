//! The formatter: one style for every program.
//!
//! The tree says what belongs together, and becomes groups and indentations (`items`, `statements`, `expressions`, `chains`,
//! `patterns`); the text of the result is the tokens and comments themselves, one after the other (`tokens`), so that nothing can
//! be lost; where lines end is decided by their width (`doc`). What is kept of the author's layout: an empty line between two
//! lines, and that a block with one statement, a declaration with few members or arms of a `match` stand on one line, if they fit.

mod chains;
mod doc;
mod expressions;
mod items;
mod lists;
mod patterns;
mod statements;
mod tokens;
mod types;

use crate::error::SyntaxError;
use crate::parser::parse;
use crate::token::Kind;
use crate::tree::{ExprId, Nodes, Tree};
use tokens::Tokens;

/// The text in the one style; what is wrong with it where it is no program.
pub fn format(source: &str) -> Result<String, Vec<SyntaxError>> {
    let parsed = parse(source);
    if parsed.errors.is_empty() { Ok(format_tree(source, &parsed.tree)) } else { Err(parsed.errors) }
}

/// The text of a tree without errors, in the one style.
pub fn format_tree(source: &str, tree: &Tree) -> String {
    let tokens = Tokens::new(source, &tree.tokens);
    let mut printer = Printer { nodes: &tree.nodes, source, tokens, hugged: None };
    printer.file(tree);
    let text = doc::lay_out(source, &printer.tokens.ops);
    // The lines of strings and of block comments; a string holds `\n` either way.
    if source.contains("\r\n") { text.replace("\r\n", "\n") } else { text }
}

struct Printer<'t> {
    nodes: &'t Nodes,
    source: &'t str,
    tokens: Tokens<'t>,
    /// The part at which a group around may break that hugs.
    hugged: Option<ExprId>,
}

impl Printer<'_> {
    fn file(&mut self, tree: &Tree) {
        for (number, item) in tree.items.iter().enumerate() {
            if number > 0 {
                self.tokens.line_between(doc::Flat::Never);
            }
            self.tokens.comments_before(false);
            self.item(*item);
        }
        debug_assert_eq!(self.tokens.kind(), Kind::End, "{}", self.source);
        if self.tokens.has_comments() {
            self.tokens.line_between(doc::Flat::Never);
            self.tokens.comments_before(false);
        }
    }

    /// A word or a bracket, and a space.
    fn word(&mut self, kind: Kind) {
        self.tokens.expect(kind);
        self.tokens.space();
    }

    /// A word that is no keyword elsewhere, and a space.
    fn soft_word(&mut self) {
        self.word(Kind::Name);
    }

    /// A comma where there is one.
    fn comma_left_out(&mut self) {
        if self.tokens.is(Kind::Comma) {
            self.tokens.leave_out();
        }
    }
}
