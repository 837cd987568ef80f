;;; orgpost-test-person.el --- what a person does to a file in Emacs  -*- lexical-binding: t; -*-

;;; Commentary:

;; Each function takes the path of a file and does one thing in the buffer that
;; visits it.  What a person types goes through `execute-extended-command' or
;; plain insertion, so that Emacs locks, asks and saves as it does for people.

;;; Code:

(require 'orgpost-test-session)

(defun orgpost-test-buffer (path)
  "Return the buffer that visits PATH, visiting it first where none does."
  (or (find-buffer-visiting path) (find-file-noselect path)))

(defun orgpost-test-open (path)
  "Visit PATH and return its major mode."
  (let ((buffer (find-file path)))
    (with-current-buffer buffer (symbol-name major-mode))))

(defun orgpost-test-text (path)
  "Return the text of PATH's buffer."
  (with-current-buffer (orgpost-test-buffer path)
    (save-restriction (widen) (buffer-substring-no-properties (point-min) (point-max)))))

(defun orgpost-test-modify (path words)
  "Put WORDS at the end of PATH's buffer."
  (with-current-buffer (orgpost-test-buffer path)
    (save-excursion (goto-char (point-max)) (insert words) (undo-boundary))
    t))

(defun orgpost-test-replace (path old new)
  "Replace the first OLD in PATH's buffer by NEW."
  (with-current-buffer (orgpost-test-buffer path)
    (save-excursion
      (goto-char (point-min))
      (search-forward old)
      (replace-match new t t)
      (undo-boundary))
    t))

(defun orgpost-test-save (path)
  "Save PATH's buffer."
  (with-current-buffer (orgpost-test-buffer path) (save-buffer))
  t)

(defun orgpost-test-revert (path)
  "Read PATH's buffer again from the disk."
  (with-current-buffer (orgpost-test-buffer path) (revert-buffer t t t))
  t)

(defun orgpost-test-undo (path)
  "Undo in PATH's buffer until it is unmodified."
  (with-current-buffer (orgpost-test-buffer path)
    (let ((last-command nil))
      (while (buffer-modified-p)
        (undo)
        (setq last-command 'undo))))
  t)

(defun orgpost-test-close (path)
  "Kill PATH's buffer."
  (with-current-buffer (orgpost-test-buffer path) (kill-buffer))
  t)

(defun orgpost-test-is-modified (path)
  "Return t where PATH's buffer has unsaved changes."
  (and (with-current-buffer (orgpost-test-buffer path) (buffer-modified-p)) t))

(defun orgpost-test--round (path heading)
  "Put HEADING at the end of PATH and save; return nil where the file was not free."
  (condition-case nil
      (with-current-buffer (orgpost-test-buffer path)
        (unless (or (buffer-modified-p) (verify-visited-file-modtime))
          (revert-buffer t t t))
        (save-excursion
          (goto-char (point-max))
          (unless (bolp) (insert "\n"))
          (insert heading "\n"))
        (save-buffer)
        t)
    ((file-locked file-supersession) nil)))

(defun orgpost-test-rounds (path count pause name)
  "Edit and save PATH COUNT times, PAUSE seconds apart: headings * NAME-N.
Return the number of tries; a try fails where somebody else wrote at that moment."
  (let ((tries 0))
    (dotimes (number count)
      (while (progn (setq tries (1+ tries))
                    (not (orgpost-test--round path (format "* %s-%d" name number))))
        (sleep-for 0.002))
      (when (> pause 0) (sleep-for pause)))
    tries))

(provide 'orgpost-test-person)
;;; orgpost-test-person.el ends here
