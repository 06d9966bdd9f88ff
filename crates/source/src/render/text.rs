//! Diagnostics with the source they are about.

use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Patch, Renderer, Snippet,
};

use crate::fix::edits_in_order;
use crate::{Diagnostic, Edit, File, FileId, FileSpan, Files, Label, Severity, Span};

/// Of a line of more bytes than this only what is around a place is shown.
const LONG: usize = 400;

/// How much of a long line is shown before and behind where a place begins.
const AROUND: usize = 60;

/// Lines between two places over which they are shown apart.
const FAR: u32 = 20;

/// Each diagnostic with the lines it is about and, where there is a fix, what it would change; a blank line between two.
pub fn text(diagnostics: &[Diagnostic], files: &Files, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in diagnostics {
        if !out.is_empty() {
            out.push('\n');
        }
        out += &renderer.render(&report(diagnostic, files));
        out.push('\n');
    }
    out
}

fn report<'a>(diagnostic: &'a Diagnostic, files: &'a Files) -> Vec<Group<'a>> {
    let level = match diagnostic.code.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&diagnostic.message).id(diagnostic.code.to_string());
    let notes = diagnostic.notes.iter().map(|note| Element::from(Level::NOTE.message(note)));
    let mut groups = vec![title.elements(causes(diagnostic, files)).elements(notes)];
    if let Some(fix) = &diagnostic.fix {
        let title = Level::HELP.secondary_title(&fix.title);
        // What cannot be made cannot be shown either.
        let edits = edits_in_order(files, fix).unwrap_or_default();
        groups.push(Group::with_title(title).elements(suggestions(&edits, files)));
    }
    groups
}

/// A place of a diagnostic with its kind.
type Place<'a> = (AnnotationKind, &'a Label);

/// One snippet for places that are near each other, that of the primary place first.
fn causes<'a>(diagnostic: &'a Diagnostic, files: &'a Files) -> Vec<Element<'a>> {
    let primary = std::iter::once((AnnotationKind::Primary, &diagnostic.primary));
    let secondary = diagnostic.secondary.iter().map(|label| (AnnotationKind::Context, label));
    let places: Vec<Place<'_>> = primary.chain(secondary).collect();
    let mut snippets = Vec::new();
    for id in in_order(places.iter().map(|(_, label)| label.place.file)) {
        let of_file = places.iter().filter(|(_, label)| label.place.file == id).copied().collect();
        let Some(file) = files.get(id) else { continue };
        for near in near_places(file, of_file) {
            let window = Window::around(file, near.iter().map(|(_, label)| label.place));
            if window.has_long_line() {
                snippets.extend(near.iter().flat_map(|(kind, label)| cut(*kind, label, file)));
                continue;
            }
            let annotations = near.into_iter().map(|(kind, label)| annotation(kind, label, &window));
            snippets.push(snippet(file, &window).annotations(annotations.collect::<Vec<_>>()).into());
        }
    }
    snippets
}

/// A place on a line that is too long to be shown, with what is around it.
fn cut<'a>(kind: AnnotationKind, label: &'a Label, file: &'a File) -> [Element<'a>; 2] {
    let span = label.place.span;
    let at = file.line_column(span.start);
    let origin = Origin::path(file.path()).line(at.line as usize).char_column(at.column as usize);
    let window = Window::around(file, std::iter::once(label.place));
    let place = window.range(span);
    let line_start =
        window.text.get(..place.start).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let behind = window.text.get(place.start..).unwrap_or_default();
    let line_end = behind.find('\n').map_or(window.text.len(), |end| place.start + end);
    let from = window.text.floor_char_boundary(place.start.saturating_sub(AROUND).max(line_start));
    let to = window.text.floor_char_boundary((place.start + AROUND).min(line_end));
    let before = if from > line_start { "…" } else { "" };
    let after = if to < line_end { "…" } else { "" };
    let shown = format!("{before}{}{after}", window.text.get(from..to).unwrap_or_default());
    let start = before.len() + place.start.saturating_sub(from);
    let end = before.len() + place.end.clamp(place.start, to.max(place.start)).saturating_sub(from);
    let annotation = kind.span(start..end);
    let annotation = if label.text.is_empty() { annotation } else { annotation.label(&label.text) };
    let snippet = Snippet::source(shown).line_start(at.line as usize).annotation(annotation);
    [origin.into(), snippet.into()]
}

/// The places of one file in groups that are shown together: those between which there are few lines. The one with the primary place
/// comes first.
fn near_places<'a>(file: &File, mut places: Vec<Place<'a>>) -> Vec<Vec<Place<'a>>> {
    places.sort_by_key(|(_, label)| label.place.span);
    let mut groups: Vec<Vec<Place<'a>>> = Vec::new();
    let mut end = 0;
    for place in places {
        let span = place.1.place.span;
        let far = file.line_column(span.start).line > end + FAR;
        match groups.last_mut().filter(|_| !far) {
            Some(last) => last.push(place),
            None => groups.push(vec![place]),
        }
        end = end.max(file.line_column(span.end).line);
    }
    let primary = |group: &Vec<Place<'_>>| group.iter().any(|(kind, _)| *kind == AnnotationKind::Primary);
    groups.sort_by_key(|group| !primary(group));
    groups
}

fn annotation<'a>(kind: AnnotationKind, label: &'a Label, window: &Window<'a>) -> Annotation<'a> {
    let annotation = kind.span(window.range(label.place.span));
    if label.text.is_empty() { annotation } else { annotation.label(&label.text) }
}

fn suggestions<'a>(edits: &[&'a Edit], files: &'a Files) -> Vec<Element<'a>> {
    in_order(edits.iter().map(|edit| edit.place.file))
        .into_iter()
        .filter_map(|id| {
            let file = files.get(id)?;
            let of_file: Vec<&'a Edit> = edits.iter().copied().filter(|edit| edit.place.file == id).collect();
            let window = Window::around(file, of_file.iter().map(|edit| edit.place));
            if window.has_long_line() {
                return None;
            }
            let patches =
                of_file.into_iter().map(|edit| Patch::new(window.range(edit.place.span), &edit.text));
            Some(snippet(file, &window).patches(patches.collect::<Vec<_>>()).into())
        })
        .collect()
}

fn snippet<'a, T: Clone>(file: &'a File, window: &Window<'a>) -> Snippet<'a, T> {
    Snippet::source(window.text).line_start(window.line as usize).path(file.path())
}

/// Each file once, in the order in which they are first named.
fn in_order(files: impl Iterator<Item = FileId>) -> Vec<FileId> {
    let mut seen = Vec::new();
    for file in files {
        if !seen.contains(&file) {
            seen.push(file);
        }
    }
    seen
}

/// Whole lines of a file: what is shown of a large file is found without going through all of it.
struct Window<'a> {
    text: &'a str,
    span: Span,
    line: u32,
}

impl<'a> Window<'a> {
    /// The lines from the first to the last of these places, which are all of this file.
    fn around(file: &'a File, places: impl Iterator<Item = FileSpan>) -> Self {
        let all = places.map(|place| place.span).reduce(Span::to).unwrap_or_default();
        let span = file.whole_lines(all);
        Self { text: span.of(file.text()), span, line: file.line_column(span.start).line }
    }

    fn has_long_line(&self) -> bool {
        self.text.len() > LONG && self.text.lines().any(|line| line.len() > LONG)
    }

    /// A span in the text of the window: within it, and of whole characters.
    fn range(&self, span: Span) -> std::ops::Range<usize> {
        let inside = |at: u32| at.saturating_sub(self.span.start) as usize;
        let start = self.text.floor_char_boundary(inside(span.start));
        let end = self.text.ceil_char_boundary(inside(span.end)).max(start);
        start..end
    }
}
