;;; orgpost.el --- Mail and tasks of people and agents, in Org files  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors

;; Author: orgpost contributors
;; Maintainer: orgpost contributors
;; Version: 0.3.0
;; Package-Requires: ((emacs "27.1"))
;; Keywords: comm, mail, outlines, convenience
;; URL: https://pypi.org/project/orgpost/
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; orgpost is a post office of plain Org files.  This package shows mail and
;; tasks, answers, marks and approves; `M-x orgpost' opens your inbox.
;;
;; This file is the ground of all others: options, faces, which space is meant
;; and who acts, words of others made fit to be shown, and the keys that lead in.
;; The package has no parser, lock or state logic of its own: every change goes
;; through `orgpost --json', and orgpost-call.el alone runs it.  To load a file of
;; the package changes nothing.

;;; Code:

(require 'subr-x)

(defgroup orgpost nil
  "Mail and tasks of people and agents, in Org files."
  :group 'org
  :prefix "orgpost-")

(defcustom orgpost-program "orgpost"
  "The program orgpost: a name on the variable `exec-path', or a path."
  :type 'string)

(defcustom orgpost-space nil
  "The folder that holds org/messaging.
If nil it is the nearest such folder upwards from the buffer's, else the one
that the program finds by itself."
  :type '(choice (const :tag "Found from the buffer" nil) directory)
  :safe #'null)

(defcustom orgpost-actor nil
  "As whom you act; if nil, who the program says you are."
  :type '(choice (const :tag "As the program says" nil) string))

(defcustom orgpost-timeout 15
  "How many seconds an answer of the program may take."
  :type 'number)

(defcustom orgpost-save-first 'ask
  "What to do before a change of state when a file of the post has unsaved edits.
The program changes no file that somebody is editing: t saves it first, nil
leaves it, and then the change may be refused."
  :type '(choice (const :tag "Ask" ask) (const :tag "Save it" t) (const :tag "Leave it" nil)))

(defcustom orgpost-remote nil
  "Whether the program may be run on another host, where the buffer is there."
  :type 'boolean)

;;;; Faces

(defgroup orgpost-faces nil
  "How mail and tasks look."
  :group 'orgpost
  :group 'faces)

(defface orgpost-unread '((t :inherit bold)) "What nobody has read.")
(defface orgpost-high '((t :inherit error)) "Of high priority.")
(defface orgpost-todo '((t :inherit warning)) "What is to be done.")
(defface orgpost-done '((t :inherit shadow)) "What is over.")
(defface orgpost-sender '((t :inherit font-lock-variable-name-face)) "Who wrote it.")
(defface orgpost-tier-owner '((t :inherit success)) "A sender of tier owner.")
(defface orgpost-tier-team '((t :inherit font-lock-type-face)) "A sender of tier team.")
(defface orgpost-tier-trusted '((t :inherit default)) "A sender of tier trusted.")
(defface orgpost-tier-unknown '((t :inherit warning)) "A sender whom nobody vouches for.")
(defface orgpost-fence '((t :inherit font-lock-comment-face)) "Where words of others begin.")
(defface orgpost-text '((t :inherit default)) "Words of others.")
(defface orgpost-hazard '((t :inherit warning)) "Words of somebody unknown; unseen characters.")
(defface orgpost-waiting '((t :inherit font-lock-comment-face)) "What waits for unsaved edits.")

(defun orgpost-tier-face (tier)
  "Return the face of TIER, a word of the program."
  (pcase tier
    ("owner" 'orgpost-tier-owner)
    ("team" 'orgpost-tier-team)
    ("trusted" 'orgpost-tier-trusted)
    (_ 'orgpost-tier-unknown)))

;;;; Which space, and who acts

(defvar-local orgpost-space-here nil
  "The space that this buffer shows, whatever `orgpost-space' says.")

(defvar-local orgpost-actor-here nil
  "As whom this buffer acts, whatever `orgpost-actor' says.")

(defvar-local orgpost-entry-here nil
  "The entry that this buffer shows, an alist; nil in lists.")

(defun orgpost-space-named ()
  "Return the folder of the space that is meant here, if Emacs can say."
  (let ((space (or orgpost-space-here orgpost-space
                   (locate-dominating-file default-directory "org/messaging"))))
    (and space (file-name-as-directory (expand-file-name space)))))

(defun orgpost-file-name (path)
  "Return PATH of an answer as Emacs names it: absolute, and on the buffer's host."
  (concat (file-remote-p default-directory)
          (file-name-as-directory (directory-file-name path))))

;;;; Words of others

(defconst orgpost-unseen
  (concat "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
          "\ufffe\uffff" (string #xe0000 ?- #xe01ef) (string #x3fff80 ?- #x3fffff) "]")
  "A regular expression for what could hide, reorder or forge text.")

(defun orgpost-glyph (character)
  "Return how CHARACTER, one of `orgpost-unseen', is shown."
  (let ((code (if (stringp character) (string-to-char character) character)))
    (cond ((< code 32) (format "^%c" (+ code 64)))
          ((= code 127) "^?")
          (t (format "‹%04X›" code)))))

(defun orgpost-visible (text)
  "Return TEXT without properties, and with what cannot be seen spelled out."
  (if (string-match-p orgpost-unseen text)
      (replace-regexp-in-string orgpost-unseen #'orgpost-glyph (substring-no-properties text) t t)
    (substring-no-properties text)))

(defun orgpost-one-line (text)
  "Return TEXT as `orgpost-visible' does, and on one line."
  (let ((visible (orgpost-visible (or text ""))))
    (if (string-match-p "[\n\t]" visible)
        (replace-regexp-in-string "[\n\t]" " " visible t t)
      visible)))

;;;; Times

(defun orgpost-time (time)
  "Return TIME, a UTC time of the program, as a time of Emacs."
  ;; With `date-to-time' a list would take so long that typing stalls.
  (encode-time (append (mapcar (lambda (place)
                                 (string-to-number (substring time (car place) (cdr place))))
                               '((17 . 19) (14 . 16) (11 . 13) (8 . 10) (5 . 7) (0 . 4)))
                       '(nil nil t))))

(defun orgpost-age (time)
  "Return how long ago TIME was, a UTC time of the program, in few letters."
  (let ((seconds (and time (float-time (time-subtract nil (orgpost-time time))))))
    (cond ((null seconds) "")
          ((< seconds 60) "now")
          ((< seconds 3600) (format "%dm" (/ seconds 60)))
          ((< seconds 86400) (format "%dh" (/ seconds 3600)))
          ((< seconds (* 365 86400)) (format "%dd" (/ seconds 86400)))
          (t (format "%dy" (/ seconds 365 86400))))))

;;;; The keys that lead in

(autoload 'orgpost-inbox "orgpost-inbox" "Show an inbox." t)
(autoload 'orgpost-search "orgpost-inbox" "Search all mail." t)
(autoload 'orgpost-compose "orgpost-compose" "Write a message." t)
(autoload 'orgpost-task-add "orgpost-compose" "Give an agent something to do." t)
(autoload 'orgpost-tasks "orgpost-task" "Show the tasks of an agent." t)
(autoload 'orgpost-board "orgpost-board" "Show tasks by their states." t)
(autoload 'orgpost-budget "orgpost-budget" "Show what tasks have cost." t)
(autoload 'orgpost-agenda "orgpost-agenda" "Show what is due." t)

(defvar orgpost-command-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "i") #'orgpost-inbox)
    (define-key map (kbd "s") #'orgpost-search)
    (define-key map (kbd "m") #'orgpost-compose)
    (define-key map (kbd "t") #'orgpost-tasks)
    (define-key map (kbd "+") #'orgpost-task-add)
    (define-key map (kbd "b") #'orgpost-board)
    (define-key map (kbd "$") #'orgpost-budget)
    (define-key map (kbd "c") #'orgpost-agenda)
    map)
  "Commands of orgpost; bind it to a key of your choice.")

;;;###autoload (autoload 'orgpost-command-map "orgpost" nil nil 'keymap)
(fset 'orgpost-command-map orgpost-command-map)

;;;###autoload
(defun orgpost ()
  "Show your inbox."
  (interactive)
  (call-interactively #'orgpost-inbox))

(provide 'orgpost)
;;; orgpost.el ends here
