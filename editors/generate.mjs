// Makes the word lists of the editors from the grammar of the language, so that no editor has a list of its own.
//
//   node editors/generate.mjs           writes the files
//   node editors/generate.mjs --check   fails where a written file is not what would be written now

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { emacsMode } from "./generate/emacs.mjs";
import { readFields, readLevels } from "./generate/names.mjs";
import { firstWords, ownWords, readRules } from "./generate/pest.mjs";
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
  const inner = [...new Set([...Object.values(words).flat(), ...Object.values(groups).flat()])];
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

const known = language();
const files = {
  "vscode/syntaxes/mon.tmLanguage.json": `${JSON.stringify(textMate(known), null, 2)}\n`,
  "tree-sitter-mon/keywords.js": keywords(known),
  "emacs/mon-words.el": emacsMode(known),
  "vim/syntax/mon.vim": vimSyntax(known),
};

const check = process.argv.includes("--check");
const wrong = [];
for (const [path, text] of Object.entries(files)) {
  if (!check) {
    writeFileSync(here(path), text);
    continue;
  }
  let written = "";
  try {
    written = read(path);
  } catch {
    // A file that is not there is stale too.
  }
  if (written !== text) wrong.push(`editors/${path} is stale: run \`node editors/generate.mjs\``);
}
for (const name of unknownToTreeSitter(known)) {
  wrong.push(`editors/tree-sitter-mon/grammar.js does not use \`${name}\` of mon.pest`);
}
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
console.log(`${Object.keys(files).length} files ${check ? "are what the grammar says" : "written"}`);
