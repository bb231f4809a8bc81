// Tests the TextMate grammar with the library that VS Code reads it with: every visible sign of the examples has a scope of its
// own, no line leaves a string open, and the scopes of one file are those of a golden. `--bless` writes the golden.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

import oniguruma from "vscode-oniguruma";
import textmate from "vscode-textmate";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const GOLDEN = "golden/every_clause.scopes";
const SAMPLE = "../../samples/every_clause.mon";
const EXAMPLES = "../../../examples/rules/";

const wasm = readFileSync(createRequire(import.meta.url).resolve("vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (sources) => new oniguruma.OnigScanner(sources),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () =>
    textmate.parseRawGrammar(readFileSync(here("../syntaxes/mon.tmLanguage.json"), "utf8"), "mon.tmLanguage.json"),
});
const grammar = await registry.loadGrammar("source.mon");

/** The visible tokens of a text, each with its line and its scopes. */
function tokens(text) {
  const found = [];
  let state = textmate.INITIAL;
  text.split("\n").forEach((line, row) => {
    const told = grammar.tokenizeLine(line, state);
    state = told.ruleStack;
    for (const { startIndex, endIndex, scopes } of told.tokens) {
      const written = line.slice(startIndex, endIndex);
      if (written.trim() !== "") found.push({ row: row + 1, written, scopes: scopes.slice(1), open: state.depth > 1 });
    }
  });
  return found;
}

const shown = ({ row, written, scopes }) => `${row}\t${written.trim()}\t${scopes.map((scope) => scope.replace(/\.mon$/, "")).join(" > ")}`;

const wrong = [];
const seen = new Set();
const paths = readdirSync(here(EXAMPLES)).filter((name) => name.endsWith(".mon")).map((name) => EXAMPLES + name);
for (const path of [...paths, SAMPLE]) {
  for (const token of tokens(readFileSync(here(path), "utf8"))) {
    if (token.scopes.length === 0) wrong.push(`${path}: no scope: ${shown(token)}`);
    if (token.open) wrong.push(`${path}: line ${token.row} leaves something open`);
    token.scopes.forEach((scope) => seen.add(scope));
  }
}
if (paths.length < 5) wrong.push("almost no examples were found");

// Each rule of the grammar has to be met, so that the golden holds all there is.
const names = [...readFileSync(here("../syntaxes/mon.tmLanguage.json"), "utf8").matchAll(/"name": "([a-z.-]+\.mon)"/g)];
for (const [, name] of names) if (!seen.has(name)) wrong.push(`no file has a \`${name}\``);

const now = `${tokens(readFileSync(here(SAMPLE), "utf8")).map(shown).join("\n")}\n`;
if (process.argv.includes("--bless")) writeFileSync(here(GOLDEN), now);
const before = readFileSync(here(GOLDEN), "utf8").split("\n");
now.split("\n").forEach((line, at) => {
  if (line !== before[at] && wrong.length < 20) wrong.push(`${GOLDEN}:${at + 1}: was ${before[at]}, is ${line}`);
});
if (before.length !== now.split("\n").length) wrong.push(`${GOLDEN} has another number of tokens`);

console.log(wrong.length === 0 ? `${paths.length + 1} files, ${seen.size} scopes, the golden holds` : wrong.join("\n"));
process.exit(wrong.length === 0 ? 0 : 1);
