//! Pages as HTML, each with its style in it.

use std::collections::BTreeMap;
use std::fmt::Write;

use pluto_syntax::lex;
use pluto_syntax::token::Kind as TokenKind;
use pulldown_cmark::{CowStr, Event, Options, Parser, html};
use pulldown_cmark_escape::escape_html;

use crate::Page;
use crate::collect::{Kind, Module, Thing};

const STYLE: &str = include_str!("style.css");

/// Where each public type is said something about: a page and a place on it.
type Links = BTreeMap<String, String>;

pub(crate) fn pages(title: &str, modules: &[Module]) -> Vec<Page> {
    let links = links(modules);
    let mut pages = vec![Page { file: "index.html".to_owned(), html: index(title, modules) }];
    pages.extend(
        modules
            .iter()
            .map(|module| Page { file: file(&module.name), html: page(title, module, modules, &links) }),
    );
    pages
}

fn file(module: &str) -> String {
    format!("{module}.html")
}

/// A name that two modules have leads nowhere.
fn links(modules: &[Module]) -> Links {
    let mut links: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for module in modules {
        let types = module.things.iter().filter(|thing| !matches!(thing.kind, Kind::Function | Kind::Impl));
        for thing in types {
            let to = format!("{}#{}", file(&module.name), thing.name);
            links.entry(thing.name.clone()).or_default().push(to);
        }
    }
    let one = |(name, mut to): (String, Vec<String>)| Some((name, to.pop().filter(|_| to.is_empty())?));
    links.into_iter().filter_map(one).collect()
}

/// Text in HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Writing to a string cannot fail.
    let _infallible = escape_html(&mut out, text);
    out
}

/// A place on a page, as it is called: the letters and digits of a name.
fn anchor(name: &str) -> String {
    let words =
        name.split(|char: char| !char.is_alphanumeric() && char != '_').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// Markdown as HTML. HTML in it is text: what is said about a program runs nothing.
fn markdown(text: &str) -> String {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(CowStr::from(html.to_string())),
        event => event,
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out
}

/// Code, in which types lead to what is said about them.
fn code(text: &str, links: &Links, here: &str) -> String {
    let (tokens, _) = lex(text);
    let mut out = String::new();
    // The last one is the end.
    for (token, next) in tokens.iter().zip(tokens.iter().skip(1)) {
        let piece = text.get(token.start as usize..next.start as usize).unwrap_or_default();
        let class = match token.kind {
            TokenKind::Name => match links.get(piece) {
                Some(to) if piece != here => {
                    let _infallible = write!(out, "<a href=\"{}\">{}</a>", escaped(to), escaped(piece));
                    continue;
                }
                _ => "",
            },
            TokenKind::LineComment | TokenKind::DocComment => "c",
            kind if kind.is_keyword() => "k",
            _ => "",
        };
        match class {
            "" => out.push_str(&escaped(piece)),
            class => _ = write!(out, "<span class={class}>{}</span>", escaped(piece)),
        }
    }
    out
}

fn whole(title: &str, nav: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n\
         <style>\n{STYLE}</style>\n<nav>{nav}</nav>\n<main>\n{body}</main>\n</html>\n",
        escaped(title)
    )
}

/// All modules, the one of the page without a link.
fn nav(title: &str, modules: &[Module], here: Option<&str>) -> String {
    let mut out = format!("<p><a href=\"index.html\">{}</a></p>\n<ul>\n", escaped(title));
    for module in modules {
        let name = escaped(&module.name);
        let _infallible = match here {
            Some(here) if here == module.name => writeln!(out, "<li><strong>{name}</strong></li>"),
            _ => writeln!(out, "<li><a href=\"{}\">{name}</a></li>", escaped(&file(&module.name))),
        };
    }
    out + "</ul>"
}

fn index(title: &str, modules: &[Module]) -> String {
    let mut body = format!("<h1>{}</h1>\n<dl>\n", escaped(title));
    for module in modules {
        let first = module.about.split("\n\n").next().unwrap_or_default();
        let (to, name) = (escaped(&file(&module.name)), escaped(&module.name));
        // Writing to a string cannot fail.
        let _infallible =
            writeln!(body, "<dt><a href=\"{to}\">{name}</a></dt>\n<dd>{}</dd>", markdown(first));
    }
    whole(title, &nav(title, modules, None), &(body + "</dl>\n"))
}

fn page(title: &str, module: &Module, modules: &[Module], links: &Links) -> String {
    let mut body = format!("<h1>{}</h1>\n{}", escaped(&module.name), markdown(&module.about));
    if module.things.is_empty() {
        body += "<p>Nothing of it is public.</p>\n";
    }
    let mut last = None;
    for thing in &module.things {
        if last != Some(thing.kind) {
            last = Some(thing.kind);
            // Writing to a string cannot fail.
            let _infallible = writeln!(body, "<h2>{}</h2>", thing.kind.title());
        }
        shown(&mut body, thing, links);
    }
    let title_here = format!("{} - {title}", module.name);
    whole(&title_here, &nav(title, modules, Some(&module.name)), &body)
}

fn shown(body: &mut String, thing: &Thing, links: &Links) {
    let (name, head) = (escaped(&thing.name), code(&thing.head, links, &thing.name));
    let at = anchor(&thing.name);
    // Writing to a string cannot fail.
    let _infallible = writeln!(
        body,
        "<section>\n<h3 id=\"{at}\"><a href=\"#{at}\">{name}</a></h3>\n<pre>{head}</pre>\n{}",
        markdown(&thing.about)
    );
    for part in &thing.parts {
        let at = match part.name.as_str() {
            "" => String::new(),
            part => format!(" id=\"{at}.{}\"", anchor(part)),
        };
        let _infallible = writeln!(
            body,
            "<div class=part{at}>\n<pre>{}</pre>\n{}</div>",
            code(&part.head, links, &thing.name),
            markdown(&part.about)
        );
    }
    body.push_str("</section>\n");
}
