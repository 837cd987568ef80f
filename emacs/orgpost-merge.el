;;; orgpost-merge.el --- The text of an Org file, taken in by its entries  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; What a buffer holds and what its file holds by now, brought together entry by
;; entry.  `orgpost-merge' decides, from three texts, and touches nothing;
;; `orgpost-merge-become' gives the buffer a text with as few edits as there are
;; differences, so that point, windows, marks and folds stay where they are.
;;
;; An entry is a heading of level 1 with all that stands below it, known by its
;; ID; one without an ID, and what stands before the first, is known by itself.

;;; Code:

(require 'seq)
(require 'subr-x)

(defconst orgpost-merge--id "^[ \t]*:ID:[ \t]+\\([^ \t\n]+\\)[ \t]*$"
  "The line of an entry that says its ID.")

(defun orgpost-merge-pieces (text)
  "Return the pieces of TEXT in their order, an alist of keys and texts.
All texts together are TEXT.  No key comes twice."
  (with-temp-buffer
    (insert text)
    (goto-char (point-min))
    (let ((seen (make-hash-table :test #'equal)) pieces)
      (while (not (eobp))
        (let ((begin (point)))
          (end-of-line)
          (if (re-search-forward "^\\* " nil 'move) (beginning-of-line))
          (push (cons (orgpost-merge--key begin (point) seen) (buffer-substring begin (point)))
                pieces)))
      (nreverse pieces))))

(defun orgpost-merge--key (begin end seen)
  "Return a key for the piece from BEGIN to END that is not among those SEEN."
  (let* ((id (save-excursion
               (goto-char begin)
               (when (looking-at-p "\\* ")
                 (let ((case-fold-search t)
                       (head (save-excursion
                               (forward-line)
                               (if (re-search-forward "^\\*+ " end t) (point) end))))
                   (and (re-search-forward orgpost-merge--id head t) (match-string 1))))))
         (key (cond (id id)
                    ((eq (char-after begin) ?*) (list (buffer-substring begin end)))
                    ((= begin (point-min)) 'preamble)
                    (t (list (buffer-substring begin end)))))
         (count (gethash key seen 0)))
    (puthash key (1+ count) seen)
    ;; Copied entries have the same ID: each is its own.
    (if (= count 0) key (list key count))))

(defun orgpost-merge (base mine theirs)
  "Return (TEXT . CONFLICTS): what MINE and THEIRS have made of BASE.
MINE gives the order; what is new in THEIRS comes behind.  CONFLICTS are the
keys of the pieces that both have changed: in TEXT they are as in MINE."
  (let* ((old (orgpost-merge-pieces base))
         (here (orgpost-merge-pieces mine))
         (there (orgpost-merge-pieces theirs))
         (keys (seq-uniq (mapcar #'car (append here there))))
         (olds (orgpost-merge--table old))
         (heres (orgpost-merge--table here))
         (theres (orgpost-merge--table there))
         texts conflicts)
    (dolist (key keys)
      (let ((was (gethash key olds)) (ours (gethash key heres)) (now (gethash key theres)))
        (cond ((or (equal ours now) (equal now was)) (push ours texts))
              ((equal ours was) (push now texts))
              (t (push key conflicts) (push ours texts)))))
    (cons (orgpost-merge--joined (delq nil (nreverse texts))) (nreverse conflicts))))

(defun orgpost-merge--table (pieces)
  "Return a table of PIECES."
  (let ((table (make-hash-table :test #'equal)))
    (pcase-dolist (`(,key . ,text) pieces)
      (puthash key text table))
    table))

(defun orgpost-merge--joined (texts)
  "Return TEXTS as one, each beginning on a line of its own."
  (let ((last (car (last texts))))
    (mapconcat (lambda (text)
                 (if (or (eq text last) (string-suffix-p "\n" text)) text (concat text "\n")))
               texts "")))

(defun orgpost-merge-become (text)
  "Give this buffer TEXT with few edits; return markers to new entries.
It is called with the whole buffer accessible."
  (let* ((same (orgpost-merge--same-so-far text))
         (rest (buffer-substring-no-properties (+ (point-min) same) (point-max)))
         (old (orgpost-merge-pieces rest))
         (new (orgpost-merge-pieces (substring text same)))
         (to-come (orgpost-merge--table new))
         (known (orgpost-merge--table old))
         added)
    (goto-char (+ (point-min) same))
    (while (or old new)
      (pcase-let ((`(,here . ,was) (car old)) (`(,there . ,now) (car new)))
        (cond
         ((and old (not (gethash here to-come)))
          (delete-region (point) (+ (point) (length was)))
          (pop old))
         ((and old (equal here there))
          (orgpost-merge--change (length was) was now)
          (remhash there to-come)
          (pop old)
          (pop new))
         (t
          (unless (gethash there known) (push (copy-marker (point)) added))
          ;; Who stands at the beginning of the next entry stays with it.
          (if old (insert-before-markers now) (insert now))
          (remhash there to-come)
          (pop new)))))
    added))

(defun orgpost-merge--same-so-far (text)
  "Return the length of the pieces in which this buffer and TEXT are the same."
  (let* ((mine (buffer-substring-no-properties (point-min) (point-max)))
         (differs (compare-strings mine nil nil text nil nil)))
    (if (eq differs t)
        (length text)
      (goto-char (+ (point-min) (abs differs) -1))
      (end-of-line 0)
      (if (re-search-backward "^\\* " nil t) (- (point) (point-min)) 0))))

(defun orgpost-merge--change (size was now)
  "Give the SIZE characters after point, which are WAS, the text NOW; go behind it."
  (let ((differs (compare-strings was nil nil now nil nil)))
    (if (eq differs t)
        (forward-char size)
      (let* ((begin (point))
             (head (1- (abs differs)))
             (tail (orgpost-merge--same-at-end was now head))
             (news (substring now head (- (length now) tail))))
        (save-restriction
          (narrow-to-region (+ begin head) (+ begin size (- tail)))
          (let ((buffer (current-buffer)))
            (with-temp-buffer
              (insert news)
              (let ((source (current-buffer)))
                (with-current-buffer buffer
                  (replace-buffer-contents source 0.1))))))
        (goto-char (+ begin (length now)))))))

(defun orgpost-merge--same-at-end (was now head)
  "Return how many characters WAS and NOW have in common at the end, beyond HEAD."
  (let ((most (- (min (length was) (length now)) head)) (same 0))
    (while (and (< same most)
                (eq (aref was (- (length was) same 1)) (aref now (- (length now) same 1))))
      (setq same (1+ same)))
    same))

(provide 'orgpost-merge)
;;; orgpost-merge.el ends here
