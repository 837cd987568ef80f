;;; orgpost-task.el --- Tasks of agents: lists, and what their owner decides  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; The list of tasks, `orgpost-tasks', and the verbs that its keys run: approve,
;; reject, cancel, retry, revise, archive.  They act on the tasks at point or in
;; the region, in any list of orgpost, also on the board and in the agenda.
;; `orgpost-task-dependencies' shows what waits for what.

;;; Code:

(require 'easymenu)
(require 'let-alist)
(require 'orgpost-list)
(require 'orgpost-states)

(autoload 'orgpost-task-revise "orgpost-compose" "Ask for a finished task again." t)

(defvar-local orgpost-task-agent nil
  "The agent whose tasks this list shows; nil for all agents of yours.")

;;;; The list

;;;###autoload
(defun orgpost-tasks (&optional agent)
  "Show the tasks of all your agents; with a prefix argument those of AGENT."
  (interactive (list (and current-prefix-arg (orgpost-task-read-agent))))
  (orgpost-list-open "*orgpost tasks*" 'orgpost-task-mode
                     (lambda () (setq orgpost-task-agent agent))))

(defconst orgpost-task--all "all of yours"
  "What is chosen for all agents; no agent has a blank in its name.")

(defun orgpost-task-read-agent ()
  "Ask for an agent; return nil where all of yours are chosen."
  ;; Some ways to complete always choose a candidate, so that all must be one.
  (let ((agent (completing-read "Tasks of: "
                                (cons orgpost-task--all
                                      (mapcar (lambda (it) (alist-get 'id it))
                                              (orgpost-actors "agent")))
                                nil t nil nil orgpost-task--all)))
    (unless (equal agent orgpost-task--all) agent)))

(defun orgpost-task-other (agent)
  "Show here the tasks of another AGENT; nil for all of yours."
  (interactive (list (orgpost-task-read-agent)))
  (setq orgpost-task-agent agent)
  (orgpost-list-refresh))

(defun orgpost-task-whose ()
  "Return the last arguments of a question, which are whose tasks this list is of."
  (if orgpost-task-agent (list "--" orgpost-task-agent) (list "--mine")))

(defun orgpost-task--question ()
  "Return the arguments with which the program is asked for tasks.
The limit is one for each state, so that no long queue hides what waits."
  `("task" "list" "--limit" "0"
    ,@(mapcar (lambda (word) (if (equal word "--limit") "--each" word)) (orgpost-list-limit-flags))
    ,@(orgpost-task-whose)))

(defun orgpost-task--answered (data)
  "Return the tasks of DATA, and say in the mode line how they stand."
  (setq orgpost-list-about (orgpost-task-counted (or orgpost-task-agent "yours")
                                                 (alist-get 'by_state data)))
  (alist-get 'tasks data))

(defun orgpost-task-counted (whose by-state)
  "Return in words WHOSE tasks these are, and how many there are BY-STATE."
  (concat (orgpost-one-line whose) ":"
          (if by-state
              (mapconcat (lambda (pair)
                           (format " %d %s" (cdr pair)
                                   (downcase (orgpost-one-line (symbol-name (car pair))))))
                         by-state ",")
            " no tasks")))

;;;; A line

(defun orgpost-task--row (task)
  "Return the columns of TASK."
  (let-alist task
    (let ((face (orgpost-task-face .state)))
      (vector (orgpost-task-mark task)
              (propertize (orgpost-age .created) 'face face)
              (propertize (orgpost-one-line .state) 'face face)
              (orgpost-one-line .agent)
              (propertize (orgpost-one-line .from) 'face 'orgpost-sender)
              (orgpost-task-tier task)
              (concat (propertize (orgpost-one-line .title) 'face face)
                      (orgpost-fit-note (orgpost-task--said-after task)))
              (orgpost-one-line (string-join .tags " "))))))

(defun orgpost-task-mark (task)
  "Return the mark of the priority of TASK."
  (pcase (alist-get 'priority task)
    ("high" (propertize "!" 'face 'orgpost-high 'help-echo "high priority"))
    ("low" "-")
    (_ " ")))

(defun orgpost-task-face (state)
  "Return the face of a task in STATE."
  (pcase state
    ("WAITING" 'orgpost-todo)
    ("WORKING" 'orgpost-unread)
    ((or "DEAD" "FAILED") 'orgpost-high)
    ((or "DONE" "REJECTED" "CANCELLED" "ARCHIVED") 'orgpost-done)
    (_ 'default)))

(defun orgpost-task-tier (task)
  "Return the tier of the sender of TASK, in its face."
  (let ((tier (orgpost-list-tier task)))
    (propertize (orgpost-one-line tier) 'face (orgpost-tier-face tier))))

(defun orgpost-task--said-after (task)
  "Return what stands after the title of TASK: its notes, and whether it waits."
  (let ((notes (orgpost-task-notes task)))
    (concat (and notes (propertize (format " (%s)" (string-join notes "; ")) 'face 'shadow))
            (orgpost-task-waiting task))))

(defun orgpost-task-waiting (task)
  "Return a note if TASK, or the word of its holder, waits for unsaved edits."
  (let-alist task
    (cond ((equal .stored "waiting")
           (propertize " (waits for somebody's unsaved edits)" 'face 'orgpost-waiting))
          ((equal .outcome "waiting")
           (propertize " (its outcome waits for somebody's unsaved edits)"
                       'face 'orgpost-waiting)))))

(defun orgpost-task-notes (task)
  "Return notes about TASK: its holder, or why it does not go on."
  (let-alist task
    (delq nil
          (list (and (equal .state "WORKING") (orgpost-task--held task))
                (and .cancel_requested "asked to stop")
                (and (equal .state "WAITING") (orgpost-task--awaited .awaiting))
                (and (equal .state "QUEUED") (not .ready) (orgpost-task--blocked task))))))

(defun orgpost-task--held (task)
  "Return the holder of TASK and what is left of the lease."
  (let-alist task
    (let ((left (and .lease_until
                     (float-time (time-subtract (orgpost-time .lease_until) nil)))))
      (cond ((null left) (and .holder (orgpost-one-line .holder)))
            ((< left 0) (format "the lease of %s is over" (orgpost-one-line .holder)))
            (t (format "%s, %s left" (orgpost-one-line .holder) (orgpost-task-span left)))))))

(defun orgpost-task-span (seconds)
  "Return SECONDS in words."
  (cond ((< seconds 120) (format "%d s" seconds))
        ((< seconds 7200) (format "%d min" (/ seconds 60)))
        ((< seconds 172800) (format "%d h" (/ seconds 3600)))
        (t (format "%d days" (/ seconds 86400)))))

(defun orgpost-task--awaited (awaiting)
  "Return what a task waits for that is AWAITING something."
  (pcase awaiting
    ("owner-approval" "needs approval")
    ("budget" "needs tokens")
    (_ (and awaiting (orgpost-one-line awaiting)))))

(defun orgpost-task--blocked (task)
  "Return why TASK, which is queued, cannot be claimed."
  (let-alist task
    (cond (.blocked_by
           (concat "after "
                   (mapconcat (lambda (it)
                                (format "%s (%s)"
                                        (orgpost-one-line (orgpost-task--titled (alist-get 'id it)))
                                        (orgpost-one-line (alist-get 'why it))))
                              .blocked_by ", ")))
          ((and .not_before (time-less-p nil (orgpost-time .not_before)))
           (concat "not before " (orgpost-task-local .not_before)))
          (.scheduled (concat "not before " (string-trim (orgpost-one-line .scheduled)
                                                         "[<[]" "[]>]"))))))

(defun orgpost-task-local (time)
  "Return TIME, a UTC time of the program, as people read it here."
  (let ((moment (orgpost-time time)))
    (format-time-string (if (equal (format-time-string "%F") (format-time-string "%F" moment))
                            "%H:%M" "%a %F %H:%M")
                        moment)))

(defun orgpost-task--younger-p (row other)
  "Say whether ROW was made before OTHER, by the time that stands in their ids."
  (string< (orgpost-task--time (car row)) (orgpost-task--time (car other))))

(defun orgpost-task--time (id)
  "Return the time in ID."
  (if (string-match "-\\([0-9]+-[0-9]+\\)-" id) (match-string 1 id) id))

;;;; What its owner decides

(defun orgpost-task--decide (verb words &optional flags)
  "Run VERB with FLAGS on the selected tasks and say WORDS of them."
  (let* ((ids (orgpost-list-selected))
         (data (orgpost-list-change ids `("task" ,verb ,@flags "--" ,@ids)))
         (tasks (alist-get 'tasks data)))
    (orgpost-list-update tasks)
    (message "%s %s" words (if (cdr tasks) (format "%d tasks" (length tasks))
                             (orgpost-one-line (alist-get 'title (car tasks)))))))

(defun orgpost-task-approve ()
  "Let waiting tasks in."
  (interactive)
  (orgpost-task--decide "approve" "Approved"))

(defun orgpost-task-reject (reason)
  "Turn waiting tasks away for a REASON, which their senders are told."
  (interactive (list (progn (orgpost-list-selected) (read-string "Reject; why: "))))
  (when (string-blank-p reason)
    (user-error "Nothing is rejected without a reason"))
  (orgpost-task--decide "reject" "Rejected" (list (concat "--reason=" reason))))

(defun orgpost-task-cancel (&optional reason now)
  "Take tasks back.
Where one is worked on there is a question first: its holder is asked to stop,
or with NOW it is taken from its holder at once.
With a prefix argument also ask for a REASON."
  (interactive (list (and current-prefix-arg (read-string "Cancel; why: "))
                     (orgpost-task--from-holder)))
  (orgpost-task--decide "cancel" "Cancelled"
                        `(,@(and reason (list (concat "--reason=" reason)))
                          ,@(and now '("--now")))))

(defun orgpost-task--from-holder ()
  "Ask how to cancel what is worked on; return t if it is to be taken away now."
  (when (seq-some (lambda (id) (equal (alist-get 'state (orgpost-list-find id)) "WORKING"))
                  (orgpost-list-selected))
    (pcase (car (read-multiple-choice
                 "It is worked on; cancel it?"
                 '((?y "ask" "Ask its holder to stop")
                   (?n "no" "Let it go on")
                   (?! "now" "Take it from its holder at once; its owner may"))))
      (?y nil)
      (?! t)
      (_ (user-error "Nothing is cancelled")))))

(defun orgpost-task-retry ()
  "Queue dead, failed or cancelled tasks again."
  (interactive)
  (orgpost-task--decide "retry" "Queued again:"))

(defun orgpost-task-archive ()
  "Move tasks that are over to the archive."
  (interactive)
  (let* ((ids (orgpost-list-selected))
         (data (orgpost-list-change ids `("task" "archive" "--" ,@ids))))
    (orgpost-list-remove (alist-get 'archived data))
    (message "Archived %d" (length (alist-get 'archived data)))))

;;;; What waits for what

(defvar-local orgpost-task--root nil
  "The id of the task whose dependencies this list shows.")

(defun orgpost-task-dependencies (id agent)
  "Show what the task ID of AGENT waits for, and what waits for it."
  (interactive (let-alist (orgpost-list-entry) (list .id .agent)))
  (orgpost-list-open "*orgpost dependencies*" 'orgpost-task-dependencies-mode
                     (lambda ()
                       (setq orgpost-task-agent agent
                             orgpost-task--root id
                             orgpost-list-about id))))

(defun orgpost-task--graph-question ()
  "Return what the program is asked for dependencies."
  (list "task" "graph" "--" orgpost-task-agent))

(defun orgpost-task--graph-answered (data)
  "Return those tasks of the graph DATA that hang together with the root."
  (let-alist data
    (let ((related (orgpost-task--related orgpost-task--root .edges))
          (before (orgpost-task--neighbours .edges 'from 'to))
          (nodes (make-hash-table :test #'equal)))
      (dolist (id .missing) (puthash id (orgpost-task--missing id) nodes))
      (dolist (node .nodes) (puthash (alist-get 'id node) node nodes))
      (mapcar (lambda (id)
                `(,@(gethash id nodes) (agent . ,orgpost-task-agent)
                  (after . ,(gethash id before))))
              ;; What stands in a circle is in no order, and comes last.
              (delete-dups (seq-filter (lambda (id) (gethash id related))
                                       (append .missing .order (hash-table-keys nodes))))))))

(defun orgpost-task--missing (id)
  "Return the node of the task ID, which is none."
  `((id . ,id) (title . "nobody knows this task") (state . "missing")))

(defun orgpost-task--related (root edges)
  "Return a table of the ids that ROOT leads to along EDGES, in either way."
  (let ((related (make-hash-table :test #'equal)))
    (dolist (ways (list (orgpost-task--neighbours edges 'from 'to)
                        (orgpost-task--neighbours edges 'to 'from)))
      (let ((open (list root)))
        (remhash root related)
        (while open
          (let ((id (pop open)))
            (unless (gethash id related)
              (puthash id t related)
              (setq open (append (gethash id ways) open)))))))
    related))

(defun orgpost-task--neighbours (edges near far)
  "Return a table of what the EDGES lead to from each id: from NEAR to FAR."
  (let ((ways (make-hash-table :test #'equal)))
    (dolist (edge edges ways)
      (push (alist-get far edge) (gethash (alist-get near edge) ways)))))

(defun orgpost-task--graph-row (node)
  "Return the columns of NODE of a graph."
  (let-alist node
    (let ((face (orgpost-task-face .state)))
      (vector (if (equal .id orgpost-task--root) ">" "")
              (propertize (orgpost-one-line .state) 'face face)
              (propertize (orgpost-one-line .title) 'face face)
              (orgpost-one-line .id)
              (mapconcat (lambda (id) (orgpost-one-line (orgpost-task--titled id))) .after ", ")))))

(defun orgpost-task--titled (id)
  "Return the title of the task ID in this list, or the id of one that has none."
  (or (alist-get 'title (orgpost-list-find id)) id))

;;;; Keys

(defvar orgpost-task-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "A") #'orgpost-task-approve)
    (define-key map (kbd "X") #'orgpost-task-reject)
    (define-key map (kbd "C") #'orgpost-task-cancel)
    (define-key map (kbd "r") #'orgpost-task-retry)
    (define-key map (kbd "v") #'orgpost-task-revise)
    (define-key map (kbd "a") #'orgpost-task-archive)
    (define-key map (kbd "+") #'orgpost-task-add)
    (define-key map (kbd "y") #'orgpost-task-dependencies)
    (define-key map (kbd "j") #'orgpost-task-other)
    map)
  "The keys of lists of tasks.")

(easy-menu-define orgpost-task-menu orgpost-task-mode-map
  "What can be done with tasks."
  '("Orgpost"
    ["Approve" orgpost-task-approve]
    ["Reject" orgpost-task-reject]
    ["Cancel" orgpost-task-cancel]
    ["Retry" orgpost-task-retry]
    ["Revise" orgpost-task-revise]
    ["Archive" orgpost-task-archive]
    ["Dependencies" orgpost-task-dependencies]
    ["New task" orgpost-task-add]
    ["Another agent" orgpost-task-other]
    ["Inbox" orgpost-inbox]))

(define-derived-mode orgpost-task-mode orgpost-list-mode "Tasks"
  "A list of tasks.

\\{orgpost-task-mode-map}"
  (setq tabulated-list-format
        `[("" 1 t) ("Age" 4 orgpost-task--younger-p :right-align t) ("State" 9 t) ("Agent" 12 t)
          ("From" 12 t) ("Tier" 7 t) ("Title" 48 t) ("Tags" 0 t)])
  (setq orgpost-fit-column 6
        orgpost-list-states (mapcar #'car orgpost-task-moves)
        orgpost-list-nothing "No open task; `l l' shows all, `+' makes one, `?' shows the keys"
        orgpost-list-question #'orgpost-task--question
        orgpost-list-answered #'orgpost-task--answered
        orgpost-list-row #'orgpost-task--row
        orgpost-list-flags '((all . "--all") (state . "--state") (from . "--from")))
  (tabulated-list-init-header))

(define-derived-mode orgpost-task-dependencies-mode orgpost-task-mode "Dependencies"
  "A list of tasks that wait for each other; what is waited for comes first.

\\{orgpost-task-dependencies-mode-map}"
  (setq tabulated-list-format
        `[("" 1 t) ("State" 9 t) ("Title" 40 t) ("Id" 34 t) ("After" 0 t)])
  (setq orgpost-fit-column 2
        orgpost-list-question #'orgpost-task--graph-question
        orgpost-list-answered #'orgpost-task--graph-answered
        orgpost-list-row #'orgpost-task--graph-row
        orgpost-list-flags nil)
  (tabulated-list-init-header))

(provide 'orgpost-task)
;;; orgpost-task.el ends here
