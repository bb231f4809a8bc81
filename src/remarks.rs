//! What a summary warns of besides its counts: posts whose times were not followed, groups that were too many, sessions
//! that were too long. Nothing is
//! said where there is nothing to warn of.

use mon_compiler::plan::Plan;
use mon_engine::{Counts, Limits};

use crate::report::grouped;

/// The counts that remarks are made from.
#[derive(Clone, Debug, Default)]
pub struct Remarks {
    pub read: u64,
    pub mentions: u64,
    /// Pairs of post and monitor.
    pub late: u64,
    pub ahead: u64,
    pub dedupe_early: u64,
    /// Pairs of post and monitor without a group of their own, by monitor.
    pub overflow: Vec<(String, u64)>,
    /// Sessions that became too long, by monitor.
    pub cut: Vec<(String, u64)>,
    /// Windows of groups that are not remembered, by monitor.
    pub unremembered: Vec<(String, u64)>,
    /// Values that could not be remembered, by monitor.
    pub unkept: Vec<(String, u64)>,
    /// Windows that no alert judged, by monitor.
    pub unjudged: Vec<(String, u64)>,
    /// Posts that no monitor was asked about under load.
    pub shed: u64,
    /// Posts that a monitor did not hear under load, by monitor.
    pub unheard: Vec<(String, u64)>,
}

impl Remarks {
    pub fn of(counts: &Counts, plan: &Plan) -> Self {
        let named = |counts: &[u64]| {
            let some = plan.monitors.iter().zip(counts).filter(|(_, count)| **count > 0);
            some.map(|(monitor, count)| (monitor.name.clone(), *count)).collect()
        };
        Self {
            read: counts.read,
            mentions: counts.mentions,
            late: counts.late.iter().sum(),
            ahead: counts.ahead,
            dedupe_early: counts.dedupe_early,
            overflow: named(&counts.overflow),
            cut: named(&counts.cut),
            unremembered: named(&counts.unremembered),
            unkept: named(&counts.unkept),
            unjudged: named(&counts.unjudged),
            shed: counts.shed,
            unheard: named(&counts.unheard),
        }
    }

    /// A line each.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        if self.ahead > 0 {
            lines.push_str(&format!("  {} dated so far ahead that time did not follow\n", grouped(self.ahead)));
        }
        if self.shed > 0 {
            lines.push_str(&format!("  {} that no monitor was asked about, under load\n", grouped(self.shed)));
        }
        for (monitor, count) in &self.unheard {
            lines.push_str(&format!(
                "warning: the run could not keep up: `{monitor}` did not hear {} posts; its figures of then are estimates\n",
                grouped(*count)
            ));
        }
        for (monitor, count) in &self.overflow {
            lines.push_str(&format!(
                "warning: `{monitor}` met more than {} groups at once: {} mentions had no group of their own, and raised no alert\n",
                grouped(u64::from(Limits::default().groups_max)),
                grouped(*count)
            ));
        }
        for (monitor, count) in &self.cut {
            lines.push_str(&format!(
                "warning: `{monitor}` met sessions without an end: {} were cut after 24 hours; a shorter pause would end them\n",
                grouped(*count)
            ));
        }
        for (monitor, count) in &self.unremembered {
            lines.push_str(&format!(
                "warning: `{monitor}` remembers {} groups: in {} windows of others what looks back was absent, and silence was not noticed\n",
                grouped(Limits::default().history_keys_max as u64),
                grouped(*count)
            ));
        }
        for (monitor, count) in &self.unkept {
            lines.push_str(&format!(
                "warning: `{monitor}` remembers {} values: {} were not kept, and `new_values` was absent after them\n",
                grouped(Limits::default().new_values_max as u64),
                grouped(*count)
            ));
        }
        for (monitor, count) in &self.unjudged {
            lines.push_str(&format!(
                "warning: {} groups of `{monitor}` have something open: {} windows of others raised no alert\n",
                grouped(u64::from(Limits::default().groups_max)),
                grouped(*count)
            ));
        }
        if self.dedupe_early > 0 {
            lines.push_str(&format!(
                "warning: the memory of seen posts was full {} times: repeats that came late may count twice\n",
                grouped(self.dedupe_early)
            ));
        }
        if self.late > self.mentions / 2 || self.ahead > self.read / 2 {
            lines.push_str(
                "warning: most posts were late or far ahead and missed their windows: check their times and their order\n",
            );
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::Remarks;

    #[test]
    fn nothing_is_remarked_where_nothing_is_odd() {
        let fine = Remarks { read: 10, mentions: 8, late: 3, ..Remarks::default() };
        assert_eq!(fine.lines(), "");
        assert_eq!(Remarks::default().lines(), "");
    }

    #[test]
    fn late_and_far_posts_and_too_many_groups_are_told() {
        let overflow = vec![("burst".to_owned(), 2_000)];
        let cut = vec![("talk".to_owned(), 3)];
        let unremembered = vec![("usual".to_owned(), 70)];
        let odd = Remarks {
            read: 601,
            mentions: 600,
            late: 595,
            ahead: 1,
            dedupe_early: 2,
            overflow,
            cut,
            unremembered,
            unkept: vec![("tags".to_owned(), 4_000)],
            unjudged: vec![("runs".to_owned(), 9)],
            shed: 12,
            unheard: vec![("loud".to_owned(), 34)],
        };
        expect_test::expect![[r#"
              1 dated so far ahead that time did not follow
              12 that no monitor was asked about, under load
            warning: the run could not keep up: `loud` did not hear 34 posts; its figures of then are estimates
            warning: `burst` met more than 10,000 groups at once: 2,000 mentions had no group of their own, and raised no alert
            warning: `talk` met sessions without an end: 3 were cut after 24 hours; a shorter pause would end them
            warning: `usual` remembers 10,000 groups: in 70 windows of others what looks back was absent, and silence was not noticed
            warning: `tags` remembers 1,000,000 values: 4,000 were not kept, and `new_values` was absent after them
            warning: 10,000 groups of `runs` have something open: 9 windows of others raised no alert
            warning: the memory of seen posts was full 2 times: repeats that came late may count twice
            warning: most posts were late or far ahead and missed their windows: check their times and their order
        "#]]
        .assert_eq(&odd.lines());
    }
}
