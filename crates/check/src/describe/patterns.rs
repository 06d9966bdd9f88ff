//! Patterns.

use super::types::missing;
use super::{Said, Words, codes, plural};
use crate::error::{Fact, PatternLike};

impl Words<'_> {
    pub(super) fn patterns(&self, fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::NotExhaustive { missing: left } => {
                Said::new(codes::NOT_EXHAUSTIVE, format!("no arm takes {}", missing(left)))
            }
            Fact::TooComplex => {
                let message =
                    "there are too many ways through these patterns to see whether they take everything";
                Said::new(codes::NOT_EXHAUSTIVE, message)
                    .note("an arm `_ => …` at the end takes what is left")
            }
            Fact::Refutable { missing: left } => {
                Said::new(codes::REFUTABLE, format!("this pattern does not take {}", missing(left)))
                    .note("`let … else { … }` says what is done then")
            }
            Fact::NeedlessElse => Said::new(
                codes::NEEDLESS_ELSE,
                "nothing comes here: what is before the `else` always matches",
            ),
            Fact::UnreachableArm => Said::new(
                codes::UNREACHABLE_ARM,
                "nothing comes here: patterns before it take everything of it",
            ),
            Fact::PatternMismatch { expected, like } => {
                let message = format!("no `{}` is like this pattern", self.ty(*expected));
                let said = Said::new(codes::PATTERN_MISMATCH, message);
                match like {
                    PatternLike::Option => said
                        .note("what may be missing is matched by `none => …` and, as it is, `value => …`"),
                    PatternLike::VariantOfObject => said.note(
                        "a pattern asks a trait object for a class; `if x is Shape { match x { … } }` asks for an enum",
                    ),
                    PatternLike::Other => said,
                }
            }
            Fact::AlternativeNames { name } => {
                let message = format!("`{}` is not bound by every alternative", self.name(*name));
                Said::new(codes::ALTERNATIVE_NAMES, message)
            }
            Fact::BoundTwice { name, first } => {
                Said::new(codes::BOUND_TWICE, format!("`{}` is bound twice", self.name(*name)))
                    .at(*first, "the first is here")
            }
            Fact::MissingFieldPatterns { names } => {
                let verb = plural(names.len(), "is", "are");
                Said::new(codes::MISSING_FIELD_PATTERNS, format!("{} {verb} left out", self.names(names)))
                    .note("`..` leaves out the rest")
            }
            Fact::TooManyFieldPatterns { expected, found } => {
                let fields = plural(*expected, "field", "fields");
                let message = format!("it has {expected} {fields}, and here are {found} patterns");
                Said::new(codes::TOO_MANY_FIELD_PATTERNS, message)
            }
            Fact::EmptyRange => Said::new(codes::EMPTY_RANGE, "nothing is in this range"),
            _ => return None,
        })
    }
}
