//! Names, and words of other languages in their place.

use pluto_source::Span;
use unicode_normalization::UnicodeNormalization;

use super::Parser;
use crate::error::{Expected, Fact, Named};
use crate::token::Kind;
use crate::tree::{List, Name};

/// Words that begin declarations and statements elsewhere, and what Pluto has.
const FOREIGN: &[(&str, &str)] = &[
    ("abstract", ""),
    ("async", ""),
    ("case", "match"),
    ("def", "fn"),
    ("elif", "else if"),
    ("elseif", "else if"),
    ("elsif", "else if"),
    ("ensures", "assert"),
    ("export", "pub"),
    ("final", ""),
    ("foreach", "for"),
    ("fun", "fn"),
    ("func", "fn"),
    ("function", "fn"),
    ("go", "spawn"),
    ("interface", "trait"),
    ("mod", "import"),
    ("object", "class"),
    ("override", ""),
    ("private", ""),
    ("proc", "fn"),
    ("protected", ""),
    ("protocol", "trait"),
    ("public", "pub"),
    ("receive", "select"),
    ("record", "class"),
    ("require", "assert"),
    ("requires", "assert"),
    ("static", ""),
    ("struct", "class"),
    ("switch", "match"),
    ("throw", "raise"),
    ("throws", "raises"),
    ("try", ""),
    ("union", "enum"),
    ("unless", "if not"),
    ("until", "while not"),
    ("use", "import"),
    ("using", "import"),
    ("val", "let"),
    ("var", "let mut"),
    ("virtual", ""),
    ("when", "match"),
];

/// What Pluto has for a word of other languages: both as static texts.
pub(super) fn foreign_word(word: &str) -> Option<(&'static str, &'static str)> {
    FOREIGN.binary_search_by(|(written, _)| (*written).cmp(word)).ok().and_then(|at| FOREIGN.get(at)).copied()
}

/// Whether two names are the same: in Unicode's normal form NFC.
pub(super) fn same_name(a: &str, b: &str) -> bool {
    a == b || (!a.is_ascii() && !b.is_ascii() && a.nfc().eq(b.nfc()))
}

/// Whether a name begins with a capital.
pub(super) fn capital(text: &str) -> bool {
    text.chars().next().is_some_and(char::is_uppercase)
}

impl Parser<'_> {
    /// A name that must come, for something that is declared. Where none does, an empty one stands for it.
    pub(super) fn declared(&mut self, what: Named) -> Name {
        let name = self.name(Expected::Name(what));
        if name.span.is_empty() {
            return name;
        }
        let text = name.span.of(self.source);
        if what.capital().is_some_and(|wanted| wanted != capital(text)) {
            let instead = if what.capital() == Some(true) { camel_case(text) } else { snake_case(text) };
            self.note(name.span, Fact::WrongCase { what, instead });
        }
        name
    }

    /// A name that must come.
    pub(super) fn name(&mut self, expected: Expected) -> Name {
        if self.at(Kind::Name) {
            return Name { span: self.bump() };
        }
        if self.kind.is_keyword() && !self.newline {
            let kind = self.kind;
            self.error(self.span(), Fact::KeywordAsName(kind));
            // It was meant as a name, if what follows a name follows it.
            if !super::recover::begins_operand(self.peek(1)) || self.peek(1) == Kind::LeftParen {
                let span = self.bump();
                self.recovering = false;
                return Name { span };
            }
        } else {
            self.expected(expected);
        }
        Name { span: self.nothing() }
    }

    /// Names with dots between them, at least one.
    pub(super) fn path(&mut self, expected: Expected) -> List<Name> {
        let begin = self.begin::<Name>();
        let first = self.name(expected);
        self.push(first);
        while self.at(Kind::Dot) && !self.line_ends() {
            self.bump();
            let next = self.name(expected);
            self.push(next);
        }
        self.finish(begin)
    }

    /// A word of another language at the beginning of a declaration or a statement: says what Pluto has. Only where another token
    /// follows that makes it no name.
    pub(super) fn foreign(&mut self) -> Option<&'static str> {
        if !self.at(Kind::Name) {
            return None;
        }
        // White space follows it, where that makes it no name.
        if self.tokens.get(self.at + 1).is_none_or(|next| next.kind != Kind::Whitespace) {
            return None;
        }
        let (written, instead) = foreign_word(self.text())?;
        let follows = self.following().next().map(|(_, token)| token)?;
        let between = Span::new(self.end(), follows.start).of(self.source);
        let operand = super::recover::begins_operand(follows.kind) || follows.kind.is_keyword();
        if between.is_empty() || between.contains('\n') || !operand || follows.kind == Kind::Minus {
            return None;
        }
        self.error(self.span(), Fact::ForeignWord { written, instead });
        Some(instead)
    }
}

/// `my_class` and `myClass` as `MyClass`.
fn camel_case(text: &str) -> Option<Box<str>> {
    let words = text.split('_').filter(|word| !word.is_empty());
    let name: String = words
        .flat_map(|word| {
            let mut characters = word.chars();
            let first = characters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(characters)
        })
        .collect();
    capital(&name).then(|| name.into())
}

/// `MyName` and `MY_NAME` as `my_name`.
#[must_use]
pub fn snake_case(text: &str) -> Option<Box<str>> {
    let mut name = String::new();
    let mut after_small = false;
    for c in text.chars() {
        if c.is_uppercase() && after_small {
            name.push('_');
        }
        name.extend(c.to_lowercase());
        after_small = c.is_lowercase() || c.is_numeric();
    }
    (!capital(&name) && Kind::keyword(name.as_bytes()).is_none()).then(|| name.into())
}

#[cfg(test)]
mod tests {
    use super::{FOREIGN, camel_case, snake_case};

    #[test]
    fn cases() {
        let camel = ["point", "my_class", "myClass", "_", "1"].map(|text| camel_case(text).map(String::from));
        assert_eq!(camel, [Some("Point".into()), Some("MyClass".into()), Some("MyClass".into()), None, None]);
        let snake =
            ["Point", "MyName", "MY_NAME", "X1Y", "If"].map(|text| snake_case(text).map(String::from));
        let wanted = [Some("point"), Some("my_name"), Some("my_name"), Some("x1_y"), None];
        assert_eq!(snake, wanted.map(|name| name.map(String::from)));
    }

    #[test]
    fn the_words_are_sorted() {
        assert!(FOREIGN.is_sorted_by_key(|(word, _)| word));
    }
}
