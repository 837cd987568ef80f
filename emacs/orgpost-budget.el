;;; orgpost-budget.el --- What tasks have cost, and what is left  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; The budget of a day: what each sender has spent and has been promised, and of
;; how much; below, the tasks that have tokens and have not used them yet.  These
;; are a list like any other, so that its keys act on them.

;;; Code:

(require 'let-alist)
(require 'orgpost-list)
(require 'orgpost-task)

(defconst orgpost-budget--bar 20
  "How many letters wide a bar is at most.")

(defvar-local orgpost-budget--day nil
  "The day that this buffer shows, like \"2026-11-20\"; nil is today.")

(defvar-local orgpost-budget--standing nil
  "The figures of the day, as the program gave them.")

;;;###autoload
(defun orgpost-budget (&optional day)
  "Show what tasks have cost today, or with a prefix argument on another DAY."
  (interactive (list (and current-prefix-arg
                          (read-string "Day (UTC): " (format-time-string "%F" nil t)))))
  (orgpost-list-open "*orgpost budget*" 'orgpost-budget-mode
                     (lambda () (setq orgpost-budget--day day))))

(defun orgpost-budget--question ()
  "Return the arguments with which the program is asked for the budget."
  `("budget" "show" ,@(and orgpost-budget--day (list (concat "--day=" orgpost-budget--day)))))

(defun orgpost-budget--answered (data)
  "Return the open tasks of DATA, and keep the rest of it."
  (setq orgpost-budget--standing data
        orgpost-list-about (alist-get 'day data))
  (mapcar (lambda (open)
            (let-alist open
              `((id . ,.task) (from . ,.sender) (tokens . ,.tokens) (kind . ,.kind))))
          (alist-get 'open data)))

;;;; Drawing

(defun orgpost-budget--print ()
  "Draw the figures of the day, and below them a line for each open task."
  (orgpost-list-print)
  (let ((inhibit-read-only t))
    (save-excursion
      (goto-char (point-min))
      (insert (orgpost-budget--head orgpost-budget--standing)))))

(defun orgpost-budget--head (standing)
  "Return the lines that say how a day stands, of STANDING."
  (let-alist standing
    (concat (orgpost-budget--total .day .resets_at .global)
            "\n"
            (orgpost-budget--heading " " "From" "Tier" "Spent" "Promised" "Limit" "Today" "Hour")
            (if .senders (mapconcat #'orgpost-budget--sender .senders "")
              (propertize "Nobody has spent anything\n" 'face 'shadow))
            "\n"
            (propertize (format "  %-33s %-16s %9s  %s\n"
                                "Open task" "From" "Promised" "Why")
                        'face 'bold))))

(defun orgpost-budget--heading (&rest words)
  "Return WORDS as the heading of the table of senders."
  (propertize (concat (apply #'orgpost-budget--line words) "\n") 'face 'bold))

(defun orgpost-budget--line (mark from tier spent reserved limit today hour)
  "Return MARK, FROM, TIER, SPENT, RESERVED, LIMIT, TODAY and HOUR as one line."
  (format "%s %s %-7s %8s %8s %8s %5s %4s"
          mark (truncate-string-to-width from 16 0 ?\s "…") tier spent reserved limit today hour))

(defun orgpost-budget--total (day resets-at figures)
  "Return what all have spent on DAY, of FIGURES, and that it ends at RESETS-AT."
  (let-alist figures
    (concat (propertize (format "Tokens of %s (UTC)" day) 'face 'bold)
            (format ": %d spent, %d promised" .spent .reserved)
            (if (> .limit 0) (format " of %d  %s" .limit (orgpost-budget--bar figures)) "")
            (format "\nBudgets begin anew at %s\n" (orgpost-task-local resets-at)))))

(defun orgpost-budget--sender (sender)
  "Return the line of SENDER."
  (let-alist sender
    (concat (orgpost-budget--line
             (if (and .remaining (zerop .remaining)) (propertize "!" 'face 'orgpost-high) " ")
             (propertize (orgpost-one-line .actor) 'face 'orgpost-sender)
             (propertize .tier 'face (orgpost-tier-face .tier))
             .spent .reserved (if (> .limit 0) .limit "none") .tasks_today .tasks_this_hour)
            (if (> .limit 0) (concat "  " (orgpost-budget--bar sender)) "")
            "\n")))

(defun orgpost-budget--bar (figures)
  "Return a bar of what FIGURES say is spent, promised and left."
  (let-alist figures
    (let* ((bar (max 5 (min orgpost-budget--bar (- (orgpost-fit-room) 68))))
           (letters (lambda (tokens) (min bar (ceiling (* bar tokens) (float .limit)))))
           (spent (funcall letters .spent))
           (used (max spent (funcall letters (+ .spent .reserved)))))
      (concat "["
              (propertize (make-string spent ?#) 'face 'orgpost-high 'help-echo "spent")
              (propertize (make-string (- used spent) ?=) 'face 'orgpost-todo
                          'help-echo "promised")
              (propertize (make-string (- bar used) ?.) 'face 'shadow
                          'help-echo "left")
              "]"))))

(defun orgpost-budget--row (open)
  "Return the columns of OPEN, a task that has tokens."
  (let-alist open
    (vector ""
            (orgpost-one-line .id)
            (propertize (orgpost-one-line .from) 'face 'orgpost-sender)
            (number-to-string .tokens)
            (pcase .kind
              ("hold" "needs approval")
              ("reserve" "let in")
              (_ (orgpost-one-line .kind))))))

(defvar orgpost-budget-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map [remap tabulated-list-sort] #'undefined)
    map)
  "The keys that the budget has beside those of all lists.")

(define-derived-mode orgpost-budget-mode orgpost-list-mode "Budget"
  "What tasks have cost on a day, and the tasks that have tokens.

\\{orgpost-budget-mode-map}"
  (setq tabulated-list-format
        `[("" 1 nil) ("Open task" 33 nil) ("From" 16 nil)
          ("Promised" 9 nil :right-align t :pad-right 2) ("" 0 nil)])
  (setq orgpost-list-nothing "No task has tokens that it has not used"
        orgpost-list-question #'orgpost-budget--question
        orgpost-list-answered #'orgpost-budget--answered
        orgpost-list-printer #'orgpost-budget--print
        orgpost-list-row #'orgpost-budget--row))

(provide 'orgpost-budget)
;;; orgpost-budget.el ends here
