;;; orgpost-sync.el --- A buffer and its file: never behind, never over  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; Programs write to a file that a person has open.  `orgpost-sync-begin' sees to it,
;; in one buffer, that both go on as if they were alone:
;;
;; - a buffer without edits takes in what is new before each command, and when
;;   auto-revert says so; only the entries that differ are touched;
;; - a buffer with edits takes in what is new before it is saved; where a person and
;;   a program changed the same entry, nothing is saved and the entry is named.
;;
;; So Emacs's own questions, "really edit?" and "save anyway?", would only ask for
;; what is settled already.  Emacs asks them when it knows the file's time, so it is
;; not told the time while there are edits.  Emacs's lock is taken as always, but
;; after the command that made the first edit: a program holds it for a millisecond,
;; and no key that is typed in that millisecond should raise a question.

;;; Code:

(require 'autorevert)
(require 'orgpost-merge)
(require 'subr-x)

(declare-function ediff-buffers "ediff")
(declare-function org-flag-subtree "org")
(declare-function org-fold-region "org-fold")
(declare-function org-fold-subtree "org-fold")
(declare-function org-invisible-p "org-macs")
(declare-function outline-flag-region "outline")

(defvar-local orgpost-sync--base nil
  "(FILE . TEXT): what was on disk before there were edits, while there are any.")

(defvar-local orgpost-sync--time nil
  "The time of the file that the buffer knows, while Emacs is not told.")

(defvar orgpost-sync--commanded nil
  "Buffers in which a command runs that has edited nothing yet.")

(defconst orgpost-sync--locals
  '((backup-by-copying . t)             ; the file is never missing
    (require-final-newline . t)
    (file-precious-flag . nil)          ; gives the lock back before the file is there
    (auto-revert-verbose . nil))
  "What is set in a buffer, whatever its owner's init file says.")

(defun orgpost-sync-begin ()
  "Keep this buffer and its file together from now on."
  (pcase-dolist (`(,option . ,value) orgpost-sync--locals)
    (set (make-local-variable option) value))
  (setq-local create-lockfiles t)
  (when (boundp 'lock-file-name-transforms) ; Emacs 28
    (set (make-local-variable 'lock-file-name-transforms) nil))
  (setq-local buffer-stale-function #'orgpost-sync--stale-p)
  (setq-local revert-buffer-function #'orgpost-sync--revert)
  (add-hook 'pre-command-hook #'orgpost-sync--before-command nil t)
  (add-hook 'first-change-hook #'orgpost-sync--before-edit nil t)
  (add-hook 'write-contents-functions #'orgpost-sync--before-save nil t)
  (add-hook 'after-save-hook #'orgpost-sync--forget nil t)
  (auto-revert-mode))

(defun orgpost-sync-end ()
  "Leave this buffer to Emacs."
  (setq orgpost-sync--commanded (delq (current-buffer) orgpost-sync--commanded))
  (orgpost-sync--tell-time)
  (setq orgpost-sync--base nil)
  (mapc #'kill-local-variable
        `(create-lockfiles lock-file-name-transforms buffer-stale-function revert-buffer-function
                           ,@(mapcar #'car orgpost-sync--locals)))
  (remove-hook 'pre-command-hook #'orgpost-sync--before-command t)
  (remove-hook 'first-change-hook #'orgpost-sync--before-edit t)
  (remove-hook 'write-contents-functions #'orgpost-sync--before-save t)
  (remove-hook 'after-save-hook #'orgpost-sync--forget t)
  (auto-revert-mode -1))

;;;; What time it is

(defun orgpost-sync--hide-time ()
  "Do not tell Emacs which state of the file this buffer knows."
  (unless orgpost-sync--time
    (setq orgpost-sync--time (visited-file-modtime))
    (clear-visited-file-modtime)))

(defun orgpost-sync--tell-time ()
  "Tell Emacs again which state of the file this buffer knows."
  (when orgpost-sync--time
    (set-visited-file-modtime orgpost-sync--time)
    (setq orgpost-sync--time nil)))

(defun orgpost-sync--time-on-disk ()
  "Return when the file was written last, nil if it is not there."
  (file-attribute-modification-time (file-attributes buffer-file-name)))

(defun orgpost-sync--behind-p ()
  "Say whether the file is there, and not as this buffer knows it."
  (let ((now (orgpost-sync--time-on-disk))
        (known (or orgpost-sync--time (visited-file-modtime))))
    (and now (not (time-equal-p now known)))))

(defun orgpost-sync--on-disk ()
  "Return (TEXT . TIME) of the file, nil while somebody is in the middle of a save."
  (let ((file buffer-file-name) (coding buffer-file-coding-system) (tries 5) found)
    (while (and (not found) (> (setq tries (1- tries)) 0))
      (let* ((before (orgpost-sync--time-on-disk))
             (text (with-temp-buffer
                     (let ((coding-system-for-read coding))
                       (ignore-errors (insert-file-contents file)))
                     (buffer-string))))
        (if (and before
                 (not (string-empty-p text))
                 (time-equal-p before (orgpost-sync--time-on-disk)))
            (setq found (cons text before))
          (sleep-for 0.01))))
    found))

;;;; Never behind

(defun orgpost-sync-catch-up ()
  "Take in what is new on disk, if this buffer has no edits."
  (when (and (not (buffer-modified-p)) (orgpost-sync--behind-p))
    (when-let ((disk (orgpost-sync--on-disk)))
      (orgpost-sync--become (car disk))
      (orgpost-sync--is-now (cdr disk)))))

(defun orgpost-sync--is-now (time)
  "Note that this buffer is as its file was at TIME."
  (set-buffer-modified-p nil)
  (set-visited-file-modtime time)
  (orgpost-sync--forget))

(defun orgpost-sync--forget ()
  "Forget what was only of use while there were edits."
  (setq orgpost-sync--base nil
        orgpost-sync--time nil))

(defun orgpost-sync--become (text)
  "Give this buffer TEXT.
Point, windows, mark, narrowing and folds stay where they are in their entries."
  (let ((first-change-hook nil)
        (create-lockfiles nil)
        (inhibit-read-only t)
        (begin (and (buffer-narrowed-p) (copy-marker (point-min))))
        (end (and (buffer-narrowed-p) (copy-marker (point-max))))
        (at-end (and (eobp) (bolp)))
        (undo buffer-undo-list)
        added)
    (orgpost-sync--hide-time)
    (save-excursion
      (widen)
      (let ((was (buffer-substring-no-properties (point-min) (point-max))))
        (setq buffer-undo-list t)
        (unwind-protect (setq added (orgpost-merge-become text))
          ;; To undo what a program wrote would be to delete it.
          (setq buffer-undo-list (and (or (eq undo t) (string-prefix-p was text)) undo))))
      (mapc #'orgpost-sync--fold added))
    (when (and begin (< begin end))
      (narrow-to-region begin end))
    ;; Before a heading, on its line, nobody wants to go on typing.
    (when at-end (goto-char (point-max)))))

(defun orgpost-sync--fold (entry)
  "Fold what is new at the marker ENTRY."
  (goto-char entry)
  (when (and (derived-mode-p 'org-mode) (looking-at-p "\\* "))
    (if (fboundp 'org-fold-subtree) (org-fold-subtree t) (org-flag-subtree t))
    ;; Org folds the last entry with its line end, and now it is the last no more.
    (let ((line-end (1- (point))))
      (when (and (> (point) (point-min)) (org-invisible-p line-end))
        (if (fboundp 'org-fold-region)
            (org-fold-region line-end (point) nil)
          (outline-flag-region line-end (point) nil)))))
  (set-marker entry nil))

(defun orgpost-sync--stale-p (&optional _)
  "Take in what is new, so that nothing is left to do for auto-revert.
It would move point to the end where point was at the end before."
  (orgpost-sync-catch-up)
  nil)

(defun orgpost-sync--revert (_ignore-auto noconfirm)
  "Read the file again and give up the edits, after a question unless NOCONFIRM."
  (when (or noconfirm (not (buffer-modified-p))
            (yes-or-no-p (format "Discard edits and reread %s? " (buffer-name))))
    (let ((disk (or (orgpost-sync--on-disk) (user-error "%s cannot be read now" (buffer-name)))))
      (run-hooks 'before-revert-hook)
      (orgpost-sync--become (car disk))
      (orgpost-sync--is-now (cdr disk))
      (run-hooks 'after-revert-hook)
      t)))

;;;; Around a command

(defun orgpost-sync--before-command ()
  "Take in what is new, and let no question come up if the command edits something."
  (when buffer-file-name
    (with-demoted-errors "orgpost: %S"
      (cond ((not (buffer-modified-p))
             (orgpost-sync-catch-up)
             (unless (orgpost-sync--somebody-edits-p)
               (setq create-lockfiles nil)
               (orgpost-sync--hide-time)
               (orgpost-sync--expect-after)))
            ((memq this-command '(undo undo-only undo-redo))
             ;; By the time it sees whether all edits are undone.
             (orgpost-sync--tell-time)
             (orgpost-sync--expect-after))))))

(defun orgpost-sync--expect-after ()
  "Let `orgpost-sync--after-command' look at this buffer."
  (push (current-buffer) orgpost-sync--commanded)
  (add-hook 'post-command-hook #'orgpost-sync--after-command))

(defun orgpost-sync--after-command ()
  "Take the lock of what was edited, and tell Emacs the time of what was not."
  (remove-hook 'post-command-hook #'orgpost-sync--after-command)
  (let ((buffers (seq-filter #'buffer-live-p orgpost-sync--commanded)))
    (setq orgpost-sync--commanded nil)
    (dolist (buffer buffers)
      (with-current-buffer buffer
        (setq create-lockfiles t)
        (if (not (buffer-modified-p))
            (orgpost-sync--tell-time)
          (orgpost-sync--hide-time)
          (orgpost-sync--date-undo)
          (orgpost-sync--lock buffer))))))

(defun orgpost-sync--date-undo ()
  "Say in the undo list of which time the file was before the first edit."
  (let ((first (assq t (and (listp buffer-undo-list) buffer-undo-list))))
    (when (equal (cdr first) 0)
      (setcdr first orgpost-sync--time))))

(defun orgpost-sync--locked-by ()
  "Return whose the file's lock is: t is this Emacs, nil nobody, else a name."
  (file-locked-p buffer-file-name))

(defun orgpost-sync--somebody-edits-p ()
  "Say whether a person somewhere else has unsaved edits: then Emacs shall ask."
  (not (member (orgpost-sync--locked-by) '(nil t "orgpost"))))

(defun orgpost-sync--lock (buffer)
  "Take the lock of BUFFER; a program that has it gives it back in a moment."
  (when (buffer-live-p buffer)
    (with-current-buffer buffer
      (when (buffer-modified-p)
        (pcase (orgpost-sync--locked-by)
          ('nil (lock-buffer))
          ("orgpost" (run-at-time 0.02 nil #'orgpost-sync--lock buffer)))))))

(defun orgpost-sync--before-edit ()
  "Keep what is on disk, to tell later who changed what."
  (when buffer-file-name
    (setq orgpost-sync--base (cons buffer-file-name (orgpost-sync--text)))
    (orgpost-sync--hide-time)))

(defun orgpost-sync--text ()
  "Return the whole text of this buffer."
  (save-restriction
    (widen)
    (buffer-substring-no-properties (point-min) (point-max))))

;;;; Never over

(defun orgpost-sync--before-save ()
  "Take in what is new on disk; refuse the save if both changed one entry.
Return nil: the saving itself is Emacs's."
  (orgpost-sync--wait-for-lock)
  ;; Saved under another name, it is another file's text that it would be merged with.
  (when (and (equal (car orgpost-sync--base) buffer-file-name) (orgpost-sync--behind-p))
    (pcase-let* ((`(,text . ,time) (or (orgpost-sync--on-disk)
                                       (user-error "Not saved: somebody is saving %s, try again"
                                                   (buffer-name))))
                 (mine (orgpost-sync--text))
                 (`(,merged . ,conflicts) (orgpost-merge (cdr orgpost-sync--base) mine text)))
      (when conflicts
        (orgpost-sync--refuse conflicts mine merged text time))
      (orgpost-sync--take merged text time)))
  nil)

(defun orgpost-sync--wait-for-lock ()
  "Hold Emacs's lock, which the saving wants too, as soon as no program has it."
  (let ((tries 1000))
    (while (and (equal (orgpost-sync--locked-by) "orgpost") (> (setq tries (1- tries)) 0))
      (sleep-for 0.005)))
  (orgpost-sync--lock (current-buffer)))

(defun orgpost-sync--take (merged text time)
  "Let this buffer be MERGED, made of edits and of TEXT that was on disk at TIME."
  (orgpost-sync--become merged)
  (setq orgpost-sync--base (cons buffer-file-name text)
        orgpost-sync--time time))

(defun orgpost-sync--refuse (conflicts mine merged text time)
  "Name the entries CONFLICTS, which both sides changed, and save nothing.
MINE is the buffer's text, MERGED what it is with the rest of TEXT, which was on
disk at TIME.  Whoever compares has seen what is on disk: what is saved
after that stands."
  (let ((names (mapconcat (lambda (key) (orgpost-sync--name key mine text)) conflicts ", ")))
    (when (y-or-n-p (format "%s changed here and on disk; compare? " names))
      (orgpost-sync--take merged text time)
      (run-at-time 0 nil #'orgpost-sync--compare (current-buffer) text))
    (user-error "Not saved: %s changed here and on disk" names)))

(defun orgpost-sync--name (key &rest texts)
  "Return what the entry KEY is called in the first of TEXTS that has it."
  (let ((text (seq-some (lambda (it) (alist-get key (orgpost-merge-pieces it) nil nil #'equal))
                        texts)))
    (cond ((eq key 'preamble) "the beginning of the file")
          ((stringp key) (format "%s (%s)" key (orgpost-sync--title text)))
          (t (format "\"%s\"" (orgpost-sync--title text))))))

(defun orgpost-sync--title (text)
  "Return the heading of the entry TEXT without stars."
  (string-trim (car (split-string (or text "") "\n")) "[* \t]+"))

(defun orgpost-sync--compare (buffer text)
  "Compare BUFFER with TEXT, which is on disk."
  (let ((disk (generate-new-buffer (format "%s on disk" (buffer-name buffer)))))
    (with-current-buffer disk
      (insert text)
      (set-buffer-modified-p nil)
      (setq buffer-read-only t))
    (require 'ediff)
    (ediff-buffers buffer disk)))

(provide 'orgpost-sync)
;;; orgpost-sync.el ends here
