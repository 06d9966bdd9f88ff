//! The tokens of a text one after the other, with the comments between them. Whatever the layout is, every token and every
//! comment comes out, in order.

use pluto_source::Span;

use super::doc::{Flat, Op, Stands};
use crate::token::{Kind, Token};

/// A token that is no trivia.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) kind: Kind,
    pub(super) start: u32,
    end: u32,
    /// Lines that end between it and the token or comment before it: 2 stands for more.
    lines_before: u8,
    /// Lines that end before it in the whole text.
    line: u32,
    /// Comments before it in the whole text.
    comments: u32,
    /// The place of the bracket that closes it; of other tokens its own.
    close: u32,
}

/// A comment.
#[derive(Clone, Copy, Debug)]
struct Comment {
    start: u32,
    end: u32,
    /// Whether it ends with its line.
    to_line_end: bool,
    /// Lines that end between it and the token or comment before it: 2 stands for more.
    lines_before: u8,
}

/// Where the printer is in the tokens, and what it has printed.
pub(super) struct Tokens<'s> {
    source: &'s str,
    words: Vec<Word>,
    comments: Vec<Comment>,
    /// The next word.
    at: usize,
    /// The next comment.
    comment: usize,
    pub(super) ops: Vec<Op>,
    /// Groups that have not ended.
    groups: Vec<usize>,
}

impl<'s> Tokens<'s> {
    pub(super) fn new(source: &'s str, tokens: &[Token]) -> Self {
        let (words, comments) = split(source, tokens);
        Self {
            source,
            // Measured on real programs: there are about twice as many operations as tokens.
            ops: Vec::with_capacity(words.len() * 2 + 16),
            words,
            comments,
            at: 0,
            comment: 0,
            groups: Vec::new(),
        }
    }

    /// The next token.
    pub(super) fn kind(&self) -> Kind {
        self.ahead(0)
    }

    /// The kind of the token so many behind the next.
    pub(super) fn ahead(&self, by: usize) -> Kind {
        self.words.get(self.at + by).map_or(Kind::End, |word| word.kind)
    }

    pub(super) fn is(&self, kind: Kind) -> bool {
        self.kind() == kind
    }

    /// Whether the next token is this word.
    pub(super) fn is_word(&self, text: &str) -> bool {
        self.words.get(self.at).is_some_and(|word| Span::new(word.start, word.end).of(self.source) == text)
    }

    /// Where the next token begins.
    pub(super) fn start(&self) -> u32 {
        self.words.get(self.at).map_or(u32::MAX, |word| word.start)
    }

    /// Where the bracket begins that closes the next token.
    pub(super) fn close(&self) -> u32 {
        let close = self.words.get(self.at).and_then(|word| self.words.get(word.close as usize));
        close.map_or(u32::MAX, |close| close.start)
    }

    /// Prints the next token.
    pub(super) fn token(&mut self) {
        self.comments_before(false);
        if let Some(word) = self.words.get(self.at).copied() {
            self.ops.push(Op::Text { start: word.start, end: word.end });
        }
        self.step();
    }

    /// Prints the next token, which is this one.
    pub(super) fn expect(&mut self, kind: Kind) {
        debug_assert_eq!(self.kind(), kind, "at byte {} of {:?}", self.start(), self.source);
        self.token();
    }

    /// Prints the next token, which is this one or begins with it: `>>` also closes two lists.
    pub(super) fn expect_part(&mut self, kind: Kind, length: u32) {
        if self.is(kind) {
            return self.token();
        }
        self.comments_before(false);
        if let Some(word) = self.words.get_mut(self.at) {
            let start = word.start;
            word.start += length;
            word.lines_before = 0;
            let rest = Span::new(word.start, word.end).of(self.source);
            word.kind = match rest {
                ">" => Kind::Greater,
                "?" => Kind::Question,
                "=" => Kind::Equal,
                _ => word.kind,
            };
            self.ops.push(Op::Text { start, end: start + length });
        }
    }

    /// Prints everything up to there as it is.
    pub(super) fn verbatim(&mut self, end: u32) {
        self.comments_before(false);
        let start = self.start();
        self.ops.push(Op::Text { start, end });
        while self.words.get(self.at + 1).is_some_and(|next| next.start < end) {
            self.at += 1;
        }
        while self.comments.get(self.comment).is_some_and(|comment| comment.start < end) {
            self.comment += 1;
        }
        self.step();
    }

    /// Leaves the next token out, but not the comments about it.
    pub(super) fn leave_out(&mut self) {
        self.comments_before(true);
        self.step();
    }

    /// Goes behind the next token, and prints the comments that stand behind it on its line.
    fn step(&mut self) {
        self.at += 1;
        let next = self.words.get(self.at);
        let closes = matches!(
            next.map(|word| word.kind),
            Some(Kind::Comma | Kind::RightParen | Kind::RightBracket | Kind::RightBrace | Kind::End)
        );
        let end = next.map_or(0, |word| word.comments as usize);
        let lines = next.is_some_and(|word| word.lines_before > 0);
        while self.comment < end
            && let Some(comment) = self.comments.get(self.comment).copied()
            && comment.lines_before == 0
        {
            let later = self.comments.get(self.comment + 1..end).unwrap_or_default();
            let ends = lines || later.iter().any(|comment| comment.lines_before > 0);
            if !comment.to_line_end && !ends && !closes {
                break;
            }
            let ends_line = later.first().map_or(lines, |next| next.lines_before > 0);
            let stands = if comment.to_line_end || ends_line { Stands::Trailing } else { Stands::Inline };
            self.push_comment(comment, stands, false, false);
            self.comment += 1;
        }
    }

    /// Prints the comments before the next token that have not been printed.
    pub(super) fn comments_before(&mut self, blank_before_first: bool) {
        let Some(word) = self.words.get(self.at).copied() else { return };
        let end = word.comments as usize;
        let mut blank = blank_before_first;
        while self.comment < end
            && let Some(comment) = self.comments.get(self.comment).copied()
        {
            let lines_after = self
                .comments
                .get(self.comment + 1)
                .filter(|_| self.comment + 1 < end)
                .map_or(word.lines_before, |next| next.lines_before);
            let ends_here = lines_after > 0 || closes(word.kind) || word.kind == Kind::Comma;
            let alone = comment.to_line_end || (comment.lines_before > 0 && ends_here);
            let stands = if alone { Stands::Alone } else { Stands::Inline };
            let last = self.comment + 1 == end;
            let kind = if word.kind == Kind::Comma { self.ahead(1) } else { word.kind };
            let ends = last && (kind == Kind::End || closes(kind));
            let blank_after = lines_after > 1 && !ends;
            self.push_comment(comment, stands, blank && comment.lines_before > 1, blank_after);
            blank = true;
            self.comment += 1;
        }
    }

    fn push_comment(&mut self, comment: Comment, stands: Stands, blank_before: bool, blank_after: bool) {
        let Comment { start, end, .. } = comment;
        self.ops.push(Op::Comment { start, end, stands, blank_before, blank_after });
    }

    /// Whether comments stand before the next token that have not been printed.
    pub(super) fn has_comments(&self) -> bool {
        self.words.get(self.at).is_some_and(|word| self.comment < word.comments as usize)
    }

    /// Whether a comment was printed last.
    pub(super) fn is_behind_comment(&self) -> bool {
        let mut printed = self.ops.iter().rev();
        let last = printed.find(|op| !matches!(op, Op::Indent | Op::IndentIfBroken { .. }));
        matches!(last, Some(Op::Comment { .. }))
    }

    /// Whether a comment stands before the token so many behind the next.
    pub(super) fn is_commented(&self, by: usize) -> bool {
        !self.comments_between(self.at + by).is_empty()
    }

    /// Whether block comments stand in there.
    pub(super) fn has_block_comments(&self, span: Span) -> bool {
        let first = self.comments.partition_point(|comment| comment.start < span.start);
        let rest = self.comments.get(first..).unwrap_or_default();
        rest.iter().take_while(|comment| comment.start < span.end).any(|comment| !comment.to_line_end)
    }

    /// Whether a line must end before the next token because of a comment.
    pub(super) fn must_break(&self) -> bool {
        let between = self.comments_between(self.at);
        let lines = |lines: u8| lines > 0;
        let word = self.words.get(self.at).is_some_and(|word| lines(word.lines_before));
        !between.is_empty() && (word || between.iter().any(|comment| lines(comment.lines_before)))
    }

    /// The comments between a token and the one before it.
    fn comments_between(&self, at: usize) -> &[Comment] {
        let before = at.checked_sub(1).and_then(|before| self.words.get(before));
        let first = before.map_or(0, |word| word.comments);
        let end = self.words.get(at).map_or(first, |word| word.comments);
        self.comments.get(first as usize..end as usize).unwrap_or_default()
    }

    /// Whether an empty line stands before what comes next.
    pub(super) fn blank(&self) -> bool {
        let Some(word) = self.words.get(self.at) else { return false };
        let comment = self.comments.get(self.comment).filter(|_| self.comment < word.comments as usize);
        comment.map_or(word.lines_before, |comment| comment.lines_before) > 1
    }

    /// Whether the bracket that comes next and the one that closes it are on one line.
    pub(super) fn is_one_line(&self) -> bool {
        self.one_line_at(self.at)
    }

    /// The same of the bracket that begins there.
    pub(super) fn is_one_line_from(&self, start: u32) -> bool {
        let at = self.words.partition_point(|word| word.start < start);
        self.one_line_at(at)
    }

    fn one_line_at(&self, at: usize) -> bool {
        let Some(open) = self.words.get(at) else { return false };
        self.words.get(open.close as usize).is_some_and(|close| close.line == open.line)
    }

    /// Whether two places are on one line.
    pub(super) fn same_line(&self, one: u32, other: u32) -> bool {
        let line = |start| {
            let at = self.words.partition_point(|word| word.start < start);
            self.words.get(at).map(|word| word.line)
        };
        line(one) == line(other)
    }

    pub(super) fn space(&mut self) {
        self.ops.push(Op::Space);
    }

    pub(super) fn line(&mut self, flat: Flat) {
        self.ops.push(Op::Line { flat, blank: false });
    }

    /// The end of a line between two elements: an empty line before the second stays.
    pub(super) fn line_between(&mut self, flat: Flat) {
        let blank = self.blank();
        self.ops.push(Op::Line { flat, blank });
    }

    pub(super) fn indent_if_broken(&mut self, levels: u8) {
        self.ops.push(Op::IndentIfBroken { levels });
    }

    /// A group. Comments before it do not break it.
    pub(super) fn group(&mut self) {
        self.comments_before(false);
        self.begin_group(false);
    }

    /// A group that begins with a line, behind which the comments before the next token stand.
    pub(super) fn group_with_line(&mut self, flat: Flat) {
        self.begin_group(false);
        self.indent_if_broken(1);
        self.line(flat);
    }

    /// A group at whose lines a group around may break that hugs.
    pub(super) fn hugged_group(&mut self) {
        self.comments_before(false);
        self.begin_group(true);
    }

    fn begin_group(&mut self, breaks_hug: bool) {
        self.groups.push(self.ops.len());
        self.ops.push(Op::Group { end: 0, hug: 0, breaks_hug, late: false });
    }

    /// From here on the innermost group may break while its own lines are flat.
    pub(super) fn hug_from_here(&mut self) {
        let here = self.ops.len() as u32;
        let group = self.groups.last().and_then(|at| self.ops.get_mut(*at));
        if let Some(Op::Group { hug, .. }) = group {
            *hug = here;
        }
    }

    /// The innermost group is broken only where there is room for what stands before its first line.
    pub(super) fn break_late(&mut self) {
        let group = self.groups.last().and_then(|at| self.ops.get_mut(*at));
        if let Some(Op::Group { late, .. }) = group {
            *late = true;
        }
    }

    pub(super) fn end_group(&mut self) {
        let here = self.ops.len() as u32;
        let group = self.groups.pop().and_then(|at| self.ops.get_mut(at));
        if let Some(Op::Group { end, .. }) = group {
            *end = here;
        }
        self.ops.push(Op::EndGroup);
    }
}

const fn closes(kind: Kind) -> bool {
    matches!(kind, Kind::RightParen | Kind::RightBracket | Kind::RightBrace)
}

/// Takes tokens and comments apart.
fn split(source: &str, tokens: &[Token]) -> (Vec<Word>, Vec<Comment>) {
    let mut words: Vec<Word> = Vec::with_capacity(tokens.len() / 2);
    let mut comments: Vec<Comment> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    // The beginning of the text is the beginning of a line.
    let (mut lines_before, mut line) = (1_u8, 0_u32);
    for (token, after) in tokens.iter().zip(tokens.iter().skip(1).map(Some).chain([None])) {
        let (start, end) = (token.start, after.map_or(source.len() as u32, |after| after.start));
        match token.kind {
            Kind::Newline => {
                lines_before = (lines_before + 1).min(2);
                line += 1;
            }
            kind if kind.is_comment() => {
                let to_line_end = kind != Kind::BlockComment;
                comments.push(Comment { start, end, to_line_end, lines_before });
                lines_before = 0;
                line += lines_in(source, kind, start, end);
            }
            kind if kind.is_trivia() => {}
            kind => {
                let own = words.len();
                if matches!(kind, Kind::LeftParen | Kind::LeftBracket | Kind::LeftBrace) {
                    open.push(own);
                } else if closes(kind)
                    && let Some(opening) = open.pop().and_then(|opening| words.get_mut(opening))
                {
                    opening.close = own as u32;
                }
                words.push(Word {
                    kind,
                    start,
                    end,
                    lines_before,
                    line,
                    comments: comments.len() as u32,
                    close: own as u32,
                });
                lines_before = 0;
                line += lines_in(source, kind, start, end);
            }
        }
    }
    (words, comments)
}

/// Lines that end in a token or a comment.
fn lines_in(source: &str, kind: Kind, start: u32, end: u32) -> u32 {
    if matches!(kind, Kind::BlockComment | Kind::String | Kind::FText | Kind::Atom) {
        Span::new(start, end).of(source).bytes().filter(|byte| *byte == b'\n').count() as u32
    } else {
        0
    }
}
