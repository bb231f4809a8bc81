// Reads the rules of mon.pest far enough to say which words they begin with and which they hold.

const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)'|\d+|\.\.|[A-Za-z_][A-Za-z_0-9]*|\^|[~|*+?&!(){}=@$]/g;

/** The rules by their names, in the order of the file. */
export function readRules(source) {
  const text = source.replace(/^\s*\/\/.*$/gm, "");
  const tokens = text.match(TOKEN) ?? [];
  const rules = new Map();
  let at = 0;
  const next = () => tokens[at++];
  const expect = (wanted) => {
    const found = next();
    if (found !== wanted) throw new Error(`mon.pest: expected ${wanted}, found ${found} (token ${at})`);
  };
  const choice = () => {
    const options = [sequence()];
    while (tokens[at] === "|") {
      at += 1;
      options.push(sequence());
    }
    return options.length === 1 ? options[0] : { choice: options };
  };
  const sequence = () => {
    const parts = [part()];
    while (tokens[at] === "~") {
      at += 1;
      parts.push(part());
    }
    return parts.length === 1 ? parts[0] : { sequence: parts };
  };
  const part = () => {
    if (tokens[at] === "&" || tokens[at] === "!") {
      at += 1;
      part();
      return { nothing: true };
    }
    let found = atom();
    while (["*", "+", "?"].includes(tokens[at])) {
      if (next() !== "+") found = { optional: found };
    }
    return found;
  };
  const atom = () => {
    const token = next();
    if (token === "(") {
      const inner = choice();
      expect(")");
      return inner;
    }
    if (token === "^") return { word: JSON.parse(next()), anyCase: true };
    if (token.startsWith('"')) return { word: JSON.parse(token).trim() };
    if (token.startsWith("'")) {
      expect("..");
      next();
      return { other: true };
    }
    if (!/^[A-Za-z_]/.test(token)) throw new Error(`mon.pest: ${token} begins nothing that is known here`);
    return { rule: token };
  };
  while (at < tokens.length) {
    const name = next();
    expect("=");
    if (["_", "@", "$", "!"].includes(tokens[at])) at += 1;
    expect("{");
    if (tokens[at] === "|") at += 1;
    rules.set(name, choice());
    expect("}");
  }
  return rules;
}

const isWord = (text) => /^[a-z]+$/.test(text);

/** Words that a rule can begin with, in the order of the file. */
export function firstWords(rules, name) {
  const found = new Set();
  const seen = new Set();
  const known = (rule) => {
    const body = rules.get(rule);
    if (body === undefined) return rule === "SOI" ? { nothing: true } : { other: true };
    return body;
  };
  // Answers whether what is visited may be empty, so that what follows it can be first too.
  const visit = (node) => {
    if (node.nothing) return true;
    if (node.other) return false;
    if (node.word !== undefined) {
      if (isWord(node.word)) found.add(node.word);
      return false;
    }
    if (node.rule) {
      if (seen.has(node.rule)) return false;
      seen.add(node.rule);
      return visit(known(node.rule));
    }
    if (node.optional) {
      visit(node.optional);
      return true;
    }
    if (node.choice) return node.choice.map(visit).includes(true);
    return node.sequence.every(visit);
  };
  visit({ rule: name });
  return [...found];
}

/** Words that stand in a rule itself, without those of the rules that it names. */
export function ownWords(rules, name) {
  const body = rules.get(name);
  if (body === undefined) throw new Error(`mon.pest has no rule ${name}`);
  const found = [];
  const visit = (node) => {
    if (node.word !== undefined && isWord(node.word) && !found.includes(node.word)) found.push(node.word);
    for (const inner of node.choice ?? node.sequence ?? (node.optional ? [node.optional] : [])) visit(inner);
  };
  visit(body);
  return found;
}
