//! Functions in a condition on one post: how often words stand in it, shapes on the map, hours and days.

use super::Context::{Posts, Weekday, Within};
use super::{Context, Kind, Shape, Word, maybe, param, shape};

const fn function(
    name: &'static str,
    contexts: &'static [Context],
    shapes: &'static [Shape],
    says: &'static str,
    example: &'static str,
    insert: &'static str,
) -> Word {
    Word::new(Kind::Function, name, contexts, says, example, insert).shapes(shapes)
}

const fn day(name: &'static str, says: &'static str, example: &'static str) -> Word {
    Word::new(Kind::Constant, name, &[Weekday], says, example, name)
}

pub(super) const WORDS: &[Word] = &[
    function(
        "count",
        &[Posts],
        &[shape(
            "count(words) >= N",
            &[param("words", "Words, or a list of them."), param("N", "A whole number to compare with.")],
        )],
        "How often these words stand in the post, without overlaps.",
        "count(acme) >= 3",
        "count(${1:acme}) >= ${2:3}",
    ),
    function(
        "distinct",
        &[Posts],
        &[shape(
            "distinct(list) >= N",
            &[param("list", "A list, or words in brackets."), param("N", "A whole number to compare with.")],
        )],
        "How many different members of a list stand in the post.",
        "distinct(failure) >= 2",
        "distinct(${1:failure}) >= ${2:2}",
    ),
    function(
        "circle",
        &[Within],
        &[shape(
            "circle(lat, lon, radius)",
            &[
                param("lat", "The latitude of its middle in degrees, north is positive."),
                param("lon", "The longitude of its middle in degrees, east is positive."),
                param("radius", "A distance in `km` or `mi`, such as `25km`."),
            ],
        )],
        "A circle on the map around a point.",
        "geo within circle(52.52, 13.40, 25km)",
        "circle(${1:52.52}, ${2:13.40}, ${3:25km})",
    ),
    function(
        "box",
        &[Within],
        &[shape(
            "box(south, west, north, east)",
            &[
                param("south", "The latitude of its lower edge in degrees."),
                param("west", "The longitude of its left edge in degrees."),
                param("north", "The latitude of its upper edge in degrees."),
                param("east", "The longitude of its right edge in degrees."),
            ],
        )],
        "A box on the map between two latitudes and two longitudes.",
        "geo within box(47.3, 5.9, 55.1, 15.0)",
        "box(${1:47.3}, ${2:5.9}, ${3:55.1}, ${4:15.0})",
    ),
    function(
        "polygon",
        &[Within],
        &[shape(
            "polygon(lat, lon, …)",
            &[
                param("lat", "The latitude of a corner in degrees."),
                param("lon", "The longitude of the same corner in degrees."),
                param("…", "Further corners, three of them at least."),
            ],
        )],
        "A shape on the map with these corners.",
        "geo within polygon(52.3, 13.1, 52.3, 13.8, 52.7, 13.4)",
        "polygon(${1:52.3}, ${2:13.1}, ${3:52.3}, ${4:13.8}, ${5:52.7}, ${6:13.4})",
    ),
    function(
        "hours",
        &[Within],
        &[shape(
            "hours(from, to, \"zone\")",
            &[
                param("from", "A time of day such as `22:00`."),
                param("to", "A time of day at which it is over; it may lie behind midnight."),
                maybe("\"zone\"", "A time zone such as `\"Europe/Berlin\"`; UTC without one."),
            ],
        )],
        "A part of the day by the clocks of a time zone.",
        "created within hours(22:00, 07:00, \"Europe/Berlin\")",
        "hours(${1:22:00}, ${2:07:00}, \"${3:Europe/Berlin}\")",
    ),
    function(
        "days",
        &[Within],
        &[shape(
            "days(day, day, \"zone\")",
            &[
                param("day", "One of `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`."),
                maybe("\"zone\"", "A time zone such as `\"Europe/Berlin\"`; UTC without one."),
            ],
        )],
        "Days of the week in a time zone.",
        "created within days(sat, sun, \"Europe/Berlin\")",
        "days(${1:sat}, ${2:sun}, \"${3:Europe/Berlin}\")",
    ),
    day("mon", "Mondays.", "created within days(mon)"),
    day("tue", "Tuesdays.", "created within days(tue)"),
    day("wed", "Wednesdays.", "created within days(wed)"),
    day("thu", "Thursdays.", "created within days(thu)"),
    day("fri", "Fridays.", "created within days(fri)"),
    day("sat", "Saturdays.", "created within days(sat, sun)"),
    day("sun", "Sundays.", "created within days(sat, sun)"),
];
