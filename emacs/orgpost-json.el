;;; orgpost-json.el --- Reading what the program orgpost answers  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; An answer is one JSON document: objects are alists, arrays lists, null and
;; false are nil.  Every text that the program gives is read, whatever it holds.

;;; Code:

(require 'seq)

(defun orgpost--document (buffer)
  "Return the JSON document in BUFFER, or nil if there is anything else."
  (let ((text (if (buffer-live-p buffer) (with-current-buffer buffer (buffer-string)) "")))
    (ignore-errors
      (cond ((not (fboundp 'json-parse-string)) (orgpost--document-slowly text))
            ((string-match-p (regexp-quote "\\u0000") text) (orgpost--document-with-nuls text))
            (t (orgpost--document-quickly text))))))

(defun orgpost--document-quickly (text)
  "Return the JSON document TEXT, which has no NUL in a string."
  (json-parse-string text :object-type 'alist :array-type 'list
                     :null-object nil :false-object nil))

(defun orgpost--document-with-nuls (text)
  "Return the JSON document TEXT, whose strings may hold NUL characters.
Emacs refuses all of a document with one, so that a single letter would hide the
others: while it is read, a character that stands nowhere else stands for NUL."
  (let ((other (seq-find (lambda (it)
                           (not (string-match-p (format "%c\\|\\\\u%04x" it it) text)))
                         (number-sequence #xfdd0 #xfdef))))
    (if (null other) (orgpost--document-slowly text)
      (orgpost--with-nuls
       (orgpost--document-quickly
        (replace-regexp-in-string
         "\\\\\\(?:u0000\\|.\\)"
         (lambda (it) (if (equal it "\\u0000") (format "\\u%04x" other) it))
         text t t))
       other))))

(defun orgpost--with-nuls (value other)
  "Return VALUE, in whose strings a NUL takes the place of each OTHER."
  (cond ((stringp value) (subst-char-in-string other 0 value))
        ((proper-list-p value) (mapcar (lambda (it) (orgpost--with-nuls it other)) value))
        ((consp value) (cons (car value) (orgpost--with-nuls (cdr value) other)))
        (t value)))

(defvar json-object-type)
(defvar json-array-type)
(defvar json-false)
(defvar json-null)
(declare-function json-read-from-string "json")

(defun orgpost--document-slowly (text)
  "Return the JSON document TEXT, in an Emacs built without a parser for it."
  (require 'json)
  (let ((json-object-type 'alist) (json-array-type 'list) (json-false nil) (json-null nil))
    (json-read-from-string text)))

(provide 'orgpost-json)
;;; orgpost-json.el ends here
