// Word lists for emacs/mon-mode.el.

export function emacsMode({ items, clauses, inner, operators, forms, levels, fields, units }) {
  const row = (name, list, doc) =>
    `(defconst mon-${name}\n  '(${list.map((word) => JSON.stringify(word)).join(" ")})\n  "${doc}")\n`;
  return [
    ";;; mon-words.el --- Words of the Mon language -*- lexical-binding: t; -*-\n\n",
    ";;; Commentary:\n;; Made of grammar/src/mon.pest by `node editors/generate.mjs`.\n\n;;; Code:\n\n",
    [
      row("items", items, "Words that begin an item."),
      row("clauses", clauses, "Words that begin a clause."),
      row("inner-words", inner, "Words inside of clauses."),
      row("operators", operators, "Operators that are words."),
      row("forms", forms, "Words before a quoted term that say how it is looked for."),
      row("levels", levels, "Severities."),
      row("fields", fields, "Fields of a post."),
      row("units", units, "Units of time."),
    ].join("\n"),
    "\n(provide 'mon-words)\n;;; mon-words.el ends here\n",
  ].join("");
}
