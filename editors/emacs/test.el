;;; test.el --- Loads mon-mode and looks at colours and indentation -*- lexical-binding: t; -*-

;;; Commentary:
;; emacs --batch -L editors/emacs -l editors/emacs/test.el -f mon-test

;;; Code:

(require 'imenu)
(require 'mon-mode)

(defconst mon-test-examples
  (directory-files (expand-file-name "../../examples/rules" (file-name-directory load-file-name)) t "\\.mon\\'"))

(defun mon-test-face (text line)
  "The face of the first TEXT on LINE."
  (goto-char (point-min))
  (forward-line (1- line))
  (search-forward text (line-end-position))
  (get-text-property (match-beginning 0) 'face))

(defun mon-test-must (holds what)
  "Fail with WHAT unless HOLDS."
  (unless holds (error "Mon: %s" what)))

(defun mon-test ()
  "Fail where something is not as it should be."
  (mon-test-must (> (length mon-test-examples) 5) "almost no examples were found")
  (with-temp-buffer
    (insert-file-contents (car (seq-filter (lambda (path) (string-suffix-p "acme_outage.mon" path)) mon-test-examples)))
    (mon-mode)
    (font-lock-ensure)
    (pcase-dolist (`(,text ,line ,face)
                   '(("///" 4 font-lock-doc-face) ("terms" 5 font-lock-keyword-face) ("failure" 5 font-lock-type-face)
                     ("broken" 6 font-lock-string-face) ("near/8" 9 font-lock-keyword-face) ("and" 10 font-lock-keyword-face)
                     ("lang" 11 font-lock-variable-name-face) ("window" 16 font-lock-keyword-face) ("slide" 16 font-lock-keyword-face) ("every" 16 font-lock-keyword-face)
                     ("15m" 16 font-lock-constant-face) ("volume" 18 font-lock-variable-name-face)
                     ("count" 18 font-lock-function-name-face) ("author.uid" 19 font-lock-variable-name-face)
                     ("critical" 26 font-lock-constant-face) ("otherwise" 28 font-lock-keyword-face)
                     ("10:15" 49 font-lock-constant-face)))
      (let ((found (mon-test-face text line)))
        (mon-test-must (equal found face) (format "%s on line %d is %s" text line found))))
    (mon-test-must (assoc "Monitor" (imenu--make-index-alist t)) "the menu has no monitor"))
  ;; Lines that begin an item, a clause or a row stand where the formatter puts them.
  (dolist (path mon-test-examples)
    (with-temp-buffer
      (insert-file-contents path)
      (mon-mode)
      (goto-char (point-min))
      (while (not (eobp))
        (unless (looking-at-p "\\s-*\\(?:$\\|and\\>\\|or\\>\\|clear\\>\\)")
          (let ((before (current-indentation)))
            (mon-indent-line)
            (mon-test-must (= before (current-indentation))
                           (format "%s:%d was at %d, is at %d" path (line-number-at-pos) before (current-indentation)))))
        (forward-line 1))))
  (message "mon-mode: colours and indentation hold"))

;;; test.el ends here
