//! `pluto doc`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use expect_test::{expect, expect_file};

use crate::support::{files, read, run, run_in};

const SHAPES: &str = r#"// Shapes, and what they have in common.
//
// All of them are flat.

import lines

/// Something with an area.
///
/// * in square metres, `0.0` for a [lines.Line]
/// * <script>alert(1)</script>
pub trait Shape {
    /// How large it is.
    fn area(self) float raises none
}

/// A circle.
pub class Circle<T: Equal> {
    /// What it is called.
    pub name: T
    radius: float = 1.0

    invariant self.radius >= 0.0

    /// A larger one.
    pub fn grown(self, by: float) Circle<T>
        requires by > 0.0
    {
        Circle { name: self.name, radius: self.radius * by }
    }

    fn secret(self) int { 3 }
}

impl<T: Equal> Shape for Circle<T> {
    fn area(self) float raises none { self.radius * self.radius * 3.14 }
}

/// It has too many sides.
pub error TooMany { sides: int }

/// What has sides.
pub enum Polygon {
    /// Three of them.
    Triangle
    Of(sides: int)

    pub fn sides(self) int {
        match self {
            Triangle => 3
            Of(sides) => sides
        }
    }
}

/// A polygon with some sides.
pub fn polygon(sides: int) Polygon {
    if sides > 99 { raise TooMany { sides } }
    Polygon.Of(sides)
}

/// The areas of all.
pub fn areas(shapes: [Shape]) [float] { shapes.map((shape) => shape.area()) }

/// Names of circles.
pub type Names = [string]

/// Sides of a square.
pub const SQUARE = 4

/// Who counts circles.
pub actor Counter {
    count: int = 0

    /// One more.
    fn add(mut self) { self.count += 1 }
}

fn hidden() {}
"#;

const LINES: &str = "/// A line.\npub class Line {\n    pub length: float\n}\n";

/// The part of a page between its navigation and its end.
fn body(page: &str) -> &str {
    let body = page.split_once("<main>\n").expect("a page").1;
    body.split_once("</main>").expect("a page").0
}

#[test]
fn a_page_shows_what_is_public() {
    let dir = files(&[
        ("pluto.toml", "name = \"geo\"\nedition = 1\n"),
        ("shapes.pluto", SHAPES),
        ("lines.pluto", LINES),
    ]);
    let ran = run_in(dir.path(), &["doc", "--title", "Geometry"]);
    expect![[r#"
        status 0
        --- stdout
        --- stderr
        doc/index.html: 2 modules in 3 pages
    "#]]
    .assert_eq(&ran.whole());
    expect_file!["documenting/shapes.html"].assert_eq(body(&read(&dir, "doc/shapes.html")));
    expect![[r#"
        <h1>Geometry</h1>
        <dl>
        <dt><a href="lines.html">lines</a></dt>
        <dd></dd>
        <dt><a href="shapes.html">shapes</a></dt>
        <dd><p>Shapes, and what they have in common.</p>
        </dd>
        </dl>
    "#]]
    .assert_eq(body(&read(&dir, "doc/index.html")));
}

#[test]
fn a_directory_is_made_anew_where_it_is_ours() {
    let dir = files(&[("lines.pluto", LINES), ("notes/index.html", "<p>mine</p>"), ("other/file", "")]);
    run_in(dir.path(), &["doc", "-o", "pages/of/all"]).ok();
    std::fs::write(dir.path().join("pages/of/all/old.html"), "").expect("writable");
    run_in(dir.path(), &["doc", "-o", "pages/of/all"]).ok();
    assert!(!dir.path().join("pages/of/all/old.html").exists());
    for theirs in ["notes", "other", "lines.pluto"] {
        let ran = run_in(dir.path(), &["doc", "-o", theirs]);
        assert_eq!(ran.status, 2, "{}", ran.whole());
        assert!(ran.stderr.contains("not made by `pluto doc`"), "{}", ran.whole());
    }
    assert_eq!(read(&dir, "notes/index.html"), "<p>mine</p>");
    let left: BTreeSet<_> = std::fs::read_dir(dir.path())
        .expect("readable")
        .map(|entry| entry.expect("readable").file_name().into_string().expect("UTF-8"))
        .collect();
    assert_eq!(left.into_iter().collect::<Vec<_>>(), ["lines.pluto", "notes", "other", "pages"]);
}

#[test]
fn a_program_with_errors_has_no_pages() {
    let dir = files(&[("wrong.pluto", "fn main() { print(nothing) }\n")]);
    let ran = run_in(dir.path(), &["doc"]);
    assert_eq!((ran.status, dir.path().join("doc").exists()), (1, false), "{}", ran.whole());
}

/// What a page has places for, and what it leads to.
fn places(page: &str, attribute: &str) -> BTreeSet<String> {
    let parts = page.split(attribute).skip(1);
    parts.filter_map(|part| Some(part.split_once('"')?.0.to_owned())).collect()
}

#[test]
fn every_link_of_the_library_leads_somewhere() {
    let dir = tempfile::tempdir().expect("a folder");
    let target = dir.path().join("std");
    run(&["doc", "--std", "-o", target.to_str().expect("UTF-8")]).ok();
    let pages: BTreeMap<String, String> = std::fs::read_dir(&target)
        .expect("readable")
        .map(|entry| entry.expect("readable").path())
        .map(|path| (name(&path), std::fs::read_to_string(&path).expect("UTF-8")))
        .collect();
    assert!(pages.len() > 15, "{}", pages.len());
    let mut followed = 0;
    for (file, page) in &pages {
        for to in places(page, "href=\"").iter().filter(|to| !to.starts_with("http")) {
            let (page, at) = to.split_once('#').unwrap_or((to, ""));
            let there = if page.is_empty() { &pages[file] } else { &pages[page] };
            assert!(at.is_empty() || places(there, "id=\"").contains(at), "{file}: {to}");
            followed += 1;
        }
    }
    assert!(followed > 500, "{followed}");
}

fn name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}
