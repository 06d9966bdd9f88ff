//! Tables of text with aligned columns.

use std::io::{self, Write};

/// On which side a column is filled up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Text begins at the left.
    Left,
    /// Text ends at the right.
    Right,
}

/// A table that is written once all rows are there.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these column heads and no row.
    pub fn new(columns: &[(&str, Align)]) -> Table {
        Table {
            columns: columns.iter().map(|&(head, align)| (head.to_owned(), align)).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells beyond the last column are dropped, missing ones are empty.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Writes heads and rows, two spaces between columns, without blanks at line ends.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let heads: Vec<String> = self.columns.iter().map(|(head, _)| head.clone()).collect();
        let lines = || std::iter::once(&heads).chain(&self.rows);
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| lines().map(|cells| cells.get(at).map_or(0, |cell| width(cell))).max().unwrap_or(0))
            .collect();
        for cells in lines() {
            let mut line = String::new();
            let columns = self.columns.iter().zip(&widths).enumerate();
            for (at, ((_, align), &wanted)) in columns {
                let cell = cells.get(at).map_or("", String::as_str);
                let blanks = " ".repeat(wanted.saturating_sub(width(cell)));
                let gap = if at == 0 { "" } else { "  " };
                match align {
                    Align::Left => line.extend([gap, cell, &blanks]),
                    Align::Right => line.extend([gap, &blanks, cell]),
                }
            }
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}
