//! Calls inside a match: how often words stand in a post, shapes on the map, hours and days.

use std::sync::Arc;

use chrono_tz::Tz;
use mon_grammar::Span;
use mon_grammar::ast::{BinaryOp, CompareOp, Expr, ExprKind, TermForm};
use mon_post::Zone;

use crate::area::Area;
use crate::clock::{Clock, day};
use crate::diagnostic::{Diagnostic, Safety, codes, did_you_mean};
use crate::plan::{Cond, CondKind, FieldOp, SpanExpr};

use super::lower_match::Where;
use super::spans::{Spans, union};
use super::state::Checker;

/// Corners of one polygon at most.
const CORNERS_MAX: usize = 1_000;

/// `count(acme) >= 3`, either way round.
pub(super) struct Counted<'e> {
    distinct: bool,
    args: &'e [Expr],
    op: CompareOp,
    wanted: &'e Expr,
}

impl<'e> Counted<'e> {
    pub fn read(op: BinaryOp, left: &'e Expr, right: &'e Expr) -> Option<Self> {
        let op = match op {
            BinaryOp::Compare(op) => op,
            BinaryOp::Is => CompareOp::Eq,
            _ => return None,
        };
        let call = |expr: &'e Expr| match &expr.kind {
            ExprKind::Call { name, args } if matches!(name.text.as_str(), "count" | "distinct") => {
                Some((name.text == "distinct", args.as_slice()))
            }
            _ => None,
        };
        if let Some((distinct, args)) = call(left) {
            return Some(Self { distinct, args, op, wanted: right });
        }
        let (distinct, args) = call(right)?;
        Some(Self { distinct, args, op: op.turned(), wanted: left })
    }
}

/// What to write instead of a call that stands where a condition must.
pub(super) fn stands_alone(name: &str) -> Option<&'static str> {
    Some(match name {
        "count" => "compare it: `count(acme) >= 3` holds where words of `acme` stand three times in the post",
        "distinct" => "compare it: `distinct(acme) >= 2` holds where two different members of `acme` stand in the post",
        "circle" | "box" | "polygon" => "ask for the post's place: `geo within circle(52.52, 13.40, 25km)`",
        "hours" => "ask for a time: `created within hours(22:00, 07:00, \"Europe/Berlin\")`",
        "days" => "ask for a time: `created within days(sat, sun, \"Europe/Berlin\")`",
        _ => return None,
    })
}

impl Checker<'_> {
    pub fn counted(&mut self, whole: &Expr, counted: Counted<'_>, place: &Where) -> Option<Cond> {
        let name = if counted.distinct { "distinct" } else { "count" };
        let [arg] = counted.args else {
            return self.bad_call(whole, name, "words to look for, such as `count(acme) >= 3`");
        };
        let wanted = match &counted.wanted.kind {
            ExprKind::Number { value, percent: false } if value.fract() == 0.0 && (0.0..1e6).contains(value) => *value,
            ExprKind::Error => return None,
            _ => {
                return self.bad_call(counted.wanted, name, "a whole number to be compared with, such as `>= 3`");
            }
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below a million")]
        let wanted = wanted as u32;
        let members = self.counted_members(arg, counted.distinct)?;
        let most = if counted.distinct { u32::try_from(members.len()).unwrap_or(u32::MAX) } else { u32::MAX };
        let (always, never) = match counted.op {
            CompareOp::Ge => (wanted == 0, wanted > most),
            CompareOp::Gt => (false, wanted >= most),
            CompareOp::Lt => (wanted > most, wanted == 0),
            CompareOp::Le => (wanted >= most, false),
            CompareOp::Eq => (false, wanted > most),
            CompareOp::Ne => (wanted > most, false),
        };
        if always || never {
            let outcome = if always { "always" } else { "never" };
            let told =
                Diagnostic::new(&codes::IMPOSSIBLE_COUNT, self.at(whole.span), format!("this count {outcome} holds"))
                    .help(if counted.distinct && most < u32::MAX {
                        match most {
                            1 => "there is one member; ask for 1".to_owned(),
                            most => format!("there are {most} different members; ask for 1 to {most} of them"),
                        }
                    } else {
                        "ask for 1 or more, such as `>= 3`".to_owned()
                    });
            self.tell(told);
            return None;
        }
        let least = |times: u32| self.at_least(whole, &members, times, counted.distinct, place);
        let not = |inner: Cond| self.cond(whole.span, CondKind::Not(Box::new(inner)));
        let exactly = || self.cond(whole.span, CondKind::And(vec![least(wanted), not(least(wanted + 1))]));
        Some(match counted.op {
            CompareOp::Ge => least(wanted),
            CompareOp::Gt => least(wanted + 1),
            CompareOp::Lt => not(least(wanted)),
            CompareOp::Le => not(least(wanted + 1)),
            CompareOp::Eq if wanted == 0 => not(least(1)),
            CompareOp::Eq => exactly(),
            CompareOp::Ne if wanted == 0 => least(1),
            CompareOp::Ne => not(exactly()),
        })
    }

    /// What is counted: of `distinct` the members one by one.
    fn counted_members(&mut self, arg: &Expr, distinct: bool) -> Option<Vec<SpanExpr>> {
        if distinct {
            if let Some(list) = self.list_members(arg) {
                return Some(list.to_vec());
            }
            if let ExprKind::Group(members) | ExprKind::List(members) = &arg.kind {
                let members: Vec<_> = members.iter().map(|member| self.counted_one(member)).collect();
                return members.into_iter().collect();
            }
        }
        Some(vec![self.counted_one(arg)?])
    }

    fn counted_one(&mut self, arg: &Expr) -> Option<SpanExpr> {
        match self.spans(arg)? {
            Spans::One(one) => Some(one),
            Spans::All(_) | Spans::Any(_) => {
                self.not_words(arg, "how often several words stand together is not counted")
            }
        }
    }

    fn at_least(&self, whole: &Expr, members: &[SpanExpr], times: u32, distinct: bool, place: &Where) -> Cond {
        if distinct {
            let members: Vec<Cond> = members.iter().map(|one| self.text(whole.span, one.clone(), place)).collect();
            return self.cond(whole.span, CondKind::AtLeast { k: times, members });
        }
        let spans = union(members.to_vec());
        match (times, self.with_links(&spans, place)) {
            (1, _) => self.text(whole.span, spans, place),
            (_, None) => self.cond(whole.span, CondKind::Count { zones: Arc::clone(&place.zones), spans, times }),
            (_, Some((links, zones))) => self.more_of(whole, &spans, (&links, zones), times, place),
        }
    }

    /// In the text, or among the links that the post carries. They are not added: a link that is shown in the text is mostly
    /// carried beside it too. A post without links is false rather than unknown, as it is for a link that is not counted:
    /// therefore both places together must hold as many.
    fn more_of(
        &self,
        whole: &Expr,
        spans: &SpanExpr,
        (links, zones): (&SpanExpr, Arc<[Zone]>),
        times: u32,
        place: &Where,
    ) -> Cond {
        let count =
            |zones, spans: &SpanExpr| self.cond(whole.span, CondKind::Count { zones, spans: spans.clone(), times });
        let carried = vec![count(zones, links), count(Arc::from([Zone::LinkUrl]), links)];
        let carried = self.cond(whole.span, CondKind::And(carried));
        let either = vec![count(Arc::clone(&place.zones), spans), carried];
        self.cond(whole.span, CondKind::Or(either))
    }

    fn bad_call<T>(&mut self, expr: &Expr, name: &str, takes: &str) -> Option<T> {
        if self.unread(expr.span) {
            return None;
        }
        let message = format!("`{name}` is given something else than it takes");
        let told = Diagnostic::new(&codes::WRONG_ARGUMENTS, self.at(expr.span), message)
            .help(format!("`{name}` takes {takes}"));
        self.tell(told);
        None
    }

    /// `geo within circle(52.52, 13.40, 25km)`.
    pub fn within_area(&mut self, whole: &Expr, area: &Expr) -> Option<Cond> {
        let area = self.area(area)?;
        let field = mon_post::find("geo.lat")?;
        Some(self.test(whole.span, field, FieldOp::Inside(area), None))
    }

    fn area(&mut self, expr: &Expr) -> Option<Area> {
        let ExprKind::Call { name, args } = &expr.kind else {
            let help =
                "a shape: `circle(52.52, 13.40, 25km)`, `box(south, west, north, east)` or `polygon(lat, lon, …)`";
            return self.bad_call(expr, "geo within", help);
        };
        match name.text.as_str() {
            "circle" => {
                let takes = "a latitude, a longitude and a distance, such as `circle(52.52, 13.40, 25km)`";
                let [lat, lon, radius] = args.as_slice() else { return self.bad_call(expr, "circle", takes) };
                let (lat, lon) = (self.degrees(lat, 90.0), self.degrees(lon, 180.0));
                let metres = self.metres(radius, takes);
                Some(Area::Circle { lat: lat?, lon: lon?, metres: metres? })
            }
            "box" => {
                let [south, west, north, east] = args.as_slice() else {
                    return self.bad_call(
                        expr,
                        "box",
                        "south, west, north and east in degrees, such as `box(47.3, 5.9, 55.1, 15.0)`",
                    );
                };
                let (south, north) = (self.degrees(south, 90.0), self.degrees(north, 90.0));
                let (west, east) = (self.degrees(west, 180.0), self.degrees(east, 180.0));
                let (south, west, north, east) = (south?, west?, north?, east?);
                if south > north {
                    return self.bad_call(
                        expr,
                        "box",
                        "south, west, north and east in this order: its south lies above its north here",
                    );
                }
                Some(Area::Box { south, west, north, east })
            }
            "polygon" => self.polygon(expr, args),
            other => self.bad_call(expr, other, "nothing here: shapes are `circle`, `box` and `polygon`"),
        }
    }

    fn polygon(&mut self, expr: &Expr, args: &[Expr]) -> Option<Area> {
        let takes = "a latitude and a longitude for each corner, three corners at least";
        if args.len() < 6 || !args.len().is_multiple_of(2) {
            return self.bad_call(expr, "polygon", takes);
        }
        if args.len() / 2 > CORNERS_MAX {
            self.exceed(expr.span, format!("a polygon has at most {CORNERS_MAX} corners"), "corners_max");
            return None;
        }
        let mut corners = Vec::with_capacity(args.len() / 2);
        for pair in args.chunks_exact(2) {
            let [lat, lon] = pair else { continue };
            corners.push((self.degrees(lat, 90.0)?, self.degrees(lon, 180.0)?));
        }
        let (west, east) = corners.iter().fold((180.0_f64, -180.0_f64), |(w, e), (_, lon)| (w.min(*lon), e.max(*lon)));
        if east - west > 180.0 {
            let help = "corners that lie no further apart than half of the globe: cut it in two at the 180th meridian";
            return self.bad_call(expr, "polygon", help);
        }
        Some(Area::Polygon(corners))
    }

    fn degrees(&mut self, expr: &Expr, most: f64) -> Option<f64> {
        let ExprKind::Number { value, percent: false } = &expr.kind else {
            return self.bad_call(expr, "a shape", "degrees as plain numbers, such as `52.52` or `-0.13`");
        };
        if value.abs() > most {
            let told =
                Diagnostic::new(&codes::OUT_OF_RANGE, self.at(expr.span), format!("`{value}` is no such degree"))
                    .help(format!("it lies between -{most} and {most}; latitude stands before longitude"));
            self.tell(told);
            return None;
        }
        Some(*value)
    }

    fn metres(&mut self, expr: &Expr, takes: &str) -> Option<f64> {
        // `500m` reads as minutes: a distance in metres is written in kilometres.
        let (value, unit) = match &expr.kind {
            ExprKind::Quantity { value, unit } => (*value, unit.text.as_str()),
            _ => return self.bad_call(expr, "circle", takes),
        };
        let metres = match unit {
            "km" => value * 1_000.0,
            "mi" => value * 1_609.344,
            _ => return self.bad_call(expr, "circle", "a distance in `km` or `mi`, such as `0.5km`"),
        };
        if !(0.0..=20_038_000.0).contains(&metres) || metres == 0.0 {
            let told =
                Diagnostic::new(&codes::OUT_OF_RANGE, self.at(expr.span), "no circle on the globe has this radius")
                    .help("write a distance above 0 and up to half of the globe, 20,000km");
            self.tell(told);
            return None;
        }
        Some(metres)
    }

    /// `created within hours(22:00, 07:00, "Europe/Berlin")`.
    pub fn clock_part(&mut self, expr: &Expr, name: &str, args: &[Expr]) -> Option<Clock> {
        let (zone, args) = self.zone_argument(args)?;
        if name == "hours" {
            let takes = "two times of day and a time zone: `hours(22:00, 07:00, \"Europe/Berlin\")`";
            let minute = |expr: &Expr| match &expr.kind {
                ExprKind::Time(text) => minute_of_day(text),
                _ => None,
            };
            let [from, to] = args else { return self.bad_call(expr, name, takes) };
            let (Some(from), Some(to)) = (minute(from), minute(to)) else { return self.bad_call(expr, name, takes) };
            if from == to {
                return self.bad_call(expr, name, "two different times of day; leave it out for the whole day");
            }
            return Some(Clock::Hours { from, to, zone });
        }
        let takes = "days of the week and a time zone: `days(sat, sun, \"Europe/Berlin\")`";
        let mut days = 0;
        for arg in args {
            let ExprKind::Path(path) = &arg.kind else { return self.bad_call(arg, name, takes) };
            let Some(day) = day(&path.dotted()) else {
                return self.bad_call(arg, name, "mon, tue, wed, thu, fri, sat and sun");
            };
            days |= 1 << day.num_days_from_monday();
        }
        if days == 0 || days == 0b111_1111 {
            return self.bad_call(expr, name, "one to six days; leave it out for the whole week");
        }
        Some(Clock::Days { days, zone })
    }

    /// The time zone at the end of the arguments; UTC where none is named.
    fn zone_argument<'e>(&mut self, args: &'e [Expr]) -> Option<(Tz, &'e [Expr])> {
        let Some((last, before)) = args.split_last() else { return Some((Tz::UTC, args)) };
        let ExprKind::Term(term) = &last.kind else { return Some((Tz::UTC, args)) };
        let name = if term.form == TermForm::Plain { term.text.as_str() } else { "" };
        Some((self.time_zone(name, last.span, |name| format!("\"{name}\""))?, before))
    }

    /// The time zone of this name; `written` is how a name stands there.
    pub fn time_zone(&mut self, name: &str, span: Span, written: impl Fn(&str) -> String) -> Option<Tz> {
        if let Ok(zone) = name.parse() {
            return Some(zone);
        }
        let shown = if name.is_empty() { self.source(span) } else { name };
        let message = format!("`{shown}` is not a time zone");
        let told = Diagnostic::new(&codes::BAD_TIME, self.at(span), message);
        let near = did_you_mean(name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        self.tell(match near {
            Some(near) => told
                .help(format!("did you mean `{}`?", written(near)))
                .replace_with(written(near), Safety::ChangesMeaning),
            None => told.help(format!("write one such as `{}`", written("Europe/Berlin"))),
        });
        None
    }
}

/// `22:00` as a minute of the day; none for a time with seconds or a date.
fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}
