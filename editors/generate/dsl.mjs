// What grammar.js of tree-sitter says, as its grammar.json: enough of tree-sitter's own words to see whether the generated
// parser belongs to the grammar, where tree-sitter itself is not installed.

import { createRequire } from "node:module";

const rule = (value) => {
  if (typeof value === "string") return { type: "STRING", value };
  if (value instanceof RegExp) {
    return value.flags ? { type: "PATTERN", value: value.source, flags: value.flags } : { type: "PATTERN", value: value.source };
  }
  if (value && typeof value.type === "string") return value;
  throw new Error(`grammar.js: ${String(value)} is no rule`);
};
const many = (type) => (...members) => ({ type, members: members.map(rule) });
const one = (type) => (content) => ({ type, content: rule(content) });
const ranked = (type) => (value, content) =>
  content === undefined ? { type, value: 0, content: rule(value) } : { type, value, content: rule(content) };

const blank = () => ({ type: "BLANK" });
const choice = many("CHOICE");
const words = {
  blank,
  choice,
  seq: many("SEQ"),
  repeat: one("REPEAT"),
  repeat1: one("REPEAT1"),
  optional: (content) => choice(content, blank()),
  token: Object.assign(one("TOKEN"), { immediate: one("IMMEDIATE_TOKEN") }),
  prec: Object.assign(ranked("PREC"), { left: ranked("PREC_LEFT"), right: ranked("PREC_RIGHT"), dynamic: ranked("PREC_DYNAMIC") }),
  field: (name, content) => ({ type: "FIELD", name, content: rule(content) }),
  alias: (content, value) =>
    typeof value === "string"
      ? { type: "ALIAS", content: rule(content), named: false, value }
      : { type: "ALIAS", content: rule(content), named: true, value: value.name },
};

/** The content of grammar.json, as far as a parser depends on it. */
export function grammarOf(path) {
  const $ = new Proxy({}, { get: (_, name) => ({ type: "SYMBOL", name }) });
  const names = (list) => list.map((symbol) => symbol.name);
  let found;
  const grammar = (said) => {
    found = {
      name: said.name,
      word: said.word($).name,
      rules: Object.fromEntries(Object.entries(said.rules).map(([name, make]) => [name, rule(make($))])),
      extras: said.extras($).map(rule),
      conflicts: said.conflicts($).map(names),
      supertypes: names(said.supertypes($)),
    };
    return found;
  };
  Object.assign(globalThis, words, { grammar });
  createRequire(import.meta.url)(path);
  if (found === undefined) throw new Error("grammar.js says no grammar");
  return found;
}
