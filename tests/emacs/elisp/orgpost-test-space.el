;;; orgpost-test-space.el --- scratch spaces for tests of the package  -*- lexical-binding: t; -*-

;;; Commentary:

;; The real program on real files: `orgpost-test-with-space' gives a test a space
;; of its own, in which tex acts and has an agent, and knows crt and mira.

;;; Code:

(require 'ert)
(require 'orgpost-call)

(defvar orgpost-test--template nil
  "A space that was never used, of which each test gets a copy.")

(defvar orgpost-test-space nil
  "The space of the test that runs.")

(defvar orgpost-test-seconds 20
  "How long a test waits for anything.")

(defun orgpost-test-cli (&rest arguments)
  "Run the program with ARGUMENTS in this folder; return the answer's data.
A list among them is what stands on stdin."
  (let ((input (seq-find #'listp arguments))
        (words (seq-remove #'listp arguments))
        (folder (or orgpost-test-space default-directory)))
    (with-temp-buffer
      (setq default-directory folder)
      (insert (or (car input) ""))
      (let ((coding-system-for-write 'utf-8-unix) (coding-system-for-read 'utf-8-unix))
        (apply #'call-process-region (point-min) (point-max) "orgpost" t t nil "--json" words))
      (let ((document (orgpost--document (current-buffer))))
        (unless (alist-get 'ok document) (error "The program refused %S: %s" words (buffer-string)))
        (alist-get 'data document)))))

(defun orgpost-test--make-template ()
  "Make the space that is copied."
  (let* ((default-directory (file-name-as-directory (make-temp-file "orgpost-template-" t)))
         (orgpost-test-space default-directory))
    (orgpost-test-cli "init" "." "--actor" "tex" "--name" "Tex Novak")
    (orgpost-test-cli "contacts" "add" "crt" "--name" "Crt Kos")
    (orgpost-test-cli "contacts" "add" "mira" "--tier" "team")
    (orgpost-test-cli "contacts" "add" "tex-agent" "--kind" "agent" "--tier" "team")
    (add-hook 'kill-emacs-hook
              (let ((folder default-directory)) (lambda () (delete-directory folder t))))
    (setq orgpost-test--template default-directory)))

(defmacro orgpost-test-with-space (&rest body)
  "Run BODY in a fresh space, and leave no buffer, process or file behind."
  (declare (indent 0) (debug t))
  `(let* ((before (buffer-list))
          (folder (make-temp-file "orgpost-space-" t))
          (default-directory (file-name-as-directory folder))
          (orgpost-test-space default-directory))
     (copy-directory (or orgpost-test--template (orgpost-test--make-template)) folder nil t t)
     (unwind-protect
         (with-temp-buffer (setq default-directory orgpost-test-space) ,@body)
       (dolist (buffer (buffer-list))
         ;; To kill one may have killed another.
         (when (and (buffer-live-p buffer) (not (memq buffer before)))
           (with-current-buffer buffer (set-buffer-modified-p nil))
           (kill-buffer buffer)))
       (delete-directory folder t))))

(defmacro orgpost-test-wait (form)
  "Wait until FORM is true, and return its value; fail when it never is."
  (declare (debug t))
  `(let ((deadline (+ (float-time) orgpost-test-seconds)) value)
     (while (not (setq value ,form))
       (when (> (float-time) deadline) (error "Waited in vain for %S" ',form))
       (accept-process-output nil 0.02))
     value))

(defun orgpost-test-answered ()
  "Wait until this buffer has the answers that it asked for."
  (orgpost-test-wait (null orgpost--requests)))

(defun orgpost-test-sentence (body)
  "Return the sentence of the `user-error' that the function BODY signals."
  (condition-case problem
      (progn (funcall body) (ert-fail "There was no user-error"))
    (user-error (error-message-string problem))))

(defun orgpost-test-state (id)
  "Return the state of ID in the files, which are the truth."
  (seq-some (lambda (file)
              (with-temp-buffer
                (insert-file-contents file)
                (when (re-search-forward (format "^:ID: +%s$" id) nil t)
                  (re-search-backward "^\\* \\([A-Z]+\\)")
                  (match-string 1))))
            (directory-files-recursively (expand-file-name "org/messaging" orgpost-test-space)
                                         "\\`[^.#].*\\.org\\'")))

(defun orgpost-test-send (subject &rest arguments)
  "Let crt send tex a message with SUBJECT and more ARGUMENTS; return its id."
  (alist-get 'id (apply #'orgpost-test-cli "--as" "crt" "send" "tex" "--subject" subject
                        (append arguments (list "--" "The body.")))))

(provide 'orgpost-test-space)
;;; orgpost-test-space.el ends here
