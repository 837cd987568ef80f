;;; orgpost-complete.el --- Completion in drafts  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; What may stand in the header fields of a draft.  Each list is asked of the
;; program when it is first wanted, once for a draft.

;;; Code:

(require 'orgpost-call)
(require 'orgpost-draft)

(defvar-local orgpost-complete--asked nil
  "An alist of what this draft has asked the program: kinds of words, and these.")

(defun orgpost-complete-at-point ()
  "Complete the word at point, if it stands in a header field."
  (when (< (point) (orgpost-draft-text-begin))
    (let* ((end (point))
           (field (save-excursion
                    (beginning-of-line)
                    (and (looking-at "\\([A-Z][A-Za-z-]*\\):[ \t]*")
                         (cons (match-string-no-properties 1) (match-end 0)))))
           (candidates (and field (>= end (cdr field)) (orgpost-complete--words (car field)))))
      (when candidates
        (list (orgpost-complete--begin (car field) (cdr field)) end candidates
              :annotation-function #'orgpost-complete--note
              :exclusive 'no)))))

(defun orgpost-complete--begin (field begin)
  "Return where the word before point begins in FIELD, whose value begins at BEGIN."
  (if (equal field "Attach") begin
    (save-excursion (skip-chars-backward "^, \t" begin) (point))))

(defun orgpost-complete--words (field)
  "Return what may stand in FIELD, a completion table."
  (pcase field
    ((or "To" "Cc") (mapcar #'car (orgpost-complete--actors)))
    ("Agent" (orgpost-complete--ask 'agents (lambda () (orgpost-complete--ids
                                                        (orgpost-actors "agent")))))
    ("Tags" (orgpost-complete--ask 'tags #'orgpost-complete--tags))
    ("Reply-To" (orgpost-complete--ask 'messages (lambda () (orgpost-complete--list "messages"))))
    ("Depends-On" (orgpost-complete--ask 'tasks (lambda () (orgpost-complete--list "tasks"))))
    ("Priority" '("high" "normal" "low"))
    ("Expects" '("none" "ack" "reply" "result"))
    ("Attach" #'completion-file-name-table)))

(defun orgpost-complete--ask (kind question)
  "Return the words of KIND; QUESTION is a function that is asked once."
  (or (alist-get kind orgpost-complete--asked)
      (setf (alist-get kind orgpost-complete--asked) (funcall question))))

(defun orgpost-complete--actors ()
  "Return everybody, an alist of ids and notes."
  (orgpost-complete--ask
   'actors (lambda ()
             (let ((actors (orgpost-actors)))
               (mapcar (lambda (id) (cons id (orgpost-actor-note id actors)))
                       (orgpost-complete--ids actors))))))

(defun orgpost-complete--ids (actors)
  "Return the ids of ACTORS."
  (mapcar (lambda (actor) (alist-get 'id actor)) actors))

(defun orgpost-complete--note (word)
  "Return what is said beside WORD: how far an actor is trusted."
  (cdr (assoc word (alist-get 'actors orgpost-complete--asked))))

(defun orgpost-complete--list (kind)
  "Return the ids of KIND that shells complete, the newest first."
  (alist-get 'words (orgpost-call (list "config" "completion" "--list" kind))))

(defun orgpost-complete--tags ()
  "Return the tags of your newest mail."
  (seq-uniq (seq-mapcat (lambda (message) (alist-get 'tags message))
                        (alist-get 'messages
                                   (orgpost-call '("inbox" "--all" "--limit" "200"))))))

(provide 'orgpost-complete)
;;; orgpost-complete.el ends here
