;;; orgpost-limit.el --- What a list is limited by  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; A list shows entries in a state, of a sender, with a tag or of a tier, and not
;; too many.  Limits that the program knows are flags of the question; the others
;; are applied to its answer, `orgpost-list-limited'.

;;; Code:

(require 'orgpost)
(require 'seq)
(require 'subr-x)

(declare-function orgpost-list-refresh "orgpost-list" (&rest _))
(defvar orgpost-list-entries)

(defcustom orgpost-list-limit 200
  "How many lines a list has at most; 0 is no limit."
  :type 'integer
  :group 'orgpost)

(defvar-local orgpost-list-flags nil
  "An alist of the limits that the program itself applies, each with its flag.
A limit is a symbol: `all', `state', `from', `tag' or `tier'.")

(defvar-local orgpost-list-states nil
  "The states that an entry of this list may be in; nil for those that it shows.")

(defvar-local orgpost-list-limits nil
  "An alist of what limits this list, as in `orgpost-list-flags', with values.")

(defvar-local orgpost-list-left-out 0
  "How many more entries there are.")

(defun orgpost-list-limit-flags ()
  "Return the flags of the program for the limits of this list."
  (append (seq-mapcat (lambda (limit)
                        (let ((flag (alist-get (car limit) orgpost-list-flags)))
                          (cond ((null flag) nil)
                                ((eq (cdr limit) t) (list flag))
                                (t (list flag (cdr limit))))))
                      orgpost-list-limits)
          (list "--limit" (if (orgpost-list--own-limits) "0"
                            (number-to-string orgpost-list-limit)))))

(defun orgpost-list-limits-said ()
  "Return the limits of this list as the mode line has them."
  (mapconcat (lambda (limit)
               (if (eq (cdr limit) t) (format " %s" (car limit))
                 (format " %s:%s" (car limit) (orgpost-one-line (cdr limit)))))
             orgpost-list-limits ""))

(defun orgpost-list--own-limits ()
  "Return the limits that the program does not know."
  (seq-remove (lambda (limit) (assq (car limit) orgpost-list-flags)) orgpost-list-limits))

(defun orgpost-list-limited (entries)
  "Return those of ENTRIES that are within our own limits, but not too many."
  (let* ((own (orgpost-list--own-limits))
         (good (seq-filter (lambda (entry) (orgpost-list--within-p entry own)) entries)))
    (if (or (null own) (<= (length good) orgpost-list-limit) (zerop orgpost-list-limit))
        good
      (setq orgpost-list-left-out (- (length good) orgpost-list-limit))
      (seq-take good orgpost-list-limit))))

(defun orgpost-list--within-p (entry limits)
  "Say whether ENTRY is within all LIMITS."
  (seq-every-p (lambda (limit)
                 (pcase (car limit)
                   ('tag (member (cdr limit) (alist-get 'tags entry)))
                   ('tier (equal (cdr limit) (orgpost-list-tier entry)))
                   (key (equal (cdr limit) (alist-get key entry)))))
               limits))

(defun orgpost-list-tier (entry)
  "Return how far the sender of ENTRY is trusted."
  (or (alist-get 'tier entry) (alist-get 'trust_tier entry) "unknown"))

(defun orgpost-list--limit-to (kind prompt &optional choices)
  "Ask with PROMPT for one of CHOICES and limit the list by it, a value of KIND.
Without CHOICES these are the values that the entries have."
  (let* ((key (if (eq kind 'tag) 'tags kind))
         (values (flatten-tree (mapcar (lambda (it) (alist-get key it)) orgpost-list-entries)))
         (value (completing-read prompt (or choices (seq-uniq values)))))
    (setf (alist-get kind orgpost-list-limits nil t) (if (string-empty-p value) nil value))
    (orgpost-list-refresh)))

(defun orgpost-list-limit-state ()
  "Show only entries in a state."
  (interactive)
  (orgpost-list--limit-to 'state "State: " orgpost-list-states))

(defun orgpost-list-limit-sender ()
  "Show only entries of a sender."
  (interactive)
  (orgpost-list--limit-to 'from "Sender: "))

(defun orgpost-list-limit-tag ()
  "Show only entries with a tag."
  (interactive)
  (orgpost-list--limit-to 'tag "Tag: "))

(defun orgpost-list-limit-tier ()
  "Show only entries of senders of a tier."
  (interactive)
  (orgpost-list--limit-to 'tier "Tier: " '("owner" "team" "trusted" "unknown")))

(defun orgpost-list-limit-none ()
  "Show entries in every state, without a limit."
  (interactive)
  (setq orgpost-list-limits (list (cons 'all t)))
  (orgpost-list-refresh))

(defun orgpost-list-limit-open ()
  "Show what is not over, as when the list was opened."
  (interactive)
  (setq orgpost-list-limits nil)
  (orgpost-list-refresh))

(defvar orgpost-list-limit-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "s") #'orgpost-list-limit-state)
    (define-key map (kbd "f") #'orgpost-list-limit-sender)
    (define-key map (kbd "t") #'orgpost-list-limit-tag)
    (define-key map (kbd "r") #'orgpost-list-limit-tier)
    (define-key map (kbd "o") #'orgpost-list-limit-open)
    (define-key map (kbd "l") #'orgpost-list-limit-none)
    map)
  "What a list is limited by.")

(provide 'orgpost-limit)
;;; orgpost-limit.el ends here
