// The TextMate grammar, for VS Code and what else reads such grammars.

const any = (list) => [...list].sort((a, b) => b.length - a.length || a.localeCompare(b)).join("|").replaceAll(".", "\\.");
const either = (word) => [...word].map((c) => `[${c}${c.toUpperCase()}]`).join("");
// A word that is no part of a dotted name.
const word = (inner) => `(?<![\\w.])(?:${inner})(?![\\w.])`;

const NAME = "[\\p{L}_][\\p{L}\\p{N}\\p{M}_]*";

const scope = (name, match) => ({ name: `${name}.mon`, match });

const comments = () => [
  scope("comment.line.documentation", "///(?!/).*$"),
  scope("comment.line.double-slash", "//.*$"),
];

const strings = () => [
  {
    name: "string.quoted.double.mon",
    begin: '"',
    end: '"|$',
    beginCaptures: { 0: { name: "punctuation.definition.string.begin.mon" } },
    endCaptures: { 0: { name: "punctuation.definition.string.end.mon" } },
    patterns: [
      scope("constant.character.escape", "\\\\."),
      scope("keyword.operator.wildcard", "[*?]"),
    ],
  },
  // Behind a value, or before a blank, a slash divides.
  {
    match: `(?<![\\w)\\]"/])(/)(?![/\\s*])((?:[^/\\\\]|\\\\.)+)(/)`,
    name: "string.regexp.mon",
    captures: {
      1: { name: "punctuation.definition.string.begin.mon" },
      2: { patterns: [scope("constant.character.escape", "\\\\.")] },
      3: { name: "punctuation.definition.string.end.mon" },
    },
  },
];

const names = () => [
  scope("constant.other.symbol.tag", "#[\\p{L}\\p{N}\\p{M}_]+"),
  scope("constant.other.symbol.cashtag", "\\$\\w+(?:\\.+\\w+)*"),
  scope("constant.other.symbol.handle", "@(?!\\d+(?:\\.\\d+)?%)\\w+(?:[.-]+\\w+)*(?:@\\w+(?:[.-]+\\w+)*)?"),
];

const values = ({ units }) => [
  scope("constant.numeric.time", "\\b\\d{4}-\\d{2}-\\d{2}(?:T\\d{2}:\\d{2}(?::\\d{2})?(?:\\.\\d+)?(?:Z|[+-]\\d{2}:\\d{2})?)?"),
  scope("constant.numeric.time", "\\b\\d{1,2}:\\d{2}(?::\\d{2})?\\b"),
  {
    match: `\\b(\\d+(?:\\.\\d+)?)(${any(units)})\\b`,
    name: "constant.numeric.duration.mon",
    captures: { 2: { name: "keyword.other.unit.mon" } },
  },
  {
    match: "\\b(\\d+(?:\\.\\d+)?)(%|[A-Za-z]+\\b)?",
    name: "constant.numeric.mon",
    captures: { 2: { name: "keyword.other.unit.mon" } },
  },
];

const itemHeads = ({ items, groups }) => [
  {
    match: `(?<![\\w.])(${any(items.filter((item) => item !== "use"))})\\s+(${NAME})(?=\\s*[={("])`,
    captures: { 1: { name: "keyword.control.item.mon" }, 2: { name: "entity.name.type.mon" } },
  },
  {
    match: `(?<![\\w.])(follow)\\s+(playbook)\\s+(${NAME})`,
    captures: {
      1: { name: "keyword.other.clause.mon" },
      2: { name: "keyword.other.mon" },
      3: { name: "entity.name.type.mon" },
    },
  },
  {
    match: `(?<![\\w.])(measure)\\s+(${NAME})(?=\\s*=)`,
    captures: { 1: { name: "keyword.other.clause.mon" }, 2: { name: "variable.other.measure.mon" } },
  },
  {
    match: `(?<![\\w.])(example)\\s+(${any(groups.answer)})\\b`,
    captures: { 1: { name: "keyword.other.clause.mon" }, 2: { name: "constant.language.answer.mon" } },
  },
  // `brand: terms` in a query's head.
  {
    match: `(?<![\\w.])(${NAME})\\s*(:)\\s*(${any(groups.param_type)})(?=\\s*[,)])`,
    captures: {
      1: { name: "variable.parameter.mon" },
      2: { name: "punctuation.separator.mon" },
      3: { name: "storage.type.mon" },
    },
  },
  { match: `^(${any(items)})\\b(?![.:])`, captures: { 1: { name: "keyword.control.item.mon" } } },
];

const operatorWords = ({ words, groups, operators, anyCase }) => [
  {
    match: `\\b(${either("near")}|then)(/)(\\d+|${NAME})`,
    name: "keyword.operator.wordlike.distance.mon",
    captures: { 3: { name: "constant.numeric.mon" } },
  },
  scope("keyword.operator.wordlike", word(operators.map((op) => (anyCase.includes(op) ? either(op) : op)).join("|"))),
  scope("keyword.operator.wordlike", word(`${any(words.same)}\\s+(?:${any(groups.scope_unit)})`)),
  scope("keyword.operator.wordlike", word(`(?:${any([...words.starts, ...words.ends])})\\s+with`)),
  scope("keyword.operator.wordlike", word(`(?:${any([...words.any, ...words.all, ...words.none])})(?=\\s*\\[)`)),
  scope("keyword.operator.wordlike", word(`${any(words.exists)}(?=\\s+${NAME})`)),
  {
    match: word(`(first)\\s+(\\d+)\\s+(${any(words.words)})|(at\\s+least)\\s+(\\d+)\\s+(of)`),
    captures: Object.fromEntries(
      [1, 2, 3, 4, 5, 6].map((at) => [at, { name: at % 3 === 2 ? "constant.numeric.mon" : "keyword.operator.wordlike.mon" }]),
    ),
  },
  scope("keyword.operator.edits", "~\\d+"),
  scope("keyword.operator.confidence", "@(?=\\s*\\d+(?:\\.\\d+)?%)"),
  scope("keyword.operator.comparison", "==|!=|<=|>=|<|>"),
  scope("keyword.operator.assignment", "="),
  scope("keyword.operator.arithmetic", "[-+*/]"),
];

// `count (…)` is a call, `and (…)` and `when (…)` are not: other words behind which a value stands.
const beforeValue = ["match", "when", "where", "of", "with", "words", "word"];

const otherWords = ({ clauses, inner, forms, levels, fields, operators, groups }) => [
  // Zones: `title: "recall"`.
  scope("variable.other.property.zone", `(?<![\\w.])${NAME}(?:\\.${NAME})*(?=\\s*:(?!\\d))`),
  scope("support.function", `(?<![\\w.])(?!(?:${any([...operators, ...beforeValue, ...groups.scope_unit])})\\b)${NAME}(?=\\s*\\()`),
  scope("storage.modifier.form", `${word(any(forms))}(?=\\s*")`),
  // A field, `text has …`, before a word that is spelled alike and begins or goes on with a clause.
  scope("variable.other.property.field", `(?<![\\w.])(?:${any(fields)})(?![\\w.])(?=\\s*(?:==|!=|<|>|(?:in|is|has|within)\\b))`),
  scope("variable.other.property.field", `(?<![\\w.])${NAME}(?:\\.${NAME})+`),
  ...levels.map((level) => scope(`constant.language.severity.${level}`, word(level))),
  scope("keyword.other.clause", word(any(clauses))),
  // `a` is a word in `in a digest` and `5 a day`, a name elsewhere.
  scope("keyword.other", `(?<=\\bin |\\d )a(?= \\w)`),
  scope("keyword.other", word(any(inner.filter((inside) => inside !== "a")))),
  scope("variable.other.property.field", word(any(fields.filter((field) => !field.includes("."))))),
  scope("variable.other", `(?<![\\w.])${NAME}`),
];

const punctuation = () => [
  scope("punctuation.section.block", "[{}]"),
  scope("punctuation.section.group", "[()\\[\\]]"),
  scope("punctuation.separator", "[,:]"),
];

export function textMate(known) {
  const rules = {
    comments: comments(),
    strings: strings(),
    names: names(),
    values: values(known),
    items: itemHeads(known),
    operators: operatorWords(known),
    words: otherWords(known),
    punctuation: punctuation(),
  };
  return {
    comment: "Made of grammar/src/mon.pest by `node editors/generate.mjs`.",
    name: "Mon",
    scopeName: "source.mon",
    fileTypes: ["mon"],
    patterns: Object.keys(rules).map((name) => ({ include: `#${name}` })),
    repository: Object.fromEntries(Object.entries(rules).map(([name, patterns]) => [name, { patterns }])),
  };
}
