// The page: texts and what the compiler says of them. It loads nothing and sends nothing; a link holds texts behind its `#`, which
// browsers keep to themselves.
"use strict";

const PAUSE_MS = 120;
const PATIENCE_MS = 15_000;
const LINK_MAX = 100_000;
const SHOWN_MISSES_MAX = 4;
const POSTS = [
  "My Acme phone won't turn on 😡",
  "acme phone: overheating after ten minutes, almost on fire",
  "Win a new Acme phone! Giveaway ends tonight, broken hearts not included",
  "my phone is broken, thinking about something else",
  '{"text": "@acme est morte, la batterie est crash", "lang": "fr", "author": {"handle": "lea"}}',
  '{"text": "Second acme that is dead on arrival", "lang": "en", "author": {"handle": "sam", "followers": 1200}}',
].join("\n");

const $ = (id) => document.getElementById(id);
const text = $("text");
const paint = $("paint");
const offers = $("offers");
const meaning = $("meaning");

// { name, text } of each rule file, and the one that is open.
let files = [];
let open = 0;
// What the last check said, moved along with edits: colours and findings by file.
let colours = [];
let findings = [];
// The post and query whose clauses are shown.
let explained = null;

// ---------------------------------------------------------------- the compiler

let bytes;
let worker;
let number = 0;
const waiting = new Map();

async function unpacked() {
  const packed = Uint8Array.from(atob(MODULE), (c) => c.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

function begin() {
  const url = URL.createObjectURL(new Blob([COMPILER], { type: "text/javascript" }));
  worker = new Worker(url);
  worker.onmessage = ({ data: { id, answer } }) => settle(id, answer);
  worker.onerror = (event) => {
    event.preventDefault();
    [...waiting.keys()].forEach((id) => settle(id, { failure: event.message }));
  };
  worker.postMessage({ bytes });
}

function settle(id, answer) {
  const { resolve, timer } = waiting.get(id) ?? {};
  clearTimeout(timer);
  waiting.delete(id);
  resolve?.(answer);
}

// An answer, or null where the compiler could not give one, which the page then says.
async function ask(name, question) {
  const id = ++number;
  const answer = await new Promise((resolve) => {
    const late = () => {
      worker.terminate();
      begin();
      [...waiting.keys()].forEach((id) => settle(id, { failure: `no answer after ${PATIENCE_MS / 1000} s` }));
    };
    waiting.set(id, { resolve, timer: setTimeout(late, PATIENCE_MS) });
    worker.postMessage({ id, name, question: { files, ...question } });
  });
  if (answer?.failure) say(`the compiler stopped (${answer.failure}); your text is kept`, true);
  if (answer?.error) say(answer.error, true);
  return answer?.failure || answer?.error ? null : answer;
}

const posts = () => ({ posts: $("posts").value, lang: $("lang").value || null });

// One round at a time: what is typed meanwhile is looked at in the next one.
let timer;
let running = false;
let again = false;

function changed() {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
}

async function look() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  const began = performance.now();
  const asked = files.map((file) => file.text);
  // To the hour, so that rules that did not change are not checked again.
  const now = Math.floor(Date.now() / 3_600_000) * 3_600_000_000;
  const checked = await ask("check", { now });
  const matched = checked && (await ask("matches", { now, ...posts() }));
  running = false;
  if (checked && asked.length === files.length && asked.every((text, at) => text === files[at].text)) {
    colours = checked.colours;
    findings = checked.findings;
    showFiles();
    showText();
    showFindings();
    if (matched) showOutcomes(matched);
    if (matched) say(`checked in ${Math.round(performance.now() - began)} ms, here in your browser`);
  }
  if (again) {
    again = false;
    changed();
  }
}

// ---------------------------------------------------------------- what is shown

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made[name] = value;
    else if (value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function say(what, bad = false) {
  $("state").textContent = what;
  $("state").classList.toggle("bad", bad);
}

function showFiles() {
  const broken = new Set(findings.filter((found) => found.severity === "error").map((found) => found.place.file));
  $("files").replaceChildren(
    ...files.map((file, at) =>
      element(
        "button",
        { role: "tab", "aria-selected": String(at === open), class: broken.has(file.name) ? "bad" : undefined, onclick: () => openFile(at) },
        file.name,
      ),
    ),
    element("button", { title: "Another file", "aria-label": "Another file", onclick: addFile }, "+"),
  );
}

function openFile(at) {
  open = at;
  text.value = files[at].text;
  hide();
  showFiles();
  showText();
  text.focus({ preventScroll: true });
}

function addFile() {
  let count = files.length + 1;
  while (files.some((file) => file.name === `rules_${count}.mon`)) count += 1;
  files.push({ name: `rules_${count}.mon`, text: "" });
  openFile(files.length - 1);
  changed();
}

// Colours and underlines are drawn under a text area whose own letters can't be seen.
function showText() {
  const whole = text.value;
  const under = findings.filter((found) => found.place?.file === files[open].name);
  const borders = new Set([0, whole.length]);
  const spans = colours[open] ?? [];
  spans.forEach(([from, to]) => borders.add(from).add(to));
  under.forEach(({ place }) => borders.add(place.from).add(Math.max(place.to, place.from + 1)));
  const cuts = [...borders].filter((at) => at <= whole.length).sort((one, other) => one - other);
  const parts = [];
  let next = 0;
  for (let at = 0; at + 1 < cuts.length; at += 1) {
    const [from, to] = [cuts[at], cuts[at + 1]];
    while (next < spans.length && spans[next][1] <= from) next += 1;
    const colour = spans[next] && spans[next][0] <= from ? spans[next][2] : "";
    const found = under.find(({ place }) => place.from <= from && to <= Math.max(place.to, place.from + 1));
    const kind = [colour, found ? `under-${found.severity}` : ""].join(" ").trim();
    const part = whole.slice(from, to);
    parts.push(kind ? element("span", { class: kind }, part) : part);
  }
  paint.replaceChildren(...parts, "\n");
  scrolled();
}

function scrolled() {
  paint.scrollTop = text.scrollTop;
  paint.scrollLeft = text.scrollLeft;
}

// Moves what was said along with an edit; what it touches is lost until the next check.
function typed() {
  const [then, now] = [files[open].text, text.value];
  const most = Math.min(then.length, now.length);
  let front = 0;
  while (front < most && then[front] === now[front]) front += 1;
  let back = 0;
  while (back < most - front && then[then.length - 1 - back] === now[now.length - 1 - back]) back += 1;
  const by = now.length - then.length;
  const moved = (from, to) => (to <= front ? [from, to] : from >= then.length - back ? [from + by, to + by] : null);
  colours[open] = (colours[open] ?? []).flatMap(([from, to, kind]) => {
    const kept = moved(from, to);
    return kept ? [[...kept, kind]] : [];
  });
  findings = findings.flatMap((found) => {
    if (found.place?.file !== files[open].name) return [found];
    const kept = moved(found.place.from, found.place.to);
    return kept ? [{ ...found, place: { ...found.place, from: kept[0], to: kept[1] }, fixes: [] }] : [];
  });
  files[open].text = now;
  showText();
  changed();
}

function select(place) {
  const at = files.findIndex((file) => file.name === place.file);
  if (at < 0) return;
  if (at !== open) openFile(at);
  text.focus();
  text.setSelectionRange(place.from, place.to);
  const line = text.value.slice(0, place.from).split("\n").length;
  text.scrollTop = Math.max(0, line * 19 - text.clientHeight / 2);
  scrolled();
}

const placeButton = (place) =>
  place && element("button", { class: "place", onclick: () => select(place) }, `${place.file}:${place.line}:${place.column}`);

function showFindings() {
  const counted = (severity) => findings.filter((found) => found.severity === severity).length;
  const some = ["error", "warning"].map((noun) => [counted(noun), noun]).filter(([count]) => count);
  const said = some.map(([count, noun]) => `${count} ${noun}${count === 1 ? "" : "s"}`).join(", ");
  $("count").textContent = said && `: ${said}`;
  const one = (found) =>
    element(
      "li",
      { class: found.severity },
      element("span", { class: "severity" }, found.severity),
      " ",
      element("button", { class: "link", title: "What it means", onclick: () => showPage(found.code) }, found.code),
      " ",
      ...inline(found.message),
      " ",
      placeButton(found.place),
      found.help ? element("div", { class: "help" }, ...inline(found.help)) : null,
      ...found.fixes.map((fix) =>
        element(
          "div",
          { class: "fix" },
          fix.safety === "show-only" ? null : element("button", { onclick: () => mend(fix) }, "Fix"),
          element("span", {}, ...inline(fix.description), fix.safety === "changes-meaning" ? " (changes what the rule means)" : ""),
        ),
      ),
    );
  const none = element("li", { class: "empty" }, "nothing to say against these rules");
  $("findings").replaceChildren(...(findings.length ? findings.map(one) : [none]));
}

async function showPage(code) {
  const page = await ask("page", { code });
  if (!page) return;
  $("page-text").replaceChildren(...markdown(page));
  $("page").showModal();
}

// Through the browser's own editing where it can be, so that it can be undone.
function replace(from, to, with_) {
  text.focus();
  text.setSelectionRange(from, to);
  const done = document.execCommand(with_ ? "insertText" : "delete", false, with_);
  if (!done) {
    text.setRangeText(with_, from, to, "end");
    typed();
  }
}

function mend(fix) {
  const edits = [...fix.edits].sort((one, other) => other.place.from - one.place.from);
  for (const { place, text: new_ } of edits) {
    const at = files.findIndex((file) => file.name === place.file);
    if (at < 0) continue;
    if (at !== open) openFile(at);
    replace(place.from, place.to, new_);
  }
}

function showOutcomes(matched) {
  if (matched.stopped) {
    $("matched").textContent = "";
    $("outcomes").replaceChildren(element("li", { class: "empty" }, `posts are not looked at: ${matched.stopped}`));
    return;
  }
  const lines = matched.posts.flatMap((post, line) => (post ? [onePost(post, line)] : []));
  const hits = matched.posts.filter((post) => post?.outcomes?.some((told) => told.monitor && told.truth === "true"));
  $("matched").textContent = `: ${hits.length} of ${lines.length} posts, by a monitor`;
  if (matched.left_out) lines.push(element("li", { class: "empty" }, `${matched.left_out} more are not looked at here`));
  $("outcomes").replaceChildren(...lines);
  if (explained) showClauses(explained.line, explained.query);
}

function onePost(post, line) {
  if (post.problem) return element("li", { class: "empty" }, `line ${line + 1}: `, ...inline(post.problem));
  const hits = post.outcomes.filter((told) => told.truth === "true");
  const misses = post.outcomes.filter((told) => told.monitor && told.truth !== "true");
  const marks = hits.flatMap((told) => told.spans).filter((span) => span.from !== undefined);
  const chip = (told) =>
    element(
      "button",
      { class: `outcome ${told.truth} ${told.monitor ? "" : "query"}`, title: "Clause by clause", onclick: () => toggleClauses(line, told.query) },
      told.truth === "true" ? "✓ " : "✗ ",
      element("b", {}, told.query),
      ...(told.why ? [": ", ...why(told.why)] : []),
    );
  const more = misses.length - SHOWN_MISSES_MAX;
  return element(
    "li",
    { id: `post-${line}` },
    element("div", {}, ...marked(post.text, marks)),
    element(
      "div",
      { class: "chips" },
      ...hits.map(chip),
      ...misses.slice(0, SHOWN_MISSES_MAX).map(chip),
      more > 0 ? element("span", { class: "empty" }, `and ${more} more monitors do not`) : null,
    ),
  );
}

const why = ({ clause, inner, says }) => [element("code", {}, inner ? `${clause} ${inner}` : clause), " does not hold", ...(says ? [", ", ...inline(says)] : [])];

function marked(whole, marks) {
  const inside = new Uint8Array(whole.length);
  marks.forEach(({ from, to }) => inside.fill(1, from, to));
  const parts = [];
  for (let from = 0; from < whole.length; ) {
    let to = from;
    while (to < whole.length && inside[to] === inside[from]) to += 1;
    const part = whole.slice(from, to);
    parts.push(inside[from] ? element("mark", {}, part) : part);
    from = to;
  }
  return parts;
}

function toggleClauses(line, query) {
  const same = explained?.line === line && explained?.query === query;
  document.querySelectorAll("#outcomes > li > .tree").forEach((tree) => tree.remove());
  explained = same ? null : { line, query };
  if (explained) showClauses(line, query);
}

async function showClauses(line, query) {
  const now = Math.floor(Date.now() / 3_600_000) * 3_600_000_000;
  const told = await ask("explain", { now, ...posts(), post: line, query });
  const row = $(`post-${line}`);
  if (!told || told.stopped || !row || explained?.line !== line || explained.query !== query) return;
  row.querySelector(".tree")?.remove();
  row.append(element("ul", { class: "tree" }, clause(told)));
}

const clause = (told) =>
  element(
    "li",
    {},
    element("span", { class: `truth ${told.truth}` }, told.truth),
    " ",
    element("button", { class: "link", title: "Show it in the rules", onclick: () => told.place && select(told.place) }, told.label),
    ...(told.says ? ["  ", ...inline(told.says)] : []),
    told.clauses.length ? element("ul", { class: "tree" }, ...told.clauses.map(clause)) : null,
  );

// ---------------------------------------------------------------- Markdown of the compiler's own texts

// `code` and **words**.
function inline(line) {
  return line
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .filter(Boolean)
    .map((part) => {
      if (part.length > 2 && part.startsWith("`")) return element("code", {}, part.slice(1, -1));
      if (part.length > 4 && part.startsWith("**")) return element("b", {}, part.slice(2, -2));
      return part;
    });
}

function markdown(source) {
  const made = [];
  source.split(/^```\w*\n([\s\S]*?)^```$/m).forEach((part, at) => {
    if (at % 2) {
      made.push(element("pre", {}, part.trimEnd()));
      return;
    }
    for (const block of part.split(/\n{2,}/).map((block) => block.trim()).filter(Boolean)) {
      if (block.startsWith("#")) made.push(element("h2", {}, ...inline(block.replace(/^#+\s*/, ""))));
      else if (/^[-*] /.test(block)) made.push(element("ul", {}, ...block.split(/\n(?=[-*] )/).map((line) => element("li", {}, ...inline(line.slice(2))))));
      else made.push(element("p", {}, ...inline(block)));
    }
  });
  return made;
}

// ---------------------------------------------------------------- meaning and offers

// Where a place of the text stands, seen from the editor.
function rect(at) {
  const whole = text.value;
  const y = (whole.slice(0, at).split("\n").length - 1) * 19 + 9 - text.scrollTop;
  // The end of a line has no letter of its own: it is the right side of the letter before.
  const isEnd = at === whole.length || whole[at] === "\n";
  const box = isEnd && (at === 0 || whole[at - 1] === "\n") ? null : letter(isEnd ? at - 1 : at);
  const left = $("editor").getBoundingClientRect().left;
  const x = box ? (isEnd ? box.right : box.left) - left : 11 - text.scrollLeft;
  return { x, y, below: y + 19 };
}

function letter(at) {
  const walker = document.createTreeWalker(paint, NodeFilter.SHOW_TEXT);
  let left = at;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (left < node.length) {
      const range = document.createRange();
      range.setStart(node, left);
      range.setEnd(node, left + 1);
      return range.getBoundingClientRect();
    }
    left -= node.length;
  }
  return null;
}

// The place of the text that is under the mouse; none behind the end of a line.
function under(event) {
  const own = $("editor").getBoundingClientRect();
  const line = Math.floor((event.clientY - own.top + text.scrollTop - 9) / 19);
  const lines = text.value.split("\n");
  if (line < 0 || line >= lines.length) return null;
  const start = lines.slice(0, line).reduce((sum, line) => sum + line.length + 1, 0);
  const x = event.clientX - own.left;
  let [low, high] = [0, lines[line].length];
  if (rect(start + high).x < x) return null;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rect(start + middle).x <= x) low = middle;
    else high = middle - 1;
  }
  return start + low;
}

function hide() {
  offers.hidden = true;
  meaning.hidden = true;
}

function put(box, at) {
  box.hidden = false;
  const { x, y, below } = rect(at);
  const room = $("editor").clientHeight;
  box.style.left = `${Math.max(4, Math.min(x, $("editor").clientWidth - box.offsetWidth - 8))}px`;
  box.style.top = below + box.offsetHeight > room && y > box.offsetHeight ? `${y - box.offsetHeight - 2}px` : `${below + 2}px`;
}

async function showMeaning(at) {
  const said = await ask("hover", { file: open, at });
  if (!said || !offers.hidden) return;
  meaning.replaceChildren(...markdown(said.markdown));
  put(meaning, said.from);
}

let choice = [];
let chosen = 0;
let replaced = [0, 0];

async function showOffers() {
  const at = text.selectionStart;
  const said = await ask("completion", { file: open, at });
  if (text.selectionStart !== at) return;
  const written = said ? text.value.slice(said.from, at).toLowerCase() : "";
  choice = (said?.offers ?? []).filter((offer) => offer.label.toLowerCase().startsWith(written)).slice(0, 80);
  if (!choice.length) {
    hide();
    return;
  }
  replaced = [said.from, said.to];
  meaning.hidden = true;
  offers.replaceChildren(
    ...choice.map((offer, at) =>
      element("li", { role: "option", title: offer.detail, onmousedown: (event) => (event.preventDefault(), take(at)) }, offer.label, element("span", {}, offer.detail)),
    ),
  );
  pick(0);
  put(offers, said.from);
}

function pick(at) {
  chosen = (at + choice.length) % choice.length;
  [...offers.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === chosen)));
  offers.children[chosen].scrollIntoView({ block: "nearest" });
}

function take(at) {
  // The names that a snippet gives to its gaps are written out; the first one is selected.
  let first = null;
  const plain = choice[at].insert.replace(/\\([\\$}])|\$\{\d+:([^}]*)\}|\$\{\d+\|([^,|]*)[^}]*\}|\$\{?\d+\}?/g, (_, sign, name, one) => sign ?? `\u0001${name ?? one ?? ""}\u0002`);
  const clean = plain.replace(/[\u0001\u0002]/g, "");
  const start = plain.indexOf("\u0001");
  if (start >= 0) first = [start, plain.indexOf("\u0002") - 1];
  hide();
  const from = replaced[0];
  replace(from, Math.max(replaced[1], text.selectionEnd), clean);
  if (first) text.setSelectionRange(from + first[0], from + first[1]);
}

text.addEventListener("keydown", (event) => {
  if (event.key === " " && event.ctrlKey) {
    event.preventDefault();
    showOffers();
  } else if (!offers.hidden && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    pick(chosen + (event.key === "ArrowDown" ? 1 : -1));
  } else if (!offers.hidden && ["Enter", "Tab"].includes(event.key)) {
    event.preventDefault();
    take(chosen);
  } else if (event.key === "Escape") {
    hide();
  } else if (event.key === "F1") {
    event.preventDefault();
    hide();
    showMeaning(text.selectionStart);
  }
});
text.addEventListener("input", () => {
  meaning.hidden = true;
  typed();
  if (!offers.hidden) showOffers();
});
text.addEventListener("scroll", () => {
  scrolled();
  hide();
});
text.addEventListener("blur", hide);
let resting;
text.addEventListener("mousemove", (event) => {
  clearTimeout(resting);
  resting = setTimeout(() => {
    const at = under(event);
    meaning.hidden = true;
    if (at !== null && offers.hidden && !running) showMeaning(at);
  }, 350);
});
$("editor").addEventListener("mouseleave", () => {
  clearTimeout(resting);
  meaning.hidden = true;
});

// ---------------------------------------------------------------- buttons, examples, links

$("posts").addEventListener("input", () => {
  explained = null;
  changed();
});

$("format").onclick = async () => {
  const before = text.value;
  const edits = await ask("format", { file: open });
  if (!edits || text.value !== before) return;
  edits.sort((one, other) => other.from - one.from).forEach((edit) => replace(edit.from, edit.to, edit.text));
};

const through = async (bytes, stream) => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());

$("share").onclick = async () => {
  const state = JSON.stringify({ files, ...posts(), open });
  const packed = await through(new TextEncoder().encode(state), new CompressionStream("deflate-raw"));
  const letters = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(""));
  const link = letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  if (link.length > LINK_MAX) {
    say("the rules and posts are too long for a link; send them as files", true);
    return;
  }
  history.replaceState(null, "", `#${link}`);
  try {
    await navigator.clipboard.writeText(location.href);
    say("the link is copied; it holds the rules and posts, nothing was sent");
  } catch {
    say("the link stands in the address line; it holds the rules and posts, nothing was sent");
  }
};

async function fromLink() {
  const letters = location.hash.slice(1).replaceAll("-", "+").replaceAll("_", "/");
  if (!letters) return null;
  try {
    const packed = Uint8Array.from(atob(letters), (c) => c.charCodeAt(0));
    const state = JSON.parse(new TextDecoder().decode(await through(packed, new DecompressionStream("deflate-raw"))));
    const plain = (file) => ({ name: String(file.name), text: String(file.text).replaceAll("\r\n", "\n") });
    const files = state.files.map(plain);
    return files.length ? { files, posts: String(state.posts), lang: String(state.lang ?? ""), open: Math.min(Math.max(0, Number(state.open) || 0), files.length - 1) } : null;
  } catch {
    say("the link is not whole; the example is shown instead", true);
    return null;
  }
}

// A text without the item that begins with the name at a place, its description included.
function without(text, at) {
  const lines = text.split("\n");
  const line = text.slice(0, at).split("\n").length - 1;
  let first = line;
  while (lines[first - 1]?.startsWith("///")) first -= 1;
  let behind = line + 1;
  while (behind < lines.length && !/^[^\s}]/.test(lines[behind])) behind += 1;
  // The gap to the next item stays where there was none before this one.
  while (lines[first - 1] && lines[behind - 1] === "") behind -= 1;
  return lines.toSpliced(first, behind - first).join("\n").trimEnd() + "\n";
}

// Leaves out of the files behind the first one what nothing uses.
async function trimmed(state) {
  const { findings } = (await ask("check", { files: state.files })) ?? { findings: [] };
  for (const { name, place } of findings.filter((found) => found.name.startsWith("unused-")).reverse()) {
    const file = state.files.slice(1).find((file) => file.name === place.file);
    if (file) file.text = without(file.text, place.from);
  }
  return state;
}

// The file of a name with what it uses of others.
function example(name) {
  const chosen = [name];
  for (const name of chosen) {
    const text = EXAMPLES.find((file) => file.name === name)?.text ?? "";
    for (const [, used] of text.matchAll(/^use "([^"]+)"/gm)) {
      if (!chosen.includes(used) && EXAMPLES.some((file) => file.name === used)) chosen.push(used);
    }
  }
  const files = chosen.map((name) => ({ ...EXAMPLES.find((file) => file.name === name) }));
  return trimmed({ files, posts: POSTS, lang: "en", open: 0 });
}

function show(state) {
  files = state.files;
  colours = [];
  findings = [];
  explained = null;
  $("posts").value = state.posts;
  $("lang").value = state.lang in LANGUAGES ? state.lang : "";
  openFile(state.open);
  changed();
}

for (const { name, text } of EXAMPLES.filter(({ text }) => /^monitor /m.test(text))) $("examples").append(element("option", { value: name }, name.replace(".mon", "")));
$("examples").value = "acme_outage.mon";
const LANGUAGES = { en: "English", de: "German", es: "Spanish", fr: "French", ja: "Japanese", "": "a language that is not told" };
for (const [value, name] of Object.entries(LANGUAGES)) $("lang").append(element("option", { value }, name));
$("lang").onchange = changed;
$("examples").onchange = async () => show(await example($("examples").value));
addEventListener("hashchange", async () => {
  const state = await fromLink();
  if (state) show(state);
});

(async () => {
  try {
    bytes = await unpacked();
    begin();
    show((await fromLink()) ?? (await example("acme_outage.mon")));
  } catch (failure) {
    say(`the compiler cannot be started here: ${failure}`, true);
  }
})();
