;;; orgpost-test-session.el --- one Emacs that answers a test's questions  -*- lexical-binding: t; -*-

;;; Commentary:

;; A request is one line, the base64 of UTF-8 Lisp; the answer is one line,
;; "ok BASE64" (a string as it is, any other value as Lisp prints it) or
;; "error BASE64".  Batch Emacs reads requests from stdin, a
;; live one from a local socket: both evaluate them with the code below.
;;
;; Nothing here may block: what asks a person is answered by
;; orgpost-test-answers.el, or by keys that a test types.

;;; Code:

(require 'json)
(setq backup-enable-predicate #'always)  ; Emacs makes no FILE~ in /tmp; a person's files are elsewhere

(defun orgpost-test-wire (value)
  "Return VALUE for `json-serialize', each string as its UTF-8 bytes.
A byte becomes the character of its number, since JSON has no bytes that are no text."
  (cond ((stringp value)
         (decode-coding-string (encode-coding-string (substring-no-properties value)
                                                     'utf-8-emacs-unix)
                               'latin-1))
        ((null value) :null)
        ((memq value '(t :null :false)) value)
        ((symbolp value) (orgpost-test-wire (symbol-name value)))
        ((vectorp value) (vconcat (mapcar #'orgpost-test-wire value)))
        ((and (consp value) (consp (car value)) (keywordp (caar value)))
         (mapcar (lambda (pair)
                   (cons (intern (substring (symbol-name (car pair)) 1))
                         (orgpost-test-wire (cdr pair))))
                 value))
        ((listp value) (vconcat (mapcar #'orgpost-test-wire value)))
        (t value)))

(defun orgpost-test-json (value)
  "Return VALUE as JSON: lists and vectors are arrays, alists with keyword keys objects."
  (json-serialize (orgpost-test-wire value)))

(defun orgpost-test--shown (text)
  "Return TEXT as one line of base64."
  (base64-encode-string (encode-coding-string text 'utf-8-emacs-unix) t))

(defun orgpost-test-answer (line)
  "Evaluate the request LINE and return the answer's line."
  (condition-case problem
      (let* ((source (decode-coding-string (base64-decode-string line) 'utf-8-unix))
             (value (eval (car (read-from-string source)) t)))
        (concat "ok " (orgpost-test--shown (if (stringp value) value (prin1-to-string value)))))
    ((error quit)
     (concat "error " (orgpost-test--shown (format "%s %S" (error-message-string problem) problem))))))

(defun orgpost-test-serve-stdin ()
  "Answer the requests on stdin until it ends."
  (condition-case nil
      (while t
        (let ((answer (orgpost-test-answer (read-from-minibuffer ""))))
          (princ (concat answer "\n"))))
    (end-of-file nil)))

(defun orgpost-test--take (process chunk)
  "Answer each whole line that CHUNK completes on PROCESS."
  (let ((lines (split-string (concat (process-get process 'rest) chunk) "\n")))
    (process-put process 'rest (car (last lines)))
    (dolist (line (butlast lines))
      (process-send-string process (concat (orgpost-test-answer line) "\n")))))

(defun orgpost-test-serve-socket (path)
  "Answer the requests that come through the local socket PATH."
  (make-network-process :name "orgpost-test" :server t :family 'local :service path
                        :coding 'binary :noquery t :filter #'orgpost-test--take))

(provide 'orgpost-test-session)
;;; orgpost-test-session.el ends here
