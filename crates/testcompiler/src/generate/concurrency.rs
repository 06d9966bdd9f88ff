//! Tasks, channels, actors. Only what prints the same under every schedule.

use super::program::{Feature, Writer};

pub(super) const FEATURES: &[Feature] = &[
    Feature { name: "spawn and get", write: spawn_get },
    Feature { name: "scope", write: scope },
    Feature { name: "channels", write: channels },
    Feature { name: "select", write: select },
    Feature { name: "actors", write: actors },
    Feature { name: "later", write: later },
    Feature { name: "messages are copies", write: copies },
    Feature { name: "failing tasks", write: failing },
    Feature { name: "trapping tasks", write: trapping },
    Feature { name: "cancel and detach", write: cancel },
];

fn spawn_get(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(2));
    w.declare(&format!("fn square{name}(n: int) int {{ n * n }}"));
    w.statements(&format!("let task{name} = spawn square{name}({})", number.text));
    w.print(&format!("task{name}.get() catch 0"), &number.value.saturating_mul(number.value).to_string());
}

fn scope(w: &mut Writer<'_, '_>) {
    let (name, tasks) = (w.fresh(), w.choices.between(1, 4));
    w.declare(&format!(
        "actor Sum{name} {{\n    n: int = 0\n    fn add(mut self, k: int) {{\n        self.n += k\n    }}\n    fn total(self) int {{ self.n }}\n}}\n\nfn work{name}(sum: Sum{name}, k: int) {{\n    sum.add(k)!\n}}"
    ));
    w.statements(&format!(
        "let sum{name} = spawn Sum{name} {{}}\nscope {{\n    for k in 0..{tasks} {{\n        spawn work{name}(sum{name}, k + 1)\n    }}\n}}!"
    ));
    w.print(&format!("sum{name}.total() catch 0"), &(tasks * (tasks + 1) / 2).to_string());
}

fn channels(w: &mut Writer<'_, '_>) {
    let (name, messages, capacity) = (w.fresh(), w.choices.between(0, 6), w.choices.between(0, 3));
    w.declare(&format!(
        "fn produce{name}(tx: Sender<int>, count: int) {{\n    for i in 0..count {{\n        tx.send(i)!\n    }}\n    tx.close()\n}}"
    ));
    w.statements(&format!(
        "let (tx{name}, rx{name}) = chan<int>({capacity})\nlet producer{name} = spawn produce{name}(tx{name}, {messages})\nlet mut got{name} = 0\nfor message in rx{name} {{\n    got{name} = got{name} * 10 + message + 1\n}}\nproducer{name}.get() catch e {{\n    _ => print(\"failed\")\n}}"
    ));
    w.print(&format!("got{name}"), &(0..messages).fold(0, |got, i| got * 10 + i + 1).to_string());
}

fn select(w: &mut Writer<'_, '_>) {
    let (name, sent, number) = (w.fresh(), w.choices.once_in(2), w.int(1));
    w.statements(&format!("let (tx{name}, rx{name}) = chan<int>(1)"));
    if sent {
        w.statements(&format!("tx{name}.send({}) catch e {{ _ => print(\"closed\") }}", number.text));
    }
    w.statements(&format!(
        "let chosen{name} = select {{\n    v = rx{name}.recv() => v + 1\n    default => 1000\n}}"
    ));
    w.print(&format!("chosen{name}"), &if sent { number.value + 1 } else { 1000 }.to_string());
    w.statements(&format!(
        "let waited{name} = select {{\n    v = rx{name}.recv() => v\n    after 1ms => -1\n}}"
    ));
    w.print(&format!("waited{name}"), "-1");
    w.statements(&format!("tx{name}.close()"));
}

fn actors(w: &mut Writer<'_, '_>) {
    let (name, start, added) = (w.fresh(), w.int(1), w.int(1));
    w.declare(&format!(
        "actor Counter{name} {{\n    n: int = 0\n    fn add(mut self, k: int) int {{\n        self.n += k\n        self.n\n    }}\n}}"
    ));
    w.statements(&format!("let counter{name} = spawn Counter{name} {{ n: {} }}", start.text));
    w.print(&format!("counter{name}.add({}) catch 0", added.text), &(start.value + added.value).to_string());
    w.statements(&format!("counter{name}.stop()"));
    w.print(&format!("counter{name}.add(1) catch e {{ ActorDown {{ .. }} => 0 }}"), "0");
}

fn later(w: &mut Writer<'_, '_>) {
    let (name, times) = (w.fresh(), w.choices.between(0, 5));
    w.declare(&format!(
        "actor Log{name} {{\n    lines: [string] = []\n    fn write(mut self, line: string) {{\n        self.lines.push(line)\n    }}\n    fn count(self) int {{ self.lines.len() }}\n}}"
    ));
    w.statements(&format!(
        "let log{name} = spawn Log{name} {{}}\nfor i in 0..{times} {{\n    log{name}.write(f\"line {{i}}\") later\n}}"
    ));
    w.print(&format!("log{name}.count() catch -1"), &times.to_string());
}

fn copies(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(1));
    w.statements(&format!(
        "let (tx{name}, rx{name}) = chan<[int]>(1)\nlet mut sent{name} = [1]\ntx{name}.send(sent{name}) catch e {{ _ => print(\"closed\") }}\nsent{name}[0] = {}\nlet mut received{name} = rx{name}.recv() catch [0]\nreceived{name}.push(9)",
        number.text
    ));
    w.print(&format!("sent{name}[0] * 10 + received{name}[0]"), &(number.value * 10 + 1).to_string());
    w.declare(&format!(
        "fn take{name}(mut all: [[int]]) int {{\n    all[0][0] += 1\n    all[0][0] * 100 + all[1][0] * 10 + all.len()\n}}"
    ));
    w.statements(&format!(
        "let one{name} = [3]\nlet mut all{name} = [one{name}, one{name}]\nlet taken{name} = spawn take{name}(all{name})\nall{name}[0][0] = 8\nall{name}.push([1])"
    ));
    w.print(&format!("taken{name}.get() catch -1"), "442");
}

/// Half of them do what is a trap, and the other half just not.
fn trapping(w: &mut Writer<'_, '_>) {
    let (name, what) = (w.fresh(), w.choices.below(9));
    w.declare(&format!(
        "fn risk{name}(what: int, n: int, m: int) int {{\n    let list = [10, 20, 30]\n    match what {{\n        0 => n * m\n        1 => n + m\n        2 => n - m\n        3 => list[m]\n        4 => n / m\n        5 => n % m\n        6 => n << m\n        7 => (m as byte) as int\n        _ => {{\n            assert m < n, \"not less\"\n            n + 9223372036854775800\n        }}\n    }}\n}}"
    ));
    let (n, m): (i64, i64) = match what {
        0 => (1 << 62, w.choices.between(-2, 2)),
        1 => (i64::MAX - 5, w.choices.between(1, 10)),
        2 => (i64::MIN + 5, w.choices.between(1, 10)),
        3 => (0, w.choices.between(-1, 4)),
        4 | 5 => (w.choices.between(-20, 99), w.choices.between(-1, 1)),
        6 => (1, w.choices.between(60, 66)),
        7 => (0, w.choices.between(250, 260)),
        _ => (w.choices.between(3, 11), w.choices.between(1, 8)),
    };
    let value = match what {
        0 => n.checked_mul(m),
        1 => n.checked_add(m),
        2 => n.checked_sub(m),
        3 => usize::try_from(m).ok().and_then(|at| [10, 20, 30].get(at).copied()),
        4 => n.checked_div(m),
        5 => n.checked_rem(m),
        6 => (m < 64).then(|| n << m),
        7 => (m < 256).then_some(m),
        _ => n.checked_add(9_223_372_036_854_775_800).filter(|_| m < n),
    };
    let written = |n: i64| match n {
        i64::MIN..0 => format!("({n})"),
        _ => n.to_string(),
    };
    w.statements(&format!("let risky{name} = spawn risk{name}({what}, {}, {})", written(n), written(m)));
    w.print(
        &format!("risky{name}.get() catch e {{ TaskFailed {{ .. }} => -1 }}"),
        &value.unwrap_or(-1).to_string(),
    );
}

fn failing(w: &mut Writer<'_, '_>) {
    let (name, number) = (w.fresh(), w.int(1));
    w.declare(&format!(
        "error Refused{name} {{\n    n: int\n}}\n\nfn refuse{name}(n: int) int {{\n    if n > 5 {{\n        raise Refused{name} {{ n: n }}\n    }}\n    n\n}}"
    ));
    w.statements(&format!(
        "let task{name} = spawn refuse{name}({})\nlet outcome{name} = task{name}.get() catch e {{\n    Refused{name} {{ n }} => n * 2\n    TaskFailed {{ .. }} => -1\n}}",
        number.text
    ));
    let value = if number.value > 5 { number.value * 2 } else { number.value };
    w.print(&format!("outcome{name}"), &value.to_string());
}

fn cancel(w: &mut Writer<'_, '_>) {
    let name = w.fresh();
    w.declare(&format!(
        "fn wait{name}(rx: Receiver<int>) int {{\n    rx.recv() catch 0\n}}\n\nfn nothing{name}() {{}}"
    ));
    w.statements(&format!(
        "let (tx{name}, rx{name}) = chan<int>(0)\nlet waiting{name} = spawn wait{name}(rx{name})\nwaiting{name}.cancel()\nlet detached{name} = spawn nothing{name}()\ndetached{name}.detach()\ntx{name}.close()"
    ));
    w.print(&format!("waiting{name}.get() catch e {{ _ => 5 }}"), "5");
}
