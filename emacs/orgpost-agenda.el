;;; orgpost-agenda.el --- What is due, by day  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; `orgpost-agenda' shows mail that is to be done, tasks of your agents that have
;; a day, and those that wait for your approval.  It is made of what the program
;; says; no file is visited and nothing is evaluated, so that no text can act.
;;
;; `orgpost-agenda-files' is for those who want the files in Org's own agenda,
;; which does evaluate: it leaves out every file in which somebody wrote Lisp.

;;; Code:

(require 'let-alist)
(require 'orgpost-inbox)
(require 'orgpost-task)

;;;; What is due

(defvar-local orgpost-agenda--groups nil
  "An alist of what is shown: headings, each with its items.
An item is (WORDS . ENTRY): why the entry stands below this heading.")

;;;###autoload
(defun orgpost-agenda ()
  "Show what is due: mail to do, tasks with a day, tasks that wait for you."
  (interactive)
  (orgpost-list-open "*orgpost agenda*" 'orgpost-agenda-mode))

(defconst orgpost-agenda--questions
  '((mail "inbox" "--state" "TODO" "--limit" "0")
    (planned "task" "list" "--mine" "--planned" "--limit" "0")
    (awaiting "task" "list" "--mine" "--awaiting" "--limit" "0"))
  "What the program is asked, each with the symbol that its answer is known by.")

(defun orgpost-agenda--ask (&rest _)
  "Ask the program all questions at the same time, and draw when all is told."
  (let (told)
    (pcase-dolist (`(,question . ,arguments) orgpost-agenda--questions)
      (orgpost-request question arguments
                       (lambda (data)
                         (push (cons question data) told)
                         (when (= (length told) (length orgpost-agenda--questions))
                           (orgpost-agenda--take told)))
                       #'orgpost-list-trouble))))

(defun orgpost-agenda--take (told)
  "Show what the program has TOLD, an alist of questions and answers."
  (let-alist told
    (let ((mail (alist-get 'messages .mail))
          (planned (alist-get 'tasks .planned))
          (awaiting (alist-get 'tasks .awaiting)))
      (setq orgpost-list-entries (append mail planned awaiting)
            orgpost-list-about (format-time-string "%a %F")
            orgpost-agenda--groups
            (orgpost-agenda--grouped mail planned awaiting (format-time-string "%F")))))
  (orgpost-list-draw))

(defun orgpost-agenda--grouped (mail planned awaiting today)
  "Return the groups of MAIL, PLANNED and AWAITING tasks, as seen on TODAY.
Days are texts like \"2026-11-20\", which sort as days do."
  (let* ((items (seq-mapcat #'orgpost-agenda--days (append mail planned)))
         (now (mapcar (lambda (item) (orgpost-agenda--placed item today)) items))
         (groups (seq-group-by #'car now))
         (dates (sort (seq-difference (mapcar #'car groups) '("overdue" "today")) #'string<)))
    (seq-filter
     #'cdr
     `(,(orgpost-agenda--group "Overdue" (alist-get "overdue" groups nil nil #'equal))
       ,(orgpost-agenda--group (concat "Today, " (orgpost-agenda--date today))
                               (alist-get "today" groups nil nil #'equal))
       ("Wait for your approval"
        ,@(mapcar (lambda (task) (cons (or (car (orgpost-task-notes task)) "") task)) awaiting))
       ("To do, on no day"
        ,@(mapcar (lambda (message) (cons "" message))
                  (seq-remove #'orgpost-agenda--days mail)))
       ,@(mapcar (lambda (date)
                   (orgpost-agenda--group (orgpost-agenda--date date)
                                          (alist-get date groups nil nil #'equal)))
                 dates)))))

(defun orgpost-agenda--days (entry)
  "Return a list of (KIND DAY TIME ENTRY) for each day that ENTRY is planned on."
  (delq nil (mapcar (lambda (kind)
                      (when-let ((when (orgpost-agenda--day (alist-get kind entry))))
                        (list kind (car when) (cdr when) entry)))
                    '(deadline scheduled))))

(defun orgpost-agenda--day (stamp)
  "Return (DAY . TIME) of STAMP, one of Org's, or nil if it names no day."
  (when (and stamp
             (string-match (concat "\\`[<[]\\([0-9]\\{4\\}-\\(?:0[1-9]\\|1[0-2]\\)-"
                                   "\\(?:0[1-9]\\|[12][0-9]\\|3[01]\\)\\)"
                                   "\\(?: +[^]\n 0-9+>-]+\\)?"
                                   "\\(?: +\\([0-9]\\{1,2\\}:[0-9]\\{2\\}\\)\\)?")
                           stamp))
    (cons (match-string 1 stamp) (or (match-string 2 stamp) ""))))

(defun orgpost-agenda--placed (item today)
  "Return (PLACE TIME WORDS . ENTRY) for ITEM, as seen on TODAY.
A deadline that is over is overdue; what was to begin has still to begin."
  (pcase-let ((`(,kind ,day ,time ,entry) item))
    (let ((late (string< day today)))
      (cond ((and late (eq kind 'deadline))
             `("overdue" ,day ,(concat "since " day) . ,entry))
            (late `("today" "" ,(concat "to begin " day) . ,entry))
            (t `(,(if (equal day today) "today" day)
                 ,(format "%5s" time)
                 ,(string-trim (format "%s %s" (if (eq kind 'deadline) "deadline" "begins") time))
                 . ,entry))))))

(defun orgpost-agenda--group (heading placed)
  "Return the group below HEADING of what was PLACED there, by time."
  (cons heading (mapcar #'cddr (sort placed (lambda (one other)
                                              (string< (cadr one) (cadr other)))))))

(defun orgpost-agenda--date (day)
  "Return DAY as a heading."
  (format-time-string "%A, %F" (orgpost-time (concat day "T12:00:00Z")) t))

;;;; Drawing

(defun orgpost-agenda--print ()
  "Draw all groups."
  (let ((inhibit-read-only t)
        ;; The entries as they are now: a key may have changed them meanwhile.
        (entries (make-hash-table :test #'equal)))
    (dolist (entry orgpost-list-entries) (puthash (alist-get 'id entry) entry entries))
    (erase-buffer)
    (pcase-dolist (`(,heading . ,items) orgpost-agenda--groups)
      (insert (propertize heading 'face 'bold) "\n")
      (pcase-dolist (`(,words . ,entry) (orgpost-agenda--first items))
        (when-let ((now (gethash (alist-get 'id entry) entries)))
          (tabulated-list-print-entry (alist-get 'id entry) (orgpost-agenda--row words now))))
      (let ((more (- (length items) (length (orgpost-agenda--first items)))))
        (when (> more 0) (insert (propertize (format "%d more\n" more) 'face 'shadow))))
      (insert "\n"))
    (when (bobp) (insert (propertize "Nothing is due\n" 'face 'shadow)))))

(defun orgpost-agenda--first (items)
  "Return as many of ITEMS as a list may have lines."
  (if (zerop orgpost-list-limit) items (seq-take items orgpost-list-limit)))

(defun orgpost-agenda--row (words entry)
  "Return the columns of ENTRY, about which WORDS are said."
  (let-alist entry
    (let ((face (if (orgpost-agenda--task-p entry) (orgpost-task-face .state)
                  (if (equal .state "DONE") 'orgpost-done 'orgpost-todo))))
      (vector (orgpost-task-mark entry)
              (orgpost-one-line words)
              (propertize (orgpost-one-line .state) 'face face)
              (propertize (orgpost-one-line .from) 'face 'orgpost-sender)
              (orgpost-task-tier entry)
              (propertize (orgpost-one-line (or .title .subject)) 'face face)))))

(defun orgpost-agenda--task-p (entry)
  "Say whether ENTRY is a task."
  (assq 'title entry))

;;;; Keys

(defun orgpost-agenda-key ()
  "Do what this key does in the list of tasks, or of mail, as the line is either."
  (interactive)
  (let* ((map (if (orgpost-agenda--task-p (orgpost-list-entry)) orgpost-task-mode-map
                orgpost-inbox-mode-map))
         (key (this-command-keys-vector))
         (command (lookup-key map (vector (aref key (1- (length key)))))))
    (unless (commandp command)
      (user-error "There is no such key for this line"))
    (call-interactively command)))

(defvar orgpost-agenda-mode-map
  (let ((map (make-sparse-keymap)))
    (dolist (key '("A" "X" "C" "v" "r" "R" "u" "!" "t" "d" "a" "T" "y" "F"))
      (define-key map (kbd key) #'orgpost-agenda-key))
    (define-key map (kbd "+") #'orgpost-task-add)
    ;; Each question has an answer of its own here.
    (define-key map (kbd "l") #'undefined)
    (define-key map [remap tabulated-list-sort] #'undefined)
    map)
  "The keys that the agenda has beside those of all lists.")

(define-derived-mode orgpost-agenda-mode orgpost-list-mode "Agenda"
  "What is due, by day.
The keys are those of the lists of mail and of tasks, by what the line is.

\\{orgpost-agenda-mode-map}"
  (setq tabulated-list-format
        `[("" 1 nil) ("When" 18 nil) ("State" 9 nil) ("From" 12 nil) ("Tier" 7 nil)
          ("What" 0 nil)])
  (setq orgpost-list-printer #'orgpost-agenda--print
        orgpost-list-keys `(("Mail" ,orgpost-inbox-menu ,orgpost-inbox-mode-map)
                            ("Tasks" ,orgpost-task-menu ,orgpost-task-mode-map)
                            ("All" ,orgpost-list-menu ,orgpost-agenda-mode-map)))
  (setq-local revert-buffer-function #'orgpost-agenda--ask)
  (tabulated-list-init-header))

;;;; Org's own agenda

(defun orgpost-agenda-files ()
  "Return those files of the space that Org's own agenda may look at.
Org evaluates what stands after %% in an agenda's files, whoever wrote it.  What
programs of the post write is never Lisp, but a person may have added some: such
a file is left out, and the echo area says which and where.  Archives are never
among the files."
  (let (good bad)
    (dolist (file (orgpost-agenda--files))
      (let ((line (orgpost-agenda--line-of-lisp file)))
        (if line (push (format "%s:%d" (file-relative-name file (orgpost-space-root)) line) bad)
          (push file good))))
    (when bad
      (message "Left out of the agenda, for there is Lisp: %s"
               (orgpost-one-line (string-join (nreverse bad) ", "))))
    (nreverse good)))

(defun orgpost-agenda--files ()
  "Return all Org files of the space with entries that are not archived."
  (let ((messaging (expand-file-name "org/messaging" (orgpost-space-root))))
    (seq-remove (lambda (file)
                  (string-match-p "\\`\\(?:archive\\|ledger\\)/"
                                  (file-relative-name file messaging)))
                ;; Names with a dot are locks, those with # or ~ what Emacs saved of a file.
                (directory-files-recursively messaging "\\`[^.#].*\\.org\\'"))))

(defun orgpost-agenda--line-of-lisp (file)
  "Return the number of the first line in FILE with Lisp for an agenda, or nil.
Org looks at the buffer where one visits the file, so that is looked at too."
  (let ((buffer (find-buffer-visiting file)))
    (or (and buffer
             (with-current-buffer buffer
               (save-restriction (widen) (orgpost-agenda--lisp-here))))
        (with-temp-buffer
          (insert-file-contents file)
          (orgpost-agenda--lisp-here)))))

(defun orgpost-agenda--lisp-here ()
  "Return the number of the first line of the buffer that is Lisp, or nil."
  (save-excursion
    (goto-char (point-min))
    (let (found)
      (while (and (not found) (re-search-forward "^&?%%(\\|<%%" nil t))
        (let ((sexp (match-beginning 0)))
          (beginning-of-line)
          ;; Org evaluates no stamp in a fixed-width line, which is how a text is kept.
          (if (and (looking-at "[ \t]*:\\(?: \\|$\\)") (> sexp (point)))
              (end-of-line)
            (setq found (line-number-at-pos nil t)))))
      found)))

(provide 'orgpost-agenda)
;;; orgpost-agenda.el ends here
