//! Figures, dates and places of a foreign query. A bound that every value of a field passes asks nothing and is left out; a range
//! that no value can lie in cannot be said.

use mon_post::FieldType;

use super::super::Dialect;
use super::super::meaning::Mon;
use super::super::translate::Translator;
use super::super::tree::{Bound, Text, Value};
use crate::check::times;

/// Half of the way around the globe: no circle is larger.
const RADIUS_KM_MAX: f64 = 20_000.0;

/// One end of a range: how it is written, and where it lies among the others.
struct End {
    text: String,
    value: f64,
    included: bool,
}

impl Translator<'_> {
    pub(super) fn number(&self, field: &'static str, value: &Value) -> Result<Mon, String> {
        let ty = mon_post::find(field).and_then(mon_post::FieldId::get).map_or(FieldType::Text, |field| field.ty);
        let (least, most) = limits(ty);
        let end = |bound: &Bound| figure(ty, &bound.text, bound.included);
        match value {
            Value::Range { low, high } => {
                let low = low.as_ref().map(end).transpose()?;
                let high = high.as_ref().map(end).transpose()?;
                let above = |end: &End, limit| end.value > limit || (!end.included && end.value >= limit);
                let below = |end: &End, limit| end.value < limit || (!end.included && end.value <= limit);
                if low.as_ref().is_some_and(|low| above(low, most))
                    || high.as_ref().is_some_and(|high| below(high, least))
                {
                    return Err(format!("`{field}` is {least} to {most}, so that no value lies there"));
                }
                self.range(field, low.filter(|low| above(low, least)), high.filter(|high| below(high, most)))
            }
            Value::Text(Text { text, .. }) if self.dialect == Dialect::X => {
                let low = Bound { text: text.clone(), included: true };
                self.number(field, &Value::Range { low: Some(low), high: None })
            }
            Value::Text(Text { text, .. }) => {
                let end = figure(ty, text, true)?;
                if !(least..=most).contains(&end.value) {
                    return Err(format!("`{field}` is {least} to {most}, and never `{text}`"));
                }
                Ok(self.test(format!("{field} == {}", end.text), field))
            }
            _ => Err("a number or a range must stand here".to_owned()),
        }
    }

    fn range(&self, field: &'static str, low: Option<End>, high: Option<End>) -> Result<Mon, String> {
        if let (Some(low), Some(high)) = (&low, &high)
            && (low.value > high.value || (low.value >= high.value && !(low.included && high.included)))
        {
            return Err(format!("nothing lies between `{}` and `{}`", low.text, high.text));
        }
        let mut tests = Vec::new();
        for (end, with, without) in [(low, ">=", ">"), (high, "<=", "<")] {
            if let Some(end) = end {
                let sign = if end.included { with } else { without };
                tests.push(self.test(format!("{field} {sign} {}", end.text), field));
            }
        }
        match tests.len() {
            0 => Ok(Mon::Test { text: format!("exists {field}"), told: None }),
            _ => Ok(Mon::All(tests)),
        }
    }

    pub(super) fn time(&self, field: &'static str, value: &Value) -> Result<Mon, String> {
        // A day that belongs to the range does so to its end; one that does not, ends the range at its beginning.
        let date = |bound: &Bound, last: bool| {
            let text = match bound.text.as_str() {
                day if day.len() == 10 && last == bound.included => format!("{day}T23:59:59Z"),
                text => text.to_owned(),
            };
            let fits = bound.text.len() == 10 || (bound.text.len() == 20 && bound.text.ends_with('Z'));
            let micros = times::instant(&text).filter(|_| fits).ok_or_else(|| {
                format!(
                    "`{}` is no date such as 2026-11-02; times that move with the clock cannot stand in a match",
                    bound.text
                )
            })?;
            #[expect(clippy::cast_precision_loss, reason = "microseconds of a whole second are told apart")]
            let value = micros as f64;
            Ok::<End, String>(End { text, value, included: bound.included })
        };
        match value {
            Value::Range { low, high } => {
                let low = low.as_ref().map(|bound| date(bound, false)).transpose()?;
                let high = high.as_ref().map(|bound| date(bound, true)).transpose()?;
                self.range(field, low, high)
            }
            _ => Err("a range of dates must stand here".to_owned()),
        }
    }

    pub(super) fn circle(&self, value: &Value) -> Result<Mon, String> {
        let Value::List(parts) = value else { return Err("longitude, latitude and radius must stand here".to_owned()) };
        let [lon, lat, radius] = parts.as_slice() else {
            return Err("longitude, latitude and radius must stand here".to_owned());
        };
        let kilometres = match (radius.strip_suffix("km"), radius.strip_suffix("mi")) {
            (Some(km), _) => plain(km),
            (_, Some(miles)) => plain(miles).map(|miles| (miles * 1_609.344).ceil() / 1_000.0),
            _ => None,
        };
        let kilometres = kilometres.filter(|km| *km > 0.0).ok_or("the radius needs `km` or `mi`")?;
        if kilometres > RADIUS_KM_MAX {
            return Err(format!("a radius is at most {RADIUS_KM_MAX} km"));
        }
        let (lat, lon) = (degrees(lat, 90.0)?, degrees(lon, 180.0)?);
        Ok(self.test(format!("geo within circle({lat}, {lon}, {kilometres}km)"), "geo"))
    }

    pub(super) fn square(&self, value: &Value) -> Result<Mon, String> {
        let Value::List(parts) = value else { return Err("west, south, east and north must stand here".to_owned()) };
        let [west, south, east, north] = parts.as_slice() else {
            return Err("west, south, east and north must stand here".to_owned());
        };
        let (west, south) = (degrees(west, 180.0)?, degrees(south, 90.0)?);
        let (east, north) = (degrees(east, 180.0)?, degrees(north, 90.0)?);
        if south > north {
            return Err("west, south, east and north stand in this order: its south lies above its north".to_owned());
        }
        Ok(self.test(format!("geo within box({south}, {west}, {north}, {east})"), "geo"))
    }
}

/// The least and the greatest value of a field.
fn limits(ty: FieldType) -> (f64, f64) {
    match ty {
        #[expect(clippy::cast_precision_loss, reason = "a limit of the range may be off by its last digit")]
        FieldType::Integer { min, max } => (min as f64, max as f64),
        FieldType::Decimal { min, max } => (min, max),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    }
}

fn figure(ty: FieldType, text: &str, included: bool) -> Result<End, String> {
    let whole = matches!(ty, FieldType::Integer { .. });
    let value = plain(text).filter(|value| !whole || value.fract() == 0.0);
    let value = value.ok_or_else(|| format!("`{text}` is no number that fits"))?;
    Ok(End { text: value.to_string(), value, included })
}

/// A number without an exponent or a word for it.
fn plain(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let fits = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse::<f64>().ok().filter(|value| fits && value.is_finite())
}

fn degrees(text: &str, most: f64) -> Result<f64, String> {
    plain(text).filter(|degrees| degrees.abs() <= most).ok_or_else(|| format!("`{text}` is no place on the map"))
}
