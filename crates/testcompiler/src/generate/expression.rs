//! Expressions with their values.

use super::program::{Feature, Writer};

pub(super) const FEATURES: &[Feature] = &[
    Feature { name: "integers", write: |w| print_int(w, 4) },
    Feature { name: "booleans", write: |w| print_bool(w, 4) },
    Feature { name: "strings", write: strings },
    Feature { name: "interpolation", write: interpolation },
    Feature { name: "conversions", write: conversions },
    Feature { name: "floats", write: floats },
    Feature { name: "wrapping", write: wrapping },
    Feature { name: "bits", write: bits },
    Feature { name: "durations", write: durations },
    Feature { name: "order of evaluation", write: order },
];

/// An expression: its text, safe in any place where parentheses would be, and its value.
pub(super) struct Valued<T> {
    pub(super) text: String,
    pub(super) value: T,
}

const BOUND: i64 = 1_000_000;

impl Writer<'_, '_> {
    /// An integer expression whose value is at most a million away from zero.
    pub(super) fn int(&mut self, depth: u32) -> Valued<i64> {
        if depth == 0 || self.choices.below(4) == 0 {
            return self.int_literal();
        }
        let made = match self.choices.below(8) {
            0 => self.arithmetic(depth),
            1 => {
                let (condition, a, b) = (self.bool(depth - 1), self.int(depth - 1), self.int(depth - 1));
                let value = if condition.value { a.value } else { b.value };
                Valued {
                    text: format!("(if {} {{ {} }} else {{ {} }})", condition.text, a.text, b.text),
                    value,
                }
            }
            2 => {
                let a = self.int(depth - 1);
                Valued { text: format!("(-{})", a.text), value: -a.value }
            }
            3 => {
                let a = self.int(depth - 1);
                Valued { text: format!("{}.abs()", a.text), value: a.value.abs() }
            }
            4 => {
                let a = self.int(depth - 1);
                let divisor = self.choices.between(1, 9);
                if self.choices.once_in(2) {
                    Valued { text: format!("({} / {divisor})", a.text), value: a.value / divisor }
                } else {
                    Valued { text: format!("({} % {divisor})", a.text), value: a.value % divisor }
                }
            }
            5 => {
                let a = self.int(depth - 1);
                let (low, factor) = (self.choices.between(0, 9), self.choices.between(2, 5));
                let value = if a.value == low { factor } else { low };
                Valued { text: format!("(match {} {{ {low} => {factor}, _ => {low} }})", a.text), value }
            }
            6 => {
                let (a, b) = (self.int(depth - 1), self.int(depth - 1));
                Valued { text: format!("({}, {}).0", a.text, b.text), value: a.value }
            }
            _ => {
                let (a, b) = (self.int(depth - 1), self.int(depth - 1));
                let index = self.choices.below(2);
                let value = if index == 0 { a.value } else { b.value };
                Valued { text: format!("[{}, {}][{index}]", a.text, b.text), value }
            }
        };
        if made.value.abs() > BOUND { self.int_literal() } else { made }
    }

    fn arithmetic(&mut self, depth: u32) -> Valued<i64> {
        let (a, b) = (self.int(depth - 1), self.int(depth - 1));
        let (operator, value) = match self.choices.below(3) {
            0 => ("+", a.value + b.value),
            1 => ("-", a.value - b.value),
            _ => ("*", a.value * b.value),
        };
        Valued { text: format!("({} {operator} {})", a.text, b.text), value }
    }

    /// An integer as it is written; a negative one in parentheses.
    pub(super) fn int_literal(&mut self) -> Valued<i64> {
        let value = self.choices.between(-20, 99);
        let text = match self.choices.below(4) {
            _ if value < 0 => format!("({value})"),
            1 => format!("0x{value:x}"),
            2 => format!("0b{value:b}"),
            3 => format!("0o{value:o}"),
            _ => value.to_string(),
        };
        Valued { text, value }
    }

    /// A truth.
    pub(super) fn bool(&mut self, depth: u32) -> Valued<bool> {
        if depth == 0 {
            let value = self.choices.once_in(2);
            return Valued { text: value.to_string(), value };
        }
        match self.choices.below(5) {
            0 => {
                let (a, b) = (self.int(depth - 1), self.int(depth - 1));
                let (operator, value) = match self.choices.below(6) {
                    0 => ("<", a.value < b.value),
                    1 => ("<=", a.value <= b.value),
                    2 => (">", a.value > b.value),
                    3 => (">=", a.value >= b.value),
                    4 => ("==", a.value == b.value),
                    _ => ("!=", a.value != b.value),
                };
                Valued { text: format!("({} {operator} {})", a.text, b.text), value }
            }
            1 => {
                let (a, b) = (self.bool(depth - 1), self.bool(depth - 1));
                Valued { text: format!("({} and {})", a.text, b.text), value: a.value && b.value }
            }
            2 => {
                let (a, b) = (self.bool(depth - 1), self.bool(depth - 1));
                Valued { text: format!("({} or {})", a.text, b.text), value: a.value || b.value }
            }
            3 => {
                let a = self.bool(depth - 1);
                Valued { text: format!("(not {})", a.text), value: !a.value }
            }
            _ => {
                let (a, b) = (self.string(), self.string());
                Valued { text: format!("({} == {})", a.text, b.text), value: a.value == b.value }
            }
        }
    }

    /// A string of a few small letters.
    pub(super) fn string(&mut self) -> Valued<String> {
        const WORDS: [&str; 6] = ["ada", "grace", "joe", "robert", "mike", "barbara"];
        let value = self.choices.one_of(&WORDS).to_owned();
        Valued { text: format!("\"{value}\""), value }
    }
}

fn print_int(w: &mut Writer<'_, '_>, depth: u32) {
    let made = w.int(depth);
    w.print(&made.text, &made.value.to_string());
}

fn print_bool(w: &mut Writer<'_, '_>, depth: u32) {
    let made = w.bool(depth);
    w.print(&made.text, &made.value.to_string());
}

fn strings(w: &mut Writer<'_, '_>) {
    let (a, b) = (w.string(), w.string());
    w.print(&format!("{} + \"-\\u{{e9}}\\t\" + {}", a.text, b.text), &format!("{}-é\t{}", a.value, b.value));
    w.print(&format!("({} + {}).len()", a.text, b.text), &(a.value.len() + b.value.len()).to_string());
    let name = w.fresh();
    w.declare(&format!("const TEXT{name} = \"\"\"\nfirst {name}\nlast\n\"\"\""));
    w.statements(&format!("for line{name} in TEXT{name}.lines() {{\n    if line{name} != \"\" {{\n        print(line{name})\n    }}\n}}"));
    w.expect(&format!("first {name}"));
    w.expect("last");
}

fn interpolation(w: &mut Writer<'_, '_>) {
    let (number, truth, word) = (w.int(2), w.bool(1), w.string());
    w.print(
        &format!("f\"<{{{}}}|{{{}}}|{{{}}}>{{{{}}}}\"", number.text, truth.text, word.text),
        &format!("<{}|{}|{}>{{}}", number.value, truth.value, word.value),
    );
}

fn conversions(w: &mut Writer<'_, '_>) {
    let number = w.int(2);
    w.print(&format!("({} as float).to_int()", number.text), &number.value.to_string());
    let small = w.choices.between(0, 255);
    w.print(&format!("({small} as byte) as int"), &small.to_string());
    w.print(&format!("({small}.75).truncate()"), &small.to_string());
}

fn floats(w: &mut Writer<'_, '_>) {
    let (whole, quarters) = (w.choices.between(0, 99), w.choices.between(0, 3));
    let value = whole as f64 + quarters as f64 / 4.0;
    let name = w.fresh();
    w.statements(&format!("let half{name} = ({whole}.0 + {quarters}.0 * 2.5e-1) / 2.0"));
    w.print(&format!("half{name} * 2.0 == {value:.2}"), "true");
    w.print(&format!("f\"{{half{name}:.3}}\""), &format!("{:.3}", value / 2.0));
    w.statements(&format!(
        "let zero{name} = half{name} - half{name}\nlet odd{name} = zero{name} / zero{name}"
    ));
    w.print(&format!("odd{name} != odd{name} and not (odd{name} < 1.0)"), "true");
}

fn wrapping(w: &mut Writer<'_, '_>) {
    let over = w.choices.between(1, 9);
    w.print(&format!("9223372036854775807.wrapping_add({over})"), &i64::MAX.wrapping_add(over).to_string());
    w.print(&format!("(-9223372036854775808).saturating_sub({over})"), &i64::MIN.to_string());
    w.print(&format!("9223372036854775807.checked_add({over}) ?? 0"), "0");
}

fn bits(w: &mut Writer<'_, '_>) {
    let (a, b, shift) = (w.int(2), w.int(2), w.choices.between(0, 8));
    let value = ((a.value & b.value) ^ (!a.value | b.value)) << shift >> 1;
    w.print(&format!("(({0} & {1}) ^ (~{0} | {1})) << {shift} >> 1", a.text, b.text), &value.to_string());
}

fn durations(w: &mut Writer<'_, '_>) {
    let ms = w.choices.between(1, 999);
    w.print(&format!("{ms}ms < 1s and {ms}us < {ms}ms"), "true");
    w.print(&format!("1m == 60s and {ms}ms * 2 == {}ms", ms * 2), "true");
}

/// Each operand notes that it was asked for.
fn order(w: &mut Writer<'_, '_>) {
    let (name, a, b, c) = (w.fresh(), w.int(1), w.int(1), w.int(1));
    w.declare(&format!(
        "fn note{name}(mut seen: [int], x: int) int {{\n    seen.push(x)\n    x\n}}\n\nfn three{name}(x: int, y: int, z: int) int {{ x - y * z }}"
    ));
    let of = |x: &str| format!("note{name}(seen{name}, {x})");
    let (x, y, z) = (of(&a.text), of(&b.text), of(&c.text));
    w.statements(&format!("let mut seen{name}: [int] = []"));
    let value = a.value - b.value * c.value;
    w.print(&format!("{x} - {y} * {z}"), &value.to_string());
    let mut seen = vec![a.value, b.value, c.value];
    let (call, given) = if w.choices.once_in(2) {
        (format!("three{name}({x}, {y}, {z})"), [a.value, b.value, c.value])
    } else {
        (format!("three{name}(z: {z}, x: {x}, y: {y})"), [c.value, a.value, b.value])
    };
    w.print(&call, &value.to_string());
    seen.extend(given);
    let (word, more) = if w.choices.once_in(2) { ("and", a.value > 9) } else { ("or", a.value <= 9) };
    w.print(&format!("{x} > 9 {word} {y} > 9"), &(if more { b.value > 9 } else { a.value > 9 }).to_string());
    seen.push(a.value);
    seen.extend(more.then_some(b.value));
    w.print(&format!("seen{name}"), &format!("{seen:?}"));
}
