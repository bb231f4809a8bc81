// queries/highlights.scm of tree-sitter: what a node is to a reader. Its words are those that grammar.js uses.

const OPERATORS = ["and", "or", "not", "is", "in", "within", "has", "then", "outside", "inside", "exists"];

/** Words and signs that are nodes of their own; those that grammar.js gives the name of another node are none. */
function ownNodes(grammar) {
  const found = new Set();
  const visit = (rule) => {
    if (rule.type === "STRING") found.add(rule.value);
    if (rule.type === "ALIAS") {
      if (!rule.named) found.add(rule.value);
      return;
    }
    for (const inner of rule.members ?? (rule.content ? [rule.content] : [])) visit(inner);
  };
  Object.values(grammar.rules).forEach(visit);
  return [...found];
}

const quoted = (list) => {
  const lines = [" "];
  for (const word of list) {
    if (lines.at(-1).length + word.length > 112) lines.push(" ");
    lines[lines.length - 1] += ` ${JSON.stringify(word)}`;
  }
  return `[\n${lines.join("\n")}\n]`;
};

/** The words of the grammar that a parser must know as nodes. */
export const wordNodes = (grammar) => ownNodes(grammar).filter((text) => /^[a-z]+$/.test(text));

export function highlights({ items, levels }, grammar) {
  const words = wordNodes(grammar);
  const keywords = words.filter((word) => !items.includes(word) && !OPERATORS.includes(word)).sort();
  return `; Made of grammar/src/mon.pest and grammar.js by \`node editors/generate.mjs\`.

; Comments

(comment) @comment
(doc_comment) @comment.documentation

; Names, and what they are the names of

(path (identifier) @property)
(reference (identifier) @variable)
(level) @constant.builtin
((identifier) @constant.builtin
  (#any-of? @constant.builtin ${levels.map((level) => JSON.stringify(level)).join(" ")}))
(terms name: (identifier) @type)
(query name: (identifier) @type)
(dates name: (identifier) @type)
(monitor name: (identifier) @type)
(playbook name: (identifier) @type)
(test monitor: (identifier) @type)
(follow playbook: (identifier) @type)
(extend monitor: (identifier) @type)
(measure name: (identifier) @variable)
(parameter name: (identifier) @variable.parameter)
(type) @type.builtin
(call function: (path (identifier) @function))
(phrase word: (identifier) @keyword.operator)
(country) @constant
(route_row team: (identifier) @constant)
(escalation_row team: (identifier) @constant)
(answer) @boolean

; Items, clauses, and the words inside of clauses

${quoted(items)} @keyword

${quoted(keywords)} @keyword

; Operators

${quoted(OPERATORS.filter((word) => words.includes(word)))} @keyword.operator
[(near) (then) (no_posts)] @keyword.operator
(quantifier) @keyword.operator
(scope_head) @keyword.operator
(form) @keyword.modifier
(edits) @operator
["==" "!=" "<=" ">=" "<" ">" "+" "-" "*" "/" "@" "="] @operator

; Values

(string) @string
(escape) @string.escape
(wildcard) @string.special
(regex) @string.regexp
[(tag) (handle) (cashtag)] @string.special.symbol
[(number) (percentage) (duration) (quantity) (time)] @number
(zone_name) @string.special

; Punctuation

["{" "}" "(" ")" "[" "]"] @punctuation.bracket
["," ":" "."] @punctuation.delimiter
`;
}
