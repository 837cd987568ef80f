;;; orgpost-inbox.el --- The inbox, search and threads of orgpost  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; Lists of messages: an inbox, what a search found, a conversation.  All are
;; `orgpost-inbox-mode', and differ only in what the program is asked.

;;; Code:

(require 'easymenu)
(require 'orgpost-list)
(require 'orgpost-states)

(autoload 'orgpost-reply "orgpost-compose" "Answer a message." t)
(autoload 'orgpost-reply-all "orgpost-compose" "Answer a message and its recipients." t)

(defvar orgpost-search-history nil
  "What was searched for, the latest first.")

(defvar-local orgpost-inbox--words nil
  "What this list was searched for, a string.")

(defvar-local orgpost-inbox--unseen 0
  "How many unread messages this list does not show.")

;;;; The lists

;;;###autoload
(defun orgpost-inbox (&optional actor)
  "Show your unread mail; with a prefix argument that of another ACTOR."
  (interactive (list (and current-prefix-arg (orgpost-read-actor "Inbox of: "))))
  (let* ((orgpost-actor-here (or actor orgpost-actor-here))
         (whose (if orgpost-actor-here (format " of %s" orgpost-actor-here) "")))
    (orgpost-list-open (format "*orgpost inbox%s*" whose) 'orgpost-inbox-mode)))

;;;###autoload
(defun orgpost-search (words)
  "Show the messages in which all WORDS occur, archived ones too."
  (interactive (list (read-string "Search mail for: " nil 'orgpost-search-history)))
  (orgpost-list-open "*orgpost search*" 'orgpost-inbox-mode
                     (lambda ()
                       (setq orgpost-inbox--words words
                             orgpost-list-nothing "Nothing was found; `M-n' changes the words"
                             orgpost-list-question #'orgpost-inbox--search-question
                             orgpost-list-flags '((state . "--state") (from . "--from")
                                                  (tag . "--tag") (all . nil))))))

(defun orgpost-search-refine (words)
  "Search again for WORDS, beginning with those of this list."
  (interactive (list (read-string "Search mail for: "
                                  (and orgpost-inbox--words (concat orgpost-inbox--words " "))
                                  'orgpost-search-history)))
  (orgpost-search words))

;;;###autoload
(defun orgpost-thread (id)
  "Show the conversation to which the message or task ID belongs."
  (interactive (list (alist-get 'id (orgpost-list-entry))))
  (orgpost-list-open "*orgpost thread*" 'orgpost-inbox-mode
                     (lambda ()
                       (setq orgpost-list-question (lambda () (list "thread" id))
                             orgpost-list-flags '((all . nil))))))

(defun orgpost-inbox--question ()
  "Return what the program is asked for an inbox."
  (cons "inbox" (orgpost-list-limit-flags)))

(defun orgpost-inbox--search-question ()
  "Return what the program is asked for a search."
  `("search" ,@(orgpost-list-limit-flags) "--" ,@(split-string orgpost-inbox--words)))

(defun orgpost-inbox--answered (data)
  "Return the messages of DATA, and say in the mode line what they are."
  (let ((messages (alist-get 'messages data)))
    (setq orgpost-inbox--unseen (- (or (alist-get 'unread data) 0)
                                   (orgpost-inbox--unread messages)))
    (setq orgpost-list-about
          (cond ((alist-get 'query data) (format "%d found" (alist-get 'total data)))
                ((alist-get 'thread data) "thread")
                (t '(:eval (orgpost-inbox--count)))))
    messages))

(defun orgpost-inbox--unread (messages)
  "Return how many of MESSAGES are unread."
  (seq-count (lambda (message) (equal (alist-get 'state message) "UNREAD")) messages))

(defun orgpost-inbox--count ()
  "Return whose inbox this is, and how many messages in it are unread."
  (format "%s: %d unread" orgpost-list-actor
          (+ orgpost-inbox--unseen (orgpost-inbox--unread orgpost-list-entries))))

;;;; A line

(defun orgpost-inbox--row (message)
  "Return the columns of MESSAGE."
  (let* ((state (or (alist-get 'state message) ""))
         (face (orgpost-inbox--face state))
         (tier (orgpost-list-tier message)))
    (vector (orgpost-inbox--mark message state)
            (propertize (orgpost-age (alist-get 'created message)) 'face face)
            (propertize (orgpost-one-line (alist-get 'from message)) 'face 'orgpost-sender)
            (propertize (orgpost-one-line tier) 'face (orgpost-tier-face tier))
            (concat (propertize (orgpost-one-line (alist-get 'subject message)) 'face face)
                    (orgpost-fit-note (orgpost-inbox--notes message)))
            (orgpost-one-line (string-join (alist-get 'tags message) " ")))))

(defun orgpost-inbox--mark (message state)
  "Return what stands first in the line of MESSAGE: its STATE and its priority."
  (concat (propertize (if (string-empty-p state) "?" (orgpost-one-line (substring state 0 1)))
                      'face (orgpost-inbox--face state) 'help-echo state)
          (pcase (alist-get 'priority message)
            ("high" (propertize "!" 'face 'orgpost-high 'help-echo "high priority"))
            ("low" "-")
            (_ " "))))

(defun orgpost-inbox--face (state)
  "Return the face of a message in STATE."
  (pcase state
    ("UNREAD" 'orgpost-unread)
    ("TODO" 'orgpost-todo)
    ((or "DONE" "ARCHIVED") 'orgpost-done)
    (_ 'default)))

(defun orgpost-inbox--notes (message)
  "Return what is said after the subject of MESSAGE."
  (let ((files (length (alist-get 'files message))))
    (concat (and (> files 0) (format " (%d file%s)" files (if (= files 1) "" "s")))
            (and (alist-get 'expired message) " (expired)")
            (and (equal (alist-get 'stored message) "waiting")
                 (propertize " (waits for somebody's unsaved edits)" 'face 'orgpost-waiting)))))

(defun orgpost-inbox--younger-p (row other)
  "Say whether ROW came before OTHER, by the time that stands in their ids."
  (string< (orgpost-inbox--time (car row)) (orgpost-inbox--time (car other))))

(defun orgpost-inbox--time (id)
  "Return the time in ID."
  (if (string-match "-\\([0-9]+-[0-9]+\\)-" id) (match-string 1 id) id))

;;;; Commands

(defun orgpost-inbox-mark (state)
  "Mark the selected messages with STATE, a word of the program."
  (let* ((ids (orgpost-list-selected))
         (data (orgpost-list-change ids `("mark" ,@ids ,state))))
    (orgpost-list-update
     (mapcar (lambda (marked) (list (assq 'id marked) (assq 'state marked)))
             (alist-get 'marked data)))))

(defun orgpost-inbox-mark-read ()
  "Mark as read."
  (interactive)
  (orgpost-inbox-mark "read"))

(defun orgpost-inbox-mark-unread ()
  "Mark as unread."
  (interactive)
  (orgpost-inbox-mark "unread"))

(defun orgpost-inbox-mark-todo ()
  "Mark as to do."
  (interactive)
  (orgpost-inbox-mark "todo"))

(defun orgpost-inbox-mark-done ()
  "Mark as done."
  (interactive)
  (orgpost-inbox-mark "done"))

(defun orgpost-inbox-archive ()
  "Move finished messages to the archive."
  (interactive)
  (let* ((ids (orgpost-list-selected))
         (data (orgpost-list-change ids `("archive" ,@ids))))
    (orgpost-list-remove (alist-get 'archived data))
    (message "Archived %d" (length (alist-get 'archived data)))))

(defun orgpost-inbox-save-files (folder)
  "Save the files that came with the message into FOLDER."
  (interactive (list (read-directory-name "Save files into: ")))
  (let* ((id (alist-get 'id (orgpost-list-entry)))
         (place (file-local-name (expand-file-name folder)))
         (saved (progn (make-directory folder t)
                       (alist-get 'saved (orgpost-call (list "show" id "--save" place))))))
    (if saved (message "Saved %s" (string-join saved ", "))
      (user-error "No file came with this message"))))

(defun orgpost-inbox-other (actor)
  "Show the inbox of another ACTOR."
  (interactive (list (orgpost-read-actor "Inbox of: ")))
  (orgpost-inbox actor))

(defun orgpost-inbox-trace ()
  "Show how far the message got."
  (interactive)
  (orgpost-request 'trace (list "trace" (alist-get 'id (orgpost-list-entry)))
                   #'orgpost-inbox--show-trace))

(defun orgpost-inbox--show-trace (data)
  "Show DATA, the trace of a message."
  (with-help-window "*orgpost trace*"
    (princ (format "%s from %s to %s\n\n" (alist-get 'id data)
                   (orgpost-one-line (alist-get 'from data))
                   (orgpost-one-line (alist-get 'to data))))
    (dolist (rung (alist-get 'rungs data))
      (princ (format "%s %-10s %s %s\n" (if (alist-get 'reached rung) "x" ".")
                     (alist-get 'rung rung) (orgpost-inbox--moment (alist-get 'at rung))
                     (orgpost-one-line (or (alist-get 'by rung) "")))))
    (when-let ((task (alist-get 'task data)))
      (princ (format "\ntask %s is %s\n" (alist-get 'id task) (alist-get 'state task))))))

(defun orgpost-inbox--moment (time)
  "Return TIME, a UTC time of the program or nil, as people read it here."
  (if time (format-time-string "%F %a %H:%M" (orgpost-time time)) ""))

(defvar orgpost-inbox-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "r") #'orgpost-reply)
    (define-key map (kbd "R") #'orgpost-reply-all)
    (define-key map (kbd "u") #'orgpost-inbox-mark-unread)
    (define-key map (kbd "!") #'orgpost-inbox-mark-read)
    (define-key map (kbd "t") #'orgpost-inbox-mark-todo)
    (define-key map (kbd "d") #'orgpost-inbox-mark-done)
    (define-key map (kbd "a") #'orgpost-inbox-archive)
    (define-key map (kbd "T") #'orgpost-thread)
    (define-key map (kbd "y") #'orgpost-inbox-trace)
    (define-key map (kbd "F") #'orgpost-inbox-save-files)
    (define-key map (kbd "j") #'orgpost-inbox-other)
    (define-key map (kbd "M-n") #'orgpost-search-refine)
    map)
  "The keys of lists of messages.")

(easy-menu-define orgpost-inbox-menu orgpost-inbox-mode-map
  "What can be done with messages."
  '("Orgpost"
    ["Reply" orgpost-reply]
    ["Reply to all" orgpost-reply-all]
    ["Mark as read" orgpost-inbox-mark-read]
    ["Mark as unread" orgpost-inbox-mark-unread]
    ["Mark as to do" orgpost-inbox-mark-todo]
    ["Mark as done" orgpost-inbox-mark-done]
    ["Archive" orgpost-inbox-archive]
    ["Conversation" orgpost-thread]
    ["How far did it get?" orgpost-inbox-trace]
    ["Save its files" orgpost-inbox-save-files]
    ["Another inbox" orgpost-inbox-other]
    ["Refine the search" orgpost-search-refine]
    ["Tasks" orgpost-tasks]))

(define-derived-mode orgpost-inbox-mode orgpost-list-mode "Post"
  "A list of messages.

\\{orgpost-inbox-mode-map}"
  (setq tabulated-list-format
        `[("" 2 t) ("Age" 4 orgpost-inbox--younger-p :right-align t) ("From" 16 t) ("Tier" 7 t)
          ("Subject" 48 t) ("Tags" 0 t)])
  (setq orgpost-fit-column 4
        orgpost-list-states (mapcar #'car orgpost-message-moves)
        orgpost-list-nothing "No unread mail; `l l' shows all, `m' writes a message, `?' the keys"
        orgpost-list-question #'orgpost-inbox--question
        orgpost-list-answered #'orgpost-inbox--answered
        orgpost-list-row #'orgpost-inbox--row
        orgpost-list-flags '((all . "--all") (state . "--state") (from . "--from")
                             (tag . "--tag")))
  (tabulated-list-init-header))

(provide 'orgpost-inbox)
;;; orgpost-inbox.el ends here
