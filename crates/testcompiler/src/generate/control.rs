//! Control flow, names and patterns.

use super::program::{Feature, Writer};

pub(super) const FEATURES: &[Feature] = &[
    Feature { name: "assignment", write: assignment },
    Feature { name: "while", write: while_loop },
    Feature { name: "for range", write: for_range },
    Feature { name: "for array", write: for_array },
    Feature { name: "loop with value", write: loop_value },
    Feature { name: "labels", write: labels },
    Feature { name: "match", write: match_numbers },
    Feature { name: "tuples", write: tuples },
    Feature { name: "array patterns", write: array_patterns },
    Feature { name: "blocks", write: blocks },
    Feature { name: "else if", write: else_if },
    Feature { name: "defer", write: defer },
];

fn assignment(w: &mut Writer<'_, '_>) {
    let (name, start, step) = (w.fresh(), w.int(2), w.int(1));
    let mut value = start.value;
    w.statements(&format!("let mut total{name} = {}", start.text));
    for _ in 0..w.choices.between(1, 3) {
        let (operator, next) = match w.choices.below(4) {
            0 => ("+=", value + step.value),
            1 => ("-=", value - step.value),
            2 => ("*=", value * 2),
            _ => ("=", step.value),
        };
        let right = if operator == "*=" { "2" } else { &step.text };
        value = next;
        w.statements(&format!("total{name} {operator} {right}"));
    }
    w.print(&format!("total{name}"), &value.to_string());
}

fn while_loop(w: &mut Writer<'_, '_>) {
    let (name, times, step) = (w.fresh(), w.choices.between(0, 9), w.int(1));
    w.statements(&format!(
        "let mut left{name} = {times}\nlet mut sum{name} = 0\nwhile left{name} > 0 {{\n    left{name} -= 1\n    if left{name} == 3 {{\n        continue\n    }}\n    sum{name} += {}\n}}",
        step.text
    ));
    let counted = if times > 3 { times - 1 } else { times };
    w.print(&format!("sum{name}"), &(counted * step.value).to_string());
}

fn for_range(w: &mut Writer<'_, '_>) {
    let (name, from, len) = (w.fresh(), w.choices.between(-9, 9), w.choices.between(0, 9));
    let (dots, last) = if w.choices.once_in(2) { ("..=", from + len) } else { ("..", from + len - 1) };
    w.statements(&format!(
        "let mut sum{name} = 0\nfor i in {from}{dots}{} {{\n    sum{name} += i * i\n}}",
        from + len
    ));
    w.print(&format!("sum{name}"), &(from..=last).map(|i| i * i).sum::<i64>().to_string());
}

fn for_array(w: &mut Writer<'_, '_>) {
    let (name, values): (_, Vec<_>) = (w.fresh(), (0..w.choices.between(1, 5)).map(|_| w.int(1)).collect());
    let texts: Vec<_> = values.iter().map(|value| value.text.as_str()).collect();
    w.statements(&format!(
        "let list{name} = [{}]\nlet mut largest{name} = list{name}[0]\nfor each in list{name} {{\n    if each > largest{name} {{\n        largest{name} = each\n    }}\n}}",
        texts.join(", ")
    ));
    let largest = values.iter().map(|value| value.value).max().unwrap_or_default();
    w.print(&format!("largest{name} + list{name}.len()"), &(largest + values.len() as i64).to_string());
}

fn loop_value(w: &mut Writer<'_, '_>) {
    let (name, bound) = (w.fresh(), w.choices.between(2, 500));
    w.statements(&format!(
        "let mut power{name} = 1\nlet found{name} = loop {{\n    if power{name} >= {bound} {{\n        break power{name} + 1\n    }}\n    power{name} *= 2\n}}"
    ));
    let mut power = 1;
    while power < bound {
        power *= 2;
    }
    w.print(&format!("found{name}"), &(power + 1).to_string());
}

fn labels(w: &mut Writer<'_, '_>) {
    let (name, stop) = (w.fresh(), w.choices.between(1, 20));
    w.statements(&format!(
        "let mut seen{name} = 0\nouter{name}: for i in 0..5 {{\n    for j in 0..5 {{\n        if j > i {{\n            continue outer{name}\n        }}\n        if i * j > {stop} {{\n            break outer{name}\n        }}\n        seen{name} += 1\n    }}\n}}"
    ));
    let mut seen = 0;
    'outer: for i in 0..5 {
        for j in 0..5 {
            if j > i {
                continue 'outer;
            }
            if i * j > stop {
                break 'outer;
            }
            seen += 1;
        }
    }
    w.print(&format!("seen{name}"), &seen.to_string());
}

fn match_numbers(w: &mut Writer<'_, '_>) {
    let (name, value) = (w.fresh(), w.int(3));
    w.statements(&format!(
        "let kind{name} = match {} {{\n    0 => \"zero\"\n    1 | 2 => \"few\"\n    n if n < 0 => \"negative\"\n    3..=9 => \"digit\"\n    10..100 => \"tens\"\n    _ => \"many\"\n}}",
        value.text
    ));
    let kind = match value.value {
        0 => "zero",
        1 | 2 => "few",
        n if n < 0 => "negative",
        3..=9 => "digit",
        10..100 => "tens",
        _ => "many",
    };
    w.print(&format!("kind{name}"), kind);
    let (low, len) = (w.choices.between(-9, 9), w.choices.between(1, 3));
    let (end, at) = (low + len, low + w.choices.between(-1, 5));
    w.declare(&format!(
        "fn place{name}(at: int) string {{\n    match at {{\n        {low}..{end} => \"within\"\n        {end}..={} => \"behind\"\n        _ => \"outside\"\n    }}\n}}",
        end + 1
    ));
    let place = match at {
        at if (low..end).contains(&at) => "within",
        at if (end..=end + 1).contains(&at) => "behind",
        _ => "outside",
    };
    w.print(&format!("place{name}({at})"), place);
}

fn tuples(w: &mut Writer<'_, '_>) {
    let (name, a, b, c) = (w.fresh(), w.int(2), w.string(), w.bool(1));
    w.statements(&format!("let (a{name}, (b{name}, c{name})) = ({}, ({}, {}))", a.text, b.text, c.text));
    w.print(
        &format!("f\"{{a{name}}} {{b{name}}} {{c{name}}}\""),
        &format!("{} {} {}", a.value, b.value, c.value),
    );
    w.print(&format!("(a{name}, b{name}) == ({}, b{name})", a.text), "true");
    w.statements(&format!(
        "let pair{name} = ((a{name}, b{name}), c{name}, 7)\nlet ((d{name}, _), e{name}, f{name}) = pair{name}"
    ));
    w.print(
        &format!("f\"{{pair{name}.1}} {{pair{name}.2}} {{d{name}}} {{e{name}}} {{f{name}}}\""),
        &format!("{} 7 {} {} 7", c.value, a.value, c.value),
    );
}

fn array_patterns(w: &mut Writer<'_, '_>) {
    let name = w.fresh();
    w.declare(&format!(
        "fn shape{name}(xs: [int]) int {{\n    match xs {{\n        [] => 0\n        [one] => one\n        [first, ..rest] if rest.len() == 1 => first * 10 + rest[0]\n        [first, .., last] => first * 100 + last\n    }}\n}}"
    ));
    let values: Vec<_> = (0..w.choices.between(0, 4)).map(|_| w.choices.between(0, 9)).collect();
    let texts: Vec<_> = values.iter().map(i64::to_string).collect();
    let value = match values.as_slice() {
        [] => 0,
        [one] => *one,
        [first, second] => first * 10 + second,
        [first, .., last] => first * 100 + last,
    };
    w.print(&format!("shape{name}([{}])", texts.join(", ")), &value.to_string());
}

fn blocks(w: &mut Writer<'_, '_>) {
    let (name, a, b) = (w.fresh(), w.int(2), w.int(2));
    w.statements(&format!("let made{name} = {{\n    let inner = {}\n    inner * 2 - {}\n}}", a.text, b.text));
    w.print(&format!("made{name}"), &(a.value * 2 - b.value).to_string());
}

fn else_if(w: &mut Writer<'_, '_>) {
    let (name, a, b) = (w.fresh(), w.bool(2), w.bool(2));
    w.statements(&format!(
        "let which{name} = if {} {{\n    1\n}} else if {} {{\n    2\n}} else {{\n    3\n}}",
        a.text, b.text
    ));
    let which = if a.value { 1 } else { 3 - i64::from(b.value) };
    w.print(&format!("which{name}"), &which.to_string());
}

fn defer(w: &mut Writer<'_, '_>) {
    let (name, early) = (w.fresh(), w.bool(1));
    w.declare(&format!(
        "error Left{name} {{}}\n\nfn leave{name}(early: bool) int {{\n    let mut at = 1\n    let by = \"first\"\n    defer {{\n        print(f\"{{by}} in {name} at {{at}}, {{early}}\")\n    }}\n    if early {{\n        raise Left{name} {{}}\n    }}\n    defer {{\n        print(\"second in {name}\")\n    }}\n    at = 2\n    at\n}}"
    ));
    w.statements(&format!("print(leave{name}({}) catch 1)", early.text));
    if !early.value {
        w.expect(&format!("second in {name}"));
    }
    let at = if early.value { 1 } else { 2 };
    w.expect(&format!("first in {name} at {at}, {}", early.value));
    w.expect(if early.value { "1" } else { "2" });
}
