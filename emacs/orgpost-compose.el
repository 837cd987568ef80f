;;; orgpost-compose.el --- Writing messages and tasks  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; Messages, answers and tasks are drafts of orgpost-draft.el until they are
;; sent.  Only after the program said that a text is stored the draft goes; when
;; it refuses, point is put to what it refuses.

;;; Code:

(require 'let-alist)
(require 'orgpost-draft)
(require 'orgpost-list)

(autoload 'dired-get-marked-files "dired")

;;;; What is composed

;;;###autoload
(defun orgpost-compose (&optional drafts)
  "Write a message; with a prefix argument go on with one of the DRAFTS."
  (interactive "P")
  (if drafts (call-interactively #'orgpost-draft-resume)
    (orgpost-draft-open 'message nil)))

;;;###autoload
(defun orgpost-task-add (&optional agent)
  "Give an AGENT something to do; in a list of one agent's tasks it is that one."
  (interactive (list (bound-and-true-p orgpost-task-agent)))
  (orgpost-draft-open 'task `(("Agent" . ,(or agent "")))))

;;;###autoload
(defun orgpost-send-region (begin end)
  "Write a message whose text is what stands between BEGIN and END."
  (interactive "r")
  (orgpost-draft-open 'message nil (buffer-substring-no-properties begin end)))

;;;###autoload
(defun orgpost-send-files (files)
  "Write a message with FILES, by default those that are marked in Dired."
  (interactive (list (if (derived-mode-p 'dired-mode) (dired-get-marked-files)
                       (list (read-file-name "Send file: " nil nil t)))))
  (orgpost-draft-open 'message `(("Attach" . ,(string-join (mapcar #'expand-file-name files)
                                                             "\nAttach: ")))))

;;;###autoload
(defun orgpost-reply ()
  "Answer the message at point, to its sender."
  (interactive)
  (orgpost-compose--reply (orgpost-list-entry) nil))

;;;###autoload
(defun orgpost-reply-all ()
  "Answer the message at point, to its sender and its recipients."
  (interactive)
  (orgpost-compose--reply (orgpost-list-entry) t))

(defun orgpost-compose--reply (message all)
  "Answer MESSAGE, its recipients too if ALL is non-nil."
  (let* ((message (orgpost-entry-of (alist-get 'id message)))
         (me (or orgpost-list-actor orgpost-actor-here orgpost-actor))
         (mine (equal (alist-get 'from message) me))
         (to (alist-get (if mine 'to 'from) message))
         (others (seq-difference (alist-get 'recipients message) (list to me))))
    (orgpost-draft-open
     'reply
     `(("To" . ,to)
       ("Cc" . ,(if all (string-join others ", ") ""))
       ("Subject" . ,(orgpost-compose--answer-subject (alist-get 'subject message)))
       ("Reply-To" . ,(alist-get 'id message)))
     nil message)))

(defun orgpost-compose--answer-subject (subject)
  "Return the subject of an answer to a message with SUBJECT."
  (let ((subject (orgpost-one-line subject)))
    (if (string-match-p "\\`re: " (downcase subject)) subject (concat "Re: " subject))))

;;;###autoload
(defun orgpost-task-revise ()
  "Ask for a finished task again, and write what should be better."
  (interactive)
  (let-alist (orgpost-entry-of (alist-get 'id (orgpost-list-entry)))
    (unless (equal .state "DONE")
      (orgpost-list-update `(((id . ,.id) (state . ,.state))))
      (user-error "Only what is DONE is revised; found %s" .state))
    (orgpost-draft-open 'feedback `(("Task" . ,.id)) nil `((body . ,(or .result ""))))))

(defun orgpost-compose--flags (flag values)
  "Return FLAG once for each of VALUES, which may begin with a hyphen."
  (mapcar (lambda (value) (concat flag "=" value)) values))

(defun orgpost-compose--message-arguments ()
  "Return what the program is asked to send this message."
  (let* ((to (append (orgpost-draft-words "To") (orgpost-draft-words "Cc")))
         (answered (car (orgpost-draft-values "Reply-To")))
         (flags (append
                 (list (concat "--id=" orgpost-draft-id))
                 (orgpost-compose--flags "--subject" (orgpost-draft-values "Subject"))
                 (orgpost-compose--flags "--priority" (orgpost-draft-values "Priority"))
                 (orgpost-compose--flags "--tag" (orgpost-draft-words "Tags"))
                 (orgpost-compose--flags "--expects" (orgpost-draft-values "Expects"))
                 (orgpost-compose--flags "--cc" (cdr to))
                 (orgpost-compose--flags "--attach"
                                         (mapcar (lambda (file)
                                                   (file-local-name (expand-file-name file)))
                                                 (orgpost-draft-values "Attach"))))))
    (unless to
      (orgpost-draft-to-field "To")
      (user-error "To whom?  The field To is empty"))
    (if answered
        `("reply" ,@flags ,(concat "--to=" (car to)) "--" ,answered "-")
      `("send" ,@flags "--" ,(car to) "-"))))

(defun orgpost-compose--task-arguments ()
  "Return what the program is asked to add this task."
  (let ((agent (car (orgpost-draft-words "Agent"))))
    (unless agent
      (orgpost-draft-to-field "Agent")
      (user-error "For whom?  The field Agent is empty"))
    `("task" "add" ,(concat "--id=" orgpost-draft-id)
      ,@(seq-mapcat (pcase-lambda (`(,flag . ,name))
                      (orgpost-compose--flags flag (orgpost-draft-values name)))
                    '(("--priority" . "Priority") ("--effort" . "Effort") ("--tokens" . "Tokens")
                      ("--scheduled" . "Scheduled") ("--deadline" . "Deadline")))
      ,@(orgpost-compose--flags "--tag" (orgpost-draft-words "Tags"))
      ,@(orgpost-compose--flags "--depends-on" (orgpost-draft-words "Depends-On"))
      "--" ,agent ,(or (car (orgpost-draft-values "Subject")) "") "-")))

(defun orgpost-compose--feedback-arguments ()
  "Return what the program is asked to have this task done again."
  `("task" "revise" "--feedback" "-" "--" ,@(orgpost-draft-words "Task")))

;;;; Sending

(defun orgpost-compose-send ()
  "Send this draft; only when it is stored the buffer is closed."
  (interactive)
  (let ((said (orgpost-compose-submit)))
    (orgpost-draft-forget)
    (message "%s" said)))

(defun orgpost-compose-submit ()
  "Send this draft and return what a person is told; if it is refused, it stays."
  (orgpost-draft-check-header)
  (let ((arguments (funcall (orgpost-draft-property orgpost-draft-kind :arguments)))
        (sent (orgpost-draft-property orgpost-draft-kind :sent))
        (answered (car (orgpost-draft-values "Reply-To"))))
    (orgpost-draft-save)
    (pcase (orgpost-try arguments (orgpost-draft-text))
      (`(trouble . ,trouble)
       (orgpost-compose--to-culprit trouble)
       (orgpost-fail trouble))
      (`(ok . ,data)
       (when answered
         (orgpost-list-update (list (alist-get 'answered data))))
       (funcall sent data)))))

(defun orgpost-compose--message-sent (data)
  "Return what is said when the message that became DATA is sent."
  (format "%s %s to %s%s"
          (if (alist-get 'duplicate data) "this was sent already:" "sent")
          (alist-get 'id data) (alist-get 'to data)
          (orgpost-compose--waits data)))

(defun orgpost-compose--task-sent (data)
  "Return what is said when the task that became DATA is added."
  (format "%s %s for %s: %s%s%s"
          (if (alist-get 'duplicate data) "this was added already:" "added")
          (alist-get 'id data) (alist-get 'agent data) (alist-get 'state data)
          (orgpost-compose--waits data)
          (mapconcat (lambda (it) (concat "; " (orgpost-one-line it)))
                     (alist-get 'warnings data) "")))

(defun orgpost-compose--feedback-sent (data)
  "Return what is said when the task in DATA is to be done again."
  (let ((tasks (alist-get 'tasks data)))
    (orgpost-list-update tasks)
    (let-alist (car tasks) (format "%s is to be done again: %s" .id .state))))

(defun orgpost-compose--waits (data)
  "Return that DATA waits for somebody, or nothing."
  (if (equal (alist-get 'stored data) "waiting")
      "; it waits in the journal for somebody's unsaved edits"
    ""))

(defun orgpost-compose--to-culprit (trouble)
  "Put point where TROUBLE, the error of an outcome, comes from."
  (let* ((details (alist-get 'details trouble))
         (message (or (alist-get 'message trouble) ""))
         (field (or (alist-get 'field details)
                    (and (string-match "\\`argument --\\([a-z-]+\\)" message)
                         (match-string 1 message))))
         (value (seq-some (lambda (key) (alist-get key details)) '(name id path what))))
    (cond (field (orgpost-draft-to-field (orgpost-compose--name-of field)))
          (value (orgpost-compose--to-value value)))))

(defun orgpost-compose--name-of (field)
  "Return the name that FIELD of the program has in a header, or nil for the text."
  (pcase (string-trim-right (subst-char-in-string ?_ ?- field) "s")
    ("title" "Subject")
    ("estimated-token" "Tokens")
    ("token" "Tokens")
    ("tag" "Tags")
    ("expect" "Expects")
    ("body" nil)
    (name (capitalize name))))

(defun orgpost-compose--to-value (value)
  "Put point behind VALUE in the header, if it stands there."
  (goto-char (point-min))
  (unless (search-forward (file-name-nondirectory value) (orgpost-draft-text-begin) t)
    (goto-char (orgpost-draft-text-begin))))

(defun orgpost-compose-quote ()
  "Insert the text of the message that is answered, as a quotation."
  (interactive)
  (unless orgpost-draft-original (user-error "This draft answers no message"))
  (insert (replace-regexp-in-string "^" "> " (alist-get 'body orgpost-draft-original)) "\n"))

(provide 'orgpost-compose)
;;; orgpost-compose.el ends here
