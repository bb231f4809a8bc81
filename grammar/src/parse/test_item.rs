//! Tests: from a step's pairs to its typed form.

use super::build::{Build, nothing};
use super::{Found, Rule, Written as _};
use crate::ast::{CompareOp, Comparison, TestStep, TestStepKind};

impl Build {
    pub fn test_step(&self, found: Found<'_>) -> Option<TestStep> {
        let span = self.span(&found);
        let kid = |rule| found.clone().into_inner().find(|k| k.as_rule() == rule);
        let time = || kid(Rule::time).map(|t| self.name(&t));
        let count = || kid(Rule::integer).map_or(0, |c| self.integer(&c));
        let name = || kid(Rule::fresh).map(|n| self.name(&n));
        let kind = match found.as_rule() {
            Rule::replay => {
                let path = kid(Rule::string)?;
                TestStepKind::Replay { path: self.text(&path), path_span: self.span(&path) }
            }
            Rule::incidents => TestStepKind::Incidents { count: count(), monitor: name() },
            Rule::opened => TestStepKind::Opened {
                at: time().unwrap_or_else(|| nothing(span)),
                within: kid(Rule::duration).map(|d| self.duration(&d)),
            },
            Rule::cleared_by => TestStepKind::ClearedBy { at: time().unwrap_or_else(|| nothing(span)) },
            Rule::test_severity => {
                TestStepKind::Severity { level: name().unwrap_or_else(|| nothing(span)), by: time() }
            }
            Rule::matched => {
                TestStepKind::Matched { count: self.comparison(&found), filter: kid(Rule::expr).map(|e| self.expr(e)) }
            }
            Rule::messages => TestStepKind::Messages { count: count(), team: name() },
            Rule::test_other => TestStepKind::Other { keyword: self.keyword(&found) },
            _ => return None,
        };
        Some(TestStep { span, kind })
    }

    /// `no`, `120`, `>= 20` before `posts matched`.
    fn comparison(&self, found: &Found<'_>) -> Option<Comparison> {
        let mut op = CompareOp::Eq;
        for kid in found.clone().into_inner() {
            match kid.as_rule() {
                Rule::kw_no => return Some(Comparison { op: CompareOp::Eq, value: 0 }),
                Rule::compare_op => {
                    op = match kid.written() {
                        "!=" => CompareOp::Ne,
                        "<" => CompareOp::Lt,
                        "<=" => CompareOp::Le,
                        ">" => CompareOp::Gt,
                        ">=" => CompareOp::Ge,
                        _ => CompareOp::Eq,
                    }
                }
                Rule::integer => return Some(Comparison { op, value: self.integer(&kid) }),
                _ => {}
            }
        }
        None
    }
}
