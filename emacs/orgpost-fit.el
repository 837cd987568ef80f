;;; orgpost-fit.el --- Lists that are as wide as their window  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; One column of a list, that of subjects or titles, takes the room that a window
;; has: no more than its longest text needs, so that what stands behind it is near,
;; and no less than a few words.

;;; Code:

(require 'seq)
(require 'tabulated-list)

(defconst orgpost-fit--narrowest 20
  "How wide the column is at least.")

(defconst orgpost-fit--behind 20
  "How much room the last column is given at most.")

(defvar-local orgpost-fit-column nil
  "The number of the column that takes the room of the window; nil for none.")

(defvar-local orgpost-fit--declared nil
  "The columns of this list as its mode declared them.")

(defvar-local orgpost-fit-width nil
  "How many letters a line had room for when this buffer was drawn.")

(defun orgpost-fit-room ()
  "Return how many letters a line of this buffer has room for in its window."
  (window-max-chars-per-line (or (get-buffer-window nil t) (selected-window))))

(defun orgpost-fit (rows)
  "Make the column `orgpost-fit-column' as wide as ROWS and the window have it.
ROWS are vectors of columns; what is too long in them is cut off, but for the
notes at its end."
  (when orgpost-fit-column
    (unless orgpost-fit--declared (setq orgpost-fit--declared tabulated-list-format))
    (let ((widths (orgpost-fit--widths rows)))
      (setq tabulated-list-format
            (vconcat (seq-mapn (lambda (column width) `(,(car column) ,width ,@(cddr column)))
                               orgpost-fit--declared widths)))
      (tabulated-list-init-header)
      (dolist (row rows)
        (aset row orgpost-fit-column
              (orgpost-fit--with-notes (aref row orgpost-fit-column)
                                       (nth orgpost-fit-column widths)))))))

(defun orgpost-fit--widths (rows)
  "Return the widths of all columns for ROWS.
Where there is too little room the others become as narrow as their words let."
  (let* ((last (1- (length orgpost-fit--declared)))
         (needed (mapcar (lambda (column) (orgpost-fit--needed rows column))
                         (number-sequence 0 last)))
         (wanted (max orgpost-fit--narrowest (nth orgpost-fit-column needed)))
         (widths (mapcar #'cadr orgpost-fit--declared))
         (room (lambda (widths)
                 (- (orgpost-fit-room) last (min orgpost-fit--behind (nth last needed))
                    (apply #'+ widths)))))
    (setf (nth orgpost-fit-column widths) 0)
    (when (< (funcall room widths) wanted)
      (setq widths (seq-mapn #'min widths needed)))
    (setf (nth orgpost-fit-column widths)
          (max orgpost-fit--narrowest (min wanted (funcall room widths))))
    widths))

(defun orgpost-fit--needed (rows column)
  "Return how wide the words are that COLUMN has in ROWS and in the header."
  (seq-max (cons (length (car (aref orgpost-fit--declared column)))
                 (mapcar (lambda (row) (string-width (aref row column))) rows))))

(defun orgpost-fit-note (words)
  "Return WORDS as a note at the end of a text, which is not cut off with that."
  (propertize words 'orgpost-note t))

(defun orgpost-fit--with-notes (text width)
  "Return TEXT with its notes within WIDTH, where there is room for both."
  (let* ((begin (text-property-any 0 (length text) 'orgpost-note t text))
         (notes (if begin (substring text begin) ""))
         (room (- width (string-width notes))))
    (if (or (null begin) (<= (string-width text) width) (< room (/ width 3)))
        text
      (concat (truncate-string-to-width (substring text 0 begin) room nil nil t) notes))))

(defun orgpost-fit-again (draw)
  "Call DRAW whenever the window of this buffer has become wider or narrower."
  (add-hook 'window-size-change-functions
            (lambda (window)
              (with-current-buffer (window-buffer window)
                (when (and orgpost-fit-width (/= orgpost-fit-width (orgpost-fit-room)))
                  (funcall draw))))
            nil t))

(provide 'orgpost-fit)
;;; orgpost-fit.el ends here
