//! Error sets.

use pluto_source::FileSpan;

use super::{Said, Words, codes};
use crate::error::Fact;

impl Words<'_> {
    pub(super) fn errors(&self, fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::Unhandled { errors, always, closed, way } => {
                let message = if *always {
                    "this call may fail".to_owned()
                } else {
                    format!("this call may fail with {}", self.errors_of(errors))
                };
                let said = Said::new(codes::UNHANDLED, message);
                let said = if *closed {
                    said.note("no error may leave from here: `catch` handles them")
                } else {
                    said.note("`!` hands its errors on, and `catch` handles them").insert_after(
                        "hand its errors on",
                        self.at,
                        "!",
                    )
                };
                if *always { said } else { self.way(said, way) }
            }
            Fact::Needless { propagate: false, .. } => {
                Said::new(codes::NEEDLESS, "this call cannot fail").note("it needs no `catch`")
            }
            Fact::Needless { propagate: true, mark } => {
                let said = Said::new(codes::NEEDLESS, "this call cannot fail").note("it needs no `!`");
                match mark {
                    Some(mark) => said.replace("remove `!`", *mark, "").for_sure(),
                    None => said,
                }
            }
            Fact::NotFallible => {
                Said::new(codes::NOT_FALLIBLE, "only a call can fail: `!` and `catch` stand behind one")
            }
            Fact::HandlerMisses { errors } if errors.is_empty() => Said::new(
                codes::HANDLER_MISSES,
                "the handler does not take every error that a function value may raise",
            )
            .note("`other => raise other` hands the rest on"),
            Fact::HandlerMisses { errors } => Said::new(
                codes::HANDLER_MISSES,
                format!("the handler does not take {}", self.errors_of(errors)),
            )
            .note("`other => raise other` hands the rest on"),
            Fact::Undeclared { function, errors, .. } if errors.is_empty() => {
                let name = self.program.show_function_name(*function);
                let message =
                    format!("`{name}` may raise what a function it is given raises, and does not say so");
                Said::new(codes::UNDECLARED, message).note(
                    "a set that is written is all that callers see: the parameter can say `fn(A) B raises E`",
                )
            }
            Fact::Undeclared { function, errors, way } => {
                let name = self.program.show_function_name(*function);
                let message = format!("`{name}` may raise {}, and does not say so", self.errors_of(errors));
                self.way(Said::new(codes::UNDECLARED, message), way)
            }
            Fact::EffectEscapes { errors } if errors.is_empty() => {
                Said::new(codes::EFFECT_ESCAPES, "this function may fail, and here it must not")
            }
            Fact::EffectEscapes { errors } => {
                let message =
                    format!("this function may raise {}, and here it must not", self.errors_of(errors));
                Said::new(codes::EFFECT_ESCAPES, message).note("the type can say so: `fn(A) B raises E`")
            }
            Fact::StreamMayFail { errors } => {
                let what = if errors.is_empty() {
                    "may fail".to_owned()
                } else {
                    format!("may fail with {}", self.errors_of(errors))
                };
                let message = format!("this stream {what}, and can only be gone through here");
                Said::new(codes::STREAM_MAY_FAIL, message)
                    .note("`for x in f()! { … }` asks for its values and hands on what they raise")
            }
            Fact::RaisesMore { of, name, errors } if errors.is_empty() => {
                let message = format!(
                    "`{}` may raise what a function it is given raises, and the trait `{}` does not say so",
                    self.name(*name),
                    self.trait_name(*of)
                );
                Said::new(codes::RAISES_MORE, message)
            }
            Fact::RaisesMore { of, name, errors } => {
                let message = format!(
                    "`{}` may raise {}, and the trait `{}` does not say so",
                    self.name(*name),
                    self.errors_of(errors),
                    self.trait_name(*of)
                );
                Said::new(codes::RAISES_MORE, message)
            }
            Fact::RaisesUnexpected { of, name, errors, out } => {
                let message = format!(
                    "`{}` may raise {}, and who uses the trait `{}` in another package does not expect that",
                    self.name(*name),
                    self.errors_of(errors),
                    self.trait_name(*of)
                );
                Said::new(codes::RAISES_MORE, message).at(*out, "it would come here")
            }
            Fact::NotAnError { ty } => {
                Said::new(codes::NOT_AN_ERROR, format!("`{}` is not an error", self.ty(*ty)))
                    .note("an error is declared by `error`")
            }
            Fact::NeverRaised { error } => {
                let name = self.name(self.program.errors[*error].origin.name);
                Said::new(codes::NEVER_RAISED, format!("`{name}` never comes here"))
            }
            _ => return None,
        })
    }

    /// Where an error comes from.
    fn way(&self, said: Said, way: &[FileSpan]) -> Said {
        let Some((last, calls)) = way.split_last() else { return said };
        let mut seen = vec![self.at, *last];
        let mut calls = calls.to_vec();
        calls.retain(|place| {
            let new = !seen.contains(place);
            seen.push(*place);
            new
        });
        let said = calls.iter().take(3).fold(said, |said, place| said.at(*place, "it comes through here"));
        if *last == self.at { said } else { said.at(*last, "it is raised here") }
    }
}
