//! The search: a stack of matrices, each split by the constructors of its last column.

use std::iter::repeat_n;

use super::pattern::{ABSENT, PRESENT, Pattern, PatternId, Patterns};
use super::split::{Bounds, Branch, Left, Split, What, split};
use super::{Arm, Constructor, Limits, Report, Shape, Shapes, Verdict, Witness};

/// Looks at a `match` on a value of this type.
pub fn check<S: Shapes>(
    shapes: &S,
    patterns: &Patterns,
    ty: S::Type,
    arms: &[Arm],
    limits: Limits,
) -> Verdict<S::Type> {
    let first = Limits { cells: limits.cells / 4, ..limits };
    let report = search(shapes, patterns, ty, arms, first, true)
        .or_else(|| search(shapes, patterns, ty, arms, limits, false));
    report.map_or(Verdict::TooComplex, Verdict::Known)
}

/// Looks at it in one of two ways: see [`Search::thorough`].
pub(super) fn search<S: Shapes>(
    shapes: &S,
    patterns: &Patterns,
    ty: S::Type,
    arms: &[Arm],
    limits: Limits,
    thorough: bool,
) -> Option<Report<S::Type>> {
    let useful = vec![false; patterns.len()];
    Search { shapes, patterns, limits, thorough, cells: 0, useful, more: false }.report(ty, arms)
}

struct Search<'a, S> {
    shapes: &'a S,
    patterns: &'a Patterns,
    limits: Limits,
    /// Whether everything that is missing is listed. Where it is not, a branch of a constructor is not searched for it if
    /// the column has constructors that occur in no pattern: these show already that something is missing.
    thorough: bool,
    /// Cells copied so far.
    cells: u64,
    /// Of each pattern, whether it was found useful as an alternative.
    useful: Vec<bool>,
    /// Whether a missing value was left out.
    more: bool,
}

/// What a column holds.
#[derive(Clone, Copy)]
enum Column<T> {
    /// Values of a type.
    Of(T),
    /// What a key has: nothing, or a value of a type.
    Entry(T),
}

#[derive(Clone, Copy)]
struct Row {
    /// The row of the matrix before, of which this is a part.
    parent: u32,
    guarded: bool,
    useful: bool,
    /// Whether its use shows here: where it is not, another branch shows the same.
    decides: bool,
    /// The alternative that it was made from.
    alternative: Option<PatternId>,
}

impl Row {
    const fn new(parent: u32, guarded: bool) -> Self {
        Self { parent, guarded, useful: false, decides: true, alternative: None }
    }
}

/// Patterns in rows and columns; the last column is the leftmost in the source.
struct Matrix<T> {
    types: Vec<Column<T>>,
    cells: Vec<PatternId>,
    rows: Vec<Row>,
    /// Whether what is missing shows here: where it does not, another branch shows the same.
    decides: bool,
}

/// A matrix whose branches are looked at one after the other.
struct Frame<T> {
    matrix: Matrix<T>,
    branches: Vec<Branch>,
    /// The next branch.
    next: usize,
    missing: Missing<T>,
}

/// Values that are missing, each with a witness for each column.
type Missing<T> = Vec<Vec<Witness<T>>>;

impl<T: Copy> Matrix<T> {
    fn cells_of(&self, row: u32) -> &[PatternId] {
        let width = self.types.len();
        let start = row as usize * width;
        self.cells.get(start..start + width).unwrap_or_default()
    }

    fn heads(&self) -> Vec<PatternId> {
        (0..self.rows.len() as u32).map(|row| self.head(row)).collect()
    }

    fn head(&self, row: u32) -> PatternId {
        self.cells_of(row).last().copied().unwrap_or(PatternId::ANY)
    }
}

impl<S: Shapes> Search<'_, S> {
    fn report(mut self, ty: S::Type, arms: &[Arm]) -> Option<Report<S::Type>> {
        let first = Matrix {
            types: vec![Column::Of(ty)],
            cells: arms.iter().map(|arm| arm.pattern).collect(),
            rows: arms.iter().map(|arm| Row::new(0, arm.guarded)).collect(),
            decides: true,
        };
        let (rows, missing) = self.run(first)?;
        let missing: Vec<_> = missing.into_iter().filter_map(|mut values| values.pop()).collect();
        self.spread_use();
        let (mut unreachable_arms, mut unreachable_alternatives) = (Vec::new(), Vec::new());
        for ((place, arm), row) in arms.iter().enumerate().zip(&rows) {
            if row.useful {
                self.useless_alternatives(arm.pattern, &mut unreachable_alternatives);
            } else {
                unreachable_arms.push(place);
            }
        }
        let more_missing = self.more || (!self.thorough && !missing.is_empty());
        Some(Report { missing, more_missing, unreachable_arms, unreachable_alternatives })
    }

    /// Alternatives that are alternatives themselves are of use where one of theirs is. Parts stand before what has them.
    fn spread_use(&mut self) {
        for id in self.patterns.ids() {
            let Pattern::Or(parts) = self.patterns.get(id) else { continue };
            let mut parts = self.patterns.parts(parts).iter();
            if parts.any(|part| self.is_useful(*part))
                && let Some(useful) = self.useful.get_mut(id.index())
            {
                *useful = true;
            }
        }
    }

    fn is_useful(&self, id: PatternId) -> bool {
        self.useful.get(id.index()).copied().unwrap_or_default()
    }

    /// The rows with what is known of their use, and what is missing. Nothing where it takes too long.
    fn run(&mut self, first: Matrix<S::Type>) -> Option<(Vec<Row>, Missing<S::Type>)> {
        let mut frames = vec![self.open(first)?];
        loop {
            let frame = frames.last()?;
            if let Some(branch) = frame.branches.get(frame.next) {
                let matrix = self.specialise(&frame.matrix, branch)?;
                let child = self.open(matrix)?;
                frames.push(child);
                continue;
            }
            let done = frames.pop()?;
            let Some(parent) = frames.last_mut() else { return Some((done.matrix.rows, done.missing)) };
            self.close(parent, done);
        }
    }

    fn open(&mut self, mut matrix: Matrix<S::Type>) -> Option<Frame<S::Type>> {
        let mut missing = Vec::new();
        let mut branches = Vec::new();
        match matrix.types.last() {
            _ if !matrix.decides && matrix.rows.iter().all(|row| !row.decides) => {}
            None => missing = Self::rows_without_columns(&mut matrix),
            Some(column) => {
                let shape = match column {
                    Column::Of(ty) => self.shapes.shape(*ty),
                    Column::Entry(_) => Shape::Closed(2),
                };
                let bounds = Bounds { most: self.limits.missing.max(1), rows: self.limits.cells };
                branches = split(self.patterns, &matrix.heads(), shape, bounds)?;
                let rows: usize = branches.iter().map(|branch| branch.rows.len()).sum();
                self.spend(rows + branches.len())?;
            }
        }
        Some(Frame { matrix, branches, next: 0, missing })
    }

    /// The end of the search: all rows that are left take the value.
    fn rows_without_columns(matrix: &mut Matrix<S::Type>) -> Missing<S::Type> {
        for row in &mut matrix.rows {
            row.useful = true;
            if !row.guarded {
                return Vec::new();
            }
        }
        vec![Vec::new()]
    }

    fn spend(&mut self, cells: usize) -> Option<()> {
        self.cells += cells as u64 + 1;
        (self.cells <= self.limits.cells).then_some(())
    }

    /// The matrix of one branch.
    fn specialise(&mut self, matrix: &Matrix<S::Type>, branch: &Branch) -> Option<Matrix<S::Type>> {
        if let What::Alternatives = branch.what {
            return self.alternatives(matrix);
        }
        let mut types = matrix.types.clone();
        let head = types.pop()?;
        let kept = types.len();
        if let What::Split(split) = &branch.what {
            self.add_part_types(head, split, &mut types);
        }
        let mut child = Matrix {
            types,
            cells: Vec::new(),
            rows: Vec::with_capacity(branch.rows.len()),
            decides: matrix.decides && (self.thorough || branch.decides),
        };
        self.spend(branch.rows.len() * child.types.len())?;
        for row in &branch.rows {
            let parent = matrix.rows.get(*row as usize)?;
            let head = self.patterns.get(matrix.head(*row));
            child.cells.extend(matrix.cells_of(*row).iter().take(kept));
            let arity = child.types.len() - kept;
            if let What::Split(split) = &branch.what {
                self.add_part_cells(head, split, arity, &mut child.cells);
            }
            let wild = matches!(head, Pattern::Any);
            let decides = parent.decides && (!wild || branch.decides);
            child.rows.push(Row { decides, ..Row::new(*row, parent.guarded) });
        }
        Some(child)
    }

    /// The types of the parts, the leftmost last.
    fn add_part_types(&self, head: Column<S::Type>, split: &Split, types: &mut Vec<Column<S::Type>>) {
        let mut parts = Vec::new();
        match (head, split) {
            (Column::Entry(value), Split::Variant(PRESENT)) => parts.push(value),
            (Column::Of(ty), Split::Variant(index)) => {
                self.shapes.parts(ty, Constructor::Variant(*index), &mut parts);
            }
            (Column::Of(ty), Split::Label(label)) => {
                self.shapes.parts(ty, Constructor::Label(*label), &mut parts);
            }
            (Column::Of(ty), Split::Fixed(_) | Split::AtLeast(..) | Split::Keyed(_)) => {
                self.shapes.parts(ty, Constructor::Element, &mut parts);
                let Some(element) = parts.first().copied() else { return };
                let column = match split {
                    Split::Keyed(_) => Column::Entry(element),
                    _ => Column::Of(element),
                };
                types.extend(repeat_n(column, width(split)));
                return;
            }
            _ => {}
        }
        types.extend(parts.into_iter().rev().map(Column::Of));
    }

    /// The patterns of the parts, the leftmost last.
    fn add_part_cells(&self, head: Pattern, split: &Split, arity: usize, cells: &mut Vec<PatternId>) {
        match (head, split) {
            (Pattern::Variant(_, parts) | Pattern::Label(_, parts), _) => {
                let parts = self.patterns.parts(parts);
                cells.extend(repeat_n(PatternId::ANY, arity.saturating_sub(parts.len())));
                cells.extend(parts.iter().take(arity).rev());
            }
            (Pattern::Array { before, after }, Split::Fixed(_) | Split::AtLeast(..)) => {
                let before = self.patterns.parts(before);
                let after = after.map_or(&[][..], |after| self.patterns.parts(after));
                cells.extend(after.iter().rev());
                cells.extend(repeat_n(PatternId::ANY, arity.saturating_sub(before.len() + after.len())));
                cells.extend(before.iter().rev());
            }
            (Pattern::Keyed { keys, entries }, Split::Keyed(all)) => {
                let (own, entries) = (self.patterns.keys(keys), self.patterns.parts(entries));
                cells.extend(all.iter().rev().map(|key| {
                    let entry = own.binary_search(key).ok().and_then(|place| entries.get(place));
                    entry.copied().unwrap_or(PatternId::ANY)
                }));
            }
            _ => cells.extend(repeat_n(PatternId::ANY, arity)),
        }
    }

    /// The same matrix with a row for each alternative of its last column, and for each of theirs.
    fn alternatives(&mut self, matrix: &Matrix<S::Type>) -> Option<Matrix<S::Type>> {
        let mut child = Matrix {
            types: matrix.types.clone(),
            cells: Vec::new(),
            rows: Vec::new(),
            decides: matrix.decides,
        };
        let kept = matrix.types.len().checked_sub(1)?;
        for (place, row) in (0..).zip(&matrix.rows) {
            let mut todo = vec![(matrix.head(place), None)];
            while let Some((id, alternative)) = todo.pop() {
                if let Pattern::Or(parts) = self.patterns.get(id) {
                    todo.extend(self.patterns.parts(parts).iter().rev().map(|part| (*part, Some(*part))));
                    continue;
                }
                self.spend(kept + 1)?;
                child.cells.extend(matrix.cells_of(place).iter().take(kept));
                child.cells.push(id);
                child.rows.push(Row { decides: row.decides, alternative, ..Row::new(place, row.guarded) });
            }
        }
        Some(child)
    }

    /// Takes what a branch has shown into the matrix that it is of.
    fn close(&mut self, parent: &mut Frame<S::Type>, done: Frame<S::Type>) {
        for row in done.matrix.rows.iter().filter(|row| row.useful) {
            if let Some(above) = parent.matrix.rows.get_mut(row.parent as usize) {
                above.useful = true;
            }
            let alternative = row.alternative.and_then(|id| self.useful.get_mut(id.index()));
            if let Some(useful) = alternative {
                *useful = true;
            }
        }
        let (Some(branch), Some(head)) = (parent.branches.get(parent.next), parent.matrix.types.last())
        else {
            return;
        };
        parent.next += 1;
        let kept = parent.matrix.types.len() - 1;
        for mut values in done.missing {
            match &branch.what {
                What::Alternatives => self.keep(&mut parent.missing, values),
                What::Split(split) => {
                    let mut parts = values.split_off(kept.min(values.len()));
                    parts.reverse();
                    values.push(put_together(*head, split, parts));
                    self.keep(&mut parent.missing, values);
                }
                What::Left(Left::Some) => {
                    values.push(Witness::Any);
                    self.keep(&mut parent.missing, values);
                }
                What::Left(Left::These(splits, more)) => {
                    self.more |= more;
                    for split in splits {
                        let mut values = values.clone();
                        values.push(self.anything_of(*head, split));
                        self.keep(&mut parent.missing, values);
                    }
                }
            }
        }
    }

    fn keep(&mut self, missing: &mut Missing<S::Type>, values: Vec<Witness<S::Type>>) {
        if missing.len() < self.limits.missing.max(1) {
            missing.push(values);
        } else {
            self.more = true;
        }
    }

    /// A constructor with any parts.
    fn anything_of(&self, head: Column<S::Type>, split: &Split) -> Witness<S::Type> {
        let mut parts = Vec::new();
        self.add_part_types(head, split, &mut parts);
        let parts = parts.iter().map(|_| Witness::Any).collect();
        put_together(head, split, parts)
    }

    /// Adds those alternatives in a pattern that were not found useful, the outermost only.
    fn useless_alternatives(&self, pattern: PatternId, into: &mut Vec<PatternId>) {
        let mut todo = vec![(pattern, false)];
        while let Some((id, alternative)) = todo.pop() {
            if alternative && !self.is_useful(id) {
                into.push(id);
                continue;
            }
            let (pattern, mut parts) = (self.patterns.get(id), Vec::new());
            match pattern {
                Pattern::Any | Pattern::Ints(..) => {}
                Pattern::Variant(_, own) | Pattern::Label(_, own) | Pattern::Or(own) => {
                    parts.extend(self.patterns.parts(own));
                }
                Pattern::Array { before, after } => {
                    parts.extend(self.patterns.parts(before));
                    parts.extend(after.map_or(&[][..], |after| self.patterns.parts(after)));
                }
                Pattern::Keyed { entries, .. } => parts.extend(self.patterns.parts(entries)),
            }
            let or = matches!(pattern, Pattern::Or(_));
            todo.extend(parts.into_iter().rev().map(|part| (part, or)));
        }
    }
}

/// How many parts an array or a map is split into.
const fn width(split: &Split) -> usize {
    match split {
        Split::Fixed(len) => *len as usize,
        Split::AtLeast(before, after) => *before as usize + *after as usize,
        Split::Keyed(keys) => keys.len(),
        Split::Variant(_) | Split::Ints(..) | Split::Label(_) => 0,
    }
}

/// The value that parts make, which are given from left to right.
fn put_together<T: Copy>(head: Column<T>, split: &Split, mut parts: Vec<Witness<T>>) -> Witness<T> {
    match (head, split) {
        (Column::Entry(_), Split::Variant(ABSENT)) => Witness::Entry(None),
        (Column::Entry(_), _) => Witness::Entry(Some(Box::new(parts.pop().unwrap_or(Witness::Any)))),
        (Column::Of(ty), Split::Variant(index)) => Witness::Variant { ty, index: *index, parts },
        (Column::Of(ty), Split::Label(label)) => Witness::Label { ty, label: *label, parts },
        (Column::Of(ty), Split::Ints(from, to)) => Witness::Ints { ty, from: *from, to: *to },
        (Column::Of(ty), Split::Fixed(_)) => {
            Witness::Array { ty, before: parts, rest: false, after: Vec::new() }
        }
        (Column::Of(ty), Split::AtLeast(before, _)) => {
            let after = parts.split_off((*before as usize).min(parts.len()));
            Witness::Array { ty, before: parts, rest: true, after }
        }
        (Column::Of(ty), Split::Keyed(keys)) => {
            Witness::Keyed { ty, entries: keys.iter().copied().zip(parts).collect() }
        }
    }
}
