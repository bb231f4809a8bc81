;;; mon-mode.el --- The Mon language of Bellwether -*- lexical-binding: t; -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: languages

;;; Commentary:

;; Colours, indentation and a menu of items for `.mon' files; Eglot is told how to start the server.

;;; Code:

(require 'mon-words)

(defgroup mon nil
  "The Mon language of Bellwether."
  :group 'languages)

(defcustom mon-server-command '("mon" "lsp")
  "The command that Eglot starts for `.mon' files."
  :type '(repeat string))

(defcustom mon-indent-offset 2
  "Columns of one step of indentation."
  :type 'natnum
  :safe #'natnump)

(defvar mon-mode-syntax-table
  (let ((table (make-syntax-table)))
    (modify-syntax-entry ?/ ". 12" table)
    (modify-syntax-entry ?\n ">" table)
    (modify-syntax-entry ?\" "\"" table)
    (modify-syntax-entry ?\\ "\\" table)
    (modify-syntax-entry ?_ "w" table)
    (modify-syntax-entry ?. "_" table)
    (dolist (sign '(?# ?@ ?$ ?~ ?= ?< ?> ?! ?+ ?- ?* ?% ?:))
      (modify-syntax-entry sign "." table))
    table)
  "Syntax of the Mon language.")

(defun mon--words (words)
  "A regular expression for one of WORDS that is no part of a dotted name."
  (regexp-opt words 'symbols))

(defconst mon--any-case '("and" "or" "not" "near")
  "Operators that may be written in capitals.")

(defvar mon-font-lock-keywords
  `(("^\\s-*\\(///\\(?:[^/\n].*\\)?\\)$" 1 font-lock-doc-face t)
    (,(concat "\\<" (regexp-opt (remove "use" mon-items) t) "\\s-+\\(\\(?:\\w\\|_\\)+\\)\\s-*[={(\"]")
     (1 font-lock-keyword-face)
     (2 font-lock-type-face))
    ("\\<follow\\s-+playbook\\s-+\\(\\w+\\)" 1 font-lock-type-face)
    ("\\<measure\\s-+\\(\\w+\\)\\s-*=" 1 font-lock-variable-name-face)
    ("\\<\\(?:near\\|NEAR\\|then\\)/\\w+" . font-lock-keyword-face)
    ("[#@$]\\w+\\(?:[.-]\\w+\\)*" . font-lock-constant-face)
    ("\\<[0-9]+\\(?:[-:.][0-9]+\\)*\\(?:T[0-9:.]+Z?\\)?\\(?:[[:alpha:]]+\\|%\\)?" . font-lock-constant-face)
    (,(concat "\\<" (regexp-opt mon-forms t) "\\s-+\"") 1 font-lock-builtin-face)
    (,(mon--words mon-levels) 1 font-lock-constant-face)
    ("\\<\\w+\\(?:\\.\\w+\\)+" . font-lock-variable-name-face)
    (,(mon--words mon-fields) 1 font-lock-variable-name-face)
    (,(mon--words (append mon-operators (mapcar #'upcase mon--any-case))) 1 font-lock-keyword-face)
    ("\\<\\(\\w+\\)\\s-*(" 1 font-lock-function-name-face)
    (,(mon--words mon-items) 1 font-lock-keyword-face)
    (,(mon--words mon-clauses) 1 font-lock-keyword-face)
    (,(mon--words (remove "a" mon-inner-words)) 1 font-lock-keyword-face)
    ("\\(\\\\.\\)" 1 font-lock-warning-face prepend)
    ("[*?]" 0 (and (nth 3 (syntax-ppss)) 'font-lock-negation-char-face) prepend))
  "Colours of the Mon language.")

(defun mon-indent-line ()
  "Indent by the brackets that are open.
The rest of an item without braces is indented by one step."
  (interactive)
  (let* ((column (save-excursion (back-to-indentation) (mon--column)))
         (behind (> (current-column) (current-indentation))))
    (if behind
        (save-excursion (indent-line-to column))
      (indent-line-to column))))

(defun mon--column ()
  "The column of the line that point is at the beginning of."
  (let ((depth (car (syntax-ppss)))
        (closes (looking-at-p "[])}]")))
    (cond
     (closes (* mon-indent-offset (max 0 (1- depth))))
     ((> depth 0) (* mon-indent-offset depth))
     ((or (looking-at-p (concat (regexp-opt mon-items) "\\>")) (looking-at-p "//") (not (mon--goes-on-p))) 0)
     (t mon-indent-offset))))

(defun mon--goes-on-p ()
  "Whether the line before this one belongs to an item without braces."
  (save-excursion
    (forward-line -1)
    (and (not (looking-at-p "\\s-*\\(?:$\\|//\\)"))
         (not (looking-at-p "}")))))

(defvar mon-imenu-generic-expression
  (mapcar (lambda (item)
            (list (capitalize item) (concat "^" item "\\s-+\\(\\w+\\)") 1))
          (remove "use" mon-items))
  "Items for the menu of a buffer.")

;;;###autoload
(define-derived-mode mon-mode prog-mode "Mon"
  "Major mode for monitors in the Mon language."
  (setq-local comment-start "// ")
  (setq-local comment-start-skip "//+\\s-*")
  (setq-local comment-end "")
  (setq-local indent-tabs-mode nil)
  (setq-local indent-line-function #'mon-indent-line)
  (setq-local electric-indent-chars (append "}])" electric-indent-chars))
  (setq-local imenu-generic-expression mon-imenu-generic-expression)
  (setq-local font-lock-defaults '(mon-font-lock-keywords)))

;;;###autoload
(add-to-list 'auto-mode-alist '("\\.mon\\'" . mon-mode))

(defvar eglot-server-programs)
(with-eval-after-load 'eglot
  (add-to-list 'eglot-server-programs (cons 'mon-mode mon-server-command)))

(provide 'mon-mode)
;;; mon-mode.el ends here
