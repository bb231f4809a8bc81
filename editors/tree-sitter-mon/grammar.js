/// <reference types="tree-sitter-cli/dsl" />
// The Mon language for tree-sitter. Words come from keywords.js, which is made of mon.pest; shapes follow its rules by
// their names. What is called clause, row or expression here has the same place as in the tree of `mon debug tree`.

const { words, groups } = require("./keywords.js");

// The words of a rule: `w.posts` is `posts` or `post`.
const w = Object.fromEntries(
  Object.entries(words).map(([name, spellings]) => [name, spellings.length === 1 ? spellings[0] : choice(...spellings)]),
);
const g = Object.fromEntries(Object.entries(groups).map(([name, list]) => [name, choice(...list)]));

const anyCase = (word) => alias(new RegExp([...word].map((c) => `[${c}${c.toUpperCase()}]`).join("")), word);
const list = (rule) => seq(rule, repeat(seq(",", rule)));

const BINDS = { or: 1, and: 2, not: 3, confidence: 4, compare: 5, span: 6, add: 7, multiply: 8, negate: 9, primary: 10 };

module.exports = grammar({
  name: "mon",

  word: ($) => $.identifier,

  extras: ($) => [/[\s\uFEFF]/, $.comment, $.doc_comment],

  supertypes: ($) => [$._item, $._expression],

  // What follows decides in each of these: a comma may go on with the list or begin the next part, `for` may be a
  // length of time or a purpose.
  conflicts: ($) => [
    [$.alert],
    [$.clear],
    [$.pattern_step],
    [$._window_keys],
    [$.except],
    [$._show_posts],
    [$.extend],
  ],

  rules: {
    source_file: ($) => repeat(choice($._item, prec(-1, $._description))),

    _item: ($) => choice($.use, $.terms, $.query, $.dates, $.monitor, $.playbook, $.test),
    _description: ($) => repeat1($.doc_comment),

    // Items

    use: ($) => seq(optional($._description), w.use, field("target", choice($.string, $.path))),
    terms: ($) =>
      seq(optional($._description), w.terms, field("name", $._name), "=", list($._member), repeat($.allow)),
    _member: ($) => choice($.source, $._expression),
    source: ($) => seq(w.from, $.string, optional(seq(w.column, choice($._name, $.string)))),
    query: ($) =>
      seq(
        optional($._description),
        w.query,
        field("name", $._name),
        optional($.parameters),
        "=",
        $._expression,
        repeat($.allow),
      ),
    parameters: ($) => seq("(", list($.parameter), ")"),
    parameter: ($) => seq(field("name", $._name), ":", field("type", alias(g.param_type, $.type))),
    dates: ($) => seq(optional($._description), w.dates, field("name", $._name), "=", list($.days)),
    days: ($) => seq($.time, optional(seq(w.to, $.time))),
    monitor: ($) =>
      seq(optional($._description), w.monitor, field("name", $._name), "{", repeat($._monitor_clause), "}"),
    playbook: ($) =>
      seq(optional($._description), w.playbook, field("name", $._name), "{", repeat($._playbook_clause), "}"),
    test: ($) =>
      seq(
        optional($._description),
        w.test,
        field("monitor", $._name),
        field("title", $.string),
        "{",
        repeat($._test_step),
        "}",
      ),

    // Monitors

    _monitor_clause: ($) =>
      choice(
        $.match,
        $.measure,
        $.window,
        $.alert,
        $.severity,
        $.group_by,
        $.dedupe,
        $.show,
        $.follow,
        $.extend,
        $.locked,
        $.example,
        $.allow,
        $.guard,
        $.under_load,
        $.meta,
        $.other,
      ),
    match: ($) => seq(w.match, $._expression),
    measure: ($) => seq(w.measure, field("name", $._name), "=", $._expression),
    window: ($) =>
      seq(w.window, $._window_kind, optional(seq(w.by, $._window_keys)), optional(seq(optional(","), $.late))),
    _window_keys: ($) => list($.path),
    _window_kind: ($) =>
      choice(
        seq(w.tumble, $.duration),
        seq(w.slide, $.duration, w.every, $.duration),
        seq(w.session, w.gap, $.duration),
        seq(w.calendar, $._name, optional(seq(w.in, $.zone_name))),
        seq(w.count, $._integer),
        seq(w.pattern, $.pattern_step, repeat(seq(w.then, $.pattern_step))),
      ),
    pattern_step: ($) => seq(optional(anyCase("not")), $._primary, optional(choice(seq(w.within, $.duration), $._hold))),
    late: ($) => seq(w.late, $.duration),
    alert: ($) => seq(w.alert, w.when, $._expression, optional($._hold), optional($.clear)),
    clear: ($) => seq(w.clear, w.when, $._expression, optional($._hold)),
    _hold: ($) => seq(w.for, $.duration),
    severity: ($) => seq(w.severity, "{", repeat($.severity_row), "}"),
    severity_row: ($) =>
      seq(field("level", alias($._name, $.level)), choice(w.otherwise, seq(w.when, $._expression))),
    group_by: ($) => seq(w.group, w.by, list($.path)),
    dedupe: ($) => seq(w.dedupe, optional(seq(w.by, $.path)), optional(seq(w.within, $.duration))),
    show: ($) =>
      seq(w.show, choice($._show_posts, $._show_values), repeat(seq(",", $._show_values))),
    _show_posts: ($) =>
      seq($._integer, w.posts, optional(seq(w.by, $.path)), optional(seq(",", w.each, $.path, w.once))),
    _show_values: ($) => seq(choice(w.top, w.new), $._integer, $.path),
    follow: ($) => seq(w.follow, w.playbook, field("playbook", $._name)),
    extend: ($) => seq(w.extend, field("monitor", $._name), optional(seq(w.for, w.region, list($.country)))),
    country: ($) => $._name,
    locked: ($) => seq(w.locked, list($._name)),
    example: ($) => seq(w.example, alias(g.answer, $.answer), $.string),
    allow: ($) =>
      seq(w.allow, field("code", $._name), optional(seq(w.until, $.time)), optional(seq(w.because, $.string))),
    guard: ($) =>
      choice(
        seq(g.guard_word, $.duration),
        seq(w.min, choice(seq($._integer, $._name), seq($._name, $._integer))),
      ),
    under_load: ($) =>
      seq(w.under, w.load, w.sample, $.one_in, w.authors, repeat(seq(",", w.then, $.one_in))),
    one_in: ($) => seq($._integer, w.in, $._integer),
    meta: ($) => seq(g.meta_word, choice($.string, $.time, $.path)),
    // What this release reads and does not execute: anything with balanced braces up to the next clause.
    other: ($) => prec.right(seq(g.other_word, repeat($._any))),

    // Playbooks

    _playbook_clause: ($) =>
      choice(
        $.route,
        $.notify,
        $.share,
        $.escalate,
        $.acknowledgement,
        $.quiet,
        $.budget,
        $.ticket,
        $.allow,
        alias($.playbook_other, $.other),
      ),
    route: ($) => seq(w.route, g.route_mode, "{", repeat($.route_row), "}"),
    route_row: ($) =>
      seq(choice(w.otherwise, seq(w.when, $._expression)), w.to, w.team, field("team", $._name)),
    notify: ($) => seq(w.notify, "{", repeat($.notify_row), "}"),
    notify_row: ($) => seq(field("level", alias($._name, $.level)), w.by, $.methods, $._timing),
    methods: ($) => list($._name),
    _timing: ($) =>
      choice(
        seq(w.at, w.once),
        seq(w.after, $.duration),
        seq(w.in, w.a, w.digest, optional(choice(seq(w.at, list($.time)), seq(w.every, $.duration)))),
      ),
    share: ($) =>
      seq(
        w.share,
        list($._name),
        w.with,
        w.team,
        list($._name),
        optional(seq(w.by, $.methods)),
        w.for,
        list(choice($._name, $.string)),
      ),
    escalate: ($) =>
      seq(w.escalate, w.unless, w.acknowledged, "{", repeat(choice($.escalation_row, $.again)), "}"),
    escalation_row: ($) =>
      seq(
        w.after,
        $.duration,
        w.to,
        optional(seq(field("role", $._team_or_name), w.of)),
        choice(seq(w.team, field("team", $._name)), field("person", $._team_or_name)),
        w.by,
        $.methods,
      ),
    _team_or_name: ($) => choice($._name, alias(w.team, $.identifier)),
    again: ($) => seq(w.repeat, w.every, $.duration, optional(","), $._integer, w.times),
    acknowledgement: ($) => seq(w.acknowledgement, w.lasts, $.duration),
    quiet: ($) =>
      seq(
        w.quiet,
        $.time,
        w.to,
        $.time,
        optional(seq(w.in, choice(seq(w.time, w.of, $._name), $.zone_name))),
        optional($._held_where),
      ),
    _held_where: ($) =>
      choice(
        seq(optional(","), $.except),
        seq(optional(","), w.then, $._timing),
        seq(optional(","), $.except, optional(","), w.then, $._timing),
      ),
    except: ($) => seq(w.except, list($._name)),
    budget: ($) => seq(w.budget, $._integer, w.a, $._name, w.for, $._name, optional($._held_where)),
    ticket: ($) => seq(w.ticket, $._name, $._name, optional(seq("{", repeat($.ticket_row), "}"))),
    ticket_row: ($) =>
      seq(g.ticket_word, choice(seq(w.when, $._expression), $.string, seq(optional(w.by), list($.path)))),
    playbook_other: ($) => prec.right(seq(g.playbook_word, repeat($._any))),

    // Tests

    _test_step: ($) =>
      choice(
        $.replay,
        $.expect_incidents,
        $.expect_opened,
        $.expect_cleared,
        $.expect_severity,
        $.expect_matched,
        $.expect_messages,
        alias($.test_other, $.other),
      ),
    replay: ($) => seq(w.replay, $.string),
    expect_incidents: ($) =>
      seq(w.expect, choice(w.no, $._integer), w.incidents, optional(seq(w.of, field("monitor", $._name)))),
    expect_opened: ($) => seq(w.expect, w.opened, w.at, $.time, optional(seq(w.within, $.duration))),
    expect_cleared: ($) => seq(w.expect, w.cleared, w.by, $.time),
    expect_severity: ($) =>
      seq(w.expect, w.severity, field("level", alias($._name, $.level)), optional(seq(w.by, $.time))),
    expect_matched: ($) =>
      seq(
        w.expect,
        optional(choice(w.no, seq(optional($._comparison), $._integer))),
        w.posts,
        w.matched,
        optional(seq(w.where, $._expression)),
      ),
    expect_messages: ($) =>
      seq(w.expect, choice(w.no, $._integer), w.messages, optional(seq(w.to, w.team, field("team", $._name)))),
    test_other: ($) =>
      prec.right(-1, seq(choice(seq(w.at, $.time), w.expect), g.other_step, repeat(choice($._any, alias(w.at, $.identifier))))),

    _any: ($) =>
      choice(
        $.string,
        $.regex,
        $.identifier,
        $.number,
        $.percentage,
        $.duration,
        $.quantity,
        $.time,
        $.tag,
        $.handle,
        $.cashtag,
        $.block,
        $._comparison,
        alias(w.for, $.identifier),
        alias(w.min, $.identifier),
        ",",
        ":",
        ".",
        "=",
        "(",
        ")",
        "[",
        "]",
        "+",
        "-",
        "*",
        "@",
      ),
    block: ($) => seq("{", repeat($._any), "}"),

    // Expressions

    _expression: ($) =>
      choice($.negated, $.both, $.either, $.confidence, $.comparison, $.span, $.sum, $.product, $.negation, $._primary),

    either: ($) =>
      prec.left(BINDS.or, seq(field("left", $._expression), anyCase("or"), field("right", $._expression))),
    both: ($) =>
      prec.left(BINDS.and, seq(field("left", $._expression), anyCase("and"), field("right", $._expression))),
    negated: ($) => prec(BINDS.not, seq(anyCase("not"), $._expression)),
    confidence: ($) => prec(BINDS.confidence, seq($._expression, "@", $.percentage)),
    comparison: ($) =>
      prec.left(
        BINDS.compare,
        seq(
          field("left", $._expression),
          field("operator", choice($._comparison, g.word_op)),
          field("right", $._expression),
        ),
      ),
    _comparison: (_) => choice("==", "!=", "<=", ">=", "<", ">"),
    span: ($) =>
      prec.left(
        BINDS.span,
        seq(
          field("left", $._expression),
          field("operator", choice(seq($.near, optional(anyCase("not"))), $.then, w.then, "outside", "inside")),
          field("right", $._expression),
        ),
      ),
    sum: ($) =>
      prec.left(
        BINDS.add,
        seq(field("left", $._expression), field("operator", choice("+", "-")), field("right", $._expression)),
      ),
    product: ($) =>
      prec.left(
        BINDS.multiply,
        seq(field("left", $._expression), field("operator", choice("*", "/")), field("right", $._expression)),
      ),
    negation: ($) => prec(BINDS.negate, seq("-", $._primary)),

    _primary: ($) =>
      choice(
        $.term,
        $.tag,
        $.handle,
        $.cashtag,
        $.regex,
        $.number,
        $.percentage,
        $.duration,
        $.quantity,
        $.time,
        $.group,
        $.list,
        $.set,
        $.scope,
        $.exists,
        $.no_posts,
        alias($._value_path, $.reference),
        $.call,
        $.zone,
      ),
    term: ($) =>
      prec.right(seq(optional(field("form", alias(g.form, $.form))), $.string, optional(field("edits", $.edits)))),
    group: ($) => seq("(", list(choice($._expression, $.held)), ")"),
    held: ($) => seq($._expression, w.for, $.duration),
    list: ($) => seq("[", optional(list($._expression)), "]"),
    set: ($) => seq($.quantifier, "[", list($._expression), "]"),
    quantifier: ($) => choice(w.any, w.all, w.none, seq(w.at, w.least, $._integer, w.of)),
    scope: ($) => prec(BINDS.primary, seq($.scope_head, $._primary)),
    scope_head: ($) =>
      choice(
        seq(w.same, g.scope_unit),
        seq(w.first, $._integer, w.words),
        seq(choice(w.starts, w.ends), w.with),
      ),
    exists: ($) => seq(w.exists, $.path),
    no_posts: ($) => seq("no", w.posts),
    call: ($) => seq(field("function", alias($._value_path, $.path)), $.arguments),
    arguments: ($) => seq("(", optional(list($._argument)), ")"),
    _argument: ($) => choice($._expression, $.phrase, alias($.long_phrase, $.phrase)),
    // `tag over 30d`, `any_hour over 7d without feasts`
    phrase: ($) => seq($._expression, field("word", $._name), $._expression),
    long_phrase: ($) => seq($.phrase, w.without, alias($._name, $.reference)),
    zone: ($) =>
      prec.right(seq(field("zone", alias($._value_path, $.path)), ":", choice($._primary, $.negation))),

    // Names and values

    path: ($) => prec.right(seq($._name, repeat($._dotted))),
    // Words that begin a form, a set or a scope are names where nothing of that kind follows. `exists` is none: behind it
    // stands a name, which may be spelled like a word that begins the next row.
    _value_path: ($) => prec.right(seq(choice($._name, alias(choice(...groups.special.filter((word) => word !== "exists")), $.identifier)), repeat($._dotted))),
    _dotted: ($) => seq(token.immediate("."), alias(token.immediate(/[\p{XID_Start}_]\p{XID_Continue}*/u), $.identifier)),
    _name: ($) => $.identifier,
    identifier: (_) => /[\p{XID_Start}_]\p{XID_Continue}*/u,
    zone_name: ($) => choice($.identifier, /[\p{XID_Start}_]\p{XID_Continue}*([\/+-]\p{XID_Continue}+)+/u),

    string: ($) =>
      seq('"', repeat(choice($.string_content, $.escape, $.wildcard)), token.immediate('"')),
    string_content: (_) => token.immediate(prec(1, /[^"\\*?\n]+/)),
    escape: (_) => token.immediate(prec(1, /\\[^\n]/)),
    wildcard: (_) => token.immediate(prec(1, /[*?]/)),
    regex: (_) => token(/\/([^\/\\\n*]|\\[^\n])([^\/\\\n]|\\[^\n])*\//),
    tag: (_) => /#\p{XID_Continue}+/u,
    handle: (_) => /@[A-Za-z0-9_]+([.-]+[A-Za-z0-9_]+)*(@[A-Za-z0-9_]+([.-]+[A-Za-z0-9_]+)*)?/,
    cashtag: (_) => /\$[A-Za-z0-9_]+(\.+[A-Za-z0-9_]+)*/,
    edits: (_) => /~[0-9]+/,
    near: (_) => /[nN][eE][aA][rR]\/([0-9]+|[\p{XID_Start}_]\p{XID_Continue}*)/u,
    then: (_) => /then\/([0-9]+|[\p{XID_Start}_]\p{XID_Continue}*)/u,

    time: (_) =>
      token(
        choice(
          /[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?/,
          /[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?/,
        ),
      ),
    percentage: (_) => /[0-9]+(\.[0-9]+)?%/,
    duration: (_) => new RegExp(`[0-9]+(\\.[0-9]+)?(${groups.duration.join("|")})`),
    _integer: ($) => $.number,
    number: (_) => /[0-9]+(\.[0-9]+)?[kM]?/,
    quantity: (_) => /[0-9]+(\.[0-9]+)?[A-Za-z]+/,

    // A line of four slashes or more is a rule across the page, not a description.
    doc_comment: (_) => token(/\/\/\/([^\/\n][^\n]*)?/),
    comment: (_) => token(/\/\/([^\n]*)/),
  },
});
