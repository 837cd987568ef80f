;;; orgpost-test-session.el --- one Emacs that answers a test's questions  -*- lexical-binding: t; -*-

;;; Commentary:

;; A request is one line, the base64 of UTF-8 Lisp; the answer is one line,
;; "ok BASE64" (a string as it is, any other value as Lisp prints it) or
;; "error BASE64".  Batch Emacs reads requests from stdin, a
;; live one from a local socket: both evaluate them with the code below.
;;
;; Nothing here may block: every question that Emacs would ask a person is
;; answered by an option and remembered in `orgpost-test-questions'.

;;; Code:

(require 'json)
(setq backup-enable-predicate #'always)  ; Emacs makes no FILE~ in /tmp; a person's files are elsewhere
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
