;;; orgpost-file-tests.el --- Org files of the post, edited  -*- lexical-binding: t; -*-

;;; Code:

(require 'orgpost-test-space)
(require 'orgpost-file)
(require 'org-agenda)
(require 'ediff)
(require 'org-clock)

(defvar orgpost-test-asked nil
  "What was asked, newest first.")

(defmacro orgpost-test-in-file (name &rest body)
  "Run BODY in a window on the file NAME of a fresh space, in `orgpost-file-mode'.
Every question is an error, unless BODY answers it."
  (declare (indent 1) (debug t))
  `(orgpost-test-with-space
     (let ((org-inhibit-startup nil)
           (create-lockfiles nil)       ; as the most careless init file has it
           (orgpost-test-asked nil)
           (auto-revert-use-notify nil) ; nobody reads its events here
           (inhibit-message t))
       (orgpost-test-fill)
       (cl-letf (((symbol-function 'yes-or-no-p) #'orgpost-test-no)
                 ((symbol-function 'y-or-n-p) #'orgpost-test-no)
                 ((symbol-function 'ask-user-about-supersession-threat) #'orgpost-test-no)
                 ((symbol-function 'ask-user-about-lock) #'orgpost-test-no))
         (save-window-excursion
           (switch-to-buffer (find-file-noselect (concat "org/messaging/" ,name)))
           (orgpost-file-mode)
           (org-show-all)
           ,@body
           (remove-hook 'post-command-hook #'org-add-log-note) ; nobody says why any more
           (should-not orgpost-test-asked))))))

(defun orgpost-test-no (question &rest _)
  "Remember QUESTION and say no."
  (push question orgpost-test-asked)
  nil)

(defvar orgpost-test--filled nil
  "A folder with the files that `orgpost-test-fill' puts into a space.")

(defun orgpost-test-fill ()
  "Put three messages and two tasks into this space, made once."
  (unless orgpost-test--filled
    (orgpost-test--write)
    (let ((folder (make-temp-file "orgpost-filled-" t)))
      (copy-directory default-directory folder t t t)
      (add-hook 'kill-emacs-hook (lambda () (delete-directory folder t)))
      (setq orgpost-test--filled folder)))
  (copy-directory orgpost-test--filled default-directory t t t))

(defun orgpost-test--write ()
  "Let the program write three messages and two tasks."
  (dolist (name '("one" "two" "three"))
    (orgpost-test-send name "--id" (concat "msg-" name)))
  (dolist (name '("one" "two"))
    (orgpost-test-cli "--as" "mira" "task" "add" "tex-agent" name "--id" (concat "task-" name))))

(defun orgpost-test-key (keys)
  "Press KEYS, through the command loop."
  (execute-kbd-macro (kbd keys)))

(defun orgpost-test-to (id)
  "Go into the drawer of the entry ID."
  (goto-char (point-min))
  (re-search-forward (format "^:ID: +%s$" (regexp-quote id))))

(defun orgpost-test-on-disk ()
  "Return what the file of this buffer holds."
  (let ((file buffer-file-name))
    (with-temp-buffer (insert-file-contents file) (buffer-string))))

(defun orgpost-test-lock ()
  "Return where Emacs's lock of this buffer's file is."
  (expand-file-name (concat ".#" (file-name-nondirectory buffer-file-name))))

(defun orgpost-test-ids (text)
  "Return the IDs in TEXT."
  (let ((start 0) ids)
    (while (string-match "^:ID: +\\(.*\\)$" text start)
      (push (match-string 1 text) ids)
      (setq start (match-end 0)))
    (nreverse ids)))

(defun orgpost-test-as-another-host (old new)
  "Replace OLD by NEW in the file, as a host does that sees no lock of this one."
  (let* ((file buffer-file-name) (text (orgpost-test-on-disk)))
    (should (string-match-p (regexp-quote old) text))
    (with-temp-buffer
      (insert (string-replace old new text))
      (let ((coding-system-for-write 'utf-8-unix))
        (call-process-region nil nil "tee" nil nil nil file)))
    (set-file-times file (time-add nil 3))))

(defun orgpost-test-hidden-p ()
  "Say whether point is in what is folded."
  (org-invisible-p))

;;;; Texts

(ert-deftest orgpost-merge-takes-what-only-one-side-changed ()
  "New, changed and gone on either side; an order that is the person's."
  (let* ((entry (lambda (id words) (format "* UNREAD x\n:PROPERTIES:\n:ID: %s\n:END:\n%s\n" id words)))
         (text (lambda (&rest pairs)
                 (apply #'concat "# head\n" (mapcar (lambda (it) (apply entry it)) pairs))))
         (base (funcall text '("a" "1") '("b" "1") '("c" "1") '("d" "1")))
         (mine (funcall text '("d" "1") '("a" "mine") '("b" "1") '("mine" "1")))
         (theirs (funcall text '("a" "1") '("b" "theirs") '("c" "1") '("new" "1"))))
    (should (equal (orgpost-merge base mine theirs)
                   (list (funcall text '("a" "mine") '("b" "theirs") '("mine" "1") '("new" "1")))))
    (should (equal (cdr (orgpost-merge base mine (string-replace "a\n:END:\n1" "a\n:END:\n2" theirs)))
                   '("a")))
    (should (equal (cdr (orgpost-merge base (string-replace "b\n:END:\n1" "b\n:END:\n2" mine) theirs))
                   '("b")))
    (should (equal (cdr (orgpost-merge base (string-replace "# head" "# mine" mine)
                                       (string-replace "# head" "# theirs" theirs)))
                   '(preamble)))
    ;; Gone on one side and changed on the other is a change of both.
    (should (equal (cdr (orgpost-merge base (funcall text '("b" "1")) (funcall text '("a" "2"))))
                   '("a")))))

(ert-deftest orgpost-merge-of-anything-with-itself-is-itself ()
  "Copied IDs, notes without one, no final line end, nothing at all: no byte is moved."
  (dolist (text '("" "words" "* a" "* a\n* a\n" "#+TITLE: x\n\n* a\n:PROPERTIES:\n:ID: 1\n:END:\n"
                  "* a\n:PROPERTIES:\n:ID: 1\n:END:\n* b\n:PROPERTIES:\n:ID: 1\n:END:"
                  "\n\n* \n** :ID: x\n:ID: y\n* *\n"))
    (should (equal (mapconcat #'cdr (orgpost-merge-pieces text) "") text))
    (should (equal (orgpost-merge text text text) (list text)))
    (should (equal (orgpost-merge "" text "") (list text)))
    (should (equal (orgpost-merge text text (concat text "\n* new\n"))
                   (list (concat text "\n* new\n"))))))

(ert-deftest orgpost-merge-becomes-any-text-whatever-stood-there ()
  "Two hundred pairs of texts; the buffer is the other one afterwards."
  (random "orgpost")
  (let ((any (lambda ()
               (mapconcat (lambda (_) (nth (random 7) '("* a\n" "* b\n:PROPERTIES:\n:ID: 1\n:END:\n"
                                                        "* c\n:PROPERTIES:\n:ID: 2\n:END:\nwords\n"
                                                        "words\n" "\n" "* " "ř")))
                          (number-sequence 1 (random 12)) ""))))
    (dotimes (_ 200)
      (let ((one (funcall any)) (other (funcall any)))
        (with-temp-buffer
          (insert one)
          (orgpost-merge-become other)
          (should (equal (buffer-string) other)))))))

;;;; The mode

(ert-deftest orgpost-file-mode-sets-what-keeps-both-sides-safe ()
  "In its buffer only, whatever the init file says; and all of it goes with the mode."
  (orgpost-test-in-file "inbox/tex.org"
    (should (equal (list create-lockfiles backup-by-copying require-final-newline
                         file-precious-flag auto-revert-mode)
                   '(t t t nil t)))
    (should-not (default-value 'create-lockfiles))
    (orgpost-file-mode -1)
    (should-not (seq-filter #'local-variable-p
                            '(create-lockfiles backup-by-copying require-final-newline
                              file-precious-flag revert-buffer-function header-line-format)))
    (should-not auto-revert-mode)
    (should-not (memq #'orgpost-sync--before-command pre-command-hook))))

(ert-deftest orgpost-file-mode-is-for-files-of-a-space ()
  "Elsewhere it says so; the global mode turns it on where it belongs, and unloading turns it off."
  (orgpost-test-with-space
    (orgpost-test-fill)
    (with-temp-file "notes.org" (insert "* x\n"))
    (unwind-protect
        (progn
          (orgpost-global-mode)
          (with-current-buffer (find-file-noselect "notes.org")
            (should-not orgpost-file-mode)
            (should-error (orgpost-file-mode) :type 'user-error))
          (with-current-buffer (find-file-noselect "org/messaging/inbox/tex.org")
            (should orgpost-file-mode)
            (orgpost-file-unload-function)
            (should-not orgpost-file-mode)))
      (orgpost-global-mode -1))
    (should-not (memq #'orgpost-file--turn-on find-file-hook))))

(ert-deftest orgpost-file-mode-comes-back-when-org-is-made-anew ()
  "C-c C-c on a line of the preamble; edits are still edits, and still safe."
  (orgpost-test-in-file "inbox/tex.org"
    (goto-char (point-min))
    (forward-line 2)
    (end-of-line)
    (orgpost-test-key "SPC LATER")
    (orgpost-test-key "C-c C-c")
    (should orgpost-file-mode)
    (should (member "LATER" org-todo-keywords-1))
    (should (memq #'orgpost-sync--before-command pre-command-hook))
    (save-buffer)
    (text-mode)
    (should-not orgpost-file-mode)
    (should-not (local-variable-p 'create-lockfiles))
    (should-not (memq #'orgpost-file--return after-change-major-mode-hook))))

(ert-deftest orgpost-file-is-saved-under-another-name-as-it-is ()
  "Nothing of the file that was there comes into it."
  (orgpost-test-in-file "inbox/tex.org"
    (let ((other (expand-file-name "crt.org")))
      (copy-file buffer-file-name other t)
      (set-file-times other (time-add nil 5))
      (goto-char (point-max))
      (orgpost-test-key "* SPC m i n e RET")
      (let ((text (buffer-string)))
        (set-visited-file-name other t t)
        (set-buffer-modified-p t)
        (save-buffer)
        (should (equal (orgpost-test-on-disk) text))))))

(ert-deftest orgpost-file-header-says-what-is-in-the-file ()
  "Counted, and what waits beside it."
  (orgpost-test-in-file "inbox/tex.org"
    (orgpost-test-send "four" "--priority" "high")
    (orgpost-test-cli "mark" "msg-two" "todo")
    (orgpost-sync-catch-up)
    (should (equal (substring-no-properties (orgpost-file--header))
                   " tex  3 unread (1 high)  1 to do"))
    (setq orgpost-file--waiting 2)
    (should (string-suffix-p "  |  2 waiting to be folded in" (orgpost-file--header))))
  (orgpost-test-in-file "agents/tex-agent.org"
    (should (string-match-p "\\` tex-agent  [0-9] to approve  [0-9] queued  0 working  0 dead\\'"
                            (orgpost-file--header)))))

;;;; Never behind

(ert-deftest orgpost-file-shows-what-came-before-each-command ()
  "A key that is typed after news goes where it was meant, and nothing is asked."
  (orgpost-test-in-file "inbox/tex.org"
    (orgpost-test-to "msg-two")
    (end-of-line)
    (orgpost-test-send "four" "--id" "msg-four")
    (orgpost-test-cli "mark" "msg-one" "read")
    (orgpost-test-cli "archive" "msg-one")
    (orgpost-test-key "x")
    (should (equal (buffer-substring (line-beginning-position) (point)) ":ID:       msg-twox"))
    (should (equal (orgpost-test-ids (buffer-string)) '("msg-twox" "msg-three" "msg-four")))
    (should (file-symlink-p (orgpost-test-lock)))
    (orgpost-test-key "C-/")
    (should (equal (orgpost-test-on-disk) (buffer-string)))))

(ert-deftest orgpost-file-keeps-point-window-mark-narrowing-folds-and-clock ()
  "What a program changes above, in and below an entry moves nothing in it."
  (orgpost-test-in-file "inbox/tex.org"
    (org-overview)
    (orgpost-test-to "msg-two")
    (org-clock-in)
    (save-buffer)
    (goto-char (point-min))
    (re-search-forward "three")
    (org-back-to-heading)
    (org-cycle)                         ; unfold the children
    (org-show-subtree)
    (orgpost-test-to "msg-two")
    (org-show-subtree)
    (org-narrow-to-subtree)
    (set-window-start nil (point-min))
    (search-forward "The")
    (push-mark (line-beginning-position) t t)
    (let ((narrowed (buffer-string)) (column (current-column)))
      (sleep-for 0.3)                   ; a save is left alone so long
      (orgpost-test-cli "mark" "msg-one" "read")
      (orgpost-test-cli "archive" "msg-one")
      (orgpost-test-cli "mark" "msg-three" "todo")
      (orgpost-test-send "four" "--id" "msg-four")
      (orgpost-sync-catch-up)
      (should (equal (buffer-string) narrowed))
      (should (equal (org-entry-get nil "ID") "msg-two"))
      (should (equal (current-column) column))
      (should (equal (window-start) (point-min)))
      (should (and mark-active (= (mark) (line-beginning-position))))
      (should (equal (org-with-point-at org-clock-marker (org-entry-get nil "ID")) "msg-two")))
    (widen)
    (should (equal (orgpost-test-on-disk) (buffer-string)))
    (orgpost-test-to "msg-three")
    (should-not (orgpost-test-hidden-p))
    (orgpost-test-to "msg-four")
    (should (orgpost-test-hidden-p))
    (org-clock-cancel)
    (set-buffer-modified-p nil)))

(ert-deftest orgpost-file-shows-new-entries-on-lines-of-their-own ()
  "Below the last one, which Org had folded with its line end."
  (orgpost-test-in-file "inbox/tex.org"
    (org-overview)
    (orgpost-test-send "four" "--id" "msg-four")
    (orgpost-test-send "five" "--id" "msg-five")
    (orgpost-sync-catch-up)
    (goto-char (point-min))
    (should (= (how-many "^\\* ") 5))
    (while (re-search-forward "^\\* " nil t)
      (should-not (org-invisible-p (match-beginning 0)))
      (should-not (org-invisible-p (1- (match-beginning 0))))
      (should (org-invisible-p (line-beginning-position 2))))))

(ert-deftest orgpost-file-keeps-point-in-an-entry-that-changes-around-it ()
  "Its heading and its end are other ones; and an entry came in before the one at point."
  (orgpost-test-in-file "inbox/tex.org"
    (orgpost-test-to "msg-two")
    (search-forward "The bo")
    (orgpost-test-as-another-host "* UNREAD   two" "* READ     two and more")
    (orgpost-test-as-another-host "* UNREAD   three" "more words\n* UNREAD   three")
    (orgpost-sync-catch-up)
    (should (equal (orgpost-test-on-disk) (buffer-string)))
    (should (looking-back "^The bo" (line-beginning-position)))
    (should (equal (org-entry-get nil "ID") "msg-two"))
    (re-search-forward "^\\* UNREAD   three")
    (beginning-of-line)
    (orgpost-test-as-another-host
     "* UNREAD   three" "* UNREAD   x\n:PROPERTIES:\n:ID:       msg-x\n:END:\n* UNREAD   three")
    (orgpost-sync-catch-up)
    (should (equal (orgpost-test-on-disk) (buffer-string)))
    (should (looking-at-p "\\* UNREAD   three"))))

(ert-deftest orgpost-file-lets-nobody-type-into-a-heading-that-is-new ()
  "Who stands at the end of the file stands there still, as with auto-revert."
  (orgpost-test-in-file "inbox/tex.org"
    (goto-char (point-max))
    (orgpost-test-send "four" "--id" "msg-four")
    (orgpost-test-key "*")
    (save-buffer)
    (should (string-suffix-p "The body.\n*\n" (orgpost-test-on-disk)))
    (should (string-match-p "^\\* UNREAD   four$" (orgpost-test-on-disk)))))

(ert-deftest orgpost-file-rereads-when-it-is-told-to ()
  "M-x revert-buffer takes in what is new, or gives up the edits; auto-revert asks nothing."
  (orgpost-test-in-file "inbox/tex.org"
    (orgpost-test-send "four" "--id" "msg-four")
    (should-not (funcall buffer-stale-function))
    (should (equal (orgpost-test-on-disk) (buffer-string)))
    (goto-char (point-max))
    (insert "* given up\n")
    (revert-buffer t t)
    (should-not (buffer-modified-p))
    (should-not (file-symlink-p (orgpost-test-lock)))
    (should (equal (orgpost-test-on-disk) (buffer-string)))))

(ert-deftest orgpost-file-does-not-ask-in-the-moment-of-a-write ()
  "The lock is a program's when the key is typed, and the file is newer when it is taken."
  (orgpost-test-in-file "inbox/tex.org"
    (goto-char (point-max))
    (let* ((lock (orgpost-test-lock))
           (write (lambda ()
                    (when (eq this-command 'org-self-insert-command)
                      (orgpost-test-send "four" "--id" "msg-four")
                      (make-symbolic-link (format "orgpost@%s.%d" (system-name) (emacs-pid)) lock)
                      (run-at-time 0.1 nil #'delete-file lock)))))
      (add-hook 'pre-command-hook write 90 t)
      ;; The name in a lock of this process is orgpost here, so Emacs takes it for somebody's.
      (cl-letf (((symbol-function 'orgpost-sync--locked-by)
                 (lambda () (and (file-symlink-p lock)
                                 (car (split-string (file-symlink-p lock) "@"))))))
        (orgpost-test-key "*")
        (orgpost-test-wait (let ((words (file-symlink-p lock)))
                             (and words (not (string-prefix-p "orgpost@" words))))))
      (remove-hook 'pre-command-hook write t)
      (orgpost-test-key "SPC m i n e RET")
      (should (file-symlink-p lock))
      (save-buffer)
      (should (string-match-p "^\\* mine\n" (orgpost-test-on-disk)))
      (should (equal (orgpost-test-ids (orgpost-test-on-disk))
                     '("msg-one" "msg-two" "msg-three" "msg-four"))))))

(ert-deftest orgpost-file-lets-emacs-ask-about-another-persons-edits ()
  "Before the edit, as without the mode: the edits of two people are no news of a program."
  (orgpost-test-in-file "inbox/tex.org"
    (make-symbolic-link (format "mira@elsewhere.%d" (emacs-pid)) (orgpost-test-lock))
    (goto-char (point-max))
    (orgpost-test-key "x")
    (should (equal (length orgpost-test-asked) 1))
    (setq orgpost-test-asked nil)
    (set-buffer-modified-p nil)
    (delete-file (orgpost-test-lock))))

(ert-deftest orgpost-file-is-unchanged-again-when-all-is-undone ()
  "Undoing to the start gives the lock back; undoing beyond a save does not."
  (orgpost-test-in-file "inbox/tex.org"
    (let ((lock (orgpost-test-lock)))
      (goto-char (point-max))
      (orgpost-test-key "x")
      (should (file-symlink-p lock))
      (orgpost-test-key "C-/")
      (should-not (buffer-modified-p))
      (should-not (file-symlink-p lock))
      (orgpost-test-key "y")
      (save-buffer)
      (orgpost-test-key "C-/")
      (should (buffer-modified-p))
      (should (file-symlink-p lock))
      (save-buffer))))

;;;; Never over

(ert-deftest orgpost-file-saves-the-edits-with-the-news ()
  "A host that sees no lock wrote meanwhile: both are in the file, nothing was asked."
  (orgpost-test-in-file "inbox/tex.org"
    (orgpost-test-to "msg-two")
    (forward-line)
    (end-of-line)
    (orgpost-test-key "x")
    (orgpost-test-as-another-host "* UNREAD   one" "* READ     one")
    (save-buffer)
    (should-not (buffer-modified-p))
    (should (equal (orgpost-test-on-disk) (buffer-string)))
    (should (string-match-p "^\\* READ     one" (buffer-string)))
    (should (string-match-p "^:FROM: .*x$" (buffer-string)))))

(ert-deftest orgpost-file-saves-nothing-where-both-changed-an-entry ()
  "The entry is named, the disk is as it was, the buffer has every word; so again and again."
  (orgpost-test-in-file "inbox/tex.org"
    (orgpost-test-to "msg-two")
    (forward-line)
    (end-of-line)
    (orgpost-test-key "x")
    (orgpost-test-as-another-host "* UNREAD   two" "* READ     two")
    (let ((disk (orgpost-test-on-disk)) (mine (buffer-string)))
      (dotimes (_ 2)
        (should (string-match-p "Not saved: .* changed here and on disk"
                                (orgpost-test-sentence #'save-buffer)))
        (should (equal (orgpost-test-on-disk) disk))
        (should (equal (buffer-string) mine))
        (should (buffer-modified-p)))
      (should (string-match-p "msg-two (UNREAD   two) changed.*compare" (car orgpost-test-asked)))
      (setq orgpost-test-asked nil)
      (set-buffer-modified-p nil))))

(ert-deftest orgpost-file-saves-after-both-were-compared ()
  "Ediff shows both; what the person then saves stands, with the rest of the news."
  (orgpost-test-in-file "inbox/tex.org"
    (orgpost-test-to "msg-two")
    (forward-line)
    (end-of-line)
    (orgpost-test-key "x")
    (orgpost-test-as-another-host "* UNREAD   two" "* READ     two")
    (orgpost-test-as-another-host "* UNREAD   one" "* READ     one")
    (let (compared)
      (cl-letf (((symbol-function 'y-or-n-p) #'always)
                ((symbol-function 'ediff-buffers)
                 (lambda (one other) (setq compared (mapcar #'buffer-name (list one other))))))
        (orgpost-test-sentence #'save-buffer)
        (orgpost-test-wait compared)
        (should (equal compared '("tex.org" "tex.org on disk"))))
      (save-buffer)
      (should (string-match-p "^\\* READ     one" (orgpost-test-on-disk)))
      (should (string-match-p "^\\* UNREAD   two" (orgpost-test-on-disk)))
      (should (equal (orgpost-test-on-disk) (buffer-string))))))

(ert-deftest orgpost-file-lets-what-waited-be-folded-in ()
  "After the save, without any other command."
  (orgpost-test-in-file "inbox/tex.org"
    (goto-char (point-max))
    (orgpost-test-key "* SPC m i n e RET")
    (should (equal (alist-get 'stored (orgpost-test-cli "--as" "crt" "send" "tex" "--id" "msg-four"
                                                        "--" "hello"))
                   "waiting"))
    (save-buffer)
    (orgpost-test-wait (member "msg-four" (orgpost-test-ids (buffer-string))))
    (should (equal (orgpost-test-on-disk) (buffer-string)))))

;;;; States

(defun orgpost-test-choose (to &rest answers)
  "Press C-c C-t, choose TO of what is offered, give ANSWERS; return the offer."
  (let (offered)
    (cl-letf (((symbol-function 'completing-read)
               (lambda (_ moves &rest _) (setq offered (mapcar #'car moves)) to))
              ((symbol-function 'read-string) (lambda (&rest _) (pop answers))))
      (orgpost-test-key "C-c C-t"))
    offered))

(ert-deftest orgpost-file-offers-the-moves-and-the-program-makes-them ()
  "C-c C-t on a message; the buffer shows it, and the program's rules were obeyed.
That the program changes a file that is watched holds its answer up for no moment."
  (orgpost-test-in-file "inbox/tex.org"
    (orgpost-file-mode -1)
    (setq auto-revert-use-notify t)
    (orgpost-file-mode)
    (orgpost-test-to "msg-two")
    (should (equal (orgpost-test-choose "DONE") '("READ" "TODO" "DONE")))
    (should (equal (orgpost-test-state "msg-two") "DONE"))
    (should (equal (org-get-todo-state) "DONE"))
    (should (equal (org-entry-get nil "ID") "msg-two"))
    (should (equal (orgpost-test-choose "ARCHIVED") '("READ" "ARCHIVED")))
    (should (equal (orgpost-test-ids (buffer-string)) '("msg-one" "msg-three")))))

(ert-deftest orgpost-file-asks-for-the-reason-that-a-verb-needs ()
  "On a task that waits, three moves and their verbs; an edit is saved first."
  (orgpost-test-in-file "agents/tex-agent.org"
    (orgpost-test-as-another-host "* QUEUED " "* WAITING")
    (orgpost-sync-catch-up)
    (orgpost-test-to "task-one")
    (let ((orgpost-save-first t))
      (orgpost-test-key "C-e")
      (goto-char (point-max))
      (insert "* a note of mine\n")
      (orgpost-test-to "task-one")
      (should (equal (orgpost-test-choose "REJECTED" "not now")
                     '("QUEUED" "REJECTED" "CANCELLED"))))
    (should (equal (orgpost-test-state "task-one") "REJECTED"))
    (should (string-match-p "^:REJECTION_REASON: not now$" (buffer-string)))
    (should (string-match-p "^\\* a note of mine$" (orgpost-test-on-disk)))
    (orgpost-test-to "task-two")
    (orgpost-test-choose "QUEUED")
    (should (equal (org-get-todo-state) "QUEUED"))
    (should-not (member "WORKING" (orgpost-test-choose "CANCELLED" "")))
    (should (equal (orgpost-test-state "task-two") "CANCELLED"))))

(ert-deftest orgpost-file-refuses-what-the-tables-forbid ()
  "From Lisp, by S-right, in the agenda: with the verb that would do it; not with C-u C-u C-u."
  (orgpost-test-in-file "agents/tex-agent.org"
    (orgpost-test-to "task-one")
    (let ((why "WORKING is set by \"task claim\"") (org-log-done nil))
      (should (equal (org-get-todo-state) "QUEUED"))
      (should (equal (orgpost-test-sentence (lambda () (org-todo "WORKING"))) why))
      (org-todo "CANCELLED")
      (should (string-match-p "\\`No move leads from CANCELLED to WORKING; there is: QUEUED, ARCHIVED"
                              (orgpost-test-sentence (lambda () (org-todo "WORKING")))))
      (org-todo "QUEUED")
      (org-back-to-heading)
      (let ((org-agenda-files (list buffer-file-name)) (org-agenda-window-setup 'current-window)
            (agenda nil))
        (save-buffer)
        (org-todo-list "QUEUED")
        (setq agenda (current-buffer))
        (goto-char (point-min))
        (re-search-forward "QUEUED .*one")
        (cl-letf (((symbol-function 'org-fast-todo-selection) (lambda (&rest _) "WORKING")))
          (should (equal (orgpost-test-sentence #'org-agenda-todo) why)))
        (kill-buffer agenda))
      (orgpost-test-to "task-one")
      (cl-letf (((symbol-function 'org-fast-todo-selection) (lambda (&rest _) "WORKING")))
        (orgpost-test-key "C-u C-u C-u C-c C-t"))
      (should (equal (org-get-todo-state) "WORKING")))
    (goto-char (point-max))
    (insert "* QUEUED a task of my own\n")
    (forward-line -1)
    (org-todo "WORKING")
    (should (equal (org-get-todo-state) "WORKING"))
    (set-buffer-modified-p nil)))

(ert-deftest orgpost-file-stops-before-a-state-is-taken-away ()
  "By S-right over the end of the line of states."
  (orgpost-test-in-file "inbox/tex.org"
    (orgpost-test-to "msg-one")
    (org-back-to-heading)
    (should (string-match-p "Without a state" (orgpost-test-sentence (lambda () (org-todo 'none)))))
    (should (string-match-p "No move leads from UNREAD to ARCHIVED; there is: READ, TODO, DONE"
                            (orgpost-test-sentence (lambda () (org-todo "ARCHIVED")))))
    (orgpost-test-key "S-<right>")
    (should (equal (org-get-todo-state) "READ"))
    (set-buffer-modified-p nil)))

(ert-deftest orgpost-file-archives-by-the-program ()
  "C-c C-x C-a on an entry; on a person's heading it is Org's."
  (orgpost-test-in-file "inbox/tex.org"
    (orgpost-test-cli "mark" "msg-two" "done")
    (orgpost-sync-catch-up)
    (orgpost-test-to "msg-two")
    (orgpost-test-key "C-c C-x C-s")
    (should (equal (orgpost-test-ids (buffer-string)) '("msg-one" "msg-three")))
    (should (equal (orgpost-test-state "msg-two") "ARCHIVED"))
    (goto-char (point-max))
    (insert "* a note of mine\n")
    (forward-line -1)
    (orgpost-test-key "C-c C-x C-s")
    (should-not (string-match-p "a note of mine" (buffer-string)))
    (should (file-exists-p "tex.org_archive"))
    (with-current-buffer (get-file-buffer "tex.org_archive")
      (set-buffer-modified-p nil))
    (set-buffer-modified-p nil)))

(provide 'orgpost-file-tests)
;;; orgpost-file-tests.el ends here
