;;; orgpost-test-answers.el --- a person who answers every question  -*- lexical-binding: t; -*-

;;; Commentary:

;; Nothing may block where nobody can type: every question that Emacs would ask
;; a person is answered by an option and remembered in `orgpost-test-questions'.

;;; Code:

(load "userlock" nil t)  ; now, or its autoload would undo the answers below

(defvar orgpost-test-on-lock 'refuse
  "What the person does when another Emacs or program holds a file's lock.
`refuse' gives the edit up, `steal' takes the lock, `proceed' edits without it.")

(defvar orgpost-test-on-changed 'revert
  "What the person does when the file on disk is newer than the buffer.
`revert' reverts and gives the edit up, `edit' goes on, `refuse' gives it up.")

(defvar orgpost-test-save-anyway t
  "Whether the person saves a buffer over a file that is newer on disk.")

(defvar orgpost-test-questions nil
  "The questions that Emacs asked, newest first.")

(defun orgpost-test--asked (question)
  "Remember QUESTION."
  (push question orgpost-test-questions))

(defun orgpost-test--about-lock (file opponent)
  "Answer for FILE, which OPPONENT has locked, as `orgpost-test-on-lock' says."
  (orgpost-test--asked (format "%s locked by %s" (file-name-nondirectory file) opponent))
  (pcase orgpost-test-on-lock
    ('steal t)
    ('proceed nil)
    (_ (signal 'file-locked (list file opponent)))))

(defun orgpost-test--about-change (file)
  "Answer for FILE, which changed on disk, as `orgpost-test-on-changed' says."
  (orgpost-test--asked (format "%s changed on disk; really edit?" (file-name-nondirectory file)))
  (pcase orgpost-test-on-changed
    ('edit nil)
    ('revert (revert-buffer t t t)
             (signal 'file-supersession (list "File reverted" file)))
    (_ (signal 'file-supersession (list "File changed on disk" file)))))

(defun orgpost-test--yes-or-no (question)
  "Answer QUESTION: yes, but to saving over news as `orgpost-test-save-anyway' says."
  (orgpost-test--asked question)
  (if (string-match-p "Save anyway" question) orgpost-test-save-anyway t))

(fset 'ask-user-about-lock #'orgpost-test--about-lock)
(fset 'ask-user-about-supersession-threat #'orgpost-test--about-change)
(fset 'yes-or-no-p #'orgpost-test--yes-or-no)
(fset 'y-or-n-p #'orgpost-test--yes-or-no)

(provide 'orgpost-test-answers)
;;; orgpost-test-answers.el ends here
