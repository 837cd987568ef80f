;;; orgpost-test-tasks.el --- tasks for tests of the package  -*- lexical-binding: t; -*-

;;; Commentary:

;; Tasks of tex-agent, whose owner tex is: mira asks and has to wait for approval.

;;; Code:

(require 'orgpost-test-space)
(require 'orgpost-task)
(require 'cl-lib)

(defun orgpost-test-ask (title &rest arguments)
  "Let crt ask tex-agent for TITLE with more ARGUMENTS, which waits; return its id."
  (if arguments
      (alist-get 'id (apply #'orgpost-test-cli "--as" "crt" "task" "add" "tex-agent" title arguments))
    (orgpost-test--raw title "WAITING" "crt" "unknown" ":AWAITING: owner-approval\n")))

(defun orgpost-test-task (title &rest arguments)
  "Let tex ask tex-agent for TITLE with more ARGUMENTS, which is let in; return its id."
  (if arguments
      (alist-get 'id (apply #'orgpost-test-cli "task" "add" "tex-agent" title arguments))
    (orgpost-test--raw title "QUEUED" "tex" "owner" "")))

(defconst orgpost-test--task-file "org/messaging/agents/tex-agent.org"
  "The tasks of tex-agent.")

(defun orgpost-test--raw (title state from tier more)
  "Write a task into the file of tex-agent, as the program does; return its id.
TITLE, STATE, FROM and TIER are the task's, MORE are lines of its properties.  To
start the program for each would take these tests several times as long."
  (let ((id (orgpost-new-id "task")) (coding-system-for-write 'utf-8-unix))
    (unless (file-exists-p orgpost-test--task-file)
      (make-directory (file-name-directory orgpost-test--task-file) t)
      (write-region (concat "# -*- mode: org; coding: utf-8-unix -*-\n#+TITLE: Tasks of tex-agent\n"
                            "#+TODO: QUEUED(q!) WAITING(w!) WORKING(k!) | DONE(d!) FAILED(f@) DEAD(x@)"
                            " REJECTED(j@) CANCELLED(c@) ARCHIVED(a)\n"
                            "#+STARTUP: overview logdrawer\n\n")
                    nil orgpost-test--task-file nil 'quiet))
    (write-region (format "* %-9s %s\n:PROPERTIES:\n:ID:       %s\n:FROM:     %s\n:TRUST_TIER: %s\n%s%s"
                          state title id from tier more
                          (format-time-string
                           ":CREATED:  [%F %a %T]\n:ATTEMPT:  0\n:LEASE:    - 0 -\n:END:\nWords.\n"))
                  nil orgpost-test--task-file t 'quiet)
    id))

(defun orgpost-test-task-state (id)
  "Return the state of the task ID in the file of tex-agent, nil if it is not there."
  (with-temp-buffer
    (insert-file-contents orgpost-test--task-file)
    (and (search-forward (concat " " id "\n") nil t)
         (re-search-backward "^\\* \\([A-Z]+\\)")
         (match-string 1))))

(defun orgpost-test-claim (id)
  "Let the agent take the task ID; return the id."
  (orgpost-test-cli "--as" "tex-agent" "task" "claim" "--id" id)
  id)

(defun orgpost-test-finish (id)
  "Let the agent take the task ID and finish it; return the id."
  (orgpost-test-claim id)
  (orgpost-test-cli "--as" "tex-agent" "task" "complete" id "--result" "words")
  id)

(defun orgpost-test-shown (command)
  "Run COMMAND, which shows a list, wait for its answer and stay in its buffer."
  (funcall command)
  (set-buffer (window-buffer))
  (orgpost-test-answered))

(defun orgpost-test-press (keys)
  "Run the command that is bound to KEYS here, as if they were typed."
  (let ((command (key-binding (kbd keys))))
    (unless (commandp command) (error "Nothing is bound to %s" keys))
    (setq this-command command)
    (cl-letf (((symbol-function 'this-command-keys-vector) (lambda () (kbd (concat "C-g " keys)))))
      (call-interactively command))))

(defun orgpost-test-line (id)
  "Go to the line of ID and return it."
  (unless (orgpost-place-goto id) (error "%s is not in the list" id))
  (buffer-substring-no-properties (line-beginning-position) (line-end-position)))

(defun orgpost-test-select (first last)
  "Make a region of the lines from the id FIRST to the id LAST."
  (orgpost-test-line first)
  (set-mark (point))
  (orgpost-test-line last)
  (end-of-line)
  (activate-mark))

(defmacro orgpost-test-answering (answers &rest body)
  "Run BODY, in which ANSWERS are typed when something is asked, each once."
  (declare (indent 1) (debug t))
  `(let ((answers ,answers))
     (cl-letf* ((answer (lambda (&rest _) (if answers (pop answers) (error "Nobody answers"))))
                ((symbol-function 'read-string) answer)
                ((symbol-function 'completing-read) answer)
                ((symbol-function 'read-multiple-choice) answer))
       ,@body)))

(defun orgpost-test-raw-tasks (count &optional planning)
  "Put COUNT tasks that are queued, with a line of PLANNING, into the file of tex-agent."
  (orgpost-test-task "the first of many")
  (let ((coding-system-for-write 'utf-8-unix))
    (with-temp-buffer
      (dotimes (number count)
        (insert (format "* QUEUED    Task number %d
%s:PROPERTIES:
:ID:       task-20261120-083105-%010d
:FROM:     tex
:TRUST_TIER: owner
:CREATED:  [2026-11-20 Fri 09:31:05]
:ATTEMPT:  0
:LEASE:    - 0 -
:END:
What is to be done.
" number (or planning "") number)))
      (append-to-file (point-min) (point-max) orgpost-test--task-file))))

(provide 'orgpost-test-tasks)
;;; orgpost-test-tasks.el ends here
