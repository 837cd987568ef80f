;;; orgpost-place.el --- Staying on the same entry while a list is drawn  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; A place is an entry's id with a line and a column.  It is remembered before a
;; list is drawn and found again afterwards, for point and for every window.

;;; Code:

(require 'tabulated-list)

(defun orgpost-place (position)
  "Return what is needed to find POSITION again: id, line and column."
  (save-excursion
    (goto-char position)
    (list (tabulated-list-get-id) (line-number-at-pos) (current-column))))

(defun orgpost-place-position (place)
  "Return where PLACE is now: on the same id, or if that is gone on the same line."
  (save-excursion
    (pcase-let* ((`(,id ,line ,column) place)
                 (found (orgpost-place-goto id)))
      (unless found
        (goto-char (point-min))
        (forward-line (1- line))
        (when (and (eobp) (not (bobp))) (forward-line -1)))
      (move-to-column column)
      ;; On a board it may stand elsewhere now.
      (if (and found (not (equal (tabulated-list-get-id) id))) found (point)))))

(defun orgpost-place-goto (id)
  "Go to where the entry ID begins; return nil and stay if there is none."
  (let ((found (and id (point-min))))
    (while (and found (not (equal (get-text-property found 'tabulated-list-id) id)))
      (setq found (next-single-property-change found 'tabulated-list-id)))
    (and found (goto-char found))))

(defun orgpost-place-of-window (window)
  "Return WINDOW, and the places of its point and its first line."
  (list window
        (orgpost-place (window-point window))
        (orgpost-place (window-start window))))

(defun orgpost-place-back (remembered)
  "Show what was REMEMBERED of a window."
  (pcase-let ((`(,window ,point ,start) remembered))
    (set-window-point window (orgpost-place-position point))
    (set-window-start window (orgpost-place-position start) t)))

(provide 'orgpost-place)
;;; orgpost-place.el ends here
