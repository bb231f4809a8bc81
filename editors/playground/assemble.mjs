// Makes one file of the page, its script and style, the compiler and the examples, so that it works without a server.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const [module, out] = process.argv.slice(2);
const own = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
const rules = new URL("../../examples/rules/", import.meta.url);
const examples = readdirSync(rules)
  .filter((name) => name.endsWith(".mon"))
  .sort()
  .map((name) => ({ name, text: readFileSync(new URL(name, rules), "utf8") }));
const packed = gzipSync(readFileSync(module), { level: 9 }).toString("base64");
// Inside a script element a text must not end it.
const data = (value) => JSON.stringify(value).replaceAll("<", "\\u003c");
const parts = {
  "/*style*/": own("page.css"),
  "/*data*/": `const COMPILER = ${data(own("compiler.js"))};\nconst EXAMPLES = ${data(examples)};\nconst MODULE = ${data(packed)};`,
  "/*script*/": own("page.js"),
};
let page = own("index.html");
for (const [mark, text] of Object.entries(parts)) {
  if (page.split(mark).length !== 2) throw new Error(`index.html has not one ${mark}`);
  page = page.replace(mark, () => text);
}
writeFileSync(out, page);
