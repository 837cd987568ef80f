;;; orgpost-keys.el --- What the keys of a list do, at a glance  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; `?' shows the menus of a list, each line with its key: as many columns as the
;; window has room for, so that all keys are seen at once.

;;; Code:

(require 'seq)
(require 'subr-x)

(defun orgpost-keys-show (sections)
  "Show in one window what can be done here.
Each of SECTIONS is a heading, a menu, and the keymap that has its keys.  What
has no key in the current buffer is left out."
  (let ((buffer (get-buffer-create "*orgpost keys*"))
        (here (current-local-map)))
    (with-current-buffer buffer
      (let ((inhibit-read-only t))
        (erase-buffer)
        (pcase-dolist (`(,heading ,menu ,map) sections)
          (insert (propertize heading 'face 'bold) "\n"
                  (orgpost-keys--columns (orgpost-keys--lines menu map here) (1- (frame-width)))
                  "\n"))
        (goto-char (point-max))
        (insert (propertize "q leaves this, C-h m says more" 'face 'shadow)))
      (special-mode)
      (setq truncate-lines t)
      (goto-char (point-min)))
    (fit-window-to-buffer (display-buffer buffer '(display-buffer-at-bottom)))
    (select-window (get-buffer-window buffer))))

(defun orgpost-keys--lines (menu map here)
  "Return a line for each item of MENU that has a key in MAP, and that in HERE."
  (delq nil
        (mapcar (pcase-lambda (`(,label . ,command))
                  (when-let ((key (orgpost-keys--of command map here)))
                    (format "%-5s %s" key label)))
                (orgpost-keys--items menu))))

(defun orgpost-keys--of (command map here)
  "Return the key of COMMAND in MAP that does something in HERE, nil for none."
  (let ((keys (seq-filter (lambda (key)
                            (and (seq-every-p #'integerp key)
                                 (commandp (lookup-key here key))
                                 (not (eq (orgpost-keys--bound key here) 'undefined))))
                          (where-is-internal command (list map)))))
    (and keys (key-description (car (sort keys (lambda (a b) (< (length a) (length b)))))))))

(defun orgpost-keys--bound (key map)
  "Return what KEY does in MAP, in the end."
  (let ((command (lookup-key map key)))
    (or (command-remapping command nil (list map)) command)))

(defun orgpost-keys--items (menu)
  "Return the labels of MENU with their commands, in order, those below it too."
  (let (found)
    (map-keymap (lambda (_event item)
                  (pcase item
                    ((and `(menu-item ,_ ,below . ,_) (guard (keymapp below)))
                     (setq found (append (reverse (orgpost-keys--items below)) found)))
                    (`(menu-item ,label ,command . ,_) (push (cons label command) found))))
                menu)
    (nreverse found)))

(defun orgpost-keys--columns (lines width)
  "Return LINES side by side in columns, which together are not wider than WIDTH."
  (let* ((cell (+ 2 (seq-max (cons 0 (mapcar #'string-width lines)))))
         (count (max 1 (/ (+ width 2) cell)))
         (height (ceiling (length lines) count)))
    (mapconcat (lambda (row)
                 (string-trim-right
                  (mapconcat (lambda (column)
                               (truncate-string-to-width
                                (or (nth (+ row (* column height)) lines) "") cell 0 ?\s))
                             (number-sequence 0 (1- count)) "")))
               (number-sequence 0 (1- height)) "\n")))

(provide 'orgpost-keys)
;;; orgpost-keys.el ends here
