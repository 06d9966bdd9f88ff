//! A document: a flat list of operations, and how it is laid out in lines of at most [`WIDTH`] characters.
//!
//! A *group* is laid out in one of three ways. *Flat*: on one line. *Broken*: each line of its own is a line's end. *Hugging*: its
//! own lines are flat, and its last part breaks, as the block of a closure that is the last argument. A group is looked at when it
//! is reached, and the look ends where a line would be full, so that the time is linear in the size of the text.

/// Characters in a line, as far as that can be had.
const WIDTH: u32 = 100;

/// Spaces of a level.
const INDENT: u32 = 4;

/// An operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    /// A token.
    Text {
        /// Its first byte.
        start: u32,
        /// The byte after its last.
        end: u32,
    },
    /// A comma that is there where its group is flat.
    CommaIfFlat,
    /// A comma that is there where its group is broken.
    CommaIfBroken,
    /// A space.
    Space,
    /// A place where a line may end.
    Line {
        /// What is there where it does not.
        flat: Flat,
        /// Whether an empty line follows where it does.
        blank: bool,
    },
    /// The beginning of a group.
    Group {
        /// The place of its end.
        end: u32,
        /// From where on its last part may break while its own lines are flat; 0 where it does not hug.
        hug: u32,
        /// Whether its lines are those at which a group that hugs may break.
        breaks_hug: bool,
        /// Whether it is broken only where there is room for what stands before its first line; elsewhere it hugs all of it.
        late: bool,
    },
    /// The end of a group.
    EndGroup,
    /// From here on lines begin one level deeper, until [`Op::Dedent`].
    Indent,
    /// The same, by so many levels, where the group is broken.
    IndentIfBroken {
        /// How many.
        levels: u8,
    },
    /// The end of an indentation.
    Dedent,
    /// A comment.
    Comment {
        /// Its first byte.
        start: u32,
        /// The byte after its last.
        end: u32,
        /// How it stands.
        stands: Stands,
        /// Whether an empty line is before it.
        blank_before: bool,
        /// Whether an empty line is behind it.
        blank_after: bool,
    },
}

/// What is where a line does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flat {
    /// Nothing.
    Nothing,
    /// A space.
    Space,
    /// A space. Where the group is broken, the line ends only if there is no room for what follows up to the next line.
    Fill,
    /// The line ends in any case.
    Never,
    /// The same, and no group around hugs: it is because of a comment.
    NeverInHug,
}

impl Flat {
    fn is_space(self) -> bool {
        matches!(self, Self::Space | Self::Fill)
    }
}

/// How a comment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// Behind a token, up to the end of the line.
    Trailing,
    /// Between tokens.
    Inline,
    /// On lines of its own.
    Alone,
}

/// How a group is laid out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Flat,
    Hugging,
    Broken,
}

/// Lays a document out.
pub(super) fn lay_out(source: &str, ops: &[Op]) -> String {
    let mut layout = Layout {
        source,
        ops,
        out: String::with_capacity(source.len() + source.len() / 8),
        column: 0,
        level: 0,
        at_line_start: true,
        space: false,
        line_due: false,
        blank_due: false,
        after_inline: false,
        comma_at: 0,
        modes: Vec::new(),
        levels: Vec::new(),
    };
    for (at, op) in ops.iter().enumerate() {
        layout.op(at, *op);
    }
    if !layout.out.is_empty() && !layout.at_line_start {
        layout.out.push('\n');
    }
    layout.out
}

struct Layout<'a> {
    source: &'a str,
    ops: &'a [Op],
    out: String,
    column: u32,
    /// Levels of indentation.
    level: u32,
    /// Nothing is on the line yet.
    at_line_start: bool,
    /// A space comes before the next text.
    space: bool,
    /// A comment was written behind which nothing can stand on its line.
    line_due: bool,
    /// An empty line comes behind that comment.
    blank_due: bool,
    /// The last that was written is a comment that wants a space behind it.
    after_inline: bool,
    /// The end of the last token in the output: a comma goes there also where a comment has been written since.
    comma_at: usize,
    /// Those of the groups around.
    modes: Vec<Mode>,
    /// How many levels each indentation around has added.
    levels: Vec<u32>,
}

impl Layout<'_> {
    fn op(&mut self, at: usize, op: Op) {
        match op {
            Op::Text { start, end } => self.text(text_of(self.source, start, end)),
            Op::CommaIfFlat if self.mode() != Mode::Broken => self.text(","),
            Op::CommaIfBroken if self.mode() == Mode::Broken => self.text(","),
            Op::CommaIfFlat | Op::CommaIfBroken => {}
            Op::Space => self.space = true,
            Op::Line { flat: Flat::Never | Flat::NeverInHug, blank } => self.line(blank),
            Op::Line { flat: Flat::Fill, blank: false } if self.has_room_for_next(at) => self.space = true,
            Op::Line { blank, .. } if self.mode() == Mode::Broken => self.line(blank),
            Op::Line { flat, .. } => self.space |= flat.is_space(),
            Op::Group { end, hug, late, .. } => {
                let mode = self.decide(at, end as usize, hug as usize, late);
                self.modes.push(mode);
            }
            Op::EndGroup => {
                self.modes.pop();
            }
            Op::Indent => self.indent(1),
            Op::IndentIfBroken { levels } => {
                self.indent(if self.mode() == Mode::Broken { levels } else { 0 });
            }
            Op::Dedent => self.level -= self.levels.pop().unwrap_or(0),
            Op::Comment { start, end, stands, blank_before, blank_after } => {
                let text = text_of(self.source, start, end);
                match stands {
                    Stands::Inline => self.inline_comment(text),
                    _ => self.comment(text.trim_end(), stands, blank_before, blank_after),
                }
            }
        }
    }

    /// That of the innermost group. Outside of groups lines end.
    fn mode(&self) -> Mode {
        self.modes.last().copied().unwrap_or(Mode::Broken)
    }

    fn indent(&mut self, levels: u8) {
        self.levels.push(u32::from(levels));
        self.level += u32::from(levels);
    }

    fn text(&mut self, text: &str) {
        if text == "," && self.comma_at < self.out.len() {
            self.out.insert(self.comma_at, ',');
            self.comma_at += 1;
            self.column += 1;
            return;
        }
        if self.line_due {
            self.line(false);
        }
        let closes = text.starts_with([',', ')', ']', '}']);
        self.begin_text(self.space || (self.after_inline && !closes));
        self.push(text);
        self.comma_at = self.out.len();
    }

    /// The indentation or the space before a text.
    fn begin_text(&mut self, space: bool) {
        if self.at_line_start {
            let width = self.level * INDENT;
            self.out.extend(std::iter::repeat_n(' ', width as usize));
            self.column = width;
        } else if space {
            self.out.push(' ');
            self.column += 1;
        }
        self.at_line_start = false;
        self.space = false;
        self.after_inline = false;
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
        match text.rfind('\n') {
            Some(at) => self.column = width(text.get(at + 1..).unwrap_or_default()),
            None => self.column += width(text),
        }
    }

    /// Ends the line, unless nothing is on it.
    fn line(&mut self, blank: bool) {
        let blank = blank || (self.line_due && self.blank_due);
        if self.out.is_empty() {
            return;
        }
        if !self.at_line_start {
            self.out.push('\n');
        }
        if blank && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
        self.at_line_start = true;
        self.space = false;
        self.line_due = false;
        self.blank_due = false;
        self.after_inline = false;
    }

    fn inline_comment(&mut self, text: &str) {
        if self.line_due {
            self.line(false);
        }
        let opened = self.out.ends_with(['(', '[']);
        self.begin_text(!opened || self.space);
        self.push(text);
        self.after_inline = true;
    }

    /// A comment behind which the line ends.
    fn comment(&mut self, text: &str, stands: Stands, blank_before: bool, blank_after: bool) {
        if self.line_due || stands == Stands::Alone {
            self.line(blank_before);
        }
        self.begin_text(true);
        self.push(text);
        self.line_due = true;
        self.blank_due = blank_after;
    }

    /// Whether there is room for what follows a line up to the next, with the comma behind it.
    fn has_room_for_next(&self, at: usize) -> bool {
        let next = self.ops.iter().skip(at + 1).take_while(|op| !matches!(op, Op::Line { .. }));
        let widths = next.map(|op| match op {
            Op::Text { start, end } | Op::Comment { start, end, stands: Stands::Inline, .. } => {
                width(text_of(self.source, *start, *end))
            }
            Op::CommaIfBroken | Op::Space => 1,
            _ => 0,
        });
        self.column + 1 + widths.sum::<u32>() <= WIDTH
    }

    fn decide(&self, at: usize, end: usize, hug: usize, late: bool) -> Mode {
        if self.mode() == Mode::Flat && !self.modes.is_empty() {
            return Mode::Flat;
        }
        if self.fits(at, end, usize::MAX, false) {
            Mode::Flat
        } else if (hug != 0 && self.fits(at, end, hug, false))
            || (late && !self.fits(at, end, usize::MAX, true))
        {
            Mode::Hugging
        } else {
            Mode::Broken
        }
    }

    /// Whether there is room for a group up to the next place where a line ends, its own lines being flat. From `hug` on a line
    /// may end in it. Where only its `beginning` is asked for, that is up to its first line.
    fn fits(&self, at: usize, end: usize, hug: usize, beginning: bool) -> bool {
        let column = if self.at_line_start || self.line_due { self.level * INDENT } else { self.column };
        let mut look = Look {
            room: i64::from(WIDTH) - i64::from(column),
            space: self.space && !self.at_line_start && !self.line_due,
            after_inline: self.after_inline,
            opened: self.out.ends_with(['(', '[']),
            comment: false,
            around: self.modes.len(),
            undecided: 0,
            depth: 0,
            breaks_hug: 0,
        };
        let rest = self.ops.iter().enumerate().skip(at + 1);
        for (place, op) in rest {
            let answer = if place < end {
                if beginning && look.depth == 0 && matches!(op, Op::Line { .. }) {
                    return true;
                }
                look.inside(self.source, *op, place >= hug)
            } else {
                look.behind(self, *op, place == end)
            };
            if look.room < 0 {
                return false;
            }
            if let Some(answer) = answer {
                return answer;
            }
        }
        true
    }
}

/// What a look ahead has seen.
struct Look {
    room: i64,
    /// A space comes before the next text.
    space: bool,
    /// The last was a comment that wants a space behind it.
    after_inline: bool,
    /// The last was an opening bracket.
    opened: bool,
    /// A comment was seen behind which the line must end.
    comment: bool,
    /// Groups around that have not ended yet.
    around: usize,
    /// Groups that begin behind the one that is looked at.
    undecided: u32,
    /// Groups inside that have not ended.
    depth: u32,
    /// Of each group inside whether a line may end in it where the group that is looked at hugs; the innermost is the lowest bit.
    breaks_hug: u128,
}

impl Look {
    fn text(&mut self, text: &str) -> Option<bool> {
        let closes = text.starts_with([',', ')', ']', '}']);
        let space = self.space || (self.after_inline && !closes);
        self.opened = text.ends_with(['(', '[']);
        self.take(text, space)
    }

    fn inline_comment(&mut self, text: &str) -> Option<bool> {
        let ends = self.take(text, !self.opened || self.space);
        self.after_inline = true;
        ends
    }

    /// A comment up to the end of the line may stand beyond the width: no line would be shorter otherwise.
    fn trailing_comment(&mut self, text: &str) {
        if text.starts_with("/*") {
            self.take(text, true);
        }
        self.comment = true;
    }

    fn take(&mut self, text: &str, space: bool) -> Option<bool> {
        self.space = false;
        self.after_inline = false;
        let first = text.lines().next().unwrap_or_default();
        self.room -= i64::from(width(first)) + i64::from(space);
        (first.len() < text.len()).then_some(self.room >= 0)
    }

    fn inside(&mut self, source: &str, op: Op, may_break: bool) -> Option<bool> {
        match op {
            Op::Text { start, end } => {
                let text = text_of(source, start, end);
                if self.comment && text != "," {
                    return Some(false);
                }
                return self.text(text);
            }
            Op::CommaIfFlat => self.room -= 1,
            Op::Space => self.space = true,
            Op::Line { flat: Flat::Never, .. } => return Some(may_break),
            Op::Line { flat: Flat::NeverInHug, .. } => return Some(false),
            Op::Line { .. } if may_break && self.breaks_hug & 1 == 1 => return Some(true),
            Op::Line { .. } if self.comment => return Some(false),
            Op::Line { flat, .. } => self.space |= flat.is_space(),
            Op::Group { breaks_hug, .. } => {
                self.depth += 1;
                self.breaks_hug = (self.breaks_hug << 1) | u128::from(breaks_hug);
            }
            Op::EndGroup => {
                self.depth = self.depth.saturating_sub(1);
                self.breaks_hug >>= 1;
            }
            Op::Comment { stands: Stands::Alone, .. } => return Some(false),
            Op::Comment { .. } if self.comment => return Some(false),
            Op::Comment { stands: Stands::Trailing, start, end, .. } => {
                self.trailing_comment(text_of(source, start, end));
            }
            Op::Comment { start, end, .. } => {
                return self.inline_comment(text_of(source, start, end));
            }
            Op::CommaIfBroken | Op::Indent | Op::IndentIfBroken { .. } | Op::Dedent => {}
        }
        None
    }

    fn behind(&mut self, layout: &Layout<'_>, op: Op, own_end: bool) -> Option<bool> {
        match op {
            Op::Text { start, end } => {
                let text = text_of(layout.source, start, end);
                if self.comment && text != "," {
                    return Some(true);
                }
                return self.text(text);
            }
            Op::CommaIfFlat if !self.is_broken(layout) => self.room -= 1,
            Op::CommaIfBroken if self.is_broken(layout) => self.room -= 1,
            Op::Space => self.space = true,
            Op::Line { flat: Flat::Never | Flat::NeverInHug, .. } => return Some(true),
            Op::Line { flat, .. } => {
                if self.is_broken(layout) || self.comment {
                    return Some(true);
                }
                self.space |= flat.is_space();
            }
            Op::Group { .. } => self.undecided += 1,
            Op::EndGroup if own_end => {}
            Op::EndGroup if self.undecided > 0 => self.undecided -= 1,
            Op::EndGroup => self.around = self.around.saturating_sub(1),
            // A comma goes before the comments that it is behind.
            Op::Comment { .. } if self.comment => {}
            Op::Comment { stands: Stands::Inline, start, end, .. } => {
                return self.inline_comment(text_of(layout.source, start, end));
            }
            Op::Comment { stands: Stands::Trailing, start, end, .. } => {
                self.trailing_comment(text_of(layout.source, start, end));
            }
            Op::Comment { .. } => {
                self.comment = true;
                self.space = false;
            }
            Op::CommaIfFlat | Op::CommaIfBroken | Op::Indent | Op::IndentIfBroken { .. } | Op::Dedent => {}
        }
        None
    }

    /// Whether lines end in the group that has been reached. One that begins behind can be broken.
    fn is_broken(&self, layout: &Layout<'_>) -> bool {
        let around = self.around.checked_sub(1).and_then(|at| layout.modes.get(at));
        self.undecided > 0 || around.is_none_or(|mode| *mode == Mode::Broken)
    }
}

fn text_of(source: &str, start: u32, end: u32) -> &str {
    source.get(start as usize..end as usize).unwrap_or_default()
}

fn width(text: &str) -> u32 {
    if text.is_ascii() { text.len() as u32 } else { text.chars().count() as u32 }
}
