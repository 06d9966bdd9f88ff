//! The text form of a transcript: `> ` bytes we sent, `< ` bytes the node sent, `= ` events, `# ` remarks. Bytes are hexadecimal;
//! `ab*9` is the byte `ab` nine times.

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// Bytes of ours.
    Out(Vec<u8>),
    /// Bytes of the node.
    In(Vec<u8>),
    /// What happened.
    Event(String),
}

/// Runs shorter than this are spelled out.
const RUN: usize = 16;

/// The text of some lines.
pub(crate) fn write(remark: &str, lines: &[Line]) -> String {
    let mut out = format!("# {remark}\n");
    for line in lines {
        let text = match line {
            Line::Out(bytes) => format!("> {}", hex(bytes)),
            Line::In(bytes) => format!("< {}", hex(bytes)),
            Line::Event(text) => format!("= {text}"),
        };
        out.push_str(&text);
        out.push('\n');
    }
    out
}

/// The remark and the lines of a text.
pub(crate) fn read(text: &str) -> (String, Vec<Line>) {
    let mut remark = String::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.split_at(2) {
            ("# ", rest) => rest.clone_into(&mut remark),
            ("> ", rest) => lines.push(Line::Out(bytes(rest))),
            ("< ", rest) => lines.push(Line::In(bytes(rest))),
            ("= ", rest) => lines.push(Line::Event(rest.to_owned())),
            _ => panic!("a line of a transcript: {line}"),
        }
    }
    (remark, lines)
}

fn hex(bytes: &[u8]) -> String {
    let words = bytes.chunk_by(|a, b| a == b).map(|run| match run.len() {
        length if length < RUN => run.iter().map(|byte| format!("{byte:02x}")).collect(),
        length => format!(" {:02x}*{length} ", run[0]),
    });
    words.collect::<String>().trim().to_owned()
}

fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for word in text.split_whitespace() {
        if let Some((byte, count)) = word.split_once('*') {
            let byte = u8::from_str_radix(byte, 16).expect("a byte");
            out.extend(std::iter::repeat_n(byte, count.parse().expect("a count")));
        } else {
            let digits = (0..word.len()).step_by(2);
            out.extend(digits.map(|at| u8::from_str_radix(&word[at..at + 2], 16).expect("a byte")));
        }
    }
    out
}
