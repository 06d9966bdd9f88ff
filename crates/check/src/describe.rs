//! The prose: from facts to diagnostics, one file for each space of codes.

mod concurrency;
mod contracts;
mod errors;
mod foreign;
mod injection;
mod modules;
mod mutability;
mod patterns;
mod types;

use pluto_source::{Code, Diagnostic, Edit, FileId, FileSpan, Fix, Label, Severity, Span};

use crate::error::{CheckError, Fact, Kind};
use crate::names::Symbol;
use crate::program::Program;

/// What is said about a fact, without its place.
struct Said {
    code: Code,
    message: String,
    secondary: Vec<Label>,
    notes: Vec<String>,
    fix: Option<Fix>,
}

/// The program that the facts are about, and where this one is.
#[derive(Clone, Copy)]
struct Words<'p> {
    program: &'p Program,
    at: FileSpan,
}

macro_rules! codes {
    ($($severity:ident { $($name:ident = $number:literal $text:literal,)* })*) => {
        $($(pub(in crate::describe) const $name: Code = Code { number: $number, name: $text, severity: Severity::$severity };)*)*

        /// Every code that this crate gives.
        pub const CODES: &[Code] = &[$($($name,)*)*];
    };
}

mod codes {
    use super::{Code, Severity};

    codes! {
        Error {
            UNKNOWN_NAME = 201 "unknown-name",
            UNKNOWN_TYPE = 202 "unknown-type",
            UNKNOWN_MODULE = 203 "unknown-module",
            UNKNOWN_ITEM = 204 "unknown-item",
            PRIVATE_ITEM = 205 "private-item",
            DUPLICATE_NAME = 206 "duplicate-name",
            IMPORT_CYCLE = 207 "import-cycle",
            NOT_A_TYPE = 208 "not-a-type",
            NOT_A_VALUE = 209 "not-a-value",
            UNKNOWN_MEMBER = 210 "unknown-member",
            PRIVATE_MEMBER = 211 "private-member",
            UNKNOWN_LABEL = 212 "unknown-label",
            AMBIGUOUS_METHOD = 213 "ambiguous-method",
            DUPLICATE_IMPL = 214 "duplicate-impl",
            FOREIGN_IMPL = 215 "foreign-impl",
            ALIAS_CYCLE = 216 "alias-cycle",
            CONST_CYCLE = 217 "const-cycle",
            UNKNOWN_VARIANT = 218 "unknown-variant",
            AMBIGUOUS_VARIANT = 219 "ambiguous-variant",
            DUPLICATE_MODULE = 220 "duplicate-module",
            NOT_A_TRAIT = 221 "not-a-trait",
            RESERVED_MODULE = 222 "reserved-module",
        }
        Warning {
            UNUSED_IMPORT = 230 "unused-import",
            UNUSED_LOCAL = 231 "unused-local",
            UNUSED_ITEM = 232 "unused-item",
            SHADOWED = 233 "shadowed",
        }
        Error {
            MISMATCH = 301 "mismatched-types",
            INT_FOR_FLOAT = 302 "int-for-float",
            CANNOT_INFER = 303 "cannot-infer",
            ARGUMENT_COUNT = 304 "argument-count",
            UNKNOWN_ARGUMENT = 305 "unknown-argument",
            GIVEN_TWICE = 306 "given-twice",
            MISSING_VALUES = 307 "missing-values",
            NOT_CALLABLE = 308 "not-callable",
            OPERANDS = 309 "bad-operands",
            NOT_COMPARABLE = 310 "not-comparable",
            NOT_ORDERED = 311 "not-ordered",
            MISSING_TRAIT = 312 "missing-trait",
            TYPE_ARGUMENT_COUNT = 313 "type-argument-count",
            OUT_OF_RANGE = 314 "out-of-range",
            CONVERSION = 315 "bad-conversion",
            NOT_ITERABLE = 316 "not-iterable",
            NOT_INDEXABLE = 317 "not-indexable",
            MISSING_RETURN = 318 "missing-return",
            NOT_OPTIONAL = 319 "not-optional",
            MAYBE_NONE = 320 "maybe-none",
            MISPLACED = 321 "misplaced",
            MISSING_METHODS = 322 "missing-methods",
            NOT_IN_TRAIT = 323 "not-in-trait",
            SIGNATURE_DIFFERS = 324 "signature-differs",
            NOT_OBJECT = 325 "not-a-trait-object",
            UNFIT_KEY = 326 "unfit-key",
            TOO_LARGE = 327 "type-too-large",
            NOT_CONST = 328 "not-constant",
            NOT_A_CLASS = 329 "not-a-class",
            BAD_FORMAT = 330 "bad-format",
            BAD_IS = 331 "bad-is",
            BAD_MAIN = 332 "bad-main",
            VOID_VALUE = 333 "void-value",
            BAD_IMPL = 334 "bad-impl",
            ENDLESS = 335 "no-values",
            SURE_TRAP = 336 "always-a-trap",
        }
        Warning {
            UNREACHABLE_CODE = 340 "unreachable-code",
            UNUSED_VALUE = 341 "unused-value",
            COMPARED_WITH_NONE = 342 "compared-with-none",
        }
        Error {
            UNHANDLED = 401 "unhandled-error",
            NEEDLESS = 402 "needless-handling",
            NOT_FALLIBLE = 403 "not-fallible",
            HANDLER_MISSES = 404 "handler-misses",
            UNDECLARED = 405 "undeclared-error",
            EFFECT_ESCAPES = 406 "function-may-fail",
            RAISES_MORE = 407 "raises-more-than-trait",
            NOT_AN_ERROR = 408 "not-an-error",
            STREAM_MAY_FAIL = 409 "stream-may-fail",
        }
        Warning {
            NEVER_RAISED = 420 "never-raised",
        }
        Error {
            NOT_EXHAUSTIVE = 501 "not-exhaustive",
            REFUTABLE = 502 "refutable-pattern",
            PATTERN_MISMATCH = 503 "pattern-mismatch",
            ALTERNATIVE_NAMES = 504 "alternative-names",
            BOUND_TWICE = 505 "bound-twice",
            MISSING_FIELD_PATTERNS = 506 "missing-field-patterns",
            TOO_MANY_FIELD_PATTERNS = 507 "too-many-field-patterns",
            EMPTY_RANGE = 508 "empty-range",
        }
        Warning {
            UNREACHABLE_ARM = 520 "unreachable-arm",
            NEEDLESS_ELSE = 521 "needless-else",
        }
        Error {
            IMPURE = 601 "impure-contract",
            LEAKS_PART = 602 "leaks-part",
            SHARES_PART = 603 "shares-part",
        }
        Warning {
            OLD_COPIES = 620 "old-copies",
        }
        Error {
            ASSIGN_IMMUTABLE = 701 "assign-immutable",
            MUTATE_IMMUTABLE = 702 "change-immutable",
            THAW = 703 "immutable-made-mutable",
            FIELD_ASSIGN = 704 "field-assigned-outside",
            FOREIGN_PART = 705 "part-changed-outside",
            NOT_A_PLACE = 706 "not-assignable",
        }
        Warning {
            NEEDLESS_MUT = 720 "needless-mut",
        }
        Error {
            NO_PROVIDER = 801 "no-provider",
            MANY_PROVIDERS = 802 "many-providers",
            DEPENDENCY_CYCLE = 803 "dependency-cycle",
            NOT_INJECTABLE = 804 "not-injectable",
            SHARED_MUTABLE = 805 "shared-mutable",
            SECOND_ENTRY = 806 "second-entry",
            APP_WITHOUT_MAIN = 807 "app-without-main",
            CANNOT_CROSS = 901 "cannot-cross",
            BAD_SPAWN = 902 "bad-spawn",
            BAD_LATER = 903 "bad-later",
            BAD_SELECT = 904 "bad-select",
            UNUSED_TASK = 905 "unused-task",
            CANNOT_COPY = 906 "cannot-copy",
        }
    }
}

pub use codes::CODES;
pub(crate) use types::binary;

/// What is wrong, in words.
pub(crate) fn describe(error: &CheckError, program: &Program) -> Diagnostic {
    let words = Words { program, at: error.at };
    let Said { code, message, secondary, notes, fix } = words.say(&error.fact);
    // What is built in has no file to show.
    let secondary = secondary.into_iter().filter(|label| label.place.file != FileId(u32::MAX)).collect();
    Diagnostic {
        code,
        message,
        primary: Label { place: error.at, text: String::new() },
        secondary,
        notes,
        fix,
    }
}

impl Words<'_> {
    fn say(&self, fact: &Fact) -> Said {
        self.modules(fact)
            .or_else(|| self.types(fact))
            .or_else(|| self.more_types(fact))
            .or_else(|| self.errors(fact))
            .or_else(|| self.patterns(fact))
            .or_else(|| self.contracts(fact))
            .or_else(|| self.mutability(fact))
            .or_else(|| self.injection(fact))
            .or_else(|| self.concurrency(fact))
            .unwrap_or_else(|| Said::new(codes::MISPLACED, "this is not allowed here"))
    }

    fn name(&self, name: Symbol) -> &str {
        self.program.text(name)
    }

    fn names(&self, names: &[Symbol]) -> String {
        list(&names.iter().map(|name| format!("`{}`", self.name(*name))).collect::<Vec<_>>())
    }

    fn errors_of(&self, errors: &[crate::program::ErrorId]) -> String {
        let shown = self.program.show_errors(errors);
        list(
            &shown
                .split(", ")
                .filter(|name| !name.is_empty())
                .map(|name| format!("`{name}`"))
                .collect::<Vec<_>>(),
        )
    }

    fn ty(&self, ty: crate::types::TyId) -> String {
        self.program.show(ty)
    }

    fn trait_name(&self, id: crate::program::TraitId) -> &str {
        self.name(self.program.traits[id].origin.name)
    }
}

impl Said {
    fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), secondary: Vec::new(), notes: Vec::new(), fix: None }
    }

    fn at(mut self, place: FileSpan, text: impl Into<String>) -> Self {
        self.secondary.push(Label { place, text: text.into() });
        self
    }

    fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Proposes another text for a place.
    fn replace(mut self, title: impl Into<String>, place: FileSpan, text: impl Into<String>) -> Self {
        self.fix = Some(Fix::proposed(title, vec![Edit { place, text: text.into() }]));
        self
    }

    /// What is proposed is the only way to spell what was meant.
    fn for_sure(mut self) -> Self {
        if let Some(fix) = &mut self.fix {
            fix.sure = true;
        }
        self
    }

    fn insert_before(self, title: impl Into<String>, place: FileSpan, text: impl Into<String>) -> Self {
        let at = Span::empty(place.span.start).in_file(place.file);
        self.replace(title, at, text)
    }

    fn insert_after(self, title: impl Into<String>, place: FileSpan, text: impl Into<String>) -> Self {
        let at = Span::empty(place.span.end).in_file(place.file);
        self.replace(title, at, text)
    }

    /// Proposes something before and something behind a place.
    fn surround(
        self,
        title: impl Into<String>,
        place: FileSpan,
        before: impl Into<String>,
        behind: impl Into<String>,
    ) -> Self {
        let mut said = self.insert_before(title, place, before);
        let at = Span::empty(place.span.end).in_file(place.file);
        if let Some(fix) = &mut said.fix {
            fix.edits.push(Edit { place: at, text: behind.into() });
        }
        said
    }

    /// Proposes a name that was probably meant.
    fn near(self, near: Option<&str>, place: FileSpan) -> Self {
        match near {
            Some(near) => self.replace(format!("write `{near}`"), place, near),
            None => self,
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list(items: &[String]) -> String {
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn plural<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Module => "a module",
        Kind::Function => "a function",
        Kind::Class => "a class",
        Kind::Actor => "an actor",
        Kind::App => "an app",
        Kind::Enum => "an enum",
        Kind::Trait => "a trait",
        Kind::Error => "an error",
        Kind::Alias => "a name for a type",
        Kind::Const => "a constant",
        Kind::Type => "a type",
        Kind::TypeParam => "a type parameter",
        Kind::Local => "a local name",
        Kind::Variant => "a variant",
    }
}
