//! The prose: from facts to diagnostics.

use pluto_source::{Code, Diagnostic, Edit, FileId, Fix, Label, Severity, Span};

use crate::error::{BadEscape, BadNumber, Expected, Fact, Foreign, Named, Number, SyntaxError};
use crate::token::Kind;

macro_rules! codes {
    ($($name:ident = $number:literal $text:literal,)*) => {
        $(const $name: Code = Code { number: $number, name: $text, severity: Severity::Error };)*

        /// Every code that this crate gives.
        pub const CODES: &[Code] = &[$($name,)*];
    };
}

codes! {
    UNKNOWN_CHARACTER = 1 "unknown-character",
    UNTERMINATED_STRING = 2 "unterminated-string",
    UNTERMINATED_COMMENT = 3 "unterminated-comment",
    BAD_ESCAPE = 4 "bad-escape",
    BAD_NUMBER = 5 "bad-number",
    NUMBER_OUT_OF_RANGE = 6 "number-out-of-range",
    FOREIGN_OPERATOR = 7 "foreign-operator",
    SEMICOLON = 8 "semicolon",
    SINGLE_QUOTES = 9 "single-quotes",
    UNCLOSED_HOLE = 10 "unclosed-hole",
    LONE_BRACE = 11 "lone-brace",
    STRINGS_TOO_DEEP = 12 "strings-too-deep",
    UNEXPECTED_TOKEN = 101 "unexpected-token",
    UNCLOSED_BRACKET = 102 "unclosed-bracket",
    UNOPENED_BRACKET = 103 "unopened-bracket",
    NESTED_TOO_DEEP = 104 "nested-too-deep",
    STATEMENTS_ON_ONE_LINE = 105 "statements-on-one-line",
    OPERATOR_BEGINS_LINE = 106 "operator-begins-line",
    CHAINED_COMPARISON = 107 "chained-comparison",
    CLASS_LITERAL_IN_HEAD = 108 "class-literal-in-head",
    FOREIGN_WORD = 109 "foreign-word",
    THIN_ARROW = 110 "thin-arrow",
    WRONG_CASE = 111 "wrong-case",
    KEYWORD_AS_NAME = 112 "keyword-as-name",
    DECLARATION_IN_BLOCK = 113 "declaration-in-block",
    MISPLACED_PUB = 114 "misplaced-pub",
    NOT_WITHOUT_PARENTHESES = 115 "not-without-parentheses",
    BAD_ASSIGNMENT_TARGET = 116 "bad-assignment-target",
    ASSIGNMENT_IN_EXPRESSION = 117 "assignment-in-expression",
    MISPLACED_SELF = 118 "misplaced-self",
    MISPLACED_REST = 119 "misplaced-rest",
    MISSING_BODY = 120 "missing-body",
    MISSING_TYPE = 121 "missing-type",
    MISSING_VALUE = 122 "missing-value",
    BAD_TUPLE = 123 "bad-tuple",
    MIXED_ENTRIES = 124 "mixed-entries",
    CLOSURE_WITHOUT_PARENTHESES = 125 "closure-without-parentheses",
    LABEL_WITHOUT_LOOP = 126 "label-without-loop",
    UNNAMED_FIELD = 127 "unnamed-field",
    TERNARY = 128 "ternary",
    BAD_KEY = 129 "bad-key",
    MISSING_LET = 130 "missing-let",
    FOREIGN_CLOSURE = 131 "foreign-closure",
    FOREIGN_FORM = 132 "foreign-form",
    TOO_MANY_ERRORS = 199 "too-many-errors",
}

impl SyntaxError {
    /// Its code.
    pub fn code(&self) -> Code {
        match self.fact {
            Fact::UnknownCharacter(_) => UNKNOWN_CHARACTER,
            Fact::UnterminatedString { .. } => UNTERMINATED_STRING,
            Fact::UnterminatedComment => UNTERMINATED_COMMENT,
            Fact::BadEscape(_) => BAD_ESCAPE,
            Fact::BadNumber(_) => BAD_NUMBER,
            Fact::OutOfRange(_) => NUMBER_OUT_OF_RANGE,
            Fact::ForeignOperator { .. } | Fact::BangBefore | Fact::Step { .. } => FOREIGN_OPERATOR,
            Fact::Semicolon { .. } => SEMICOLON,
            Fact::SingleQuotes { .. } | Fact::BackQuotes => SINGLE_QUOTES,
            Fact::UnclosedHole => UNCLOSED_HOLE,
            Fact::LoneBrace => LONE_BRACE,
            Fact::StringsTooDeep => STRINGS_TOO_DEEP,
            Fact::Expected { .. } | Fact::MissingComma { .. } => UNEXPECTED_TOKEN,
            Fact::Unclosed { .. } => UNCLOSED_BRACKET,
            Fact::Unopened(_) => UNOPENED_BRACKET,
            Fact::TooDeep => NESTED_TOO_DEEP,
            Fact::SameLine { .. } => STATEMENTS_ON_ONE_LINE,
            Fact::LeadingOperator { .. } => OPERATOR_BEGINS_LINE,
            Fact::Chained { .. } => CHAINED_COMPARISON,
            Fact::ClassInHead => CLASS_LITERAL_IN_HEAD,
            Fact::ForeignWord { .. } => FOREIGN_WORD,
            Fact::ThinArrow | Fact::ResultArrow => THIN_ARROW,
            Fact::WrongCase { .. } => WRONG_CASE,
            Fact::KeywordAsName(_) => KEYWORD_AS_NAME,
            Fact::ItemInBlock { .. } => DECLARATION_IN_BLOCK,
            Fact::MisplacedPub => MISPLACED_PUB,
            Fact::NotNeedsParentheses { .. } => NOT_WITHOUT_PARENTHESES,
            Fact::BadTarget => BAD_ASSIGNMENT_TARGET,
            Fact::AssignmentInside { .. } | Fact::AssignmentAsValue => ASSIGNMENT_IN_EXPRESSION,
            Fact::MisplacedSelf => MISPLACED_SELF,
            Fact::MisplacedRest => MISPLACED_REST,
            Fact::MissingBody => MISSING_BODY,
            Fact::MissingType => MISSING_TYPE,
            Fact::MissingValue => MISSING_VALUE,
            Fact::OneElementTuple | Fact::EmptyTuple => BAD_TUPLE,
            Fact::MixedEntries => MIXED_ENTRIES,
            Fact::BadKey => BAD_KEY,
            Fact::ClosureWithoutParentheses { .. } => CLOSURE_WITHOUT_PARENTHESES,
            Fact::LabelWithoutLoop => LABEL_WITHOUT_LOOP,
            Fact::UnnamedField => UNNAMED_FIELD,
            Fact::Ternary => TERNARY,
            Fact::DeclarationWithoutLet { .. } => MISSING_LET,
            Fact::Foreign(_)
            | Fact::StreamInType { .. }
            | Fact::TypeBeforeName { .. }
            | Fact::ModuleInQuotes { .. }
            | Fact::MapType { .. }
            | Fact::IsNot => FOREIGN_FORM,
            Fact::Misspelled { instead: "self" } => MISPLACED_SELF,
            Fact::Misspelled { .. } => UNEXPECTED_TOKEN,
            Fact::ForeignClosure => FOREIGN_CLOSURE,
            Fact::TooMany => TOO_MANY_ERRORS,
        }
    }

    /// What is to be said about it.
    pub fn diagnostic(&self, file: FileId) -> Diagnostic {
        Diagnostic {
            code: self.code(),
            message: self.message(),
            primary: Label { place: self.span.in_file(file), text: String::new() },
            secondary: self.secondary(file),
            notes: self.note().into_iter().map(String::from).collect(),
            fix: self.fix(file),
        }
    }

    fn message(&self) -> String {
        match &self.fact {
            Fact::UnknownCharacter(c) if c.is_control() || c.is_whitespace() => {
                format!("the character U+{:04X} means nothing here", u32::from(*c))
            }
            Fact::UnknownCharacter(c) => format!("`{c}` means nothing here"),
            Fact::UnterminatedString { quotes } => format!("this string has no end: `{quotes}` is missing"),
            Fact::UnterminatedComment => "this comment has no end: `*/` is missing".into(),
            Fact::BadEscape(wrong) => bad_escape(*wrong),
            Fact::BadNumber(wrong) => bad_number(*wrong),
            Fact::OutOfRange(Number::Int) => "this number is too large for `int`, which has 64 bits".into(),
            Fact::OutOfRange(Number::Float) => "this number is too large for `float`".into(),
            Fact::OutOfRange(Number::Duration) => {
                "this duration is too long: the longest is 292 years".into()
            }
            Fact::ForeignOperator { written: "**", .. } => "`a ** b` is written `a.pow(b)`".into(),
            Fact::ForeignOperator { written: "...", .. } => {
                "`...` is written `..` without the end, and `..=` with it".into()
            }
            Fact::ForeignOperator { written, instead } => format!("`{written}` is written `{instead}`"),
            Fact::Semicolon { .. } => "a statement ends with its line, not with `;`".into(),
            Fact::BackQuotes => "strings are in double quotes, and those with holes in `f\"…\"`".into(),
            Fact::SingleQuotes { .. } => "strings are in double quotes".into(),
            Fact::UnclosedHole => "this hole has no end on its line: `}` is missing".into(),
            Fact::LoneBrace => "a `}` in a string with holes is written `}}`".into(),
            Fact::StringsTooDeep => "strings with holes are nested too deeply".into(),
            Fact::Expected { expected, found } => expected_found(*expected, *found),
            Fact::Unclosed { close, .. } => format!("{} is missing", close.shown()),
            Fact::Unopened(close) => format!("{} closes nothing", close.shown()),
            Fact::TooDeep => format!("this is nested more than {} levels deep", crate::NESTING),
            Fact::SameLine { .. } => "statements and declarations begin on lines of their own".into(),
            Fact::LeadingOperator { operator, .. } => {
                format!("a line cannot begin with {}", operator.shown())
            }
            Fact::Chained { .. } => "comparisons and ranges cannot be chained".into(),
            Fact::ClassInHead => "a class literal needs parentheses before a block".into(),
            Fact::ForeignWord { written: written @ ("ensures" | "requires"), .. }
            | Fact::ForeignWord { written, instead: "" } => {
                format!("`{written}` does not belong here")
            }
            Fact::ForeignWord { written, instead } => format!("`{written}` is `{instead}` in Pluto"),
            Fact::ThinArrow => "`->` is written `=>`".into(),
            Fact::ResultArrow => "the type of the result stands alone behind the parameters".into(),
            Fact::WrongCase { what, .. } => wrong_case(*what),
            Fact::KeywordAsName(word) => format!("{} is a keyword and cannot be a name", word.shown()),
            Fact::ItemInBlock { .. } => "a declaration cannot stand in a block".into(),
            Fact::MisplacedPub => "`pub` means nothing here".into(),
            Fact::NotNeedsParentheses { .. } => "`not` needs parentheses here".into(),
            Fact::BadTarget => "only a name, a field or an element can be assigned to".into(),
            Fact::AssignmentInside { .. } | Fact::AssignmentAsValue => {
                "an assignment is a statement, not an expression".into()
            }
            Fact::BangBefore => "`!` before an operand is written `not`".into(),
            Fact::Step { instead, .. } => format!("there is no such operator: write `{instead} 1`"),
            Fact::Ternary => "a choice is written `if a { b } else { c }`".into(),
            Fact::MisplacedSelf => "`self` is the first parameter of a method, and of nothing else".into(),
            Fact::MisplacedRest => "`..` stands once, for the rest, in an array or behind fields".into(),
            Fact::MissingComma { .. } => "a comma or a new line is missing before this".into(),
            Fact::MissingBody => "this function has no body".into(),
            Fact::MissingType => "this parameter has no type".into(),
            Fact::MissingValue => "a value is missing here".into(),
            Fact::OneElementTuple => "a tuple has at least two elements".into(),
            Fact::EmptyTuple => "there is no empty tuple".into(),
            Fact::MixedEntries => "elements of an array and entries of a map are mixed".into(),
            Fact::BadKey => "a key in a pattern is a literal".into(),
            Fact::ClosureWithoutParentheses { .. } => "the parameters of a closure are in parentheses".into(),
            Fact::LabelWithoutLoop => "a `:` here can only be behind the label of a loop".into(),
            Fact::DeclarationWithoutLet { .. } => "a new name is declared by `let`".into(),
            Fact::Foreign(form) => foreign(*form).into(),
            Fact::StreamInType { .. } => {
                "`stream` stands before the result of a function; elsewhere it is `Iterator<…>`".into()
            }
            Fact::TypeBeforeName { instead } => format!("the type stands behind the name: `{instead}`"),
            Fact::Misspelled { instead } => format!("`{instead}` was probably meant"),
            Fact::MapType { instead } => {
                format!("the type of a map is written `{}`", instead.as_deref().unwrap_or("Map<K, V>"))
            }
            Fact::ModuleInQuotes { .. } => "a module is named without quotes, with dots".into(),
            Fact::IsNot => "`a is not B` is written `not (a is B)`".into(),
            Fact::ForeignClosure => "a function without a name is written `(x) => …`".into(),
            Fact::UnnamedField => "a field has a name".into(),
            Fact::TooMany => "there are more errors, which are not shown".into(),
        }
    }

    fn secondary(&self, file: FileId) -> Vec<Label> {
        let (span, text) = match &self.fact {
            Fact::Unclosed { open, close, .. } => (*open, format!("for {} to close this", close.shown())),
            Fact::Chained { first } => (*first, "the first one".into()),
            _ => return Vec::new(),
        };
        vec![Label { place: span.in_file(file), text }]
    }

    fn note(&self) -> Option<&'static str> {
        Some(match &self.fact {
            Fact::UnknownCharacter('#') => "a comment begins with `//`",
            Fact::UnterminatedString { quotes: "\"" } => "a string of several lines is in `\"\"\"`",
            Fact::UnterminatedComment => "block comments nest: each `/*` in it needs its own `*/`",
            Fact::BadEscape(BadEscape::Unknown(_)) => {
                "the escapes are `\\n`, `\\r`, `\\t`, `\\0`, `\\\\`, `\\\"`, `\\x41` and `\\u{1F600}`"
            }
            Fact::BadEscape(BadEscape::NotAscii) => "above `\\x7f`, write `\\u{…}`",
            Fact::BadNumber(BadNumber::Suffix) => "durations end in `ns`, `us`, `ms`, `s`, `m` or `h`",
            Fact::UnclosedHole => "a `{` that is no hole is written `{{`",
            Fact::SameLine { .. } => "nothing joins this with what is before it on the line",
            Fact::LeadingOperator { .. } => "an operator at the end of a line continues it",
            Fact::Chained { .. } => "join two of them by `and`",
            Fact::ItemInBlock { function: true } => {
                "a function inside a function is a closure: `let f = (x: int) => …`"
            }
            Fact::LabelWithoutLoop => "a new name is declared by `let`",
            Fact::AssignmentAsValue | Fact::Step { statement: false, .. } => {
                "each assignment is a line of its own"
            }
            Fact::Foreign(Foreign::Supertypes) => "`impl Trait for Class { … }` stands beside the class",
            Fact::Foreign(Foreign::TrailingBlock) => "a closure is an argument: `list.map((x) => x * 2)`",
            Fact::Foreign(Foreign::Spread) => "`a.concat(b)` is an array with the elements of both",
            Fact::ForeignWord { written: "where", .. } => {
                "what a type parameter must have stands with it: `fn f<T: Show>(x: T)`"
            }
            Fact::Foreign(Foreign::MutInPattern) => {
                "`let mut (a, b) = …` is for all names; what `match` binds is given to a `let mut` to be changed"
            }
            Fact::Foreign(Foreign::MutInFor) => {
                "elements of an array are changed by their indices: `for i in 0..list.len() { list[i].up() }`"
            }
            Fact::Foreign(Foreign::OpenRange) => {
                "`n if n < 0 => …` takes what is less than 0, and `_ => …` what is left"
            }
            Fact::Foreign(Foreign::Repeat) => "`for _ in 0..n { … }` does something `n` times",
            Fact::ForeignWord { written: "let", instead: "const" } => {
                "outside of functions nothing is changed, and what changes is in a class or an actor"
            }
            Fact::ForeignWord { written: "ensures" | "requires", .. } => {
                "clauses of a contract stand between the head and the body of a function"
            }
            Fact::ForeignWord { written: "override", .. } => {
                "what a type does for a trait stands in `impl Trait for Type { … }`"
            }
            Fact::ForeignWord { written: "static", .. } => "a function without `self` belongs to its type",
            Fact::Foreign(Foreign::Reference) => "what a function changes is a parameter with `mut`",
            Fact::ForeignWord { written: "if let", .. } => {
                "`let x = e else { … }` and `if e != none { … }` go without `match`"
            }
            Fact::ForeignWord { written: "while let", .. } => {
                "a channel is read by `for x in rx`, anything else by `loop` and `let x = e else { break }`"
            }
            Fact::Expected {
                expected: Expected::Either(Kind::Comma, Kind::RightBracket),
                found: Some(Kind::For),
            } => "a list is made of another by `list.filter((x) => …).map((x) => …)`",
            Fact::Expected { expected: Expected::Block, found: Some(Kind::In) } => {
                "`list.contains(x)` says whether something is in it"
            }
            Fact::Expected { expected: Expected::Block, found: Some(Kind::Colon) } => "a block is in braces",
            Fact::Expected {
                expected: Expected::Either(Kind::Comma, Kind::RightParen),
                found: Some(Kind::Pipe),
            } => "what is one of several types is an `enum`, or a `trait`",
            Fact::Expected { expected: Expected::Name(Named::Function), found: Some(Kind::LeftParen) } => {
                "a method stands in its class, and `self` is its first parameter"
            }
            Fact::Expected { expected: Expected::Method, found: Some(Kind::Name) } => {
                "a method begins with `fn`"
            }
            Fact::ForeignWord { written: "try" | "except" | "finally", .. } => {
                "`f()!` hands on what a call raises, and `f() catch e { … }` handles it"
            }
            Fact::ForeignWord { written: "await", .. } => {
                "a call waits by itself, and `task.get()!` for what was spawned"
            }
            Fact::ForeignWord { written: "async", .. } => {
                "every function can wait, and `spawn f()` starts a task"
            }
            Fact::ForeignWord { written: "implements" | "extends", .. } => {
                "`impl Trait for Class { … }` stands beside the class"
            }
            Fact::ForeignWord { written: "new", .. } => {
                "a value of a class is written `Point { x: 1, y: 2 }`"
            }
            Fact::Expected { expected: Expected::Item, .. } => {
                "statements stand in a function: `fn main() { … }`"
            }
            Fact::MissingBody => "only the methods of a trait may go without one",
            _ => return None,
        })
    }

    fn fix(&self, file: FileId) -> Option<Fix> {
        let edit = |span: Span, text: &str| Edit { place: span.in_file(file), text: text.into() };
        let span = self.span;
        let write = |text: &str| Some(Fix::sure(format!("write `{text}`"), vec![edit(span, text)]));
        let remove = |what: &str| Some(Fix::sure(format!("remove {what}"), vec![edit(span, "")]));
        let insert =
            |title: &str, at: u32, text: &str| Some(Fix::sure(title, vec![edit(Span::empty(at), text)]));
        let parentheses = |title: &str, end: u32| {
            let edits = vec![edit(Span::empty(span.start), "("), edit(Span::empty(end), ")")];
            Some(Fix::sure(title, edits))
        };
        match &self.fact {
            Fact::UnknownCharacter('#') => {
                let first = Span::new(span.start, span.start + 1);
                Some(Fix::sure("write `//`", vec![edit(first, "//")]))
            }
            Fact::ForeignOperator { written: "**", .. } => None,
            Fact::ForeignOperator { written: "...", .. } => {
                Some(Fix::proposed("write `..`", vec![edit(span, "..")]))
            }
            Fact::ForeignOperator { instead, .. } => write(instead),
            Fact::Semicolon { at_end: true } => remove("`;`"),
            Fact::SingleQuotes { plain: false } => None,
            Fact::SingleQuotes { plain: true } => {
                let first = Span::new(span.start, span.start + 1);
                let last = Span::new(span.end - 1, span.end);
                Some(Fix::sure("write double quotes", vec![edit(first, "\""), edit(last, "\"")]))
            }
            Fact::LoneBrace => write("}}"),
            Fact::MissingComma { after } => insert("write a comma", *after, ","),
            Fact::BadNumber(BadNumber::NothingBeforeDot) => {
                insert("write `0` before the dot", span.start, "0")
            }
            Fact::BadNumber(BadNumber::NothingBehindDot) => insert("write `0` behind the dot", span.end, "0"),
            Fact::Unclosed { instead: true, .. } => None,
            Fact::Unclosed { close, .. } => {
                let text = if *close == Kind::RightBrace { "\n}" } else { close.shown().trim_matches('`') };
                let title = format!("write {}", close.shown());
                Some(Fix::proposed(title, vec![edit(Span::empty(span.end), text)]))
            }
            Fact::LeadingOperator { operator, previous_end: Some(previous_end) } => {
                let text = format!(" {}", operator.shown().trim_matches('`'));
                let edits = vec![edit(Span::empty(*previous_end), &text), edit(span, "")];
                Some(Fix::sure("move it to the end of the line before", edits))
            }
            Fact::ClassInHead => parentheses("put it in parentheses", span.end),
            Fact::NotNeedsParentheses { end } => parentheses("put it in parentheses", *end),
            Fact::ClosureWithoutParentheses { arrow } => {
                let mut fix = parentheses("put the parameter in parentheses", span.end)?;
                fix.edits.extend(arrow.map(|arrow| edit(arrow, "=>")));
                Some(fix)
            }
            Fact::ForeignWord {
                written: "try" | "new" | "where" | "implements" | "extends" | "ensures" | "requires",
                ..
            } => None,
            Fact::ForeignWord { instead: "", written } => remove(&format!("`{written}`")),
            Fact::ForeignWord { written: "if let" | "while let", .. } => None,
            Fact::ForeignWord { written, instead } if !begins_other_form(written) => write(instead),
            Fact::ThinArrow => write("=>"),
            Fact::ResultArrow => remove("it"),
            Fact::Misspelled { instead } => {
                Some(Fix::proposed(format!("write `{instead}`"), vec![edit(span, instead)]))
            }
            Fact::ModuleInQuotes { instead } if instead.is_empty() => None,
            Fact::ModuleInQuotes { instead } => {
                Some(Fix::proposed(format!("write `{instead}`"), vec![edit(span, instead)]))
            }
            Fact::Foreign(Foreign::TypeParamsInBrackets) => {
                let first = Span::new(span.start, span.start + 1);
                let last = Span::new(span.end - 1, span.end);
                Some(Fix::proposed("write `<…>`", vec![edit(first, "<"), edit(last, ">")]))
            }
            Fact::DeclarationWithoutLet { instead }
            | Fact::TypeBeforeName { instead }
            | Fact::MapType { instead: Some(instead) } => write(instead),
            Fact::StreamInType { item } => {
                let edits = vec![
                    edit(Span::new(span.start, item.start), "Iterator<"),
                    edit(Span::empty(item.end), ">"),
                ];
                Some(Fix::sure("write `Iterator<…>`", edits))
            }
            Fact::Foreign(Foreign::MethodWithoutFn) => insert("write `fn`", span.start, "fn "),
            Fact::Foreign(Foreign::Cons) => write(", .."),
            Fact::MisplacedPub => remove("`pub`"),
            Fact::AssignmentInside { body: Some(body) } => {
                let edits = vec![edit(Span::empty(body.start), "{ "), edit(Span::empty(body.end), " }")];
                Some(Fix::sure("put it in a block", edits))
            }
            Fact::BangBefore => write("not "),
            Fact::Step { instead, statement: true } => write(&format!("{instead} 1")),
            Fact::Step { .. } => None,
            fact => {
                let (title, text) = proposal(fact)?;
                let place =
                    if matches!(fact, Fact::SameLine { .. }) { Span::empty(span.start) } else { span };
                Some(Fix::proposed(title, vec![edit(place, &text)]))
            }
        }
    }
}

/// A title, and what might stand in the place of what is wrong: a new name is not yet one where the name is used, and what is left
/// out or cut in two may have been meant.
fn proposal(fact: &Fact) -> Option<(String, String)> {
    Some(match fact {
        Fact::Unopened(close) => (format!("remove {}", close.shown()), String::new()),
        Fact::Semicolon { at_end: false } | Fact::SameLine { name: false } => {
            ("begin a new line".to_owned(), "\n".to_owned())
        }
        Fact::ForeignWord { written, instead } if begins_other_form(written) => {
            (format!("write `{instead}`"), (*instead).to_owned())
        }
        Fact::Foreign(Foreign::Reference) => ("remove it".to_owned(), String::new()),
        Fact::WrongCase { instead: Some(instead), .. } => (format!("write `{instead}`"), instead.to_string()),
        Fact::AssignmentInside { body: None } => ("write `==`".to_owned(), "==".to_owned()),
        _ => return None,
    })
}

/// Whether what stands behind a word of another language is written otherwise too: Pluto's word alone brings other mistakes.
fn begins_other_form(written: &str) -> bool {
    matches!(written, "case" | "def" | "switch" | "when")
}

const fn foreign(form: Foreign) -> &'static str {
    match form {
        Foreign::ArrayType => "the type of an array is written `[T]`",
        Foreign::Reference => "there are no references: a value is given as it is",
        Foreign::MethodWithoutFn => "a method begins with `fn`",
        Foreign::MapInBraces => "a map is in brackets: `[\"a\": 1]`",
        Foreign::ClassWithoutName => "a value of a class begins with the name of the class: `Point { x: 1 }`",
        Foreign::CountingLoop => "a loop that counts is written `for i in 0..n`",
        Foreign::Supertypes => "a class does not name its traits",
        Foreign::RestOfMap => "the pattern of a map says nothing of its other keys, and has no `..`",
        Foreign::OpenRange => "a range in a pattern has both its ends",
        Foreign::MutInFor => "what `for` binds is not changed",
        Foreign::MutInPattern => "`mut` stands behind `let`, not inside of a pattern",
        Foreign::DoWhile => "this loop is written `loop { … }`, with `if not c { break }` at its end",
        Foreign::Repeat => "a loop without end is written `loop { … }`",
        Foreign::CaughtInParentheses => "the name of what is caught stands alone: `catch e { … }`",
        Foreign::TrailingBlock => "a block cannot stand behind a field or a method",
        Foreign::Cast => "a number is made another type by `as`: `x as float`",
        Foreign::TypeParamsInBrackets => "type parameters are written `<T>`",
        Foreign::Spread => "there is no `..` for the elements of another array",
        Foreign::RestOfClass => "there is no `..` for the fields of another value: each is written",
        Foreign::Cons => "the rest of an array is written `..rest`, behind a comma",
    }
}

fn bad_escape(wrong: BadEscape) -> String {
    match wrong {
        BadEscape::Unknown(c) if c.is_control() => "a backslash cannot end a line".into(),
        BadEscape::Unknown(c) => format!("there is no escape `\\{c}`"),
        BadEscape::Hex => "`\\x` needs two hexadecimal digits".into(),
        BadEscape::NotAscii => "`\\x` goes up to `\\x7f`".into(),
        BadEscape::Unicode => "`\\u` needs one to six hexadecimal digits in braces".into(),
        BadEscape::NotACharacter => "no character has this number".into(),
    }
}

fn bad_number(wrong: BadNumber) -> String {
    match wrong {
        BadNumber::NoDigits => "this number has no digits".into(),
        BadNumber::Underscore => "a `_` in a number stands between two digits".into(),
        BadNumber::Digit { radix } => format!("this number has a digit that base {radix} does not have"),
        BadNumber::NothingBeforeDot => "a float has a digit before the dot".into(),
        BadNumber::NothingBehindDot => "a float has a digit behind the dot".into(),
        BadNumber::Exponent => "the exponent has no digits".into(),
        BadNumber::Suffix => "a number cannot end in letters, unless it is a duration".into(),
        BadNumber::DurationFraction => "a duration is a whole number of its unit".into(),
    }
}

fn expected_found(expected: Expected, found: Option<Kind>) -> String {
    let expected = match expected {
        Expected::Token(kind) => kind.shown().to_owned(),
        Expected::Either(one, other) => format!("{} or {}", one.shown(), other.shown()),
        Expected::Expression => "an expression".into(),
        Expected::Type => "a type".into(),
        Expected::Pattern => "a pattern".into(),
        Expected::Item => "a declaration".into(),
        Expected::Statement => "a statement".into(),
        Expected::Name(what) => format!("the name of {}", named(what)),
        Expected::FieldName => "the name of a field or a method".into(),
        Expected::Block => "a block, which begins with `{`".into(),
        Expected::Member => "a field, a method or an invariant".into(),
        Expected::VariantOrMethod => "a variant or a method".into(),
        Expected::Method => "a method".into(),
        Expected::String => "a string".into(),
        Expected::EndOfLine => "a comma or the end of the line".into(),
    };
    match found {
        Some(found) => format!("expected {expected}, found {}", found.shown()),
        None => format!("expected {expected}, found the end of the line"),
    }
}

const fn named(what: Named) -> &'static str {
    match what {
        Named::Module => "a module",
        Named::Imported => "what is imported",
        Named::Function => "a function",
        Named::Parameter => "a parameter",
        Named::TypeParameter => "a type parameter",
        Named::Class => "a class",
        Named::Actor => "an actor",
        Named::Enum => "an enum",
        Named::Variant => "a variant",
        Named::Trait => "a trait",
        Named::Error => "an error",
        Named::Type => "a type",
        Named::Constant => "a constant",
        Named::App => "an app",
        Named::Field => "a field",
        Named::Dependency => "a dependency",
        Named::Local => "a local",
        Named::Label => "a label",
    }
}

fn wrong_case(what: Named) -> String {
    let capital = if what.capital() == Some(true) { "a capital" } else { "a small letter" };
    format!("the name of {} begins with {capital}", named(what))
}
