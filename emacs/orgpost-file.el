;;; orgpost-file.el --- A mode for the Org files of the post  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; `orgpost-file-mode' is for who reads and edits inboxes and task files as what they
;; are: Org files.  Programs write to them at the same time; orgpost-sync.el sees to
;; it that neither side notices.  Here is the rest:
;;
;; - C-c C-t offers the moves that a person may make and lets the program make them;
;; - other ways to change a state are stopped where the tables forbid the move;
;; - archiving moves an entry to the archive of the post;
;; - the header line says what is unread, to do, waiting.
;;
;; `orgpost-global-mode' turns it on in each such file that you open.

;;; Code:

(require 'cl-lib)
(require 'org)
(require 'orgpost-call)
(require 'orgpost-states)
(require 'orgpost-sync)

(declare-function orgpost-inbox "orgpost-inbox")
(declare-function orgpost-tasks "orgpost-task")

(defconst orgpost-file--place
  (concat "/org/messaging/\\(?:\\(inbox\\|agents\\|trays\\)/\\([^/]+\\)"
          "\\|archive/\\(inbox\\|agents\\|trays\\)-\\([^/]+\\)-[0-9]\\{4\\}-[0-9]\\{2\\}"
          "\\|[^/]+\\(?:/[^/]+\\)*\\)\\.org\\'")
  "The name of an Org file of a space: the folder and whose entries it holds.")

(defvar-local orgpost-file--kind nil
  "What the entries of this file are: message, task or nil.")

(defvar-local orgpost-file--owner nil
  "The actor, agent or tray whose entries these are, nil in archives.")

(defvar-local orgpost-file--waiting 0
  "How many entries waited to be folded in when the program was asked last.")

(defvar orgpost-file-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map [remap org-todo] #'orgpost-file-todo)
    (define-key map [remap org-open-at-point] #'orgpost-file-open)
    (define-key map [header-line mouse-1] #'orgpost-file-list)
    (dolist (command '(org-archive-subtree org-archive-subtree-default
                       org-archive-subtree-default-with-confirmation
                       org-archive-to-archive-sibling))
      (define-key map (vector 'remap command) #'orgpost-file-archive))
    map)
  "Keys in Org files of the post.")

;;;###autoload
(define-minor-mode orgpost-file-mode
  "Read and edit an Org file of the post while programs write to it.
The buffer is never behind its file, and a save is never over what came
meanwhile.  States are changed by the program: \\[orgpost-file-todo]."
  :lighter " post"
  (if orgpost-file-mode (orgpost-file--begin) (orgpost-file--end)))

(defun orgpost-file--begin ()
  "Turn on what `orgpost-file-mode' does in this buffer."
  (unless (and buffer-file-name (derived-mode-p 'org-mode)
               (string-match orgpost-file--place buffer-file-name))
    (setq orgpost-file-mode nil)
    (user-error "This is no Org file of a space"))
  (let ((folder (or (match-string 1 buffer-file-name) (match-string 3 buffer-file-name))))
    (setq orgpost-file--owner (match-string 2 buffer-file-name)
          orgpost-file--kind (pcase folder
                               ("inbox" 'message)
                               ((or "agents" "trays") 'task))))
  (orgpost-sync-begin)
  (when orgpost-file--owner
    (setq-local header-line-format '(:eval (orgpost-file--header))))
  (add-hook 'org-blocker-hook #'orgpost-file--allow nil t)
  (add-hook 'after-save-hook #'orgpost-file--fold-soon nil t)
  (add-hook 'change-major-mode-hook #'orgpost-file--leave nil t)
  (add-hook 'after-change-major-mode-hook #'orgpost-file--return nil t))

(defun orgpost-file--end ()
  "Turn off what `orgpost-file-mode' does in this buffer."
  (orgpost-sync-end)
  (kill-local-variable 'header-line-format)
  (remove-hook 'org-blocker-hook #'orgpost-file--allow t)
  (remove-hook 'after-save-hook #'orgpost-file--fold-soon t)
  (remove-hook 'change-major-mode-hook #'orgpost-file--leave t)
  (remove-hook 'after-change-major-mode-hook #'orgpost-file--return t))

(defun orgpost-file--leave ()
  "Leave nothing half done where the major mode is made anew."
  (orgpost-sync-end))

(defun orgpost-file--return ()
  "Turn the mode on again where Org was made anew, as by `org-mode-restart'."
  (remove-hook 'after-change-major-mode-hook #'orgpost-file--return t)
  (when (derived-mode-p 'org-mode) (orgpost-file-mode)))
(put 'orgpost-file--return 'permanent-local-hook t)

;;;###autoload
(define-minor-mode orgpost-global-mode
  "Turn `orgpost-file-mode' on in each Org file of a space that is opened."
  :global t
  :group 'orgpost
  (if orgpost-global-mode
      (add-hook 'find-file-hook #'orgpost-file--turn-on)
    (remove-hook 'find-file-hook #'orgpost-file--turn-on)))

(defun orgpost-file--turn-on ()
  "Turn the mode on if this is an Org file of a space."
  (when (and (derived-mode-p 'org-mode)
             (string-match-p orgpost-file--place (or buffer-file-name "")))
    (orgpost-file-mode)))

(defun orgpost-file-unload-function ()
  "Undo what the modes did."
  (orgpost-global-mode -1)
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (when (bound-and-true-p orgpost-file-mode) (orgpost-file-mode -1))))
  nil)

;;;; Which moves there are

(defconst orgpost-file--verbs '("approve" "reject" "cancel" "retry" "revise" "archive")
  "Events of tasks that are a person's to make; all others are a holder's.")

(defconst orgpost-file--own-moves
  '(("QUEUED" "DONE" "FAILED")
    ("WORKING" "DONE" "FAILED")
    ("FAILED" "DONE")
    ("DEAD" "DONE" "FAILED"))
  "Moves of tasks that no verb makes, and that are a person's own word.")

(defun orgpost-file-moves (kind state)
  "Return where a person may move an entry of KIND from STATE: an alist.
Each target has the verb that leads there, or nil where the keyword is all."
  (if (eq kind 'message)
      (append
       (mapcar (lambda (to) (cons to (if (equal to "ARCHIVED") "archive" "mark")))
               (cdr (assoc state orgpost-message-moves)))
       (mapcar (lambda (move) (cons (nth 1 move) "mark"))
               (seq-filter (lambda (move) (equal (car move) state)) orgpost-message-composed)))
    (append
     (mapcar (lambda (event) (cons (car (last event)) (car event)))
             (seq-filter (lambda (event) (member (car event) orgpost-file--verbs))
                         (cdr (assoc state orgpost-task-moves))))
     (mapcar #'list (cdr (assoc state orgpost-file--own-moves))))))

(defun orgpost-file--states (kind)
  "Return the states that entries of KIND may have."
  (mapcar #'car (if (eq kind 'message) orgpost-message-moves orgpost-task-moves)))

(defun orgpost-file--allow (change)
  "Stop a CHANGE of state that the tables forbid a person.
It is for `org-blocker-hook'."
  (let ((from (substring-no-properties (format "%s" (or (plist-get change :from) ""))))
        (to (and (stringp (plist-get change :to))
                 (substring-no-properties (plist-get change :to))))
        (states (orgpost-file--states orgpost-file--kind)))
    (when (and (eq (plist-get change :type) 'todo-state-change)
               ;; Org asks with symbols whether an entry is blocked at all; and a person's own
               ;; keywords are a person's.
               (stringp (plist-get change :from))
               (member from states)
               (or (null to) (member to states))
               (not (equal from to))
               (save-excursion (goto-char (plist-get change :position)) (orgpost-file--id))
               (not (assoc to (orgpost-file-moves orgpost-file--kind from))))
      (user-error "%s" (orgpost-file--why-not from to))))
  t)

(defun orgpost-file--why-not (from to)
  "Say why a person does not move an entry from FROM to TO."
  (let ((events (mapcar #'car (seq-filter (lambda (event) (member to (cdr event)))
                                          (cdr (assoc from orgpost-task-moves))))))
    (cond ((null to) (format "Without a state nobody would find it again; from %s leads: %s"
                             from (orgpost-file--ways from)))
          ((and (eq orgpost-file--kind 'task) events)
           (format "%s is set by \"task %s\"" to (string-join events "\", \"task ")))
          (t (format "No move leads from %s to %s; there is: %s"
                     from to (orgpost-file--ways from))))))

(defun orgpost-file--ways (from)
  "Return the states to which a person may move an entry from FROM, in words."
  (let ((moves (orgpost-file-moves orgpost-file--kind from)))
    (if moves (mapconcat #'car moves ", ") "nothing")))

;;;; Making them

(defun orgpost-file--id ()
  "Return the ID of the entry at point; nil on a person's own heading."
  (and orgpost-file--kind
       (ignore-errors
         (save-excursion
           (org-back-to-heading t)
           (and (looking-at-p "\\* ") (org-entry-get (point) "ID"))))))

(defun orgpost-file-todo (&optional argument)
  "Change the state of the entry at point, by the program.
On other headings, and with an ARGUMENT, do `org-todo'."
  (interactive "P")
  (let ((id (and (not argument) (orgpost-file--id))))
    (if (not id)
        (call-interactively #'org-todo)
      (let* ((from (or (org-get-todo-state) ""))
             (moves (or (orgpost-file-moves orgpost-file--kind from)
                        (user-error "From %s leads no move" from)))
             (to (completing-read (format "%s to: " from) moves nil t))
             (verb (cdr (assoc to moves))))
        (if verb
            (orgpost-file--change id verb to)
          (org-todo to))))))

(defun orgpost-file--change (id verb to)
  "Let the program move the entry ID, by VERB and to TO; then show it."
  (let ((task (eq orgpost-file--kind 'task)) (input nil) (flags nil))
    (pcase verb
      ("reject" (setq flags (list "--reason" (orgpost-file--read "Rejected because: "))))
      ("cancel" (let ((reason (read-string "Cancelled because (may be empty): ")))
                  (unless (string-blank-p reason) (setq flags (list "--reason" reason)))))
      ("revise" (setq input (orgpost-file--read "What should be better: ")
                      flags '("--feedback" "-"))))
    (orgpost-change (append (and task '("task")) (list verb) flags (list "--" id)
                            (and (equal verb "mark") (list (downcase to))))
                    input)
    (orgpost-sync-catch-up)))

(defun orgpost-file--read (prompt)
  "Ask with PROMPT for words, which may not be missing."
  (let ((words (read-string prompt)))
    (if (string-blank-p words) (user-error "It needs a reason") words)))

(defun orgpost-file-archive ()
  "Move the entry at point to the archive of the post.
On other headings do what Org does."
  (interactive)
  (let ((id (orgpost-file--id)))
    (if id
        (orgpost-file--change id "archive" "ARCHIVED")
      (call-interactively (if (eq this-original-command this-command)
                              #'org-archive-subtree
                            this-original-command)))))

;;;; What the file holds, in one line

(defvar-local orgpost-file--counted nil
  "(TICK TIME LINE): what was counted last.")

(defun orgpost-file--header ()
  "Return the header line, counted anew at most once a second."
  (pcase-let ((tick (buffer-chars-modified-tick))
              (`(,then ,time ,line) orgpost-file--counted))
    (if (and line (or (equal tick then) (< (- (float-time) time) 1)))
        (concat line (orgpost-file--waiting-words))
      (setq line (orgpost-file--line)
            orgpost-file--counted (list tick (float-time) line))
      (concat line (orgpost-file--waiting-words)))))

(defun orgpost-file--line ()
  "Return in words what stands in this file."
  (let* ((counts (orgpost-file--counts))
         (words (if (eq orgpost-file--kind 'message)
                    '(("UNREAD" "unread" orgpost-unread) ("TODO" "to do" orgpost-todo))
                  '(("WAITING" "to approve" orgpost-todo) ("QUEUED" "queued" default)
                    ("WORKING" "working" default) ("DEAD" "dead" orgpost-high))))
         (high (gethash "high" counts 0)))
    (concat " " (or orgpost-file--owner "archive")
            (mapconcat
             (pcase-lambda (`(,state ,word ,face))
               (let ((count (gethash state counts 0)))
                 (concat "  "
                         (propertize (format "%d %s" count word)
                                     'face (if (> count 0) face 'shadow))
                         (and (equal state "UNREAD") (> high 0)
                              (propertize (format " (%d high)" high) 'face 'orgpost-high)))))
             words ""))))

(defun orgpost-file--counts ()
  "Return a table of how many entries are in which state, found without parsing."
  (let ((counts (make-hash-table :test #'equal)) (case-fold-search nil))
    (save-excursion
      (save-restriction
        (widen)
        (goto-char (point-min))
        (while (re-search-forward "^\\* +\\([A-Z]+\\)\\(?: +\\(\\[#A\\]\\)\\)?\\(?: \\|$\\)" nil t)
          (cl-incf (gethash (match-string-no-properties 1) counts 0))
          (when (and (match-beginning 2) (equal (match-string-no-properties 1) "UNREAD"))
            (cl-incf (gethash "high" counts 0))))))
    counts))

(defun orgpost-file--waiting-words ()
  "Say how many entries wait for this buffer to be saved."
  (if (= orgpost-file--waiting 0) ""
    (propertize (format "  |  %d waiting to be folded in" orgpost-file--waiting)
                'face 'orgpost-waiting)))

(defun orgpost-file-open (&optional argument)
  "Above the first heading open the list of these entries, else what is at point.
ARGUMENT is that of `org-open-at-point'."
  (interactive "P")
  (if (and orgpost-file--owner (org-before-first-heading-p))
      (orgpost-file-list)
    (org-open-at-point argument)))

(defun orgpost-file-list (&optional event)
  "Open the list of the entries of this file, or of the one where EVENT is."
  (interactive (list last-nonmenu-event))
  (with-current-buffer (if (mouse-event-p event)
                           (window-buffer (posn-window (event-start event)))
                         (current-buffer))
    (unless orgpost-file--owner (user-error "There is no list of these"))
    (if (eq orgpost-file--kind 'message)
        (orgpost-inbox orgpost-file--owner)
      (orgpost-tasks orgpost-file--owner))))

;;;; What waited for the save

(defconst orgpost-file--quiet-seconds 0.4
  "A program leaves a file alone for a quarter of a second after a save.")

(defun orgpost-file--fold-soon ()
  "Let the program put in, in a moment, what waited for this buffer to be saved."
  (run-at-time orgpost-file--quiet-seconds nil #'orgpost-file--fold (current-buffer)))

(defun orgpost-file--fold (buffer)
  "Let the program read the file of BUFFER: that folds in what waited."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (when (and orgpost-file-mode orgpost-file--owner
                 (or orgpost-remote (not (file-remote-p default-directory))))
        (ignore-errors
          (let ((orgpost-actor-here (if (eq orgpost-file--kind 'message) orgpost-file--owner
                                      orgpost-actor-here)))
            (orgpost-request 'fold (orgpost-file--question)
                             #'orgpost-file--folded #'ignore)))))))

(defun orgpost-file--question ()
  "Return what the program is asked about this file."
  (if (eq orgpost-file--kind 'message)
      (list "inbox" "--limit" "0")
    (list "task" "list" "--limit" "0" "--" orgpost-file--owner)))

(defun orgpost-file--folded (data)
  "Take in what was folded in; of DATA, count what still waits."
  (setq orgpost-file--waiting
        (seq-count (lambda (entry) (equal (alist-get 'stored entry) "waiting"))
                   (or (alist-get 'messages data) (alist-get 'tasks data))))
  (orgpost-sync-catch-up)
  (force-mode-line-update))

(provide 'orgpost-file)
;;; orgpost-file.el ends here
