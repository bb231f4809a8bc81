//! Walks over a foreign query and says for each operator what it becomes. A verdict is about the whole query: what is wider
//! under a `not` makes the query narrower.

use mon_grammar::Span;

use super::meaning::{Mon, is_words};
use super::tree::{Kind, Link, Node, Said};
use super::write::shown;
use super::{Dialect, Note, Verdict};

/// The largest distance of Mon.
const GAP_MAX: u32 = 1_000;

pub(super) struct Translator<'s> {
    pub dialect: Dialect,
    source: &'s str,
    pub notes: Vec<Note>,
    /// Under an odd number of `not`.
    pub negative: bool,
}

impl<'s> Translator<'s> {
    pub fn new(dialect: Dialect, source: &'s str) -> Self {
        Self { dialect, source, notes: Vec::new(), negative: false }
    }

    /// Tells what became of an operator.
    pub fn note(&mut self, span: Span, operator: &str, became: String, verdict: Verdict, reason: String) -> usize {
        let verdict = match (verdict, self.negative) {
            (Verdict::Wider, true) => Verdict::Narrower,
            (Verdict::Narrower, true) => Verdict::Wider,
            (verdict, _) => verdict,
        };
        let reason = match verdict {
            Verdict::Wider | Verdict::Narrower if self.negative => format!("excluded: {reason}"),
            _ => reason,
        };
        let piece = span.text(self.source).to_owned();
        self.notes.push(Note { span, piece, operator: operator.to_owned(), became, verdict, reason });
        self.notes.len() - 1
    }

    /// Tells that Mon cannot say a piece; what is left out is told when all is known.
    pub fn hole(&mut self, span: Span, operator: &str, reason: &str) -> Mon {
        let note = self.note(span, operator, String::new(), Verdict::Impossible, reason.to_owned());
        Mon::Hole { note, negative: self.negative }
    }

    pub fn node(&mut self, node: &Node) -> Mon {
        let mon = match &node.kind {
            Kind::And { members, links } => {
                self.links(links, members, "and");
                Mon::All(members.iter().map(|member| self.node(member)).collect())
            }
            Kind::Or { members, links } => {
                self.links(links, members, "or");
                Mon::Any(members.iter().map(|member| self.node(member)).collect())
            }
            Kind::Not { sign, inner } => {
                self.note(*sign, "NOT", "not".to_owned(), Verdict::Exact, "no such post".to_owned());
                self.negative = !self.negative;
                let inner = self.node(inner);
                self.negative = !self.negative;
                Mon::Not(Box::new(inner))
            }
            Kind::Near { sign, gap, ordered, left, right } => {
                let (left, right) = (self.node(left), self.node(right));
                self.near(*sign, *gap, *ordered, left, right)
            }
            Kind::Together { sign, gap, inner } => self.together(*sign, *gap, inner),
            Kind::Boost { sign, inner } => {
                let reason = "a boost changes the rank, not which posts are found".to_owned();
                self.note(*sign, "boost", String::new(), Verdict::Exact, reason);
                self.node(inner)
            }
            Kind::RankOnly => {
                let reason = "beside a necessary clause it changes the rank, not which posts are found".to_owned();
                self.note(node.span, "optional clause", String::new(), Verdict::Exact, reason);
                Mon::Const(true)
            }
            Kind::Everything => {
                self.note(node.span, "*:*", "true".to_owned(), Verdict::Exact, "every post".to_owned());
                Mon::Const(true)
            }
            Kind::Text(text) => self.text(text, node.span),
            Kind::Field { name, value } => self.field(name, value, node.span),
        };
        let comments: Vec<String> = node.comments.iter().filter(|comment| !comment.is_empty()).cloned().collect();
        if comments.is_empty() { mon } else { Mon::Part { comments, inner: Box::new(mon) } }
    }

    fn links(&mut self, links: &[Link], members: &[Node], became: &str) {
        let negations: Vec<u32> = members
            .iter()
            .filter(|member| matches!(member.kind, Kind::Not { .. }))
            .map(|member| member.span.start)
            .collect();
        for link in links {
            let written = link.span.text(self.source).trim().to_owned();
            let raised =
                self.dialect == Dialect::Lucene && became == "and" && !matches!(written.as_str(), "AND" | "&&");
            let (operator, verdict, reason) = match link.said {
                _ if raised => {
                    let operator = if written.is_empty() { "space" } else { written.as_str() };
                    (operator, Verdict::Exact, "beside a necessary or an excluded clause Lucene joins them so")
                }
                // `a NOT b`: the negation is told by itself.
                Said::Word if negations.contains(&link.span.start) => continue,
                Said::Word => (written.as_str(), Verdict::Exact, "the same"),
                Said::Space => ("space", Verdict::Exact, "what nothing says is written out"),
                Said::Mistaken => (written.as_str(), Verdict::Wider, "X looks for the word `and`; here it only joins"),
            };
            self.note(link.span, operator, became.to_owned(), verdict, reason.to_owned());
        }
    }

    fn near(&mut self, sign: Span, gap: u32, ordered: bool, left: Mon, right: Mon) -> Mon {
        if gap > GAP_MAX {
            let reason = format!("a distance is at most {GAP_MAX} words; both must stand anywhere");
            self.note(sign, "NEAR", "and".to_owned(), Verdict::Wider, reason);
            return Mon::All(vec![left, right]);
        }
        let became = format!("{}/{gap}", if ordered { "then" } else { "near" });
        let (left, mut beside) = words_and_rest(left);
        let (right, rest) = words_and_rest(right);
        beside.extend(rest);
        let (Some(left), Some(right)) = (left, right) else {
            let reason = "one side is no words, so that both must stand anywhere".to_owned();
            self.note(sign, "NEAR", "and".to_owned(), Verdict::Wider, reason);
            return Mon::All(beside);
        };
        let reason = if ordered {
            format!("at most {gap} words between them, the left one first")
        } else {
            format!("at most {gap} words between them, in any order")
        };
        self.note(sign, "NEAR", became, Verdict::Exact, reason);
        let near = Mon::Near { gap, ordered, left: Box::new(left), right: Box::new(right) };
        if beside.is_empty() {
            return near;
        }
        beside.insert(0, near);
        Mon::All(beside)
    }

    /// `((A) AND (B))~5`.
    fn together(&mut self, sign: Span, gap: u32, inner: &Node) -> Mon {
        let Kind::And { members, .. } = &inner.kind else {
            let reason = "it asks for a distance between parts that `AND` joins, and there are none".to_owned();
            let mon = self.node(inner);
            self.note(sign, "~", String::new(), Verdict::Wider, reason);
            return mon;
        };
        let parts: Vec<Mon> = members.iter().map(|member| self.node(member)).collect();
        if !parts.iter().all(is_words) || gap > GAP_MAX {
            let reason = "not all parts are words, so that they may stand anywhere".to_owned();
            self.note(sign, "~", "and".to_owned(), Verdict::Wider, reason);
            return Mon::All(parts);
        }
        let (verdict, reason) = match parts.len() {
            2 => (Verdict::Exact, format!("at most {gap} words between them, in any order")),
            _ => (Verdict::Wider, "the parts are compared in pairs, which may stand apart from each other".to_owned()),
        };
        self.note(sign, "~", format!("near/{gap}"), verdict, reason);
        let mut all = Vec::new();
        for pair in parts.windows(2) {
            if let [left, right] = pair {
                let (left, right) = (Box::new(left.clone()), Box::new(right.clone()));
                all.push(Mon::Near { gap, ordered: false, left, right });
            }
        }
        Mon::All(all)
    }

    /// A test of a field that a negation must not take for unknown.
    pub fn test(&self, text: String, field: &'static str) -> Mon {
        let known = text.starts_with("exists ");
        Mon::Test { text, told: (self.negative && !known).then_some(field) }
    }

    pub fn is(&self, field: &'static str, values: Vec<String>) -> Mon {
        Mon::Is { field, values, told: self.negative }
    }

    /// Tells of a field.
    pub fn said(&mut self, span: Span, name: &str, mon: Mon, verdict: Verdict, reason: &str) -> Mon {
        self.note(span, &format!("{name}:"), shown(&mon), verdict, reason.to_owned());
        mon
    }
}

/// The words of one side of a distance, and what else it asks of the post: `(a NOT b) NEAR/5 c` asks for a post without b.
fn words_and_rest(side: Mon) -> (Option<Mon>, Vec<Mon>) {
    if is_words(&side) {
        return (Some(side), Vec::new());
    }
    let Mon::All(members) = side else { return (None, vec![side]) };
    let (mut words, rest): (Vec<Mon>, Vec<Mon>) = members.into_iter().partition(is_words);
    let words = match words.len() {
        0 => None,
        1 => words.pop(),
        _ => Some(Mon::All(words)),
    };
    (words, rest)
}
