// Vim's syntax file, for Vim and for Neovim without tree-sitter.

export function vimSyntax({ items, clauses, operators, anyCase, inner, forms, levels, units, fields }) {
  const cases = operators.map((op) => (anyCase.includes(op) ? [...op].map((c) => `[${c}${c.toUpperCase()}]`).join("") : op));
  // Matches, not keywords: `count` begins a clause, `count(…)` calls, and of two matches the later one holds.
  const words = (name, list) => `syntax match ${name} /\\<\\%(${list.join("\\|")}\\)\\>/\n`;
  return [
    '" Made of grammar/src/mon.pest by `node editors/generate.mjs`.\n',
    "if exists('b:current_syntax')\n  finish\nendif\n\n",
    "syntax case match\n",
    words("monWord", inner.filter((word) => word !== "a")),
    words("monClause", clauses),
    words("monItem", items),
    words("monSeverity", levels),
    `syntax match monForm /\\<\\%(${forms.join("\\|")}\\)\\ze\\s*"/\n`,
    `syntax match monOperator /\\<\\%(${cases.join("\\|")}\\)\\>/\n`,
    "syntax match monOperator /\\<\\%([nN][eE][aA][rR]\\|then\\)\\/\\w\\+/\n",
    "syntax match monOperator /[-+*=<>!]\\+\\|\\~\\d\\+/\n",
    "syntax match monFunction /\\<\\%(and\\>\\|or\\>\\|not\\>\\|in\\>\\|when\\>\\|match\\>\\|of\\>\\|where\\>\\|with\\>\\)\\@!\\h\\w*\\ze\\s*(/\n",
    `syntax match monField /\\<\\%(${fields.map((field) => field.replaceAll(".", "\\.")).join("\\|")}\\)\\>\\ze\\s*\\%([=!<>]\\|in\\>\\|is\\>\\|has\\>\\|within\\>\\)/\n`,
    "syntax match monField /\\<\\h\\w*\\%(\\.\\h\\w*\\)\\+/\n",
    "syntax match monField /\\<\\h\\w*\\ze\\s*:/\n",
    "syntax match monNumber /\\<\\d\\+\\%(\\.\\d\\+\\)\\?\\%(%\\|\\a*\\>\\)/\n",
    `syntax match monDuration /\\<\\d\\+\\%(\\.\\d\\+\\)\\?\\%(${units.join("\\|")}\\)\\>/\n`,
    "syntax match monTime /\\<\\d\\{1,2}:\\d\\d\\%(:\\d\\d\\)\\?\\>/\n",
    "syntax match monTime /\\<\\d\\{4}-\\d\\d-\\d\\d\\%(T[0-9:.]\\+\\%(Z\\|[+-]\\d\\d:\\d\\d\\)\\?\\)\\?/\n",
    "syntax match monTag /[#$@]\\w\\+\\%([.-]\\+\\w\\+\\)*/\n",
    "syntax match monOperator /@\\ze\\s*\\d\\+\\%(\\.\\d\\+\\)\\?%/\n",
    "syntax match monEscape /\\\\./ contained\n",
    "syntax match monWildcard /[*?]/ contained\n",
    "syntax region monString start=/\"/ end=/\"\\|$/ contains=monEscape,monWildcard\n",
    "syntax match monRegex /\\%([0-9A-Za-z_)\\]\"\\/]\\s*\\)\\@<!\\/[^\\/ \\t*]\\%([^\\/\\\\]\\|\\\\.\\)*\\//\n",
    "syntax match monComment /\\/\\/.*$/ contains=@Spell\n",
    "syntax match monDoc /\\/\\/\\/\\/\\@!.*$/ contains=@Spell\n",
    "syntax region monBlock start=/{/ end=/}/ transparent fold\n\n",
    ...Object.entries({
      monItem: "Structure", monClause: "Statement", monWord: "Keyword", monSeverity: "Constant", monForm: "StorageClass",
      monOperator: "Operator", monFunction: "Function", monField: "Identifier", monNumber: "Number", monDuration: "Number",
      monTime: "Number", monTag: "Tag", monEscape: "SpecialChar", monWildcard: "Special", monString: "String",
      monRegex: "String", monComment: "Comment", monDoc: "SpecialComment",
    }).map(([name, link]) => `highlight default link ${name} ${link}\n`),
    "\nlet b:current_syntax = 'mon'\n",
  ].join("");
}
