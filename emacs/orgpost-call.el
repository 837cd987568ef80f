;;; orgpost-call.el --- Asking the program orgpost  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; The only file that runs the program orgpost:
;;
;; - `orgpost-change', `orgpost-call' and `orgpost-try' wait for an answer;
;; - `orgpost-request' does not wait, and drops answers that are out of date;
;; - `orgpost-fail' turns trouble into a `user-error';
;; - `orgpost-actors' and `orgpost-read-actor' know people and agents.
;;
;; No shell is between, texts go on stdin byte for byte, and the answer is one
;; JSON document: objects are alists, arrays lists, null and false are nil.

;;; Code:

(require 'let-alist)
(require 'orgpost)
(require 'orgpost-json)
(require 'seq)
(require 'subr-x)

;;;; Asking the program

(defconst orgpost-oldest-program "0.3"
  "The oldest version of the program whose answers are understood here.")

(defconst orgpost--largest-answer (* 64 1024 1024)
  "More characters than any answer has; what writes more is not the program.")

(defun orgpost--command (arguments)
  "Return the whole command line, a list, for ARGUMENTS."
  (let ((space (orgpost-space-named))
        (actor (or orgpost-actor-here orgpost-actor)))
    (append (list orgpost-program "--json")
            (and space (list "--space" (file-local-name (directory-file-name space))))
            (and actor (list "--as" actor))
            arguments)))

(defun orgpost--start (arguments input finish)
  "Run the program with ARGUMENTS and the text INPUT; call FINISH with the outcome.
An outcome is (ok . DATA) or (trouble . ERROR), ERROR an alist with code,
message, hint and details.  FINISH is called once, in the buffer that is current
now if that lives.  Return the process."
  (unless (executable-find orgpost-program)
    (user-error "There is no program %s (pip install orgpost, or set `orgpost-program' to its path)"
                orgpost-program))
  (let* ((process-environment (cons "NO_COLOR=1" process-environment))
         (process-adaptive-read-buffering nil)
         (answer (generate-new-buffer " *orgpost answer*"))
         (trouble (generate-new-buffer " *orgpost trouble*"))
         (process
          (condition-case problem
              (make-process
               :name "orgpost" :command (orgpost--command arguments)
               :connection-type 'pipe :coding 'utf-8-unix :noquery t
               :buffer answer :stderr trouble
               :filter #'orgpost--collect :sentinel #'orgpost--ended)
            (file-error
             (orgpost--forget answer)
             (orgpost--forget trouble)
             (user-error "Cannot run %s: %s" orgpost-program (error-message-string problem))))))
    (when-let ((pipe (get-buffer-process trouble)))
      (set-process-query-on-exit-flag pipe nil)
      (set-process-sentinel pipe #'ignore))
    (process-put process 'orgpost-arguments arguments)
    (process-put process 'orgpost-trouble trouble)
    (process-put process 'orgpost-finish finish)
    (process-put process 'orgpost-asker (current-buffer))
    (process-put process 'orgpost-timer
                 (run-at-time orgpost-timeout nil #'orgpost--stop process "no_answer"))
    (orgpost--feed process input)
    process))

(defun orgpost--feed (process input)
  "Write INPUT, a string or nil, on the stdin of PROCESS and close it."
  ;; A program that ends before it has read everything has its reasons, and tells them.
  (ignore-errors
    (when input (process-send-string process input))
    (process-send-eof process)))

(defun orgpost--collect (process text)
  "Keep TEXT that PROCESS wrote; put an end to it when it is endless."
  (when (buffer-live-p (process-buffer process))
    (with-current-buffer (process-buffer process)
      (goto-char (point-max))
      (insert text)
      (when (> (buffer-size) orgpost--largest-answer)
        (erase-buffer)
        (orgpost--stop process "endless")))))

(defun orgpost--stop (process why)
  "Put an end to PROCESS; WHY is the code of the trouble that its asker is told."
  (when (process-live-p process)
    (process-put process 'orgpost-stopped why)
    (delete-process process)))

(defun orgpost--drop (process)
  "Put an end to PROCESS whose answer nobody wants any more."
  (process-put process 'orgpost-finish #'ignore)
  (orgpost--stop process "dropped"))

(defun orgpost--ended (process _event)
  "Tell the asker of PROCESS what came of it, when it has ended."
  (unless (or (process-live-p process) (process-get process 'orgpost-ended))
    (process-put process 'orgpost-ended t)
    (cancel-timer (process-get process 'orgpost-timer))
    ;; A long answer is millions of cells, all in use: to look for garbage meanwhile is in vain.
    (let* ((gc-cons-threshold (max gc-cons-threshold orgpost--largest-answer))
           (outcome (orgpost--outcome process))
           (asker (process-get process 'orgpost-asker)))
      (orgpost--forget (process-buffer process))
      (orgpost--forget (process-get process 'orgpost-trouble))
      (with-current-buffer (if (buffer-live-p asker) asker (current-buffer))
        (funcall (process-get process 'orgpost-finish) outcome)))))

(defun orgpost--forget (buffer)
  "Kill BUFFER and the process that filled it, if that is not done yet."
  (when (buffer-live-p buffer)
    (when-let ((process (get-buffer-process buffer))) (delete-process process))
    (kill-buffer buffer)))

(defun orgpost--outcome (process)
  "Return the outcome of PROCESS, which has ended."
  (if-let ((stopped (process-get process 'orgpost-stopped)))
      (cons 'trouble (orgpost--stopped-words stopped))
    (or (orgpost--outcome-of (orgpost--document (process-buffer process)))
        (progn (orgpost--keep-nonsense process)
               (orgpost--no-document (process-exit-status process)
                                     (concat "its words are in the buffer *orgpost errors*; "
                                             (orgpost--version-hint)))))))

(defun orgpost--outcome-of (document)
  "Return the outcome of a program that wrote DOCUMENT, nil if that is none."
  (cond ((not (equal (alist-get 'schema document 1) 1))
         `(trouble (code . "other_schema")
                   (message . ,(format "%s answers as another version does" orgpost-program))
                   (hint . ,(orgpost--version-hint))))
        ((eq (alist-get 'ok document) t) (cons 'ok (alist-get 'data document)))
        ((alist-get 'error document) (cons 'trouble (alist-get 'error document)))))

(defun orgpost--no-document (status hint)
  "Return the outcome of a program that ended with STATUS; HINT helps."
  `(trouble (code . "no_document")
            (message . ,(format "%s gave no answer that can be read (exit %s)"
                                orgpost-program status))
            (hint . ,hint)))

(defun orgpost--stopped-words (code)
  "Return the trouble of a program that was stopped for CODE."
  `((code . ,code)
    (message . ,(pcase code
                  ("no_answer" (format "no answer of %s within %s seconds"
                                       orgpost-program orgpost-timeout))
                  (_ (format "the answer of %s has no end" orgpost-program))))
    (hint . "whether a change was made is not known: look before you try again")))

(defun orgpost--keep-nonsense (process)
  "Show in a buffer what PROCESS said instead of a document."
  (when-let ((pipe (get-buffer-process (process-get process 'orgpost-trouble))))
    (while (accept-process-output pipe 0.05)))
  (let ((said (orgpost--beginning (process-buffer process)))
        (trouble (orgpost--beginning (process-get process 'orgpost-trouble)))
        (verb (orgpost--verb (process-get process 'orgpost-arguments)))
        (status (process-exit-status process)))
    (with-current-buffer (get-buffer-create "*orgpost errors*")
      (unless (derived-mode-p 'special-mode) (special-mode))
      (let ((inhibit-read-only t))
        (goto-char (point-max))
        (insert (format "%s %s: exit %s\n" orgpost-program verb status))
        ;; A document that was cut off may hold letters and tokens.
        (insert (if (string-prefix-p "{" said) "stdout: a document that was cut off\n"
                  (orgpost-visible (format "stdout: %s\n" said))))
        (insert (orgpost-visible (format "stderr: %s\n\n" trouble)))))))

(defun orgpost--beginning (buffer)
  "Return the first 2000 characters of BUFFER."
  (if (not (buffer-live-p buffer)) ""
    (with-current-buffer buffer
      (buffer-substring-no-properties (point-min) (min (point-max) (+ (point-min) 2000))))))

(defun orgpost--verb (arguments)
  "Return the words of ARGUMENTS that name the command.
Values stay out: they may be secrets."
  (string-join (seq-take-while (lambda (word) (string-match-p "\\`[a-z]+\\'" word))
                               (seq-take arguments 2))
               " "))

;;;; Waiting for the answer

(defun orgpost-try (arguments &optional input)
  "Run the program with ARGUMENTS and the text INPUT on stdin, and wait for it.
Return (ok . DATA) or (trouble . ERROR), as `orgpost--start' has it.
What a person typed stands in ARGUMENTS after \"--\", or as an option's value."
  (if (file-remote-p default-directory) (orgpost--try-there arguments input)
    (orgpost--try-here arguments input)))

(defun orgpost--try-here (arguments input)
  "Do as `orgpost-try' with ARGUMENTS and INPUT, on this host."
  (let* ((outcome nil)
         (process (orgpost--start arguments input (lambda (it) (setq outcome it)))))
    (condition-case nil
        (while (not outcome)
          (accept-process-output process 0.05)
          ;; While anything else waits to be read, the news of a file for instance, Emacs
          ;; does not call the sentinel here, so its call must not be waited for.
          (unless (process-live-p process)
            (accept-process-output process 0)
            (orgpost--ended process nil)))
      (quit
       (orgpost--drop process)
       (user-error "You stopped waiting: whether anything was changed is not known")))
    outcome))

(defun orgpost--try-there (arguments input)
  "Do as `orgpost-try' with ARGUMENTS and INPUT, on the buffer's host.
The stdin of a process there is a terminal, which takes no text as it is, and
two processes get into each other's way; so there is one, and a file for stdin."
  (unless orgpost-remote
    (user-error "This buffer is on another host, where orgpost is not run (set `orgpost-remote')"))
  (let ((command (orgpost--command arguments))
        (place default-directory)
        (file (and input (make-temp-file "orgpost" nil nil ""))))
    (unwind-protect
        (with-temp-buffer
          (when file
            (let ((coding-system-for-write 'utf-8-unix)) (write-region input nil file nil 'quiet)))
          (let* ((default-directory place)
                 (coding-system-for-read 'utf-8-unix)
                 (status (apply #'process-file (car command) file '(t nil) nil (cdr command))))
            (or (orgpost--outcome-of (orgpost--document (current-buffer)))
                (orgpost--no-document status "is `orgpost-program' right there?"))))
      (when file (delete-file file)))))

(defun orgpost-call (arguments &optional input)
  "Return the data of the answer to ARGUMENTS and INPUT, or signal a `user-error'."
  (pcase (orgpost-try arguments input)
    (`(ok . ,data) data)
    (`(trouble . ,trouble) (orgpost-fail trouble))))

(defun orgpost-change (arguments &optional input)
  "Change a state: do `orgpost-save-edits', then `orgpost-call'.
ARGUMENTS and INPUT are those of the latter."
  (orgpost-save-edits)
  (orgpost-call arguments input))

(defun orgpost-save-edits ()
  "Deal with files of the post that this Emacs has not saved.
The program would wait for them and then refuse, so they are saved before a
change of state, as `orgpost-save-first' says."
  (when orgpost-save-first
    (mapc #'orgpost--save-first (seq-filter #'orgpost--edited-p (buffer-list)))))

(defun orgpost--edited-p (buffer)
  "Say whether BUFFER is a file of the post with unsaved edits."
  (and (buffer-file-name buffer)
       (buffer-modified-p buffer)
       (string-match-p "/org/messaging/.*\\.org\\'" (buffer-file-name buffer))
       (string-prefix-p (or (orgpost-space-named) "") (buffer-file-name buffer))))

(defun orgpost--save-first (buffer)
  "Save BUFFER, as `orgpost-save-first' or else its owner wishes."
  (when (or (eq orgpost-save-first t)
            (y-or-n-p (format "%s has unsaved edits; save them first? " (buffer-name buffer))))
    (with-current-buffer buffer (save-buffer))))

(defun orgpost-fail (trouble)
  "Signal a `user-error' about TROUBLE, the error of an outcome."
  (when (and (equal (alist-get 'code trouble) "no_document") (get-buffer "*orgpost errors*"))
    (display-buffer "*orgpost errors*"))
  (user-error "%s" (orgpost-sentence trouble)))

(defun orgpost-sentence (trouble)
  "Return TROUBLE, the error of an outcome, as one line for a person."
  (let ((hint (orgpost-hint trouble)))
    (concat (orgpost-one-line (alist-get 'message trouble))
            (unless (string-empty-p hint) (format " (%s)" hint)))))

(defun orgpost-hint (trouble)
  "Return what whoever sits at Emacs can do about TROUBLE; nothing is \"\"."
  (let-alist trouble
    (orgpost-one-line
     (pcase .code
       ("no_identity" "set `orgpost-actor', or in a shell: orgpost config set identity.name NAME")
       ("not_a_space" (concat "set `orgpost-space', or in a shell: " .hint))
       ((and "usage" (guard (string-match-p "\\`\\(?:unrecognized\\|no such\\)" .message)))
        (orgpost--version-hint))
       (_ .hint)))))

(defun orgpost--version-hint ()
  "Return how to see whether the program is one that this package understands."
  (format "this package needs %s or later: `%s --version' says what yours is"
          orgpost-oldest-program orgpost-program))

;;;; Not waiting for it

(defvar-local orgpost--requests nil
  "An alist of what this buffer has asked and not been told: question, process.")

(defun orgpost-request (question arguments then &optional otherwise)
  "Ask the program for ARGUMENTS without waiting; call THEN with its data.
QUESTION is a symbol: a newer request with it in this buffer drops this one,
and so does the end of the buffer.  For another host Emacs does wait.
In trouble OTHERWISE is called with the error; without it the echo area
shows its sentence."
  (orgpost-forget-request question)
  (add-hook 'kill-buffer-hook #'orgpost-forget-requests nil t)
  (let ((teller (orgpost--teller question then otherwise)))
    (if (file-remote-p default-directory) (funcall teller (orgpost--try-there arguments nil))
      (push (cons question (orgpost--start arguments nil teller)) orgpost--requests))))

(defun orgpost--teller (question then otherwise)
  "Return the function that ends QUESTION with THEN or OTHERWISE."
  (let ((asker (current-buffer)))
    (lambda (outcome)
      (when (buffer-live-p asker)
        (setf (alist-get question orgpost--requests nil t) nil)
        (pcase outcome
          (`(ok . ,data) (funcall then data))
          (`(trouble . ,trouble) (funcall (or otherwise #'orgpost--tell) trouble)))))))

(defun orgpost--tell (trouble)
  "Tell TROUBLE, the error of an outcome, in the echo area."
  (message "%s" (orgpost-sentence trouble)))

(defun orgpost-forget-request (question)
  "Drop the answer to QUESTION, if this buffer waits for one."
  (when-let ((process (alist-get question orgpost--requests)))
    (orgpost--drop process)
    (setf (alist-get question orgpost--requests nil t) nil)))

(defun orgpost-forget-requests ()
  "Drop every answer that this buffer waits for."
  (mapc #'orgpost-forget-request (mapcar #'car orgpost--requests)))

;;;; Ids, people and places

(defun orgpost-new-id (kind)
  "Return a new id of KIND, \"msg\" or \"task\"."
  (random t)
  (let ((letters "0123456789abcdefghjkmnpqrstvwxyz"))
    (format "%s-%s-%s" kind (format-time-string "%Y%m%d-%H%M%S" nil t)
            (mapconcat (lambda (_) (string (aref letters (random 32)))) (number-sequence 1 10) ""))))

(defun orgpost-actors (&optional kind)
  "Return everybody, a list of alists with id, name, kind and trust_tier.
With KIND, \"person\", \"agent\" or \"helper\", only these."
  (alist-get 'actors (orgpost-call `("contacts" "list" ,@(and kind (list "--kind" kind))))))

(defun orgpost-read-actor (prompt &optional kind)
  "Ask with PROMPT for an actor, of KIND if that is given; return its id."
  (let* ((actors (orgpost-actors kind))
         (completion-extra-properties
          (list :annotation-function (lambda (id) (orgpost-actor-note id actors)))))
    (completing-read prompt (mapcar (lambda (actor) (alist-get 'id actor)) actors) nil t)))

(defun orgpost-actor-note (id actors)
  "Return what is said beside ID when it is one of the ACTORS to choose from."
  (let ((actor (seq-find (lambda (it) (equal (alist-get 'id it) id)) actors)))
    (format "  %s, %s" (orgpost-one-line (or (alist-get 'name actor) id))
            (alist-get 'trust_tier actor))))

(defun orgpost-entry-of (id)
  "Return the message or task of ID, an alist."
  (orgpost-call (orgpost-show-arguments id)))

(defun orgpost-show-arguments (id)
  "Return what the program is asked in order to see the message or task of ID."
  (if (string-prefix-p "task-" id) (list "task" "show" id) (list "show" id)))

(defun orgpost-open-entry (id)
  "Visit the Org file of the entry ID in another window, at its heading."
  (let ((where (alist-get 'where (orgpost-entry-of id))))
    (find-file-other-window (expand-file-name (alist-get 'file where) (orgpost-space-root)))
    (widen)
    (goto-char (point-min))
    (unless (and (re-search-forward (format "^:ID:[ \t]+%s$" (regexp-quote id)) nil t)
                 (re-search-backward "^\\* " nil t))
      (forward-line (1- (alist-get 'line where))))
    (when (fboundp 'org-show-context) (org-show-context 'isearch))))

(declare-function org-show-context "org" (&optional key))

(defun orgpost-space-root ()
  "Return the folder of the space that is meant here; ask the program if need be."
  (or (orgpost-space-named)
      (let ((space (alist-get 'space (orgpost-call '("config" "path")))))
        (unless space
          (user-error "There is no space here (set `orgpost-space', or in a shell: orgpost init FOLDER)"))
        (orgpost-file-name space))))

(provide 'orgpost-call)
;;; orgpost-call.el ends here
