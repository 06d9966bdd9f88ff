//! Programs that parse, from choices: of every construct, spaced and commented at random. What they mean, if anything, is left to
//! chance.
//!
//! The choices are bytes, so that proptest shrinks them and a fuzzer changes them; where there are no more, the simplest is taken.

/// How deep constructs are nested.
const DEPTH: u32 = 5;

/// The source of a program.
pub(crate) fn program(choices: &[u8]) -> String {
    let mut writer =
        Writer { choices, out: String::new(), depth: DEPTH, indent: 0, labels: 0, in_line: false, holes: 0 };
    while !writer.choices.is_empty() {
        writer.item();
        writer.end_line();
    }
    writer.out
}

/// Levels of operators, as in the parser, and two more.
mod level {
    pub(super) const ALL: u8 = 1;
    pub(super) const COALESCE: u8 = 2;
    pub(super) const NOT: u8 = 5;
    pub(super) const COMPARE: u8 = 6;
    pub(super) const RANGE: u8 = 7;
    pub(super) const BIT_OR: u8 = 8;
    pub(super) const AS: u8 = 14;
    pub(super) const PREFIX: u8 = 15;
}

/// Where an expression stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Anywhere,
    /// Before a block: no `{` begins or continues it.
    Head,
    /// Before `=>`.
    Guard,
}

const NAMES: [&str; 12] =
    ["a", "b", "count", "x1", "наука", "_unused", "result", "type", "error", "e2", "after", "名"];
const CAPITALS: [&str; 5] = ["A", "Point", "Tree2", "Ω", "NotFound"];
const INFIX: [(&str, u8); 20] = [
    ("+", 12),
    ("-", 12),
    ("*", 13),
    ("/", 13),
    ("%", 13),
    ("and", 4),
    ("or", 3),
    ("??", 2),
    ("==", 6),
    ("!=", 6),
    ("<", 6),
    ("<=", 6),
    (">", 6),
    (">=", 6),
    ("&", 10),
    ("|", 8),
    ("^", 9),
    ("<<", 11),
    (">>", 11),
    ("..=", 7),
];

struct Writer<'c> {
    choices: &'c [u8],
    out: String,
    depth: u32,
    indent: usize,
    /// Labels of loops around.
    labels: usize,
    /// In a string on one line: no line may end.
    in_line: bool,
    /// Holes around: a colon there begins a format.
    holes: usize,
}

impl Writer<'_> {
    fn choose(&mut self, from: usize) -> usize {
        let Some((first, rest)) = self.choices.split_first() else { return 0 };
        self.choices = rest;
        usize::from(*first) % from
    }

    fn maybe(&mut self) -> bool {
        self.choose(2) == 1
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.choose(from.len())]
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn word(&mut self, from: &[&'static str]) {
        let word = self.pick(from);
        self.put(word);
    }

    /// White space where tokens need some.
    fn space(&mut self) {
        let space = self.pick(&[" ", " ", " ", " ", "  ", " /* c /* d */ */ ", "\t"]);
        self.put(space);
    }

    /// The same, or the end of a line, which means nothing here.
    fn soft(&mut self) {
        if self.choose(12) == 11 && !self.in_line {
            self.put(" // c\n");
        } else {
            self.space();
        }
    }

    fn end_line(&mut self) {
        let end = self.pick(&["\n", "\n", "\n", "\n\n", " // c\n", "\r\n", "\n/// doc\n"]);
        self.put(end);
        for _ in 0..self.indent {
            self.put("    ");
        }
    }

    /// Does something one level deeper, or something simple.
    fn deeper(&mut self, what: impl FnOnce(&mut Self), simple: impl FnOnce(&mut Self)) {
        if self.depth == 0 || self.choices.is_empty() {
            simple(self);
        } else {
            self.depth -= 1;
            what(self);
            self.depth += 1;
        }
    }

    fn name(&mut self) {
        self.word(&NAMES);
    }

    fn capital(&mut self) {
        self.word(&CAPITALS);
    }

    /// Up to so many, with commas between them, and perhaps one behind.
    fn list(&mut self, least: usize, most: usize, mut element: impl FnMut(&mut Self)) {
        let count = least + self.choose(most - least + 1);
        for at in 0..count {
            if at > 0 {
                self.put(",");
                self.soft();
            }
            element(self);
        }
        if count > 1 && self.choose(6) == 5 {
            self.put(",");
        }
    }

    fn braced(&mut self, most: usize, mut element: impl FnMut(&mut Self)) {
        self.put("{");
        self.indent += 1;
        for _ in 0..self.choose(most + 1) {
            self.new_element();
            element(self);
        }
        self.indent -= 1;
        self.new_element();
        self.put("}");
    }

    /// The line's end before an element of braces; on one line, only what may follow without.
    fn new_element(&mut self) {
        self.end_line();
    }

    // ---------------------------------------------------------------------------------------------------------- items

    fn item(&mut self) {
        if self.choose(4) == 3 {
            self.put("pub ");
            return self.public_item();
        }
        match self.choose(12) {
            0 | 1 => self.import(),
            2 => {
                self.put("impl");
                self.type_params();
                self.put(" ");
                self.named_type();
                if self.maybe() {
                    self.put(" for ");
                    self.named_type();
                }
                self.put(" ");
                self.braced(2, |w| w.function(true, true));
            }
            3 => {
                self.put("bind ");
                self.named_type();
                self.put(" = ");
                self.expr(level::ALL, Place::Anywhere);
            }
            4 => self.test(),
            _ => self.public_item(),
        }
    }

    fn public_item(&mut self) {
        match self.choose(10) {
            0 | 1 => self.function(false, true),
            2 => self.class("class"),
            3 => self.class("actor"),
            4 => self.enum_item(),
            5 => {
                self.put("trait ");
                self.capital();
                self.type_params();
                self.put(" ");
                self.braced(3, |w| {
                    let body = w.maybe();
                    w.function(true, body);
                });
            }
            6 => {
                self.put("error ");
                self.capital();
                if self.maybe() {
                    self.put(" ");
                    self.braced(2, Self::field);
                }
            }
            7 => {
                self.put("type ");
                self.capital();
                self.type_params();
                self.put(" = ");
                self.ty();
            }
            8 => {
                self.put("const ");
                self.word(&["LIMIT", "a", "Ω"]);
                if self.maybe() {
                    self.put(": ");
                    self.ty();
                }
                self.put(" =");
                self.soft();
                self.expr(level::ALL, Place::Anywhere);
            }
            _ => self.class("app"),
        }
    }

    fn import(&mut self) {
        self.put("import ");
        self.word(&["a", "std.check", "a.b.c"]);
        match self.choose(3) {
            0 => {}
            1 => self.put(" as d"),
            _ => {
                self.put(".{");
                self.list(1, 3, |w| w.word(&["x", "Y", "x as y", "Y as Z"]));
                self.put("}");
            }
        }
    }

    fn test(&mut self) {
        self.put("test \"name \\n\"");
        if self.maybe() {
            self.put(" with ");
            self.named_type();
            self.put(" = ");
            self.put("A { x: 1 }");
            if self.maybe() {
                self.put(", B = b()");
            }
        }
        self.put(" ");
        self.block();
    }

    fn type_params(&mut self) {
        if self.choose(3) == 2 {
            self.put("<");
            self.list(1, 2, |w| {
                w.word(&["T", "U"]);
                let bounds = w.pick(&["", ": A", ": A + b.B<T>"]);
                w.put(bounds);
            });
            self.put(">");
        }
    }

    fn function(&mut self, method: bool, body: bool) {
        if method && self.choose(4) == 3 {
            self.put("pub ");
        }
        self.put("fn");
        self.space();
        self.name();
        self.type_params();
        self.put("(");
        if method {
            let receiver = self.pick(&["self, ", "mut self, ", ""]);
            self.put(receiver);
        }
        self.list(0, 3, |w| {
            let mutable = w.pick(&["", "", "mut "]);
            w.put(mutable);
            w.word(&["a", "b", "_"]);
            w.put(": ");
            w.ty();
            if w.choose(4) == 3 {
                w.put(" = ");
                w.expr(level::ALL, Place::Anywhere);
            }
        });
        self.put(")");
        let result = self.choose(3);
        if result > 0 {
            self.put(if result == 2 { " stream " } else { " " });
            self.ty();
        }
        self.clauses();
        if body {
            self.put(" ");
            let labels = std::mem::take(&mut self.labels);
            self.block();
            self.labels = labels;
        }
    }

    fn clauses(&mut self) {
        let raises = self.pick(&["", "", " raises none", " raises NotFound", "\n    raises a.A,\n B"]);
        self.put(raises);
        for _ in 0..self.choose(3) {
            let clause = self.pick(&["\n    requires not ", " ensures not "]);
            self.put(clause);
            self.expr(level::NOT, Place::Head);
        }
    }

    fn class(&mut self, word: &str) {
        self.put(word);
        self.put(" ");
        self.capital();
        self.type_params();
        if self.choose(3) == 2 {
            self.put("[");
            self.list(1, 2, |w| {
                w.name();
                w.put(": ");
                w.named_type();
            });
            self.put("]");
        }
        self.put(" ");
        self.braced(4, |w| match w.choose(4) {
            0 | 1 => w.field(),
            2 => w.function(true, true),
            _ => {
                w.put("invariant not ");
                w.expr(level::NOT, Place::Anywhere);
            }
        });
    }

    fn field(&mut self) {
        self.name();
        self.put(": ");
        self.ty();
        if self.choose(3) == 2 {
            self.put(" = ");
            self.expr(level::ALL, Place::Anywhere);
        }
        let comma = self.pick(&["", "", ","]);
        self.put(comma);
    }

    fn enum_item(&mut self) {
        self.put("enum ");
        self.capital();
        self.type_params();
        self.put(" ");
        self.braced(4, |w| {
            if w.choose(4) == 3 {
                return w.function(true, true);
            }
            w.capital();
            if w.maybe() {
                w.put("(");
                w.list(0, 3, |w| {
                    w.name();
                    w.put(": ");
                    w.ty();
                });
                w.put(")");
            }
            let comma = w.pick(&["", "", ","]);
            w.put(comma);
        });
    }

    // ---------------------------------------------------------------------------------------------------------- types

    fn named_type(&mut self) {
        self.word(&["A", "Database", "shapes.Point"]);
        if self.choose(4) == 3 {
            self.deeper(
                |w| {
                    w.put("<");
                    w.list(1, 2, Self::ty);
                    w.put(">");
                },
                |_| {},
            );
        }
    }

    fn ty(&mut self) {
        let simple = |w: &mut Self| w.word(&["int", "T", "string", "a.B"]);
        self.deeper(
            |w| match w.choose(8) {
                0 | 1 => simple(w),
                2 => w.named_type(),
                3 => {
                    w.put("[");
                    w.ty();
                    w.put("]");
                }
                4 => {
                    w.put("(");
                    w.list(2, 3, Self::ty);
                    w.put(")");
                }
                5 => {
                    simple(w);
                    let marks = w.pick(&["?", "??"]);
                    w.put(marks);
                }
                6 => w.function_type(),
                _ => {
                    w.put("(");
                    w.function_type();
                    w.put(")?");
                }
            },
            simple,
        );
    }

    fn function_type(&mut self) {
        self.put("fn(");
        self.list(0, 2, |w| {
            let mutable = w.pick(&["", "", "mut "]);
            w.put(mutable);
            w.ty();
        });
        self.put(")");
        if self.maybe() {
            self.put(" ");
            self.ty();
        }
        let raises = self.pick(&["", "", " raises none", " raises A", " raises (A, b.B)"]);
        self.put(raises);
    }

    // ------------------------------------------------------------------------------------------------------ statements

    fn block(&mut self) {
        if self.in_line {
            self.put("{ ");
            self.expr(level::ALL, Place::Anywhere);
            self.put(" }");
        } else {
            self.deeper(|w| w.braced(4, Self::statement), |w| w.put("{ }"));
        }
    }

    fn statement(&mut self) {
        match self.choose(10) {
            0..=3 => self.expr(level::ALL, Place::Anywhere),
            4..=6 => {
                let mutable = self.pick(&["let ", "let mut "]);
                self.put(mutable);
                self.pattern(true);
                if self.choose(3) == 2 {
                    self.put(": ");
                    self.ty();
                }
                self.put(" =");
                self.soft();
                self.expr(level::COALESCE, Place::Anywhere);
                if self.choose(4) == 3 {
                    self.put(" else ");
                    self.block();
                }
            }
            7 => {
                self.word(&["a", "a.b", "a[0]", "self.x", "(a).b", "a.b().c"]);
                self.put(" ");
                self.word(&["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "??="]);
                self.soft();
                self.expr(level::ALL, Place::Anywhere);
            }
            8 => {
                self.put("defer ");
                self.block();
            }
            _ => {
                self.put("assert ");
                self.expr(level::ALL, Place::Anywhere);
                if self.maybe() {
                    self.put(",");
                    self.soft();
                    self.expr(level::ALL, Place::Anywhere);
                }
            }
        }
    }

    // ----------------------------------------------------------------------------------------------------- expressions

    /// An expression whose operators bind at least so tightly.
    fn expr(&mut self, least: u8, place: Place) {
        self.deeper(|w| w.any_expr(least, place), Self::simple);
    }

    fn any_expr(&mut self, least: u8, place: Place) {
        match self.choose(9) {
            0 | 1 => self.simple(),
            2 | 3 => self.infix(least, place),
            4 | 5 => self.postfix(),
            6 => self.loose(least, place),
            7 => self.prefix(least, place),
            _ => self.primary(place),
        }
    }

    fn simple(&mut self) {
        self.word(&[
            "a",
            "1",
            "true",
            "none",
            "self",
            "\"text\\t\"",
            "0xff",
            "1.5e-3",
            "10ms",
            ":ok",
            "x1",
            "false",
            "2.0",
            "b",
            "наука",
            ":\"an atom\"",
            "-1",
            "[]",
            "[:]",
        ]);
    }

    /// In parentheses, where anything goes.
    fn parenthesized(&mut self) {
        self.put("(");
        self.expr(level::ALL, Place::Anywhere);
        self.put(")");
    }

    fn infix(&mut self, least: u8, place: Place) {
        match self.choose(6) {
            0 if least <= level::AS => {
                self.expr(level::AS, place);
                self.put(" as ");
                self.word(&["int", "[T]", "(A, B)", "a.B"]);
                self.put(" ");
                self.put("+ 1");
            }
            1 if least <= level::COMPARE => {
                self.expr(level::RANGE, place);
                self.put(" is ");
                self.word(&["int", "[T]", "a.B"]);
            }
            2 if least <= level::RANGE => {
                self.expr(level::BIT_OR, place);
                self.put("..");
                self.expr(level::BIT_OR, place);
            }
            _ => {
                let (operator, level) = INFIX[self.choose(INFIX.len())];
                if level < least {
                    return self.parenthesized();
                }
                let single = matches!(level, level::COMPARE | level::RANGE);
                self.expr(if single { level + 1 } else { level }, place);
                self.put(" ");
                self.put(operator);
                self.soft();
                self.expr(level + 1, place);
            }
        }
    }

    fn prefix(&mut self, least: u8, place: Place) {
        if self.choose(3) == 2 && least <= level::NOT {
            self.put("not ");
            return self.expr(level::NOT, place);
        }
        if least > level::PREFIX {
            return self.parenthesized();
        }
        self.word(&["-", "~"]);
        self.expr(level::PREFIX, place);
    }

    fn postfix(&mut self) {
        self.deeper(
            |w| {
                // A number would take the dot, and a block at the beginning of a line is a statement.
                match w.choose(3) {
                    0 => w.word(&["a", "self", "f", "shapes"]),
                    1 => w.parenthesized(),
                    _ => w.postfix(),
                }
                // Two marks would be one operator.
                let marked = w.out.ends_with('?');
                match w.choose(9) {
                    2 | 3 if marked => w.put("!"),
                    0 => {
                        w.put("(");
                        w.list(0, 3, |w| {
                            let name = w.pick(&["", "", "x: "]);
                            w.put(name);
                            w.expr(level::ALL, Place::Anywhere);
                        });
                        w.put(")");
                    }
                    1 => {
                        w.put("[");
                        w.expr(level::ALL, Place::Anywhere);
                        w.put("]");
                    }
                    2 => {
                        if !w.in_line && w.choose(8) == 7 {
                            w.put("\n        ");
                            return w.word(&[".b", "?.c", ".наука"]);
                        }
                        w.word(&[".b", ".0", "?.c", ".наука", ".0.1"]);
                    }
                    3 => w.put("?"),
                    4 => w.put("!"),
                    5 => {
                        w.put("<");
                        w.list(1, 2, Self::ty);
                        w.put(">(a)");
                    }
                    6 => w.put(" later"),
                    _ => w.put(".m()!"),
                }
            },
            |w| w.word(&["a", "self"]),
        );
    }

    /// What takes all that stands behind it.
    fn loose(&mut self, least: u8, place: Place) {
        if least > level::ALL {
            return self.parenthesized();
        }
        match self.choose(9) {
            0 if place == Place::Anywhere => {
                self.put("(");
                self.list(0, 3, |w| w.word(&["a", "b: int", "mut c: [T]", "_", "d: int = 1"]));
                self.put(")");
                let result = self.pick(&["", "", " int"]);
                self.put(result);
                self.put(" =>");
                self.soft();
                let labels = std::mem::take(&mut self.labels);
                self.expr(level::ALL, place);
                self.labels = labels;
            }
            1 => {
                self.put("return");
                if self.maybe() {
                    self.put(" ");
                    self.expr(level::ALL, place);
                }
            }
            2 => {
                self.put("break");
                if self.labels > 0 && self.maybe() {
                    self.put(" outer");
                    if self.maybe() {
                        // Behind a name, a colon begins no atom.
                        self.put(" ");
                        self.parenthesized();
                    }
                } else if self.maybe() {
                    self.put(" ");
                    self.expr(level::ALL, place);
                }
            }
            3 => self.put(if self.labels > 0 { "continue outer" } else { "continue" }),
            4 => {
                self.put("raise ");
                self.expr(level::ALL, place);
            }
            5 => {
                self.put("yield ");
                self.expr(level::ALL, place);
            }
            6 if place == Place::Anywhere => {
                self.expr(level::COALESCE, place);
                self.put(" catch ");
                let name = self.pick(&["e ", ""]);
                self.put(name);
                self.arms();
            }
            _ => {
                self.expr(level::COALESCE, place);
                self.put(" catch");
                self.soft();
                // In a head, braces would be those of arms.
                self.postfix();
            }
        }
    }

    fn primary(&mut self, place: Place) {
        match self.choose(10) {
            0 => self.parenthesized(),
            1 => {
                self.put("(");
                self.list(2, 3, |w| w.expr(level::ALL, Place::Anywhere));
                self.put(")");
            }
            2 => {
                self.put("[");
                self.list(0, 3, |w| w.expr(level::ALL, Place::Anywhere));
                self.put("]");
            }
            3 => {
                self.put("[");
                self.list(1, 3, |w| {
                    w.simple();
                    w.put(": ");
                    let start = w.out.len();
                    w.expr(level::ALL, Place::Anywhere);
                    // A name, a colon and a loop would be a loop with a label.
                    if ["for", "while", "loop"].iter().any(|word| w.out[start..].starts_with(word)) {
                        w.out.insert(start, '(');
                        w.put(")");
                    }
                });
                self.put("]");
            }
            4 | 5 => self.text(),
            _ if place == Place::Head => self.parenthesized(),
            6 => self.block(),
            7 => self.class_literal(),
            _ => self.control(),
        }
    }

    fn class_literal(&mut self) {
        self.word(&["Point", "shapes.Point", "Pair<int, [T]>"]);
        self.put(" {");
        self.list(0, 3, |w| {
            w.name();
            if w.maybe() {
                w.put(": ");
                w.expr(level::ALL, Place::Anywhere);
            }
        });
        self.put("}");
    }

    fn text(&mut self) {
        let (open, close) = if self.in_line || self.maybe() { ("f\"", "\"") } else { ("f\"\"\"", "\"\"\"") };
        let in_line = self.in_line;
        self.in_line |= close.len() == 1;
        self.put(open);
        for _ in 0..self.choose(4) {
            if self.maybe() {
                self.word(&["text", "{{", "}}", "\\n\\u{e9}", "'é'"]);
                if !self.in_line && self.maybe() {
                    self.put("\n    ");
                }
            } else {
                self.put("{");
                // A hole's expression is no map entry: what is behind a colon at its level is a format.
                let start = self.out.len();
                self.holes += 1;
                self.expr(level::ALL, Place::Anywhere);
                self.holes -= 1;
                // Two braces would be one in the text.
                if self.out[start..].starts_with('{') {
                    self.out.insert(start, ' ');
                }
                let format = self.pick(&["", "", ":.2", ": >5"]);
                self.put(format);
                self.put("}");
            }
        }
        self.put(close);
        self.in_line = in_line;
    }

    fn control(&mut self) {
        match self.choose(9) {
            0 => {
                self.put("if ");
                self.expr(level::ALL, Place::Head);
                self.put(" ");
                self.block();
                for _ in 0..self.choose(3) {
                    self.put(" else if ");
                    self.expr(level::ALL, Place::Head);
                    self.put(" ");
                    self.block();
                }
                if self.maybe() {
                    self.put(" else ");
                    self.block();
                }
            }
            1 => {
                self.put("match ");
                self.expr(level::ALL, Place::Head);
                self.put(" ");
                self.arms();
            }
            2..=4 => self.looped(),
            5 => {
                self.put("scope ");
                self.block();
            }
            6 => {
                self.put("spawn ");
                self.word(&["f(x)", "Counter { n: 5 }", "a.b()", "(f)(x)"]);
            }
            _ if self.in_line => self.simple(),
            _ => {
                self.put("select ");
                self.braced(3, |w| {
                    w.word(&["v = rx.recv()", "tx.send(1)", "after 10ms", "default", "(a, _) = rx.recv()"]);
                    w.put(" =>");
                    w.soft();
                    w.expr(level::ALL, Place::Anywhere);
                });
            }
        }
    }

    fn looped(&mut self) {
        let labels = self.labels;
        if self.maybe() && self.holes == 0 {
            self.put("outer: ");
            self.labels += 1;
        }
        match self.choose(3) {
            0 => {
                self.put("for ");
                self.pattern(self.holes > 0);
                self.put(" in ");
                self.expr(level::ALL, Place::Head);
                self.put(" ");
            }
            1 => {
                self.put("while ");
                self.expr(level::ALL, Place::Head);
                self.put(" ");
            }
            _ => self.put("loop "),
        }
        self.block();
        self.labels = labels;
    }

    fn arms(&mut self) {
        if self.in_line {
            return self.put("{ A => 1, _ => 2 }");
        }
        self.braced(3, |w| {
            w.pattern(false);
            if w.choose(3) == 2 {
                w.put(" if ");
                w.expr(level::ALL, Place::Guard);
            }
            w.put(" =>");
            w.soft();
            w.expr(level::ALL, Place::Anywhere);
            let comma = w.pick(&["", "", ","]);
            w.put(comma);
        });
    }

    // -------------------------------------------------------------------------------------------------------- patterns

    /// A pattern; that of a `let` has no type of its own.
    fn pattern(&mut self, of_let: bool) {
        let simple =
            |w: &mut Self| w.word(&["a", "_", "b", "наука", "A.Empty", "1", "\"s\"", "none", ":ok", "-1.5"]);
        self.deeper(
            |w| match w.choose(11) {
                0 | 1 => simple(w),
                2 => {
                    w.put("(");
                    w.list(2, 3, |w| w.pattern(false));
                    w.put(")");
                }
                3 => {
                    w.put("[");
                    w.list(0, 2, |w| w.pattern(false));
                    w.put("]");
                }
                4 => w.word(&["[a, ..]", "[..rest]", "[a, .., 1]", "[:]"]),
                5 => {
                    w.put("[");
                    w.list(1, 2, |w| {
                        w.word(&["\"k\"", ":k", "1"]);
                        w.put(": ");
                        w.pattern(false);
                    });
                    w.put("]");
                }
                6 => {
                    w.word(&["Circle", "shapes.Circle"]);
                    w.put("(");
                    w.list(0, 2, |w| {
                        let name = w.pick(&["", "", "r: "]);
                        w.put(name);
                        w.pattern(true);
                    });
                    w.put(")");
                }
                7 => {
                    w.word(&["Point", "shapes.Point"]);
                    w.put(" { ");
                    w.list(0, 2, |w| {
                        w.word(&["x", "y: 1", "z: Circle(..)", "w: [..]"]);
                    });
                    w.put(" }");
                }
                8 => w.word(&["1..2", "-3..=-1", "1ms..2s", "A(.., )", "Point { x, .. }", "1 | 2"]),
                9 => {
                    // Two names in brackets are the head and the tail of other languages.
                    simple(w);
                    w.put(" | A(..) | ");
                    w.pattern(of_let);
                }
                _ if of_let => simple(w),
                _ => w.word(&["n: int", "_: [T]", "x1: a.B<T>?"]),
            },
            simple,
        );
    }
}
