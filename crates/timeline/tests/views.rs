//! Fixtures of event scripts with everything that the engines make of them.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common {
    use pluto_timeline::calls::{CallsBuilder, Keep, Limits};
    use pluto_timeline::links::{Correlator, LinkLimits, Point, Reach, exchanges_of_calls};
    use pluto_timeline::live::{Live, LiveLimits};
    use pluto_timeline::script::Script;
    use pluto_timeline::show::{Colour, Lines, TreeOptions, write_trees};
    use pluto_timeline::{Calls, Filter, FilterSpec, Gaps, LinksBuilder, Names, Stat, Syntax, source};

    pub(crate) fn calls(script: &Script, gaps: &Gaps) -> Calls {
        let mut builder = CallsBuilder::new(gaps, Limits::default(), Keep::default());
        for event in script.events() {
            builder.add(&event, &script.tables);
        }
        builder.finish()
    }

    pub(crate) fn tree(script: &Script) -> String {
        let gaps = Gaps::collect(script.events());
        let calls = calls(script, &gaps);
        let lines = Lines::new(Names::new(&script.tables, Syntax::Auto), Colour::Off);
        let mut out = Vec::new();
        write_trees(&mut out, &lines, &calls, &gaps, &Filter::default(), TreeOptions::default()).unwrap();
        String::from_utf8(out).unwrap().replace("00:00:00.", "")
    }

    pub(crate) fn stat(script: &Script) -> String {
        let gaps = Gaps::collect(script.events());
        let mut stat = Stat::new(&gaps);
        for event in script.events() {
            stat.add(&event, &script.tables);
        }
        let mut out = Vec::new();
        stat.finish(&script.tables).write_text(&mut out, 100).unwrap();
        String::from_utf8(out).unwrap()
    }

    pub(crate) fn links(script: &Script) -> String {
        let gaps = Gaps::collect(script.events());
        let registry = source::registry(script).unwrap();
        let mut builder = LinksBuilder::new(&gaps, &registry, LinkLimits::default());
        for event in script.events() {
            builder.add(&event, &script.tables);
        }
        let mut found = builder.finish();
        if found.exchanges.is_empty() {
            found.exchanges = exchanges_of_calls(&calls(script, &gaps), &script.tables);
        }
        let names = Names::new(&script.tables, Syntax::Auto);
        let point = |point: Point| format!("{} {}", point.time / 1000, names.process(point.process));
        let mut out = String::new();
        for link in &found.links {
            let (from, to) = (point(link.from), point(link.to));
            out.push_str(&format!("{} {}: {from} -> {to}\n", link.certainty.name(), link.kind.name()));
        }
        for exchange in &found.exchanges {
            out.push_str(&format!(
                "{} calls {}\n",
                names.process(exchange.caller),
                names.process(exchange.server)
            ));
            for (name, part) in exchange.parts() {
                out.push_str(&format!("  {} {name}: {}\n", part.certainty.name(), point(part.point)));
            }
        }
        out
    }

    /// The lines of a stream that is still going on, with small bounds; `|` comes before what is told at its end.
    pub(crate) fn live(script: &Script) -> String {
        let lines = Lines::new(Names::new(&script.tables, Syntax::Auto), Colour::Off);
        let mut live = Live::new(LiveLimits { processes: 2, depth: 3, open: 4 });
        let mut out = Vec::new();
        for event in script.events() {
            let ended = live.add(&event, &script.tables);
            lines.write_timed(&mut out, &event, ended).unwrap();
        }
        for ended in live.finish() {
            out.extend(b"| ");
            lines.write_ended(&mut out, ended).unwrap();
        }
        let counts = format!("{} given up, {} not followed\n", live.given_up(), live.not_followed());
        out.extend(counts.bytes());
        String::from_utf8(out).unwrap().replace("00:00:00.", "")
    }

    /// The lines of a process that is asked for by name, and then its calls.
    pub(crate) fn named(script: &Script, name: &str) -> String {
        let registry = source::registry(script).unwrap();
        let names = Names::new(&script.tables, Syntax::Auto).with_registry(&registry);
        let lines = Lines::new(names, Colour::Off);
        let spec = FilterSpec { processes: vec![name.to_owned()], ..FilterSpec::default() };
        let filter = spec.resolve(&script.tables, &registry).unwrap();
        let mut out = Vec::new();
        for event in script.events().filter(|event| filter.wants(event)) {
            lines.write_event(&mut out, &event).unwrap();
        }
        let (calls, gaps) = source::calls(script, &filter, Limits::default(), Keep::default()).unwrap();
        write_trees(&mut out, &lines, &calls, &gaps, &filter, TreeOptions::default()).unwrap();
        String::from_utf8(out).unwrap().replace("00:00:00.", "")
    }

    /// The lines that `show` prints, with what belongs to each event: those of one process where one is named, with a
    /// small reach where `near`.
    pub(crate) fn related(script: &Script, process: &str, near: bool, has_times: bool) -> String {
        let registry = source::registry(script).unwrap();
        let names = Names::new(&script.tables, Syntax::Auto).with_registry(&registry);
        let lines = Lines::new(names, Colour::Off).with_times(has_times);
        let processes = (!process.is_empty()).then(|| process.to_owned()).into_iter().collect();
        let filter =
            FilterSpec { processes, ..FilterSpec::default() }.resolve(&script.tables, &registry).unwrap();
        let reach = if near { Reach { ahead: 3, back: 2 } } else { Reach::default() };
        let mut correlator = Correlator::new(script, &registry, &filter, reach);
        let mut out = Vec::new();
        for (position, event) in (0..).zip(script.events()).filter(|(_, event)| filter.wants(event)) {
            let related = correlator.of(Some(position), &event).unwrap();
            lines.write_related(&mut out, &event, &related).unwrap();
        }
        String::from_utf8(out).unwrap().replace("00:00:00.", "")
    }

    pub(crate) fn lines(script: &Script) -> String {
        let lines = Lines::new(Names::new(&script.tables, Syntax::Auto), Colour::Off);
        let mut out = Vec::new();
        for event in script.events() {
            lines.write_event(&mut out, &event).unwrap();
        }
        String::from_utf8(out).unwrap()
    }
}

use expect_test::{ExpectFile, expect_file};
use pluto_testnode::{Node, releases};
use pluto_timeline::script::Script;

/// Parts of a fixture: cases begin with `=== name`, each asked-for view with `--- view`.
fn render(fixture: &str) -> String {
    let mut out = String::new();
    for case in fixture.split("=== ").skip(1) {
        let (name, body) = case.split_once('\n').unwrap_or((case, ""));
        let mut parts = body.split("--- ");
        let input = parts.next().unwrap_or_default();
        let script = Script::parse(input).unwrap_or_else(|e| panic!("{name}: {e}"));
        out.push_str(&format!("=== {name}\n{}\n", input.trim_end()));
        for part in parts {
            let view = part.lines().next().unwrap_or_default();
            let text = match view {
                "tree" => common::tree(&script),
                "stat" => common::stat(&script),
                "links" => common::links(&script),
                "lines" => common::lines(&script),
                "related" => common::related(&script, "", false, true),
                "near" => common::related(&script, "", true, true),
                "order" => common::related(&script, "", false, false),
                _ if view.starts_with("related ") => {
                    common::related(&script, &view["related ".len()..], false, true)
                }
                _ if view.starts_with("near ") => {
                    common::related(&script, &view["near ".len()..], true, true)
                }
                "live" => common::live(&script),
                _ if view.starts_with("named ") => common::named(&script, &view["named ".len()..]),
                other => panic!("{name}: no view {other}"),
            };
            out.push_str(&format!("--- {view}\n{text}"));
        }
        out.push('\n');
    }
    out
}

fn check(file: &ExpectFile) {
    let actual = render(&file.data());
    file.assert_eq(&actual);
}

#[test]
fn returns() {
    check(&expect_file!["cases/returns.txt"]);
}

#[test]
fn return_to() {
    check(&expect_file!["cases/return_to.txt"]);
}

#[test]
fn registry() {
    check(&expect_file!["cases/registry.txt"]);
}

#[test]
fn related() {
    check(&expect_file!["cases/related.txt"]);
}

#[test]
fn live() {
    check(&expect_file!["cases/live.txt"]);
}

#[test]
fn gaps() {
    check(&expect_file!["cases/gaps.txt"]);
}

#[test]
fn figures() {
    check(&expect_file!["cases/figures.txt"]);
}

#[test]
fn links() {
    check(&expect_file!["cases/links.txt"]);
}

#[test]
fn lines() {
    check(&expect_file!["cases/lines.txt"]);
}

/// Every release sends the same sequences, and the fixtures hold them with the trees that are made of them.
#[test]
fn sequences_of_live_nodes() {
    let files = [
        ("calls", expect_file!["vm/calls.txt"]),
        ("return_trace", expect_file!["vm/return_trace.txt"]),
        ("exception_trace", expect_file!["vm/exception_trace.txt"]),
        ("return_to", expect_file!["vm/return_to.txt"]),
        ("both", expect_file!["vm/both.txt"]),
    ];
    for release in releases() {
        let mut node = Node::start(&release);
        node.load_module(include_str!("vm/subject.erl"));
        node.load_module(include_str!("vm/recorder.erl"));
        // Since OTP 27 a process that is killed inside of a traced call reports no exception.
        let killed = match release.otp() {
            ..27 => expect_file!["vm/killed_before_27.txt"],
            _ => expect_file!["vm/killed.txt"],
        };
        for (mode, file) in files.iter().chain([&("killed", killed)]) {
            let scripts = node.eval_bytes(&format!("recorder:run({mode})."));
            let scripts = String::from_utf8(scripts).expect("the recorder writes ASCII");
            let fixture: String = scripts.split_inclusive("=== ").map(with_tree).collect();
            file.assert_eq(&render(&fixture));
        }
    }
}

/// Asks for the tree of a case that ends where the next one begins.
fn with_tree(case: &str) -> String {
    match case.strip_suffix("=== ") {
        Some("") => "=== ".to_owned(),
        Some(body) => format!("{body}--- tree\n=== "),
        None => format!("{case}--- tree\n"),
    }
}
