//! Types.

use pluto_syntax::tree::{BinaryOp, UnaryOp};

use super::{Said, Words, codes, list, plural};
use crate::error::{Fact, Misplaced, SureTrap};
use crate::types::{Ty, TyId};

impl Words<'_> {
    pub(super) fn types(&self, fact: &Fact) -> Option<Said> {
        let at = self.at;
        Some(match fact {
            Fact::Mismatch { expected, found, because } => self.mismatch(*expected, *found, *because),
            Fact::Unconverted { expected, found, loose } => self.unconverted(*expected, *found, *loose),
            Fact::IntForFloat { decimal } => {
                let said = Said::new(codes::INT_FOR_FLOAT, "this is an `int`, and a `float` is needed");
                if *decimal { said.insert_after("write a float", at, ".0").for_sure() } else { said }
            }
            Fact::NoneForPlain { expected } => {
                let message = format!("`{}` is needed, which is never `none`", self.ty(*expected));
                // The `?` of a function's result was meant for the function.
                let function = matches!(self.program.types.get(*expected), Ty::Function(..));
                let optional = match self.ty(*expected).strip_suffix('?').filter(|_| function) {
                    Some(meant) => format!("({meant})?"),
                    None => self.program.show_optional(*expected),
                };
                Said::new(codes::MISMATCH, message)
                    .note(format!("what may be `none` is of the type `{optional}`"))
            }
            Fact::CannotInfer { .. } => Said::new(codes::CANNOT_INFER, "nothing decides the type of this")
                .note("say it where it is bound"),
            Fact::ArgumentCount { expected, least, found, declared } => {
                let wanted =
                    if least == expected { expected.to_string() } else { format!("{least} to {expected}") };
                let arguments = plural(*expected, "argument is", "arguments are");
                let found = if *found == 0 {
                    "none is".to_owned()
                } else {
                    format!("{found} {}", plural(*found, "is", "are"))
                };
                let said = Said::new(
                    codes::ARGUMENT_COUNT,
                    format!("{wanted} {arguments} needed, and {found} given"),
                );
                match declared {
                    Some(declared) => said.at(*declared, "it is declared here"),
                    None => said,
                }
            }
            Fact::UnknownArgument { name, near } => Said::new(
                codes::UNKNOWN_ARGUMENT,
                format!("nothing here has the name `{}`", self.name(*name)),
            )
            .near(near.map(|near| self.name(near)), at),
            Fact::GivenTwice { name, first } => {
                Said::new(codes::GIVEN_TWICE, format!("`{}` is given twice", self.name(*name)))
                    .at(*first, "the first is here")
            }
            Fact::MissingValues { names } => {
                let verb = plural(names.len(), "has", "have");
                Said::new(codes::MISSING_VALUES, format!("{} {verb} no value", self.names(names)))
            }
            Fact::NotCallable { ty } => {
                Said::new(codes::NOT_CALLABLE, format!("`{}` cannot be called", self.ty(*ty)))
            }
            Fact::Operands { operator, left, right } => self.operands(*operator, *left, *right),
            Fact::Operand { operator, operand } => {
                let message = format!("`{}` is not defined for `{}`", unary(*operator), self.ty(*operand));
                Said::new(codes::OPERANDS, message)
            }
            Fact::NotComparable { ty, part } => {
                let said = Said::new(codes::NOT_COMPARABLE, format!("`{}` has no `==`", self.ty(*ty)));
                self.because_of_part(said, *ty, *part)
            }
            Fact::NotOrdered { ty } => {
                Said::new(codes::NOT_ORDERED, format!("`{}` has no order", self.ty(*ty)))
            }
            Fact::MissingTrait { ty, of } => {
                let message = format!("`{}` does not implement `{}`", self.ty(*ty), self.ty(*of));
                Said::new(codes::MISSING_TRAIT, message)
            }
            Fact::TypeArgumentCount { name, expected, found } => {
                let arguments = plural(*expected, "type argument", "type arguments");
                let message = format!(
                    "`{}` takes {expected} {arguments}, and {found} {} given",
                    self.name(*name),
                    plural(*found, "is", "are")
                );
                Said::new(codes::TYPE_ARGUMENT_COUNT, message)
            }
            Fact::OutOfRange { ty } => {
                Said::new(codes::OUT_OF_RANGE, format!("`{}` does not hold this number", self.ty(*ty)))
            }
            Fact::Conversion { from, to } => {
                let message = format!("`as` does not convert `{}` to `{}`", self.ty(*from), self.ty(*to));
                Said::new(codes::CONVERSION, message)
            }
            Fact::NotIterable { ty } => {
                Said::new(codes::NOT_ITERABLE, format!("`for` cannot go through `{}`", self.ty(*ty)))
            }
            Fact::NotIndexable { ty, index } => {
                let message = format!("`{}` has no elements by `{}`", self.ty(*ty), self.ty(*index));
                Said::new(codes::NOT_INDEXABLE, message)
            }
            Fact::MissingReturn { expected } => {
                let message =
                    format!("the end of the function gives nothing, and `{}` is needed", self.ty(*expected));
                Said::new(codes::MISSING_RETURN, message)
            }
            Fact::NotOptional { ty, call } => {
                let said = Said::new(codes::NOT_OPTIONAL, format!("`{}` is never `none`", self.ty(*ty)));
                if !call {
                    return Some(said);
                }
                let end = at.span.end;
                let mark = pluto_source::Span::new(end.saturating_sub(1), end).in_file(at.file);
                said.note("`?` hands on `none`, and `!` hands on an error").replace("write `!`", mark, "!")
            }
            Fact::MaybeNone { ty, name } => {
                let message = format!("this may be `none`, since it is `{}`", self.ty(*ty));
                Said::new(codes::MAYBE_NONE, message).note(format!(
                    "`?.{0}` gives `none` then, and after `!= none` it is `.{0}`",
                    self.name(*name)
                ))
            }
            _ => return None,
        })
    }

    fn mismatch(&self, expected: TyId, found: TyId, because: Option<pluto_source::FileSpan>) -> Said {
        let message = format!("`{}` is needed, and this is `{}`", self.ty(expected), self.ty(found));
        let mut said = Said::new(codes::MISMATCH, message);
        if let Some(because) = because {
            said = said.at(because, "because of this");
        }
        let types = &self.program.types;
        match (types.get(expected), types.get(found)) {
            (Ty::Actor(a, _), Ty::Class(b, _)) if a == b => {
                said.note("an actor sees its own state in its methods, not a handle of itself")
            }
            (Ty::Array(of), _) if of == found || matches!(types.get(of), Ty::Infer(_)) => {
                said.note("`push` adds one element to an array, and `append` those of another")
            }
            (_, Ty::Optional(of)) if of == expected => said.note("`??` gives a default where it is `none`"),
            (Ty::Error(_), Ty::Caught(_)) => {
                said.note("in an arm whose pattern is one error, the name behind `catch` is that error")
            }
            (Ty::Never, _) => Said::new(
                codes::MISMATCH,
                "this block must not end: it returns, raises, or goes on with a loop",
            ),
            _ => said,
        }
    }

    fn unconverted(&self, expected: TyId, found: TyId, loose: bool) -> Said {
        let conversion = format!(" as {}", self.ty(expected));
        let said = self.mismatch(expected, found, None);
        if loose {
            said.surround("convert it", self.at, "(", format!("){conversion}"))
        } else {
            said.insert_after("convert it", self.at, conversion)
        }
    }

    fn operands(&self, operator: BinaryOp, left: TyId, right: TyId) -> Said {
        let message =
            format!("`{}` is not defined for `{}` and `{}`", binary(operator), self.ty(left), self.ty(right));
        let said = Said::new(codes::OPERANDS, message);
        let numbers = |ty| matches!(self.program.types.get(ty), Ty::Int | Ty::Float | Ty::Byte);
        if numbers(left) && numbers(right) && left != right {
            return said.note("numbers are converted by `as`");
        }
        if operator == BinaryOp::Less && matches!(self.program.types.get(left), Ty::Sender(_)) {
            return said.note("a value is sent by `tx.send(value)!`");
        }
        if self.is_state_of(left, right) || self.is_state_of(right, left) {
            return said.note("an actor sees its own state in its methods, not a handle of itself");
        }
        let function = |ty| matches!(self.program.types.get(ty), Ty::Function(..));
        if function(left) || function(right) {
            return said.note("a function and a method are called by `()`");
        }
        let optional = |ty| matches!(self.program.types.get(ty), Ty::Optional(_));
        if optional(left) || optional(right) {
            return said.note("`??` gives a default where it is `none`");
        }
        let text = left == TyId::STRING || right == TyId::STRING;
        if operator == BinaryOp::Add && text {
            return said.note("`f\"… {value} …\"` puts a value into a text");
        }
        said
    }

    /// Whether a type is the state of the actor that another is a handle of.
    fn is_state_of(&self, state: TyId, handle: TyId) -> bool {
        let types = &self.program.types;
        matches!((types.get(state), types.get(handle)), (Ty::Class(a, _), Ty::Actor(b, _)) if a == b)
    }

    pub(super) fn because_of_part(&self, said: Said, ty: TyId, part: TyId) -> Said {
        if ty == part {
            return match self.program.types.get(ty) {
                Ty::Param(_) => said.note("a bound on the type parameter says that it has"),
                _ => said,
            };
        }
        said.note(format!("`{}` is a part of it", self.ty(part)))
    }

    pub(super) fn more_types(&self, fact: &Fact) -> Option<Said> {
        Some(match fact {
            Fact::Misplaced { what: what @ Misplaced::ActorLiteral { receiver: false } } => {
                misplaced(*what).insert_before("write `spawn`", self.at, "spawn ")
            }
            Fact::Misplaced { what } => misplaced(*what),
            Fact::MissingMethods { of, names } => {
                let message = format!(
                    "{} of `{}` {} missing",
                    self.names(names),
                    self.trait_name(*of),
                    plural(names.len(), "is", "are")
                );
                Said::new(codes::MISSING_METHODS, message)
            }
            Fact::NotInTrait { of, name, near } => {
                let message =
                    format!("the trait `{}` has no method `{}`", self.trait_name(*of), self.name(*name));
                Said::new(codes::NOT_IN_TRAIT, message).near(near.map(|near| self.name(near)), self.at)
            }
            Fact::SignatureDiffers { of, name, expected, found, declared } => {
                let message = format!(
                    "`{}` is `{}`, and the trait `{}` says `{}`",
                    self.name(*name),
                    self.ty(*found),
                    self.trait_name(*of),
                    self.ty(*expected)
                );
                Said::new(codes::SIGNATURE_DIFFERS, message).at(*declared, "it is declared here")
            }
            Fact::ShapeDiffers { of, name, declared } => {
                let message = format!(
                    "`{}` takes something else than the trait `{}` says",
                    self.name(*name),
                    self.trait_name(*of)
                );
                Said::new(codes::SIGNATURE_DIFFERS, message).at(*declared, "it is declared here")
            }
            Fact::NotObject { of, method } => {
                let (of, method) = (self.trait_name(*of), self.name(*method));
                Said::new(
                    codes::NOT_OBJECT,
                    format!("`{of}` cannot be a trait object because of its method `{method}`"),
                )
                .note("a method of a trait object has `self`, no type parameters, and no `Self`")
            }
            Fact::BadKey { ty, part } => {
                let said = Said::new(codes::UNFIT_KEY, format!("`{}` cannot be a key", self.ty(*ty)));
                let said = self.because_of_part(said, *ty, *part);
                if *part == TyId::FLOAT { said.note("a key holds no `float`") } else { said }
            }
            Fact::Grows => Said::new(
                codes::TOO_LARGE,
                "the types that generic functions are called with grow too large here",
            )
            .note("code is made for each type that a generic function is used with"),
            Fact::TooLarge => Said::new(codes::TOO_LARGE, "this type has too many parts"),
            Fact::NotConst => Said::new(codes::NOT_CONST, "this is not known before the program runs")
                .note("a constant is made of literals, operators and other constants"),
            Fact::NotAClass { ty } => {
                Said::new(codes::NOT_A_CLASS, format!("`{}` is not a class", self.ty(*ty)))
            }
            Fact::Endless { types } => {
                let names: Vec<String> = types.iter().map(|ty| format!("`{}`", self.ty(*ty))).collect();
                let message = match names.as_slice() {
                    [one] => format!("{one} can never have a value: each needs another one first"),
                    _ => format!("{} can never have values: each needs one of the next first", list(&names)),
                };
                Said::new(codes::ENDLESS, message).note("what may be missing is optional: `next: Node?`")
            }
            Fact::SureTrap { what } => Said::new(codes::SURE_TRAP, sure_trap(*what)),
            Fact::BadFormat { ty } => Said::new(
                codes::BAD_FORMAT,
                format!("this says nothing about how `{}` is printed", self.ty(*ty)),
            )
            .note("a format is `[<^>][0][width][.precision][x|b|o|e]`"),
            Fact::BadIs { value, ty } => {
                let message = format!("`{}` can never be told to be `{}`", self.ty(*value), self.ty(*ty));
                Said::new(codes::BAD_IS, message)
                    .note("`is` asks of a `term` its kind, and of a trait object its class")
            }
            Fact::BadMain { app: false } => {
                Said::new(codes::BAD_MAIN, "`main` takes nothing and gives nothing")
            }
            Fact::BadMain { app: true } => {
                Said::new(codes::BAD_MAIN, "`main` of an app takes `self` alone and gives nothing")
            }
            Fact::VoidValue { expected: None } => Said::new(codes::VOID_VALUE, "this gives no value"),
            Fact::VoidValue { expected: Some(expected) } => {
                let message = format!("this gives no value, and `{}` is needed", self.ty(*expected));
                Said::new(codes::VOID_VALUE, message)
            }
            Fact::MissingElse => Said::new(codes::VOID_VALUE, "an `if` without `else` gives no value"),
            Fact::BadImpl { on } => {
                Said::new(codes::BAD_IMPL, format!("`{}` cannot be given methods here", self.ty(*on)))
            }
            Fact::ComparesDefault { expected, operator, grouped } => {
                let said = self.mismatch(*expected, TyId::BOOL, None);
                let said = said.note(format!("`??` binds looser than `{}`", binary(*operator)));
                match grouped {
                    Some(place) => said.surround("put the default in parentheses", *place, "(", ")"),
                    None => said,
                }
            }
            Fact::UnreachableCode { after } => {
                Said::new(codes::UNREACHABLE_CODE, "nothing comes here").at(*after, "this does not come back")
            }
            Fact::ComparedWithNone { ty, equal } => {
                let always = if *equal { "false" } else { "true" };
                let message = format!("`{}` is never `none`: this is always `{always}`", self.ty(*ty));
                Said::new(codes::COMPARED_WITH_NONE, message)
            }
            Fact::UnusedValue { ty } => {
                Said::new(codes::UNUSED_VALUE, format!("nothing uses this value of type `{}`", self.ty(*ty)))
            }
            _ => return None,
        })
    }
}

fn misplaced(what: Misplaced) -> Said {
    let message = match what {
        Misplaced::Break => "there is no loop here to break out of",
        Misplaced::Continue => "there is no loop here to go on with",
        Misplaced::BreakValue => "only a `loop` gives a value",
        Misplaced::Return => "nothing returns from here",
        Misplaced::Yield => "only a generator yields: a function whose result begins with `stream`",
        Misplaced::ReturnValue => "a generator returns no value: it yields them",
        Misplaced::Raise => "no error may leave from here",
        Misplaced::SelfValue => "there is no `self` here",
        Misplaced::SelfType => "there is no `Self` here",
        Misplaced::Ensures => "`result` and `old` stand in `ensures` only, and `result` where there is one",
        Misplaced::Try => "`?` returns `none`, and the function here gives no optional",
        Misplaced::ActorLiteral { .. } => "an actor is started by `spawn`",
        Misplaced::TraitFunction => "what a trait asks for is a method, which has `self`",
    };
    let said = Said::new(codes::MISPLACED, message);
    match what {
        Misplaced::SelfValue => said.note("a method has it as its first parameter: `fn area(self) float`"),
        Misplaced::TraitFunction => {
            said.note("a function that makes a value is a parameter of what needs it: `make: fn() T`")
        }
        Misplaced::Yield => said.note("`stream int` is the result of a generator of `int`s"),
        _ => said,
    }
}

fn unary(operator: UnaryOp) -> &'static str {
    match operator {
        UnaryOp::Negate => "-",
        UnaryOp::Invert => "~",
        UnaryOp::Not => "not",
    }
}

/// An operator as it is written.
pub(crate) fn binary(operator: BinaryOp) -> &'static str {
    match operator {
        BinaryOp::Multiply => "*",
        BinaryOp::Divide => "/",
        BinaryOp::Remainder => "%",
        BinaryOp::Add => "+",
        BinaryOp::Subtract => "-",
        BinaryOp::ShiftLeft => "<<",
        BinaryOp::ShiftRight => ">>",
        BinaryOp::BitAnd => "&",
        BinaryOp::BitXor => "^",
        BinaryOp::BitOr => "|",
        BinaryOp::Equal => "==",
        BinaryOp::NotEqual => "!=",
        BinaryOp::Less => "<",
        BinaryOp::LessOrEqual => "<=",
        BinaryOp::Greater => ">",
        BinaryOp::GreaterOrEqual => ">=",
        BinaryOp::And => "and",
        BinaryOp::Or => "or",
        BinaryOp::Coalesce => "??",
    }
}

/// Patterns that are missing.
pub(super) fn missing(patterns: &[String]) -> String {
    let quoted: Vec<String> = patterns
        .iter()
        .map(|pattern| if pattern == "…" { "more".to_owned() } else { format!("`{pattern}`") })
        .collect();
    list(&quoted)
}

fn sure_trap(what: SureTrap) -> String {
    match what {
        SureTrap::Overflow => "this is always a trap: `int` does not hold the result".into(),
        SureTrap::DivisionByZero => "this is always a trap: a division by zero".into(),
        SureTrap::Shift => "this is always a trap: a shift is by 0 to 63".into(),
        SureTrap::NoByte => "this is always a trap: a `byte` goes from 0 to 255".into(),
        SureTrap::Index { index, count } => {
            let elements = if count == 1 { "element" } else { "elements" };
            format!("this is always a trap: there is no element {index} of {count} {elements}")
        }
    }
}
