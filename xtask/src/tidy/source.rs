//! Just enough of Rust's lexical structure to check sizes and words: what is code, what is comment or text, where
//! functions and test-only items begin and end.

use std::ops::Range;

/// A source file with its comments and literals blanked out. `code` has the same length and lines as the file.
pub(super) struct Source {
    code: String,
    /// Per line, whether it holds part of a comment.
    commented: Vec<bool>,
    /// Byte ranges of items under `#[cfg(test)]`.
    tests: Vec<Range<usize>>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    /// First line, from 1.
    pub(super) line: usize,
    /// Lines from `fn` to the closing brace.
    pub(super) lines: usize,
    /// Whether an attribute makes it a test.
    pub(super) test: bool,
}

impl Source {
    pub(super) fn new(text: &str) -> Self {
        let (code, commented) = mask(text);
        let tests = test_items(&code);
        Self { code, commented, tests }
    }

    /// The blanked text.
    pub(super) fn code(&self) -> &str {
        &self.code
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.code.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
    }

    /// Whether this line, or the one above it, carries a comment; what stands at the top of the file is about the
    /// file. Lines count from 1.
    pub(super) fn is_explained(&self, line: usize) -> bool {
        let commented = |line: usize| line > 0 && self.commented.get(line - 1).copied().unwrap_or(false);
        commented(line) || commented(line - 1)
    }

    /// Whether this offset lies in an item under `#[cfg(test)]`.
    pub(super) fn is_test(&self, offset: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&offset))
    }

    /// Lines of the file that are not part of items under `#[cfg(test)]`.
    pub(super) fn lines_outside_tests(&self) -> usize {
        let in_tests: usize = self.tests.iter().map(|range| lines_in(&self.code, range.clone())).sum();
        self.code.lines().count().saturating_sub(in_tests)
    }

    /// All functions that have a body, in order.
    pub(super) fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        for offset in words(&self.code, "fn") {
            let rest = &self.code[offset + 2..];
            let name: String =
                rest.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if name.is_empty() {
                continue;
            }
            if let Some(end) =
                item_end(&self.code, offset).filter(|end| self.code.as_bytes()[end - 1] == b'}')
            {
                let before = self.code[..offset].rsplit(['{', '}', ';']).next().unwrap_or_default();
                let test =
                    before.contains("#[test]") || before.contains("::test]") || before.contains("::test(");
                let (line, lines) = (self.line_of(offset), lines_in(&self.code, offset..end));
                found.push(Function { name, line, lines, test });
            }
        }
        found
    }
}

/// Offsets at which a word stands alone.
pub(super) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    code.match_indices(word).map(|(offset, _)| offset).filter(move |offset| {
        !part(code[..*offset].chars().next_back()) && !part(code[offset + word.len()..].chars().next())
    })
}

fn lines_in(code: &str, range: Range<usize>) -> usize {
    code.get(range).map_or(0, |text| text.matches('\n').count() + 1)
}

/// End of the item that begins at an offset: behind its closing brace, or behind its semicolon.
fn item_end(code: &str, start: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut braces = 0_usize;
    for (offset, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.checked_sub(1)?,
            b'{' => braces += 1,
            b'}' => {
                braces = braces.checked_sub(1)?;
                if braces == 0 && depth == 0 {
                    return Some(offset + 1);
                }
            }
            b';' if depth == 0 && braces == 0 => return Some(offset + 1),
            _ => {}
        }
    }
    None
}

fn test_items(code: &str) -> Vec<Range<usize>> {
    let attribute = "#[cfg(test)]";
    let mut items: Vec<Range<usize>> = Vec::new();
    for (start, _) in code.match_indices(attribute) {
        if items.last().is_some_and(|last| last.contains(&start)) {
            continue;
        }
        items.extend(item_end(code, start + attribute.len()).map(|end| start..end));
    }
    items
}

/// What the lexer stands in.
enum Kind {
    Comment,
    Literal,
}

/// Blanks comments and literals, newlines kept; also says which lines hold comments.
fn mask(text: &str) -> (String, Vec<bool>) {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut commented = vec![false; text.lines().count()];
    let (mut at, mut line) = (0, 0);
    while at < bytes.len() {
        let Some((kind, end)) = token(bytes, at) else {
            line += usize::from(bytes[at] == b'\n');
            at += 1;
            continue;
        };
        let counts = matches!(kind, Kind::Comment) && !bytes[at..].starts_with(b"//!");
        for offset in at..end {
            if counts && let Some(flag) = commented.get_mut(line) {
                *flag = true;
            }
            if bytes[offset] == b'\n' {
                line += 1;
            } else {
                code[offset] = b' ';
            }
        }
        at = end;
    }
    // Only whole tokens were blanked, so the rest is still the text it was.
    (String::from_utf8_lossy(&code).into_owned(), commented)
}

/// The comment or literal that begins at an offset, with its end.
fn token(bytes: &[u8], at: usize) -> Option<(Kind, usize)> {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        let length = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        return Some((Kind::Comment, at + length));
    }
    if rest.starts_with(b"/*") {
        return Some((Kind::Comment, at + block_comment(rest)));
    }
    if rest[0] == b'\'' {
        return char_literal(rest).map(|length| (Kind::Literal, at + length));
    }
    let before = at.checked_sub(1).map(|before| bytes[before]);
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && rest[0] != b'"' {
        return None;
    }
    string_literal(rest).map(|length| (Kind::Literal, at + length))
}

fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Length of a character literal; none for a lifetime or a label.
fn char_literal(rest: &[u8]) -> Option<usize> {
    if rest.get(1) == Some(&b'\\') {
        let close = rest.iter().skip(3).position(|byte| *byte == b'\'')?;
        return Some(close + 4);
    }
    // A literal holds one character, of up to four bytes.
    let close = rest.iter().skip(2).take(4).position(|byte| *byte == b'\'')? + 2;
    let one = std::str::from_utf8(&rest[1..close]).is_ok_and(|text| text.chars().count() == 1);
    one.then_some(close + 1)
}

/// Length of a string literal of any kind, prefix included.
fn string_literal(rest: &[u8]) -> Option<usize> {
    let prefix = rest.iter().take(2).take_while(|byte| matches!(byte, b'b' | b'c' | b'r')).count();
    let hashes = rest[prefix..].iter().take_while(|byte| **byte == b'#').count();
    let open = prefix + hashes;
    if rest.get(open) != Some(&b'"') {
        return None;
    }
    if rest[..prefix].contains(&b'r') {
        let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
        let found = rest[open + 1..].windows(close.len()).position(|window| window == close);
        return Some(found.map_or(rest.len(), |position| open + 1 + position + close.len()));
    }
    if hashes > 0 {
        return None;
    }
    let mut at = open + 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
    Some(rest.len())
}

#[cfg(test)]
mod tests {
    use super::{Function, Source};

    fn code(text: &str) -> String {
        Source::new(text).code().to_owned()
    }

    #[test]
    fn comments_and_literals_are_blanked() {
        for (text, masked) in [
            ("let a = \"x{\"; // y\nz", "let a =     ;     \nz"),
            ("a /* b /* c */ d */ e", "a                   e"),
            ("r#\"a\"b\"# c", "         c"),
            ("let c = '{'; 'a: loop {}", "let c =    ; 'a: loop {}"),
            ("'\\'' x '\\u{7b}' y", "     x          y"),
            ("b\"\\\"\" f(b'x')", "      f(b   )"),
            ("&'a str, 'b'", "&'a str,    "),
            ("for\"x\"", "for   "),
            ("\"open", "     "),
        ] {
            assert_eq!(code(text), masked, "{text}");
        }
    }

    #[test]
    fn functions_have_name_line_and_length() {
        let text = "fn a() {\n}\n\ntrait T {\n    fn none(&self);\n    #[test]\n    fn b<F: Fn()>(x: [u8; 2])\n    where\n        F: Sized {\n        let f: fn() = c;\n    }\n}\n";
        let found = Source::new(text).functions();
        let expected = [("a", 1, 2), ("b", 7, 5)];
        assert_eq!(
            found,
            expected.map(|(name, line, lines)| Function {
                name: name.to_owned(),
                line,
                lines,
                test: name == "b"
            })
        );
    }

    #[test]
    fn items_under_cfg_test_do_not_count_as_file_lines() {
        let source = Source::new("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n");
        assert_eq!(source.lines_outside_tests(), 2);
        assert!(source.is_test(source.code().find("fn b").unwrap()));
        assert!(!source.is_test(source.code().find("fn c").unwrap()));
    }

    #[test]
    fn a_comment_explains_its_own_line_and_the_next() {
        let source = Source::new("// why\nlet a;\nlet b;\nlet c; // because\n");
        assert_eq!([1, 2, 3, 4].map(|line| source.is_explained(line)), [true, true, false, true]);
    }
}
