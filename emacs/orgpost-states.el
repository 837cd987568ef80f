;;; orgpost-states.el --- The state tables of orgpost  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; Which moves there are.  This file is written by tests/emacs/states_in_lisp.py
;; from lib/orgpost/states.py, and a test compares the two: do not edit it.

;;; Code:

(defconst orgpost-message-moves
  '(("UNREAD" "READ" "TODO")
    ("READ" "UNREAD" "TODO" "DONE" "ARCHIVED")
    ("TODO" "READ" "DONE")
    ("DONE" "READ" "ARCHIVED")
    ("ARCHIVED"))
  "For each state of a message the states to which it may be marked.")

(defconst orgpost-message-composed
  '(("UNREAD" "DONE" "READ" "DONE"))
  "Moves of messages that are made as several, which follow: (FROM TO STEP...).")

(defconst orgpost-task-moves
  '(("WAITING"
     ("approve" "QUEUED")
     ("reject" "REJECTED")
     ("cancel" "CANCELLED"))
    ("QUEUED"
     ("cancel" "CANCELLED")
     ("claim" "WORKING"))
    ("WORKING"
     ("cancel" "WORKING" "CANCELLED")
     ("renew" "WORKING" "CANCELLED")
     ("release" "QUEUED" "CANCELLED" "DEAD")
     ("complete" "DONE" "CANCELLED" "QUEUED" "WAITING")
     ("fail" "QUEUED" "DEAD" "CANCELLED")
     ("expire" "QUEUED" "DEAD" "CANCELLED"))
    ("DONE"
     ("revise" "QUEUED")
     ("archive" "ARCHIVED"))
    ("FAILED"
     ("retry" "QUEUED")
     ("archive" "ARCHIVED"))
    ("DEAD"
     ("retry" "QUEUED")
     ("archive" "ARCHIVED"))
    ("REJECTED"
     ("archive" "ARCHIVED"))
    ("CANCELLED"
     ("retry" "QUEUED")
     ("archive" "ARCHIVED"))
    ("ARCHIVED"))
  "For each state of a task its events, each with the states to which it may lead.")

(defconst orgpost-task-ends
  '("DONE"
    "FAILED"
    "DEAD"
    "REJECTED"
    "CANCELLED")
  "The states of a task to which nothing happens by itself any more.")

(provide 'orgpost-states)
;;; orgpost-states.el ends here
