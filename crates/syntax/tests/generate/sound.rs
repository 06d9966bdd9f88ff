//! What holds of the tokens and the tree of any text, for the property tests and for the fuzz targets.

use pluto_source::{FileId, Span};
use pluto_syntax::token::Kind;
use pluto_syntax::tree::Tree;
use pluto_syntax::{Parse, dump, lex, walk};

/// Tokens and trivia cover the text: each begins where the one before ends, and the last is the end.
pub(crate) fn covers(source: &str) {
    let (tokens, _) = lex(source);
    assert_eq!(tokens.first().map(|token| token.start), Some(0));
    let ends = tokens.iter().skip(1).map(|token| token.start);
    let mut text = String::new();
    for (token, end) in tokens.iter().zip(ends) {
        assert!(token.start <= end);
        assert!(token.kind != Kind::End);
        text.push_str(Span::new(token.start, end).of(source));
    }
    assert_eq!(&text, source);
    assert_eq!(tokens.last().map(|token| (token.kind, token.start)), Some((Kind::End, source.len() as u32)));
}

/// The spans of a tree are in the text and on its characters, those of children in those of their parents and one after the other.
fn spans_fit(tree: &Tree, source: &str) {
    let mut nodes = Vec::new();
    walk::all(tree, |depth, _, node| nodes.push((depth, node)));
    let mut children = Vec::new();
    let whole = Span::new(0, source.len() as u32);
    for (_, node) in &nodes {
        let span = node.span(&tree.nodes);
        assert!(span.start <= span.end && whole.contains(span), "{node:?} {span:?}");
        assert!(source.get(span.start as usize..span.end as usize).is_some(), "{node:?} {span:?}");
        children.clear();
        node.children(&tree.nodes, &mut children);
        let mut last = span.start;
        for (role, child) in &children {
            let inner = child.span(&tree.nodes);
            assert!(span.contains(inner), "{node:?} {span:?} holds {role} {child:?} {inner:?}");
            assert!(
                last <= inner.start,
                "{node:?} {span:?}: {role} {child:?} {inner:?} begins before {last}"
            );
            last = inner.end;
        }
    }
    let items = tree.items.iter().map(|item| tree.nodes.span(*item));
    assert!(items.clone().zip(items.skip(1)).all(|(one, next)| one.end <= next.start));
}

/// What holds of a parse of any text.
pub(crate) fn sound(source: &str, Parse { tree, errors }: &Parse) {
    spans_fit(tree, source);
    let whole = Span::new(0, source.len() as u32);
    for error in errors {
        assert!(error.span.start <= error.span.end && whole.contains(error.span), "{error:?}");
        let diagnostic = error.diagnostic(FileId(0));
        let edits = diagnostic.fix.iter().flat_map(|fix| &fix.edits);
        for place in diagnostic.secondary.iter().map(|label| label.place).chain(edits.map(|edit| edit.place))
        {
            let text = source.get(place.span.start as usize..place.span.end as usize);
            assert!(text.is_some(), "{error:?} {place:?}");
        }
    }
    assert!(errors.is_sorted_by_key(|error| error.span.start));
    // The tree of a text with a mistake is no less printable.
    assert!(dump(tree, source).lines().count() >= tree.items.len());
}
