// What the page's compiler says is what the command says: findings of whole and broken rules, matches over captures, style.
//   node test.mjs [MODULE.wasm] [MON]
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import "./compiler.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const [
  module = join(root, "target/playground/wasm32-unknown-unknown/release/mon_playground.wasm"),
  mon = join(root, "target/debug/mon"),
] = process.argv.slice(2);
const POSTS_OF_A_CAPTURE = 300;

const compiled = await WebAssembly.compile(readFileSync(module));
const compiler = new Compiler(compiled);
const now = Date.now() * 1000;
const ask = (name, question) => {
  const answer = compiler.ask(name, question);
  assert.ok(!answer?.failure && !answer?.error, `${name}: ${answer?.failure ?? answer?.error}`);
  return answer;
};
const folder = mkdtempSync(join(tmpdir(), "mon-playground-"));
const rules = join(root, "examples/rules");
const names = readdirSync(rules).filter((name) => name.endsWith(".mon")).sort();
const examples = names.map((name) => ({ name, text: readFileSync(join(rules, name), "utf8") }));

function native(arguments_, input) {
  const { stdout, stderr, status, error } = spawnSync(mon, arguments_, { cwd: folder, input, encoding: "utf8", maxBuffer: 1 << 28 });
  assert.ok(!error && (status === 0 || status === 1), `mon ${arguments_.join(" ")}: ${error ?? stderr}`);
  return stdout;
}

function write(files) {
  readdirSync(folder).forEach((name) => rmSync(join(folder, name), { recursive: true }));
  files.forEach((file) => writeFileSync(join(folder, file.name), file.text));
}

// Findings of both in one form, in one order.
const inOrder = (found) => found.map((one) => JSON.stringify(one)).sort();
const ofNative = (text) =>
  JSON.parse(text).diagnostics.map((found) => ({
    code: found.code, name: found.name, severity: found.severity, message: found.message, help: found.help,
    at: [basename(found.file), found.start, found.end],
    fixes: found.fixes.map((fix) => [fix.description, fix.safety, fix.edits.map((edit) => [basename(edit.file), edit.start, edit.end, edit.text])]),
  }));
const ofPage = (answer) =>
  answer.findings.map((found) => ({
    code: found.code, name: found.name, severity: found.severity, message: found.message, help: found.help,
    at: [found.place.file, found.place.start, found.place.end],
    fixes: found.fixes.map((fix) => [fix.description, fix.safety, fix.edits.map(({ place, text }) => [place.file, place.start, place.end, text])]),
  }));

// Messages may name a file with its folder.
const plain = (text) => text.replaceAll("./", "");

function compareFindings(files, what) {
  write(files);
  const expected = inOrder(ofNative(plain(native(["check", "--format", "json", "."]))));
  const answer = ask("check", { files, now });
  assert.deepEqual(inOrder(ofPage(answer)), expected, what);
  for (const { place } of answer.findings) {
    const text = files.find((file) => file.name === place.file).text;
    const bytes = Buffer.from(text);
    assert.equal(text.slice(place.from, place.to), bytes.subarray(place.start, place.end).toString(), what);
    const before = text.slice(0, place.from).split("\n");
    assert.deepEqual([place.line, place.column], [before.length, before.at(-1).length + 1], what);
  }
  return expected.length;
}

function brokenTexts() {
  const broken = [];
  const change = (at, text, what) => broken.push({ what, files: examples.map((file, number) => (number === at ? { ...file, text } : file)) });
  examples.forEach(({ name, text }, at) => {
    const lines = text.split("\n");
    // Every ninth line is missing, in another text each time; other texts end in the middle.
    for (let gone = at % 9; gone < lines.length; gone += 9) {
      change(at, lines.toSpliced(gone, 1).join("\n"), `${name} without line ${gone + 1}`);
    }
    change(at, text.slice(0, Math.floor(text.length * 0.6)), `${name} cut`);
    change(at, text.replaceAll("measure volume", "measure 😡 volume"), `${name} with a sign that is no name`);
    change(at, text.replace("acme", "acmee").replace("count()", "cuont()"), `${name} misspelt`);
  });
  return broken;
}

function testFindings() {
  assert.equal(compareFindings(examples, "the examples"), 0);
  const broken = brokenTexts();
  const found = broken.map(({ files, what }) => compareFindings(files, what));
  const told = found.filter((count) => count > 0).length;
  assert.ok(told > broken.length / 2, `only ${told} of ${broken.length} broken texts bring findings`);
  return `${broken.length} broken texts, ${found.reduce((sum, count) => sum + count)} findings`;
}

function testMatches() {
  write(examples);
  let compared = 0;
  for (const capture of readdirSync(join(rules, "captures"))) {
    const posts = gunzipSync(readFileSync(join(rules, "captures", capture))).toString().trimEnd().split("\n").slice(0, POSTS_OF_A_CAPTURE);
    const text = posts.join("\n");
    const expected = native(["match", "--spans", "--posts", "-", "--posts-format", "jsonl", "."], text).trimEnd().split("\n").filter(Boolean).map((line) => JSON.parse(line));
    const answer = ask("matches", { files: examples, now, posts: text });
    assert.equal(answer.posts.length, posts.length, capture);
    const matched = answer.posts.flatMap((post) =>
      post.outcomes
        .filter((told) => told.truth === "true")
        .map((told) => ({ post: post.uid, query: told.query, spans: told.spans.map(({ zone, text, start, end }) => ({ zone, text, start, end })) })),
    );
    const plainly = expected.map(({ post, query, spans }) => ({ post, query, spans }));
    assert.deepEqual(matched, plainly, capture);
    compared += matched.length;
    for (const post of answer.posts) {
      for (const span of post.outcomes.flatMap((told) => told.spans).filter(({ zone }) => zone === "text")) {
        assert.equal(post.text.slice(span.from, span.to), Buffer.from(post.text).subarray(span.start, span.end).toString());
      }
    }
  }
  assert.ok(compared > 300, `only ${compared} matches were compared`);
  return `${compared} matches`;
}

function testExplanations() {
  write(examples);
  const texts = ["My Acme phone won't turn on 😡", "Win a new Acme phone! Giveaway ends tonight", "nothing of it"];
  let compared = 0;
  for (const text of texts) {
    const printed = native(["explain", ".", "--text", text]);
    const { posts: [post] } = ask("matches", { files: examples, now, posts: text });
    for (const told of post.outcomes) {
      const reason = told.why ? `: \`${told.why.clause}\` is ` : "";
      const line = { true: `${told.query} matches\n`, false: `${told.query} does not match${reason}`, unknown: `${told.query} is unknown, so it does not match${reason}` }[told.truth];
      assert.ok(printed.includes(line), `${line}\n${printed}`);
      const whole = ask("explain", { files: examples, now, posts: text, post: 0, query: told.query });
      assert.equal(whole.truth, told.truth);
      compared += 1;
    }
  }
  const german = ask("matches", { files: examples, now, posts: texts[0], lang: "de" }).posts[0];
  assert.equal(german.outcomes.find((told) => told.query === "acme_outage").truth, "true");
  const broken = [{ name: "a.mon", text: "query q = nothing_known" }];
  assert.equal(ask("matches", { files: broken, now, posts: "x" }).stopped, "the rules have an error");
  const mixed = ask("matches", { files: examples, now, posts: '\n{"text": 1}\n' + "x\n".repeat(600) });
  assert.deepEqual([mixed.posts[0], typeof mixed.posts[1].problem, mixed.left_out], [null, "string", 102]);
  return `${compared} explanations`;
}

function testStyle() {
  examples.forEach((file, number) => {
    const loose = { ...file, text: file.text.replace(/^ {2}/gm, "    ").replaceAll(" = ", "   =  ") };
    write([loose]);
    native(["fmt", "."]);
    const edits = ask("format", { files: [loose], now, file: 0 });
    edits.sort((one, other) => other.from - one.from);
    const text = edits.reduce((text, { from, to, text: new_ }) => text.slice(0, from) + new_ + text.slice(to), loose.text);
    assert.equal(text, readFileSync(join(folder, file.name), "utf8"), names[number]);
    assert.notEqual(text, loose.text, names[number]);
  });
}

function testMeaning() {
  const file = names.indexOf("acme_outage.mon");
  const { text } = examples[file];
  const near = ask("hover", { files: examples, now, file, at: text.indexOf("near/8") + 1 });
  assert.equal(text.slice(near.from, near.to), "near/8");
  assert.ok(near.markdown.length > 20);
  const query = ask("hover", { files: examples, now, file, at: text.indexOf("acme_failure") + 1 });
  assert.equal(text.slice(query.from, query.to), "acme_failure");
  assert.equal(ask("hover", { files: examples, now, file, at: text.indexOf("\n\n") }), null);
  const at = text.indexOf("acme near") + 2;
  const offered = ask("completion", { files: examples, now, file, at });
  // An offer stands for the whole name that the cursor is in.
  assert.equal(text.slice(offered.from, offered.to), "acme");
  const labels = offered.offers.map((offer) => offer.label);
  assert.ok(["acme", "giveaway", "failure"].every((label) => labels.includes(label)), labels.join());
  const colours = ask("check", { files: examples, now }).colours[file];
  const painted = Object.fromEntries(colours.map(([from, to, kind]) => [text.slice(from, to), kind]));
  assert.deepEqual([painted.monitor, painted.failure, painted.acme_outage], ["keyword", "type", "class"]);
  assert.ok(ask("page", { code: "MON0201" }).startsWith("# MON0201"));
  assert.equal(ask("page", { code: "MON9999" }), null);
}

function testWhatIsWrong() {
  assert.deepEqual(WebAssembly.Module.imports(compiled), [], "the compiler reaches for the outside");
  const deep = "(".repeat(50_000);
  const told = ask("check", { files: [{ name: "a.mon", text: `query q = ${deep}` }], now });
  assert.ok(told.findings.length > 0);
  assert.match(compiler.ask("check", { files: "x" }).error, /not as it should be/);
  assert.match(compiler.ask("check", { files: [], unheard: 1 }).error, /unheard/);
  assert.match(compiler.ask("check", { files: [{ name: "a.mon", text: "x".repeat(5 << 20) }] }).error, /too long/);
  assert.equal(ask("hover", { files: examples, now, file: 99, at: 0 }), null);
  assert.ok(compiler.ask("no_such_question", {}).failure);
  assert.deepEqual(ask("check", { files: [], now }).findings, []);
}

try {
  const findings = testFindings();
  const matches = testMatches();
  const explanations = testExplanations();
  testStyle();
  testMeaning();
  testWhatIsWrong();
  console.log(`the page says what the command says: ${findings}, ${matches}, ${explanations}`);
} finally {
  rmSync(folder, { recursive: true });
}
