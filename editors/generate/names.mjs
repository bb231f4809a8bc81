// Names that the grammar leaves open and the compiler knows: fields of a post, severities.

/** Names and aliases of the fields, from the table of compiler/post/src/field.rs. */
export function readFields(source) {
  const table = source.split("pub const FIELDS: &[Field] = &[")[1]?.split("\n];")[0];
  if (table === undefined) throw new Error("field.rs has no table FIELDS");
  const short = [...table.matchAll(/(?:field|alias)\(\s*"([a-z_.]+)"(?:,\s*&\[([^\]]*)\])?/g)];
  const long = [...table.matchAll(/name: "([a-z_.]+)",\s*aliases: &\[([^\]]*)\]/g)];
  const names = [...short, ...long].flatMap(([, name, aliases]) => [
    name,
    ...[...(aliases ?? "").matchAll(/"([a-z_.]+)"/g)].map((found) => found[1]),
  ]);
  if (names.length < 20) throw new Error("field.rs: almost no fields were found");
  return [...new Set(names)].sort();
}

/** `critical`, `high`, … from the names of `Severity` in compiler/src/plan.rs. */
export function readLevels(source) {
  const levels = ["Critical", "High", "Medium", "Low"].map((name) => source.match(new RegExp(`Self::${name} => "([a-z]+)"`))?.[1]);
  if (levels.includes(undefined)) throw new Error("plan.rs: the names of severities were not found");
  return levels;
}
