//! Programs of branching tests: what a formula becomes for evaluation on one post. A node of 8 bytes asks one test;
//! one answer jumps, the other goes on to the next node, so a query needs one node a leaf and no stack.
//!
//! ```text
//! word   argument (24 bits, slot or index) | zones, or a counter's number (8 bits)
//! link   kind (3 bits) | the answer that jumps (1 bit) | where to (28 bits; the two highest mean match and miss)
//! ```

use super::error::MatchError;
use super::formula::{Formula, Test};

/// The answer of a whole program is its jump to one of these.
pub(super) const MATCH: u32 = TARGET_MASK;
pub(super) const MISS: u32 = TARGET_MASK - 1;
const TARGET_MASK: u32 = (1 << 28) - 1;
const ARGUMENT_MASK: u32 = (1 << 24) - 1;
/// How deep `at least` may stand in `at least`: each level has a counter of its own.
pub(super) const COUNTERS_MAX: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The slot was seen in one of the zones.
    Seen,
    /// Index into the lazy tests.
    Lazy,
    /// Index into the field bitmaps.
    Field,
    /// Sets a counter to 0. Its answer is true.
    Reset,
    /// Adds 1 to a counter; its answer is whether it has reached the argument.
    Count,
    /// Its answer is true.
    Jump,
}

#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct Node {
    word: u32,
    link: u32,
}

impl Node {
    const fn new(kind: Kind, argument: u32, mask: u8, sense: bool, target: u32) -> Self {
        Self {
            word: argument & ARGUMENT_MASK | (mask as u32) << 24,
            link: target & TARGET_MASK | (sense as u32) << 28 | (kind as u32) << 29,
        }
    }

    pub(super) const fn argument(self) -> u32 {
        self.word & ARGUMENT_MASK
    }

    pub(super) const fn mask(self) -> u8 {
        (self.word >> 24) as u8
    }

    pub(super) const fn target(self) -> u32 {
        self.link & TARGET_MASK
    }

    /// The answer that jumps.
    pub(super) const fn sense(self) -> bool {
        self.link >> 28 & 1 == 1
    }

    pub(super) const fn kind(self) -> Kind {
        match self.link >> 29 {
            0 => Kind::Seen,
            1 => Kind::Lazy,
            2 => Kind::Field,
            3 => Kind::Reset,
            4 => Kind::Count,
            _ => Kind::Jump,
        }
    }

    const fn with_target(self, target: u32) -> Self {
        Self { word: self.word, link: self.link & !TARGET_MASK | target & TARGET_MASK }
    }
}

/// Where a program gets its answers from.
pub(super) trait Tests {
    fn seen(&self, slot: u32, zones: u8) -> bool;
    fn lazy(&mut self, id: u32) -> bool;
    fn field(&mut self, id: u32) -> bool;
}

/// Runs a program to its answer.
#[inline]
pub(super) fn run(program: &[Node], tests: &mut impl Tests) -> bool {
    let mut at = 0_usize;
    while let Some(node) = program.get(at) {
        let answer = match node.kind() {
            Kind::Seen => tests.seen(node.argument(), node.mask()),
            Kind::Lazy => tests.lazy(node.argument()),
            Kind::Field => tests.field(node.argument()),
            Kind::Jump => true,
            // Most programs count nothing; those that do go on with counters at hand.
            Kind::Reset | Kind::Count => return run_counting(program, at, tests),
        };
        if answer == node.sense() {
            match node.target() {
                MATCH => return true,
                MISS => return false,
                target => at = target as usize,
            }
        } else {
            at += 1;
        }
    }
    false
}

#[cold]
fn run_counting(program: &[Node], start: usize, tests: &mut impl Tests) -> bool {
    let mut counters = [0_u32; COUNTERS_MAX];
    let mut at = start;
    while let Some(node) = program.get(at) {
        let answer = match node.kind() {
            Kind::Seen => tests.seen(node.argument(), node.mask()),
            Kind::Lazy => tests.lazy(node.argument()),
            Kind::Field => tests.field(node.argument()),
            kind => count(&mut counters, kind, *node),
        };
        if answer == node.sense() {
            match node.target() {
                MATCH => return true,
                MISS => return false,
                target => at = target as usize,
            }
        } else {
            at += 1;
        }
    }
    false
}

fn count(counters: &mut [u32; COUNTERS_MAX], kind: Kind, node: Node) -> bool {
    let Some(counter) = counters.get_mut(node.mask() as usize) else { return true };
    match kind {
        Kind::Reset => {
            *counter = 0;
            true
        }
        Kind::Count => {
            *counter += 1;
            *counter >= node.argument()
        }
        _ => true,
    }
}

/// A place to jump to, known once the nodes before it stand.
type Label = usize;
const LABEL_MATCH: Label = 0;
const LABEL_MISS: Label = 1;

struct Compiler {
    nodes: Vec<(Node, Label)>,
    /// By label; [`MATCH`] and [`MISS`] first.
    places: Vec<u32>,
}

/// Appends the program of `formula` to `out`.
pub(super) fn compile(formula: &Formula, out: &mut Vec<Node>) -> Result<(), MatchError> {
    let mut compiler = Compiler { nodes: Vec::new(), places: vec![MATCH, MISS] };
    compiler.emit(formula, LABEL_MATCH, LABEL_MISS, None, 0)?;
    if compiler.nodes.len() >= MISS as usize {
        return Err(MatchError::Limit { what: "parts of one query", limit: MISS as usize });
    }
    let places = &compiler.places;
    out.extend(compiler.nodes.iter().map(|(node, label)| {
        let target = places.get(*label).copied().unwrap_or(MISS);
        node.with_target(target)
    }));
    Ok(())
}

impl Compiler {
    fn label(&mut self) -> Label {
        self.places.push(MISS);
        self.places.len() - 1
    }

    fn place(&mut self, label: Label) {
        let here = u32::try_from(self.nodes.len()).unwrap_or(MISS);
        if let Some(place) = self.places.get_mut(label) {
            *place = here;
        }
    }

    /// One test whose answer leads to `yes` or `no`, of which `next` is the one that stands right behind.
    fn branch(&mut self, kind: Kind, argument: u32, mask: u8, yes: Label, no: Label, next: Option<Label>) {
        if next == Some(yes) {
            self.nodes.push((Node::new(kind, argument, mask, false, 0), no));
            return;
        }
        self.nodes.push((Node::new(kind, argument, mask, true, 0), yes));
        if next != Some(no) {
            self.nodes.push((Node::new(Kind::Jump, 0, 0, true, 0), no));
        }
    }

    fn emit(
        &mut self,
        formula: &Formula,
        yes: Label,
        no: Label,
        next: Option<Label>,
        depth: u8,
    ) -> Result<(), MatchError> {
        match formula {
            Formula::Const(value) => {
                let target = if *value { yes } else { no };
                if next != Some(target) {
                    self.nodes.push((Node::new(Kind::Jump, 0, 0, true, 0), target));
                }
            }
            Formula::Test { test, sense } => {
                let (kind, argument, mask) = match *test {
                    Test::Seen { slot, zones } => (Kind::Seen, slot, zones),
                    Test::Lazy(id) => (Kind::Lazy, id, 0),
                    Test::Field(id) => (Kind::Field, id, 0),
                };
                if argument > ARGUMENT_MASK {
                    return Err(MatchError::Limit { what: "conditions", limit: ARGUMENT_MASK as usize });
                }
                let (yes, no) = if *sense { (yes, no) } else { (no, yes) };
                self.branch(kind, argument, mask, yes, no, next);
            }
            Formula::And(members) => self.chain(members, yes, no, next, depth, true)?,
            Formula::Or(members) => self.chain(members, yes, no, next, depth, false)?,
            Formula::AtLeast { k, members } => self.counted(*k, members, yes, no, next, depth)?,
        }
        Ok(())
    }

    /// `and` goes on while members hold, `or` while they fail.
    fn chain(
        &mut self,
        members: &[Formula],
        yes: Label,
        no: Label,
        next: Option<Label>,
        depth: u8,
        conjunction: bool,
    ) -> Result<(), MatchError> {
        let Some((last, firsts)) = members.split_last() else {
            return self.emit(&Formula::Const(conjunction), yes, no, next, depth);
        };
        for member in firsts {
            let go_on = self.label();
            let (yes, no) = if conjunction { (go_on, no) } else { (yes, go_on) };
            self.emit(member, yes, no, Some(go_on), depth)?;
            self.place(go_on);
        }
        self.emit(last, yes, no, next, depth)
    }

    fn counted(
        &mut self,
        k: u32,
        members: &[Formula],
        yes: Label,
        no: Label,
        next: Option<Label>,
        depth: u8,
    ) -> Result<(), MatchError> {
        if usize::from(depth) >= COUNTERS_MAX || k > ARGUMENT_MASK {
            return Err(MatchError::Limit { what: "levels of `at least` in `at least`", limit: COUNTERS_MAX });
        }
        let start = self.label();
        self.branch(Kind::Reset, 0, depth, start, no, Some(start));
        self.place(start);
        let count = members.len();
        for (at, member) in members.iter().enumerate() {
            let last = at + 1 == count;
            let (hit, go_on) = (self.label(), if last { no } else { self.label() });
            self.emit(member, hit, go_on, Some(hit), depth + 1)?;
            self.place(hit);
            let behind = if last { next } else { Some(go_on) };
            self.branch(Kind::Count, k, depth, yes, go_on, behind);
            if !last {
                self.place(go_on);
            }
        }
        Ok(())
    }
}
