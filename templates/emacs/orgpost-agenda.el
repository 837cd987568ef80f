;;; orgpost-agenda.el --- a sample agenda over the tasks of a space  -*- lexical-binding: t; -*-

;; Input: `orgpost-agenda-space', the folder of the space; load this file from your init file.
;; Output: the agenda command "P" (C-c a P) over agents/*.org, and `orgpost-agenda-columns'.
;; Nothing in a body, title or value is run: sexps of the diary are left out of these views, the
;; agenda takes no local variables from the files, and it changes nothing by itself.

;;; Commentary:

;; Copy what you like.  `C-c a P' lists what waits for your approval, what is worked on and what is
;; dead; `t' on a line gives a task another state, as in every agenda.

;;; Code:

(require 'org)
(require 'org-agenda)

(defgroup orgpost-agenda nil
  "Views of the tasks of an orgpost space."
  :group 'org-agenda)

(defcustom orgpost-agenda-space (or (getenv "ORGPOST_SPACE") "~/orgpost/")
  "The folder of the space."
  :type 'directory
  :group 'orgpost-agenda)

(defconst orgpost-agenda-columns
  "%9TODO(State) %1PRIORITY(!) %40ITEM(Task) %10FROM(From) %7TRUST_TIER(Tier) %3ATTEMPT(Try) %LEASE"
  "The columns of a task; `org-columns' shows them.")

(defun orgpost-agenda-files ()
  "Return the task files of the space."
  (let ((folder (expand-file-name "org/messaging/agents" orgpost-agenda-space)))
    (and (file-directory-p folder)
         (directory-files folder t "\\`[^.].*\\.org\\'"))))

(defconst orgpost-agenda-command
  '("P" "orgpost: tasks of all agents"
    ((todo "WAITING" ((org-agenda-overriding-header "Waits for approval")))
     (todo "WORKING" ((org-agenda-overriding-header "Is worked on")))
     (todo "DEAD|FAILED" ((org-agenda-overriding-header "Is dead")))
     (todo "QUEUED" ((org-agenda-overriding-header "Is queued"))))
    ((org-agenda-files (orgpost-agenda-files))
     (org-agenda-todo-ignore-scheduled nil)
     (org-agenda-include-diary nil)
     (org-agenda-sorting-strategy '(priority-down time-up))
     (org-agenda-prefix-format '((todo . "  %-14c ")))
     (org-overriding-columns-format orgpost-agenda-columns)
     (enable-local-variables nil)
     (enable-local-eval nil)))
  "The agenda command.")

(add-to-list 'org-agenda-custom-commands orgpost-agenda-command)

(provide 'orgpost-agenda)
;;; orgpost-agenda.el ends here
