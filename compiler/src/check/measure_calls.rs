//! Measures that are no aggregate of one field: how people took part, how many they reach, a brand's part of its market, the
//! value that most posts tell, stories.

use std::sync::Arc;

use mon_grammar::ast::{Expr, ExprKind};
use mon_post::{FieldId, FieldType};

use crate::diagnostic::{Diagnostic, codes};
use crate::plan::{AggregateArg, AggregatePlan, ValueExpr};

use super::lower_match::Where;
use super::lower_value::Measures;
use super::state::Checker;

/// Their names.
pub(super) const NAMES: &[&str] =
    &["engagement", "reach", "share_of_voice", "top_count", "top_share", "coordinated", "new_values"];

/// What counts as taking part in a post. Views do not: they are told by few platforms, and outnumber the rest.
const INTERACTIONS: [&str; 4] = ["engagement.likes", "engagement.replies", "engagement.reposts", "engagement.quotes"];

impl Checker<'_> {
    /// A call of one of [`NAMES`].
    pub fn measure_call(
        &mut self,
        measures: &mut Measures,
        expr: &Expr,
        function: &str,
        args: &[Expr],
    ) -> Option<ValueExpr> {
        let (function, args) = match function {
            "engagement" => self.engagement(expr, args)?,
            "reach" if args.is_empty() => ("reach", fields(&["author.uid", "author.followers"])),
            "reach" => {
                let takes = "nothing: it adds up the followers of all different authors";
                return self.wrong_arguments(expr, function, takes);
            }
            "share_of_voice" => ("share_of_voice", self.market(expr, args)?),
            "coordinated" => ("coordinated", self.coordinated(expr, args)?),
            "new_values" => ("new_values", self.new_values(measures, expr, args)?),
            top => (if top == "top_share" { top } else { "top_count" }, vec![self.values_of_posts(expr, top, args)?]),
        };
        let plan = AggregatePlan { function: function.to_owned(), distinct: false, args, filter: None };
        Some(self.made(measures, expr, plan))
    }

    /// `distinct(story)`.
    pub fn stories(&mut self, measures: &mut Measures, expr: &Expr) -> ValueExpr {
        let args = vec![AggregateArg::Story];
        self.made(measures, expr, AggregatePlan { function: "stories".to_owned(), distinct: false, args, filter: None })
    }

    /// `engagement()` and `engagement(weighted by sentiment)`.
    fn engagement(&mut self, expr: &Expr, args: &[Expr]) -> Option<(&'static str, Vec<AggregateArg>)> {
        let mut read = fields(&["post_uid", "event_at"]);
        read.extend(fields(&INTERACTIONS));
        let weight = match args {
            [] => return Some(("engagement", read)),
            [Expr { kind: ExprKind::Infix { word, left, right }, .. }] if word.text == "by" => match &left.kind {
                ExprKind::Path(path) if path.dotted() == "weighted" => &**right,
                _ => return self.no_engagement(expr),
            },
            _ => return self.no_engagement(expr),
        };
        match &weight.kind {
            ExprKind::Path(path) if path.dotted() == "sentiment" => {
                let sentiment = mon_post::find("sentiment")?;
                read.extend([AggregateArg::Field(sentiment), AggregateArg::Confidence(sentiment)]);
                Some(("engagement_by_sentiment", read))
            }
            _ => self.no_engagement(weight),
        }
    }

    fn no_engagement<T>(&mut self, expr: &Expr) -> Option<T> {
        let takes = "nothing, or `weighted by sentiment`; a part alone is for example `sum(engagement.likes)`";
        self.wrong_arguments(expr, "engagement", takes)
    }

    /// `a of [a, b, c]`: the brand whose share is wanted, then the others.
    fn market(&mut self, expr: &Expr, args: &[Expr]) -> Option<Vec<AggregateArg>> {
        let takes = "a brand of a market, as in `share_of_voice(acme of [acme, zeta])`";
        let [Expr { kind: ExprKind::Infix { word, left: brand, right: market }, .. }] = args else {
            return self.wrong_arguments(expr, "share_of_voice", takes);
        };
        let members = match &market.kind {
            ExprKind::List(members) if word.text == "of" => members,
            _ => return self.wrong_arguments(expr, "share_of_voice", takes),
        };
        if members.len() > self.options.limits.market_max {
            let message = format!("a market has at most {} brands", self.options.limits.market_max);
            self.exceed(market.span, message, "market_max");
            return None;
        }
        let named = |expr: &Expr| self.written(expr).split_whitespace().collect::<Vec<_>>().join(" ");
        let (wanted, names): (String, Vec<String>) = (named(brand), members.iter().map(named).collect());
        let fault = if let Some((at, twice)) =
            names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|other| other == *name))
        {
            Some((members.get(at).map_or(market.span, |one| one.span), format!("`{twice}` stands twice in the market")))
        } else if !names.contains(&wanted) {
            Some((brand.span, format!("`{wanted}` is no brand of the market")))
        } else if names.len() < 2 {
            Some((market.span, "a market has two brands or more".to_owned()))
        } else {
            None
        };
        if let Some((span, message)) = fault {
            let told = Diagnostic::new(&codes::WRONG_ARGUMENTS, self.at(span), message)
                .help(format!("`share_of_voice` takes {takes}"));
            self.tell(told);
            return None;
        }
        let everywhere = Where { zones: Arc::clone(&self.zones), zoned: false };
        let mut conds = Vec::with_capacity(members.len());
        for (member, name) in members.iter().zip(&names) {
            conds.push(
                self.truth(member, &everywhere).map(|cond| (name != &wanted, AggregateArg::Truth(Arc::new(cond)))),
            );
        }
        let mut conds: Vec<(bool, AggregateArg)> = conds.into_iter().collect::<Option<_>>()?;
        conds.sort_by_key(|(other, _)| *other);
        Some(conds.into_iter().map(|(_, cond)| cond).collect())
    }

    /// What a window counts by value: a field whose values are words, `tag` or `link.url`.
    pub fn values_of_posts(&mut self, expr: &Expr, function: &str, args: &[Expr]) -> Option<AggregateArg> {
        let takes = "`tag`, `link.url`, or one field that holds words, such as `link.domain` or `lang`";
        if let [Expr { kind: ExprKind::Path(path), .. }] = args
            && let Some(values) = values_outside_fields(&path.dotted())
        {
            return Some(values);
        }
        let (id, field) = self.one_field(expr, args, function, takes)?;
        if !matches!(
            field.ty,
            FieldType::Integer { .. } | FieldType::Decimal { .. } | FieldType::Flag | FieldType::Time
        ) {
            return Some(AggregateArg::Field(id));
        }
        let place = self.at(args.first().map_or(expr.span, |arg| arg.span));
        let told = Diagnostic::new(&codes::WRONG_ARGUMENTS, place, format!("`{}` holds no words", field.name))
            .label(place, format!("this is {}", super::fields::holds(field)))
            .help(format!("`{function}` takes {takes}"));
        self.tell(told);
        None
    }
}

/// Values of a post that are no field of it.
fn values_outside_fields(name: &str) -> Option<AggregateArg> {
    match name {
        "tag" => Some(AggregateArg::Tags),
        "link.url" => Some(AggregateArg::Links),
        _ => None,
    }
}

/// Fields as arguments, by their names.
pub(super) fn fields(names: &[&str]) -> Vec<AggregateArg> {
    names.iter().filter_map(|name| mon_post::find(name)).map(AggregateArg::Field).collect()
}

/// The field that a post's reach is: posts are shown by it.
pub(super) fn reach_of_a_post() -> Option<FieldId> {
    mon_post::find("author.followers")
}
