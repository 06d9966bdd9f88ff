//! Rendering never panics, whatever place a diagnostic names.

use pluto_source::{
    Code, Diagnostic, Edit, File, FileId, Files, Fix, Label, Severity, Span, Tool, json_lines, sarif, text,
};
use proptest::prelude::*;

fn place() -> impl Strategy<Value = (u32, u32, u32)> {
    (0u32..3, 0u32..40, 0u32..12)
}

fn label((file, start, len): (u32, u32, u32), text: &str) -> Label {
    Label { place: Span::new(start, start + len).in_file(FileId(file)), text: text.to_owned() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn any_place_can_be_shown(
        source in "[ab\tä\u{1F600}\r\n ]{0,30}",
        other in "[a\n]{0,10}",
        primary in place(),
        secondary in prop::collection::vec(place(), 0..4),
        edits in prop::collection::vec((place(), "[x\nä]{0,5}"), 0..4),
        what in "[a\n]{0,3}",
    ) {
        let mut files = Files::new();
        files.add(File::new("a.pluto", source));
        files.add(File::new("b.pluto", other));
        let edit = |(place, text): (_, String)| Edit { place: label(place, "").place, text };
        let diagnostic = Diagnostic {
            code: Code { number: 1, name: "some", severity: Severity::Error },
            message: "some".to_owned(),
            primary: label(primary, &what),
            secondary: secondary.into_iter().map(|place| label(place, &what)).collect(),
            notes: vec![what.clone()],
            fix: Some(Fix::proposed("do", edits.into_iter().map(edit).collect())),
        };
        let diagnostics = [diagnostic];
        let tool = Tool { name: "pluto", version: "0" };
        for output in [
            text(&diagnostics, &files, true),
            text(&diagnostics, &files, false),
            json_lines(&diagnostics, &files),
            sarif(&diagnostics, &files, tool),
        ] {
            prop_assert!(!output.is_empty());
        }
    }
}
