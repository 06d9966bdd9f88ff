//! Contracts.

use super::{Said, Words, codes};
use crate::error::Fact;

impl Words<'_> {
    pub(super) fn contracts(&self, fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::Impure { function: None } => {
                Said::new(codes::IMPURE, "a contract changes nothing and waits for nothing")
            }
            Fact::Impure { function: Some(function) } => {
                let name = self.program.show_function_name(*function);
                Said::new(
                    codes::IMPURE,
                    format!("a contract changes nothing and waits for nothing, and `{name}` does"),
                )
            }
            Fact::OldCopies { ty } => {
                Said::new(codes::OLD_COPIES, format!("this copies a `{}` at every call", self.ty(*ty)))
                    .note("take the `old` of what is needed of it")
            }
            Fact::LeaksPart { ty } => {
                let message = format!("this gives away a `{}` that an invariant may be about", self.ty(*ty));
                Said::new(codes::LEAKS_PART, message).insert_after("copy it", self.at, ".copy()")
            }
            _ => return None,
        })
    }
}
