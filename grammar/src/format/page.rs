//! Lines on their way to the page. Neighbouring lines of one kind wait together, so that their cells can be put under
//! each other before they are written.

use super::flat::width;
use super::gap::Gap;
use super::{WIDTH, flat};

#[derive(Clone, Debug)]
pub(crate) struct Line {
    indent: usize,
    /// Lines of one kind with no line between them are aligned; an empty kind is never.
    kind: &'static str,
    cells: Vec<String>,
    comment: Option<String>,
}

impl Line {
    pub(crate) fn plain(indent: usize, text: String) -> Self {
        Self { indent, kind: "", cells: vec![text], comment: None }
    }

    pub(crate) fn cells(indent: usize, kind: &'static str, cells: Vec<String>) -> Self {
        Self { indent, kind, cells, comment: None }
    }
}

#[derive(Default)]
pub(crate) struct Page {
    out: String,
    run: Vec<Line>,
    /// The last thing written was source text as it stood.
    verbatim: bool,
}

impl Page {
    pub(crate) fn line(&mut self, line: Line) {
        if self
            .run
            .last()
            .is_some_and(|last| last.kind != line.kind || last.indent != line.indent || line.kind.is_empty())
        {
            self.end_run();
        }
        self.run.push(line);
    }

    /// Comments and blank lines; `apart` asks for a blank line whether the source has one or not.
    pub(crate) fn gap(&mut self, gap: &Gap, indent: usize, apart: bool) {
        if let Some(comment) = &gap.trailing {
            match self.run.last_mut() {
                Some(last) if last.comment.is_none() => last.comment = Some(comment.clone()),
                _ => self.line(Line::plain(indent, comment.clone())),
            }
        }
        let mut wanted = apart;
        for (comment, blank) in &gap.own {
            self.end_run();
            if (*blank || wanted) && !self.out.is_empty() {
                self.blank();
            }
            wanted = false;
            self.line(Line::plain(indent, comment.clone()));
        }
        if wanted || gap.blank {
            self.end_run();
            self.blank();
        }
    }

    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") && !self.out.ends_with("{\n") {
            self.out.push('\n');
        }
    }

    pub(crate) fn verbatim(&mut self, text: &str) {
        self.end_run();
        // Formatted lines end themselves; what stood behind them in the source says how.
        if !self.verbatim && !text.is_empty() && self.out.ends_with('\n') {
            self.out.pop();
        }
        self.verbatim = true;
        self.out.push_str(text);
    }

    pub(crate) fn end_run(&mut self) {
        let run = std::mem::take(&mut self.run);
        if run.is_empty() {
            return;
        }
        self.verbatim = false;
        let columns = run.iter().map(|l| l.cells.len()).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        for line in &run {
            let padded = line.cells.len().saturating_sub(1);
            for (cell, best) in line.cells.iter().take(padded).zip(&mut widths) {
                *best = (*best).max(width(cell));
            }
        }
        let fits = |line: &&Line| line.indent + flat::width(&joined(line, &widths)) <= WIDTH;
        if !run.iter().all(|line| fits(&line)) {
            widths.fill(0);
        }
        for line in &run {
            for _ in 0..line.indent {
                self.out.push(' ');
            }
            self.out.push_str(&joined(line, &widths));
            if let Some(comment) = &line.comment {
                self.out.push_str("  ");
                self.out.push_str(comment);
            }
            self.out.push('\n');
        }
    }

    pub(crate) fn finish(mut self) -> String {
        self.end_run();
        self.out
    }
}

/// A line's cells, each but the last as wide as its column. A cell that starts with a space asks for one more.
fn joined(line: &Line, widths: &[usize]) -> String {
    let mut out = String::new();
    for (i, (cell, wide)) in line.cells.iter().zip(widths).enumerate() {
        if i > 0 && !cell.is_empty() {
            out.push(' ');
        }
        out.push_str(cell);
        if i + 1 < line.cells.len() {
            for _ in width(cell)..*wide {
                out.push(' ');
            }
        }
    }
    out.truncate(out.trim_end().len());
    out
}
