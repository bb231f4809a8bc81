// Checks what the package says of itself: each file that it names is there and can be read, each command is registered, and each
// setting is read by the extension. With a `.vsix` as argument also that it holds what it names and nothing else.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (path) => readFileSync(root + path, "utf8");
const manifest = JSON.parse(read("package.json"));
const source = readdirSync(`${root}src`).map((name) => read(`src/${name}`)).join("\n");
const { languages, grammars, commands, configuration, menus } = manifest.contributes;
const wrong = [];
const must = (holds, what) => holds || wrong.push(what);

const named = [...languages.map((language) => language.configuration), ...grammars.map((grammar) => grammar.path)];
for (const path of named) {
  must(existsSync(root + path), `${path} is not there`);
  JSON.parse(read(path));
}
must(languages[0].id === "mon" && grammars[0].language === "mon", "the language is not `mon`");
must(JSON.parse(read(grammars[0].path)).scopeName === grammars[0].scopeName, "the grammar has another scope");

const registered = [...source.matchAll(/command\("(\w+)"/g)].map(([, name]) => `bellwether.${name}`).sort();
const offered = commands.map(({ command }) => command).sort();
must(registered.length > 0 && `${registered}` === `${offered}`, `registered are ${registered}, offered ${offered}`);
for (const { command } of Object.values(menus).flat()) must(offered.includes(command), `a menu names ${command}`);
for (const name of Object.keys(configuration.properties)) {
  // The client's library reads this one by its name.
  if (name === "bellwether.trace.server") continue;
  must(source.includes(`"${name.split(".").pop()}"`), `no code reads the setting ${name}`);
}

// Every pattern has to be one that the editor can build.
const settings = JSON.parse(read("language-configuration.json"));
new RegExp(settings.wordPattern.pattern, settings.wordPattern.flags);
for (const rule of settings.onEnterRules) new RegExp(rule.beforeText);
const [more, less] = [settings.indentationRules.increaseIndentPattern, settings.indentationRules.decreaseIndentPattern].map((text) => new RegExp(text));
for (const line of ["monitor talk {", "  severity { // by voices", 'query q = any [']) must(more.test(line), `${line} is not indented`);
for (const line of ['match "a {"', "// {", "severity { low otherwise }"]) must(!more.test(line), `${line} is indented`);
must(less.test("  }") && !less.test("  match a"), "closing brackets are not what moves a line out");

const [, , vsix] = process.argv;
if (vsix !== undefined) {
  const listed = execFileSync("python3", ["-m", "zipfile", "-l", vsix], { encoding: "utf8" });
  const held = [...listed.matchAll(/^(\S.*?)\s{2,}\d{4}-/gm)].map(([, name]) => name).sort();
  const wanted = ["[Content_Types].xml", "extension.vsixmanifest", "extension/package.json", "extension/readme.md",
    `extension/${manifest.main.slice(2)}`, ...named.map((path) => `extension/${path.slice(2)}`)].sort();
  must(`${held}` === `${wanted}`, `the package holds ${held}, not ${wanted}`);
}

console.log(wrong.length === 0 ? `the manifest holds${vsix === undefined ? "" : ", and the package what it names"}` : wrong.join("\n"));
process.exit(wrong.length === 0 ? 0 : 1);
