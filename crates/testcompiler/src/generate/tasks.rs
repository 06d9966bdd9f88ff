//! How tasks and actors end, and what goes from one to the next.

use super::program::{Feature, Writer};

pub(super) const FEATURES: &[Feature] = &[
    Feature { name: "cancelled tasks", write: cancelled },
    Feature { name: "traps leave blocks", write: traps },
    Feature { name: "actors that trap", write: actors },
    Feature { name: "pipelines", write: pipelines },
    Feature { name: "select sends", write: select },
    Feature { name: "tasks in arrays", write: arrays },
    Feature { name: "scopes that fail", write: scopes },
];

/// What waits when it is cancelled does what it has deferred.
fn cancelled(w: &mut Writer<'_, '_>) {
    let (name, blocks) = (w.fresh(), w.choices.between(1, 3));
    let defers: String = (0..blocks)
        .map(|block| format!("    defer {{\n        print(f\"{{name}} gives up {block}\")\n    }}\n"))
        .collect();
    w.declare(&format!(
        "fn wait{name}(started: Sender<string>, never: Receiver<int>, name: string) int {{\n{defers}    started.send(name) catch e {{ _ => print(\"closed\") }}\n    never.recv() catch 0\n}}"
    ));
    w.statements(&format!(
        "let (started{name}, begun{name}) = chan<string>(0)\nlet (never{name}, waits{name}) = chan<int>(0)\nlet task{name} = spawn wait{name}(started{name}, waits{name}, \"task{name}\")"
    ));
    w.print(&format!("begun{name}.recv() catch \"none\""), &format!("task{name}"));
    w.statements(&format!("task{name}.cancel()"));
    for block in (0..blocks).rev() {
        w.expect(&format!("task{name} gives up {block}"));
    }
    w.print(&format!("task{name}.get() catch e {{ _ => -7 }}"), "-7");
    w.statements(&format!("never{name}.close()"));
}

/// A trap some calls deep does what they have deferred, the innermost first.
fn traps(w: &mut Writer<'_, '_>) {
    let (name, depth, at) = (w.fresh(), w.choices.between(0, 4), w.choices.between(0, 4));
    w.declare(&format!(
        "fn deep{name}(list: [int], depth: int) int {{\n    let mut left = f\"{{depth}}\"\n    defer {{\n        print(f\"leaves {{left}} of {name}\")\n    }}\n    if depth == 0 {{\n        return list[{at}]\n    }}\n    let below = deep{name}(list, depth - 1)\n    left = left + \"!\"\n    below + 1\n}}"
    ));
    w.statements(&format!(
        "let deep{name} = [5, 6, 7]\nlet falls{name} = spawn deep{name}of(deep{name}, {depth})"
    ));
    w.declare(&format!("fn deep{name}of(list: [int], depth: int) int {{ deep{name}(list, depth) }}"));
    for level in 0..=depth {
        let mark = if at < 3 && level > 0 { "!" } else { "" };
        w.expect(&format!("leaves {level}{mark} of {name}"));
    }
    let value = if at < 3 { 5 + at + depth } else { -1 };
    w.print(&format!("falls{name}.get() catch e {{ TaskFailed {{ .. }} => -1 }}"), &value.to_string());
}

/// An actor that traps is no more, and who asks is told.
fn actors(w: &mut Writer<'_, '_>) {
    let (name, asked) = (w.fresh(), w.choices.between(1, 6));
    w.declare(&format!(
        "actor Shelf{name} {{\n    left: [string] = [\"a\", \"b\", \"c\"]\n    taken: int = 0\n    fn take(mut self) string {{\n        self.taken += 1\n        self.left[self.taken - 1] + f\"{{self.taken}}\"\n    }}\n}}"
    ));
    w.statements(&format!(
        "let shelf{name} = spawn Shelf{name} {{}}\nfor _ in 0..{asked} {{\n    print(shelf{name}.take() catch e {{ ActorDown {{ .. }} => \"down\" }})\n}}"
    ));
    for at in 0..asked {
        w.expect(["a1", "b2", "c3"].get(at as usize).copied().unwrap_or("down"));
    }
}

/// Messages go through some tasks, each of which changes them.
fn pipelines(w: &mut Writer<'_, '_>) {
    let (name, stages, messages) = (w.fresh(), w.choices.between(1, 4), w.choices.between(0, 9));
    w.declare(&format!(
        "fn feed{name}(out: Sender<(int, [string])>, count: int) {{\n    for i in 0..count {{\n        out.send((i, [f\"m{{i}}\"]))!\n    }}\n}}\n\nfn stage{name}(given: Receiver<(int, [string])>, out: Sender<(int, [string])>, by: int) {{\n    for (number, words) in given {{\n        let more = words.concat([f\"s{{by}}\"])\n        out.send((number * by + 1, more))!\n    }}\n}}"
    ));
    let capacity = |w: &mut Writer<'_, '_>| w.choices.between(0, 3);
    let first = capacity(w);
    w.statements(&format!(
        "let mut shown{name} = \"\"\nscope {{\n    let (to{name}of0, from{name}of0) = chan<(int, [string])>({first})\n    spawn feed{name}(to{name}of0, {messages})"
    ));
    for stage in 0..stages {
        let (next, room) = (stage + 1, capacity(w));
        w.statements(&format!(
            "    let (to{name}of{next}, from{name}of{next}) = chan<(int, [string])>({room})\n    spawn stage{name}(from{name}of{stage}, to{name}of{next}, {})",
            stage + 2
        ));
    }
    w.statements(&format!(
        "    for (number, words) in from{name}of{stages} {{\n        shown{name} = shown{name} + f\"{{number}}{{words}}\"\n    }}\n}} catch e {{\n    _ => print(\"failed\")\n}}"
    ));
    let marks: String = (0..stages).map(|stage| format!(", \"s{}\"", stage + 2)).collect();
    let shown: String = (0..messages)
        .map(|i| {
            let number = (0..stages).fold(i, |number, stage| number * (stage + 2) + 1);
            format!("{number}[\"m{i}\"{marks}]")
        })
        .collect();
    w.print(&format!("shown{name}"), &shown);
}

/// As many messages as there is room for are sent.
fn select(w: &mut Writer<'_, '_>) {
    let (name, room, tries) = (w.fresh(), w.choices.between(0, 4), w.choices.between(1, 6));
    w.statements(&format!(
        "let (tx{name}, rx{name}) = chan<int>({room})\nlet mut sent{name} = 0\nfor i in 0..{tries} {{\n    sent{name} += select {{\n        tx{name}.send(i) => 1\n        default => 100\n    }} catch e {{ _ => 0 }}\n}}\ntx{name}.close()\nlet mut got{name} = 0\nfor message in rx{name} {{\n    got{name} = got{name} * 10 + message + 1\n}}"
    ));
    let sent = room.min(tries);
    w.print(&format!("sent{name}"), &(sent + (tries - sent) * 100).to_string());
    w.print(&format!("got{name}"), &(0..sent).fold(0, |got, i| got * 10 + i + 1).to_string());
}

/// Some of many tasks fail.
fn arrays(w: &mut Writer<'_, '_>) {
    let (name, count, bad) = (w.fresh(), w.choices.between(1, 12), w.choices.between(0, 12));
    w.declare(&format!(
        "error Bad{name} {{\n    words: [string]\n    n: int\n}}\n\nfn one{name}(n: int) (string, int) {{\n    if n == {bad} {{\n        raise Bad{name} {{ words: [\"bad\", f\"{{n}}\"], n: n }}\n    }}\n    (f\"t{{n}}\", n * n)\n}}"
    ));
    w.statements(&format!(
        "let mut tasks{name}: [Task<(string, int)>] = []\nfor n in 0..{count} {{\n    tasks{name}.push(spawn one{name}(n))\n}}\nlet mut all{name} = \"\"\nfor task in tasks{name} {{\n    let (word, number) = task.get() catch e {{\n        Bad{name} {{ words, n }} => (words[1], -n)\n        TaskFailed {{ .. }} => (\"trap\", 0)\n    }}\n    all{name} = all{name} + f\"{{word}}={{number}} \"\n}}"
    ));
    let all: String = (0..count)
        .map(|n| if n == bad { format!("{n}={} ", -n) } else { format!("t{n}={} ", n * n) })
        .collect();
    w.print(&format!("all{name} + \".\""), &format!("{all}."));
}

/// A scope one of whose tasks fails, while the others wait for what never comes.
fn scopes(w: &mut Writer<'_, '_>) {
    let (name, waiting, fails) = (w.fresh(), w.choices.between(0, 3), w.choices.once_in(2));
    w.declare(&format!(
        "error Failed{name} {{\n    why: string\n}}\n\nfn fail{name}(fails: bool) {{\n    if fails {{\n        raise Failed{name} {{ why: \"asked{name}\" }}\n    }}\n}}\n\nfn linger{name}(never: Receiver<int>) {{\n    let _ = never.recv() catch 0\n}}"
    ));
    w.statements(&format!(
        "let (never{name}, lingers{name}) = chan<int>(0)\nlet done{name} = scope {{\n    for _ in 0..{waiting} {{\n        spawn linger{name}(lingers{name})\n    }}\n    spawn fail{name}({fails})\n    never{name}.close()\n    \"fine\"\n}} catch e {{ Failed{name} {{ why }} => why }}"
    ));
    w.print(&format!("done{name}"), &if fails { format!("asked{name}") } else { "fine".to_owned() });
}
