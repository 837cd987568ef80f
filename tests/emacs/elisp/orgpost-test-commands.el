;;; orgpost-test-commands.el --- what a person does to entries  -*- lexical-binding: t; -*-

;;; Commentary:

;; Each function visits PATH, does to the entry with ID (or to all) what one
;; command of Org does, saves as C-x C-s does, and returns t.

;;; Code:

(require 'orgpost-test-session)
(require 'org)
(require 'org-archive)
(require 'org-clock)
(require 'cl-lib)
(require 'whitespace)

(setq org-clock-persist nil
      org-clock-mode-line-total 'current
      org-adapt-indentation nil)

(defmacro orgpost-test-editing (path &rest body)
  "Visit PATH, run BODY in its buffer, save, and kill the buffer."
  (declare (indent 1))
  `(let ((buffer (find-file-noselect ,path t)))
     (unwind-protect
         (with-current-buffer buffer
           (let ((inhibit-message t))
             (switch-to-buffer (current-buffer))
             (save-current-buffer ,@body)
             (save-buffer)))
       (setq org-log-setup nil)  ; a note that nobody wrote is not one for the next file
       (with-current-buffer buffer (set-buffer-modified-p nil))
       (kill-buffer buffer))
     t))

(defun orgpost-test-goto (id)
  "Go to the heading of the entry ID."
  (goto-char (point-min))
  (re-search-forward (format "^[ \t]*:ID:[ \t]+%s[ \t]*$" (regexp-quote id)))
  (org-back-to-heading t))

(defun orgpost-test-finish-note (words)
  "Write down the note that Org wants, if it wants one: WORDS."
  (when org-log-setup
    (save-window-excursion
      (org-add-log-note)
      (when (get-buffer "*Org Note*")
        (with-current-buffer "*Org Note*"
          (goto-char (point-max))
          (insert words)
          (org-store-log-note))))))

(defun orgpost-test--todo (keyword words)
  "Give the entry at point KEYWORD; WORDS are the note where one is asked for."
  (org-todo keyword)
  (orgpost-test-finish-note words))

(defun orgpost-test-todo (path id keyword words)
  "Give the entry ID in PATH the state KEYWORD; WORDS are the note."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (orgpost-test--todo keyword words)))

(defun orgpost-test-todo-all (path keyword words)
  "Give each entry of PATH the state KEYWORD; WORDS are each one's note."
  (orgpost-test-editing path
    (goto-char (point-min))
    (while (re-search-forward "^\\* " nil t)
      (orgpost-test--todo keyword words)
      (end-of-line))))

(defmacro orgpost-test-at (seconds &rest body)
  "Run BODY as if it were SECONDS after 1970: what Org asks for the present time gets that."
  (declare (indent 1))
  `(let* ((now (time-convert ,seconds 'list))
          (told (lambda (times) (cons (or (car times) now) (cdr times))))
          (asked '(float-time time-less-p time-subtract)))
     (unwind-protect
         (progn
           (dolist (function asked) (advice-add function :filter-args told '((name . now))))
           (cl-letf (((symbol-function 'current-time) (lambda () now))) ,@body))
       (dolist (function asked) (advice-remove function 'now)))))

(defun orgpost-test-todo-all-at (path keyword seconds zone)
  "Give each entry of PATH the state KEYWORD, SECONDS after 1970, in the time zone ZONE."
  (unwind-protect
      (orgpost-test-editing path
        (set-time-zone-rule zone)
        (goto-char (point-min))
        (while (re-search-forward "^\\* " nil t)
          (orgpost-test-at seconds (orgpost-test--todo keyword ""))
          (end-of-line)))
    (set-time-zone-rule nil)))

(defun orgpost-test-next-state (path id)
  "Give the entry ID in PATH its next state, as S-right does."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-todo 'right)
    (orgpost-test-finish-note "on it goes")))

(defun orgpost-test-schedule (path id date)
  "Schedule the entry ID in PATH for DATE."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-schedule nil date)
    (orgpost-test-finish-note "later")))

(defun orgpost-test-deadline (path id date)
  "Give the entry ID in PATH a deadline on DATE."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-deadline nil date)))

(defun orgpost-test-clock (path id)
  "Clock in on the entry ID in PATH, and out again."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-clock-in)
    (org-clock-out)))

(defun orgpost-test-note (path id words)
  "Add a note of WORDS to the entry ID in PATH."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-add-log-setup 'note)
    (orgpost-test-finish-note words)))

(defun orgpost-test-set-tags (path id tags)
  "Give the entry ID in PATH the TAGS."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-set-tags tags)))

(defun orgpost-test-set-priority (path id priority)
  "Give the entry ID in PATH the PRIORITY, a string of one letter."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-priority (string-to-char priority))))

(defun orgpost-test-set-property (path id name value)
  "Give the entry ID in PATH the property NAME with VALUE."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-entry-put (point) name value)))

(defun orgpost-test-edit-heading (path id title)
  "Give the entry ID in PATH the TITLE, as typing over the old one does."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-edit-headline title)))

(defun orgpost-test-comment (path id)
  "Toggle COMMENT on the entry ID in PATH."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-toggle-comment)))

(defun orgpost-test-archive (path id)
  "Archive the entry ID of PATH, as C-c C-x C-a does, and save both files."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-archive-subtree)
    (org-save-all-org-buffers)))

(defun orgpost-test-move-to-end (path id)
  "Cut the entry ID of PATH and paste it at the end."
  (orgpost-test-editing path
    (orgpost-test-goto id)
    (org-cut-subtree)
    (goto-char (point-max))
    (org-paste-subtree 1)))

(defun orgpost-test-sort (path key)
  "Sort the entries of PATH by KEY, a string of one letter as `org-sort' asks for it."
  (orgpost-test-editing path
    (goto-char (point-min))
    (org-sort-entries nil (string-to-char key))))

(defun orgpost-test-strip-blanks (path)
  "Strip the blanks at line ends in PATH."
  (orgpost-test-editing path
    (delete-trailing-whitespace (point-min) (point-max))))

(defun orgpost-test-clean-blanks (path)
  "Clean the blanks of PATH up, as `whitespace-cleanup' does."
  (orgpost-test-editing path
    (whitespace-cleanup)))

(defun orgpost-test-add-blank-lines (path)
  "Put an empty line before each entry of PATH."
  (orgpost-test-editing path
    (goto-char (point-min))
    (while (re-search-forward "^\\* " nil t)
      (save-excursion (beginning-of-line) (insert "\n")))))

(defun orgpost-test-remove-blank-lines (path)
  "Take the empty lines away that stand before an entry of PATH or at its end."
  (orgpost-test-editing path
    (goto-char (point-min))
    (while (re-search-forward "\n\n+\\(\\* \\|\\'\\)" nil t)
      (replace-match "\n\\1")
      (goto-char (match-beginning 1)))))

(defun orgpost-test-fold-and-align (path)
  "Fold, unfold, realign the tags and fill nothing in PATH."
  (orgpost-test-editing path
    (org-overview)
    (org-align-tags t)
    (org-show-all)))

(defun orgpost-test-run (path id form)
  "Evaluate FORM, Lisp as text, at the entry ID of PATH."
  (orgpost-test-editing path
    (if id (orgpost-test-goto id) (goto-char (point-min)))
    (eval (car (read-from-string form)) t)))

(provide 'orgpost-test-commands)
;;; orgpost-test-commands.el ends here
