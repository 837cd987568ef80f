;;; orgpost-capture.el --- Templates by which Org captures mail and tasks  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; `orgpost-capture-templates' are for `org-capture-templates': put them there.
;; They capture into a draft, with the region and the link as its text, and C-c C-c
;; sends it by the program; nothing is captured into anybody's file.
;;
;; The template itself is empty: what Org puts into one it would evaluate, and what
;; it captured it would clean of empty lines.  So the text is inserted afterwards.

;;; Code:

(require 'org-capture)
(require 'orgpost-compose)

(defvar orgpost-capture-templates
  '(("p" "Post")
    ("pm" "Message" plain (function orgpost-capture-message) "" :unnarrowed t :no-save t)
    ("pt" "Task" plain (function orgpost-capture-task) "" :unnarrowed t :no-save t))
  "Templates for `org-capture-templates', for a message and for a task.")

(defvar-local orgpost-capture--text nil
  "The text that this draft begins with.")

(defun orgpost-capture-message ()
  "Go to a new draft of a message, to capture into it."
  (orgpost-capture--open 'message))

(defun orgpost-capture-task ()
  "Go to a new draft of a task, to capture into it."
  (orgpost-capture--open 'task))

(defun orgpost-capture--open (kind)
  "Go to a new draft of KIND, which is sent when the capture is finished."
  (let ((text (orgpost-capture--captured)))
    (set-buffer (orgpost-draft-open kind nil))
    (setq orgpost-capture--text text)
    ;; A bookmark would lead to where the draft was.
    (setq-local org-capture-bookmark nil)
    ;; The buffer in which Org captures is a clone of this one, hooks included.
    (add-hook 'org-capture-mode-hook #'orgpost-capture--begin nil t)
    (add-hook 'org-capture-prepare-finalize-hook #'orgpost-capture--finish nil t)
    (goto-char (orgpost-draft-text-begin))))

(defun orgpost-capture--captured ()
  "Return the region and the link that Org captures, as text."
  (let ((region (substring-no-properties (or (org-capture-get :initial) "")))
        (link (substring-no-properties (or (org-capture-get :annotation) ""))))
    (concat region
            (unless (or (string-empty-p region) (string-suffix-p "\n" region)) "\n")
            link
            (unless (string-empty-p link) "\n"))))

(defun orgpost-capture--begin ()
  "Insert the text, and go to the first field that must be filled."
  (when org-capture-mode
    (goto-char (orgpost-draft-text-begin))
    (insert orgpost-capture--text)
    (orgpost-draft-to-first-empty)))

(defun orgpost-capture--finish ()
  "Send the draft; where it is refused the capture is not finished, and it stays.
A capture that is given up takes its draft along."
  (let ((draft (buffer-base-buffer))
        (said (if org-note-abort "Dropped the draft" (orgpost-compose-submit))))
    (with-current-buffer draft (orgpost-draft-discard))
    (orgpost-draft-discard)
    ;; Org still needs the buffer until it has finished.
    (run-at-time 0 nil #'orgpost-capture--close draft said)))

(defun orgpost-capture--close (draft said)
  "Close the buffer of DRAFT and tell what was SAID."
  (when (buffer-live-p draft)
    (with-current-buffer draft (set-buffer-modified-p nil))
    (kill-buffer draft))
  (message "%s" said))

(provide 'orgpost-capture)
;;; orgpost-capture.el ends here
