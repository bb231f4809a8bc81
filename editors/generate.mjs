// Makes the word lists of the editors from the grammar of the language, so that no editor has a list of its own.
//
//   node editors/generate.mjs           writes the files
//   node editors/generate.mjs --check   fails where a written file is not what would be written now

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

import { grammarOf } from "./generate/dsl.mjs";
import { emacsMode } from "./generate/emacs.mjs";
import { readFields, readLevels } from "./generate/names.mjs";
import { firstWords, ownWords, readRules } from "./generate/pest.mjs";
import { highlights, wordNodes } from "./generate/queries.mjs";
import { textMate } from "./generate/textmate.mjs";
import { vimSyntax } from "./generate/vim.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const read = (path) => readFileSync(here(path), "utf8");

// Rules of mon.pest that are lists of words, as editors/tree-sitter-mon/grammar.js names them.
const GROUPS = [
  "special", "form", "scope_unit", "param_type", "answer", "route_mode", "meta_word", "guard_word", "other_word",
  "playbook_word", "other_step", "ticket_word", "word_op", "duration",
];

/** What the editors have to know of the language. */
function language() {
  const rules = readRules(read("../grammar/src/mon.pest"));
  const words = {};
  for (const name of rules.keys()) {
    if (name.startsWith("kw_")) words[name.slice(3)] = ownWords(rules, name);
  }
  const groups = Object.fromEntries(GROUPS.map((name) => [name, ownWords(rules, name)]));
  const itemRules = [...rules.keys()].filter((name) => name.endsWith("_item"));
  const items = itemRules.flatMap((name) => firstWords(rules, name));
  const clauses = [...new Set(["monitor_clause", "playbook_clause", "test_step"].flatMap((name) => firstWords(rules, name)))];
  const operators = [...new Set([
    ...["and_op", "or_op", "not_op", "word_op", "inside_op", "outside_op", "then_event"].flatMap((name) => ownWords(rules, name)),
    ...firstWords(rules, "near_op"),
  ])];
  // Steps of tests that are not executed have words, `email` and `close`, that are mostly names elsewhere.
  const lists = Object.entries(groups).filter(([name]) => name !== "other_step").map(([, list]) => list);
  const inner = [...new Set([...Object.values(words), ...lists].flat())];
  return {
    words,
    groups,
    items,
    clauses,
    operators,
    anyCase: ["and_op", "or_op", "not_op", "near_op"].flatMap((name) => firstWords(rules, name)),
    units: groups.duration,
    forms: groups.form,
    levels: readLevels(read("../compiler/src/plan.rs")),
    fields: readFields(read("../compiler/post/src/field.rs")),
    // Words that mean something inside of a clause.
    inner: inner.filter((word) => ![items, clauses, operators, groups.form, groups.duration].some((list) => list.includes(word))),
  };
}

/** tree-sitter-mon/keywords.js */
function keywords({ words, groups }) {
  const rows = (lists) =>
    Object.entries(lists).map(([name, list]) => `    ${name}: ${JSON.stringify(list)},\n`.replaceAll('","', '", "')).join("");
  return [
    "// Made of grammar/src/mon.pest by `node editors/generate.mjs`.\n",
    "module.exports = {\n",
    "  // Rules `kw_…`, by their names.\n",
    `  words: {\n${rows(words)}  },\n`,
    "  // Rules that are lists of words.\n",
    `  groups: {\n${rows(groups)}  },\n`,
    "};\n",
  ].join("");
}

/** Words of the grammar that grammar.js never asks for: it has to be taught them by hand. */
function unknownToTreeSitter({ words, groups }) {
  const grammar = read("tree-sitter-mon/grammar.js");
  const asked = (from, name) => new RegExp(`\\b(?:${from})\\.${name}\\b`).test(grammar);
  return [
    ...Object.keys(words).filter((name) => !asked("w|words", name)).map((name) => `kw_${name}`),
    ...Object.keys(groups).filter((name) => !asked("g|groups", name)),
  ];
}

/** What of the parser that tree-sitter generated does not belong to grammar.js. */
function staleParser(grammar) {
  const written = JSON.parse(read("tree-sitter-mon/src/grammar.json"));
  const parser = read("tree-sitter-mon/src/parser.c");
  const help = "run `tree-sitter generate --abi 14` in editors/tree-sitter-mon";
  const parts = Object.keys(grammar).filter((part) => !isDeepStrictEqual(grammar[part], written[part]));
  if (parts.length > 0) return [`src/grammar.json is not what grammar.js says (${parts.join(", ")}): ${help}`];
  const missing = wordNodes(grammar).filter((word) => !parser.includes(`] = "${word}",`));
  return missing.map((word) => `src/parser.c does not know \`${word}\`: ${help}`);
}

const check = process.argv.includes("--check");
const wrong = [];

/** Writes a file, or sees whether it is what would be written. */
function settle(path, text) {
  if (!check) return writeFileSync(here(path), text);
  let written = "";
  try {
    written = read(path);
  } catch {
    // A file that is not there is stale too.
  }
  if (written !== text) wrong.push(`editors/${path} is stale: run \`node editors/generate.mjs\``);
}

const known = language();
settle("tree-sitter-mon/keywords.js", keywords(known));
const grammar = grammarOf(here("tree-sitter-mon/grammar.js"));
// Helix and Zed want the queries in folders of their own.
for (const folder of ["tree-sitter-mon/queries", "helix/queries/mon", "zed/languages/mon"]) {
  settle(`${folder}/highlights.scm`, highlights(known, grammar));
}
settle("vscode/syntaxes/mon.tmLanguage.json", `${JSON.stringify(textMate(known), null, 2)}\n`);
settle("emacs/mon-words.el", emacsMode(known));
settle("vim/syntax/mon.vim", vimSyntax(known));
for (const name of unknownToTreeSitter(known)) {
  wrong.push(`editors/tree-sitter-mon/grammar.js does not use \`${name}\` of mon.pest`);
}
// A parser is generated after its words are written, so that only a check can ask for it.
if (check) wrong.push(...staleParser(grammar).map((told) => `editors/tree-sitter-mon: ${told}`));
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
console.log(check ? "the word lists of the editors are what the grammar says" : "the word lists of the editors are written");
