//! Source texts that the tests share. Together they use every form the language has.

pub const FIRST_FILE: &str = r##"/// Phones that fail, as people tell it.
terms acme     = "acme", "acme phone", #acme, #acmephone, @acme, $ACME
terms failure  = "broken", "won't turn on", "stopped working", "crash*", "overheat*", "on fire"
terms giveaway = "giveaway", "promo code", "win a"

query acme_failure =
  acme near/8 failure
  and not giveaway
  and lang in [en, es, de]
  and author.followers >= 50

monitor acme_outage {
  match   acme_failure and sentiment <= -0.3 @ 70%
  window  slide 15m every 1m by country, late 2m

  measure volume  = count()
  measure voices  = distinct(author.uid)
  measure mood    = avg(sentiment)
  measure usual   = baseline(volume, hour_of_week over 28d)

  alert when volume >= 4 * usual and voices >= 25  for 2m
        clear when volume < 1.5 * usual            for 10m

  severity {
    critical when voices >= 250
    high     when voices >= 80
    medium   otherwise
  }
  group  by country
  dedupe by story within 6h
  show   5 posts by reach, each story once
  follow playbook crisis

  example yes "My Acme phone won't turn on 😡"
  example no  "Win a new Acme phone! Giveaway ends tonight, broken hearts not included"
}

playbook crisis {
  route first {
    when country in [DE, AT, CH]  to team care_dach
    when lang is ja               to team care_tokyo
    otherwise                     to team care
  }
  route also { when severity >= high  to team legal }
  notify {
    critical by sms, slack, email at once
    high     by slack, email      at once
    medium   by slack             after 2m
    low      by email             in a digest at 09:00, 16:00
  }
  escalate unless acknowledged {
    after 15m to oncall of team by sms
    after 30m to lead of team   by sms
  }
  quiet 22:00 to 07:00 in time of team, except critical, then in a digest
  budget 20 a day for team, except critical, then in a digest
  ticket jira care { open when severity >= high  resolve when cleared }
}

test acme_outage "a launch-day failure is one incident" {
  replay "captures/launch.jsonl"
  expect 1 incident of acme_outage
  expect opened at 10:03 within 30s
  expect severity critical by 10:20
  expect no posts matched where text has "giveaway"
}
"##;

/// Every form of matching, one query each.
pub const MATCHING: &str = r##"use "brand/terms.mon"
use brand.shared

// zones
query zones = bio: "nurse" or title: ("recall" or "defect") or link.title: "x" and text: -0.5
query words = "broken" and "crash*" and "*gate" and "colo?r" and "5\* \"hotel\" \\ why\?"
query forms = exact "Polish" or exact "C++" or exact "AT&T" or part "gate" or stem "running" or loose "paypal" or word "京都"
query edits = "acme"~1 and loose "pay"~2
query regex = /re+call(ed)?/ or /a\/b/ and text has /x y/
query social = #acme and @acme.bsky.social and @who@mastodon.example and $ACME and "🔥" and #straße
query links = url "acme.example/recall"
query sets = any ["a", acme] or all [#a, #b] or none ["c"] or at least 3 of [acme, failure, "x"]
query counts = count(t) >= 3 and distinct(t) >= 2
query near_group = ("a" or "b") near/5 ("c", "d") near/3 "e"
query near_and = (a and b) near/5 c
query order = a then/5 b
query apart = "apple" outside ("apple juice", "apple pie") and "x" inside ("x y")
query alone = a near/5 not b
query scoped = same sentence (a, b) and same line ("x", "y") and first 10 words (a) and same paragraph (a, b)
query edge = starts with "breaking" or ends with ("a", "b")
query truth = not a and b or not (c or d) AND e OR NOT f NEAR/5 g
query attributes = author.followers >= 10k and created within 2h and geo within circle(52.52, 13.40, 25km)
query attributes2 = lang in [en, de] and platform is bluesky and kind is reply and link.domain is "example.com"
query attributes3 = exists geo and reach > 1M and share == 70% and created >= 2026-11-01T10:00:00Z and created < 2026-12-01
query models = (topic is recall @ 80%) and sentiment <= -0.3 @ 70.5% or bot is false
query sums = a + b * 2 - c / 4 >= -1.5 and -(a + 1) < 2
query empty_list = lang in []
"##;

/// Clauses and steps beyond the first file, also those that no release executes yet.
pub const CLAUSES: &str = r##"// A file of odd ends.
use brand.terms
terms lists = "a", from "brands.txt", from "brands.csv" column name, from "b.csv" column "brand name"
monitor windows_a { match a window tumble 5m }
monitor windows_b { match a window session gap 30m by brand, country }
monitor windows_c { match a window calendar day in Europe/Berlin by brand late 2m }
monitor windows_d { match a window count 1000 window calendar week }
monitor windows_e { match a window pattern a then b within 30m then not c for 1h by brand, late 2m }

/// Two lines of
/// description.
monitor rest {
  owner "press desk"
  status live
  since 2026-11-01
  for crisis_response
  match a // why
  // on its own
  window slide 1.5h every 500ms
  warmup 7d
  cooldown 30m
  min 20 posts
  measure m1 = percentile(x, 95)
  measure longer_name = share(a of b)
  measure r = ratio(a, b) + top(5, link.domain) + rate() + engagement() + reach() + min(x)
  measure base = ewma(volume, half_life over 2h)
  alert when (a then b within 30m) and (not c for 1h) or change(volume) > 3 for 3m
  group by brand, author.country
  dedupe within 1w
  show 1 post
  allow MON0731 until 2026-12-31 because "known \"noise\""
  allow MON0732
  under load sample 1 in 4 authors, then 1 in 16
  extend base for region de, IN
  locked severity, measure
  mute slow_app, payment_errors while firing, by product
  example no "x" example yes "y"
}

playbook full {
  acknowledgement lasts 4h
  escalate unless acknowledged {
    after 60m to oncall of directors by sms, email
    after 70m to team legal by email
    repeat every 30m, 3 times
  }
  notify { low by email in a digest every 30m medium by slack in a digest }
  share personal with team legal for crisis_response
  share personal, sensitive with team legal, care by email, slack for crisis_response, "fraud cases"
  quiet 22:00 to 07:00 in Europe/Oslo
  quiet 1:00 to 2:00
  count time in working hours of team
  ticket zendesk care {
    open     when severity >= medium
    title    "[{severity}] {alert.title}"
    customer by author.handle, author.email_hash
    read     resolution
    resolve  when cleared
  }
  ticket jira ops
}

test rest "steps" {
  replay "a.jsonl"
  expect no incidents
  expect 2 incidents
  expect cleared by 11:00
  expect severity high
  expect 120 posts matched
  expect >= 20 posts matched where lang is en
  expect posts matched
  expect 2 messages to team care
  expect no messages
  expect opened at 2026-11-01T10:03:00Z
  at 10:10 acknowledge as "ana"
  expect no escalation after 10:10
  expect nothing sent to press_desk
  expect cleared at 13:40 within 5m
}
"##;

pub const ALL: &[&str] = &[FIRST_FILE, MATCHING, CLAUSES];
