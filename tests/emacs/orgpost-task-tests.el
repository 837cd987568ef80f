;;; orgpost-task-tests.el --- lists of tasks, and what their owner decides  -*- lexical-binding: t; -*-

;;; Code:

(require 'orgpost-compose)
(require 'orgpost-test-tasks)

(defun orgpost-test--decided (id keys state &optional answers)
  "Press KEYS on the task ID, typing ANSWERS; it has STATE then, in the file and in its line."
  (orgpost-test-line id)
  (forward-char 3)
  (let ((column (current-column)))
    (orgpost-test-answering answers (orgpost-test-press keys))
    (should (equal (orgpost-test-task-state id) state))
    (should (equal (tabulated-list-get-id) id))
    (should (equal (current-column) column))
    (should (string-match-p (regexp-quote state) (orgpost-test-line id)))))

(ert-deftest orgpost-tasks-are-those-that-the-program-lists ()
  "Rows and order as `task list', with why each does not go on; nothing that is over."
  (orgpost-test-with-space
    (let* ((first (orgpost-test-task "First"))
           (next (orgpost-test-task "Next" "--depends-on" first "--tag" "ops"))
           (later (orgpost-test-task "Later" "--scheduled" "2099-01-01 10:00"))
           (ask (orgpost-test-ask "Please" "--priority" "high"))
           (over (orgpost-test-task "Over")))
      (orgpost-test-cli "task" "cancel" over)
      (orgpost-test-claim first)
      (orgpost-test-shown #'orgpost-tasks)
      (should (equal (mapcar #'car tabulated-list-entries)
                     (mapcar (lambda (it) (alist-get 'id it))
                             (alist-get 'tasks (orgpost-test-cli "task" "list")))))
      (should (equal orgpost-list-about "yours: 1 working, 2 queued, 1 waiting"))
      (should (string-match-p "WORKING +tex-agent +tex +owner +First (tex-agent@.* min left)"
                              (orgpost-test-line first)))
      (should (string-match-p "Next (after First (WORKING)) +ops" (orgpost-test-line next)))
      (should (string-match-p "Later (not before 2099-01-01 .* 10:00)" (orgpost-test-line later)))
      (should (string-match-p "^! +now WAITING .* crt +unknown Please (needs approval)"
                              (orgpost-test-line ask)))
      (should-not (orgpost-place-goto over))
      (orgpost-test-press "l l")
      (orgpost-test-answered)
      (should (string-match-p "CANCELLED .* Over" (orgpost-test-line over))))))

(ert-deftest orgpost-task-keys-decide-and-redraw-the-line ()
  "Approve, reject with its reason, cancel, retry, archive: state, line and point afterwards."
  (orgpost-test-with-space
    (let ((let-in (orgpost-test-ask "Let in")) (turned (orgpost-test-ask "Turned away")))
      (orgpost-test-shown #'orgpost-tasks)
      (orgpost-test--decided let-in "A" "QUEUED")
      (orgpost-test--decided turned "X" "REJECTED" '("--now"))
      (should (equal (alist-get 'rejection_reason (orgpost-test-cli "task" "show" turned))
                     "--now"))
      (orgpost-test--decided let-in "C" "CANCELLED")
      (orgpost-test--decided let-in "r" "QUEUED")
      (orgpost-test-line turned)
      (orgpost-test-press "a")
      (should-not (orgpost-test-task-state turned))
      (should-not (orgpost-place-goto turned))
      (should (orgpost-place-goto let-in)))))

(ert-deftest orgpost-task-reject-needs-a-reason ()
  "Without one nothing is asked of the program, and nothing changes."
  (orgpost-test-with-space
    (let ((id (orgpost-test-ask "Please")))
      (orgpost-test-shown #'orgpost-tasks)
      (orgpost-test-line id)
      (should (string-match-p "without a reason"
                              (orgpost-test-sentence
                               (lambda ()
                                 (orgpost-test-answering '(" ") (orgpost-test-press "X"))))))
      (should (equal (orgpost-test-task-state id) "WAITING")))))

(ert-deftest orgpost-task-cancel-of-what-is-worked-on-asks ()
  "No leaves it; yes asks its holder to stop; now takes it away."
  (orgpost-test-with-space
    (let ((id (orgpost-test-claim (orgpost-test-task "Work"))))
      (orgpost-test-shown #'orgpost-tasks)
      (orgpost-test-line id)
      (should (equal (orgpost-test-sentence
                      (lambda () (orgpost-test-answering '((?n)) (orgpost-test-press "C"))))
                     "Nothing is cancelled"))
      (orgpost-test--decided id "C" "WORKING" '((?y)))
      (should (string-match-p "asked to stop" (orgpost-test-line id)))
      (orgpost-test--decided id "C" "CANCELLED" '((?!))))))

(ert-deftest orgpost-task-keys-take-all-lines-of-a-region ()
  "In one call of the program, or in none: of many all are checked first."
  (orgpost-test-with-space
    (let ((one (orgpost-test-ask "One")) (two (orgpost-test-ask "Two"))
          (three (orgpost-test-ask "Three")) (calls 0))
      (orgpost-test-shown #'orgpost-tasks)
      (cl-letf* ((start (symbol-function 'orgpost--start))
                 ((symbol-function 'orgpost--start)
                  (lambda (&rest arguments) (cl-incf calls) (apply start arguments))))
        (orgpost-test-select one two)
        (orgpost-test-press "A")
        (should (= calls 1)))
      (should (equal (mapcar #'orgpost-test-task-state (list one two three))
                     '("QUEUED" "QUEUED" "WAITING")))
      (should deactivate-mark)
      (orgpost-test-select two three)
      (should (string-match-p "expected WAITING, found QUEUED"
                              (orgpost-test-sentence (lambda () (orgpost-test-press "A")))))
      (should (equal (orgpost-test-task-state three) "WAITING"))
      (pcase-dolist (`(,keys ,first ,last . ,state)
                     `(("C" ,one ,two . "CANCELLED") ("r" ,one ,two . "QUEUED")
                       ("X" ,three ,three . "REJECTED")))
        (orgpost-test-select first last)
        (orgpost-test-answering '("no") (orgpost-test-press keys))
        (dolist (id (list first last))
          (should (equal (orgpost-test-task-state id) state))
          (should (string-match-p state (orgpost-test-line id))))))))

(ert-deftest orgpost-task-that-somebody-else-decided-on-is-brought-up-to-date ()
  "The error says what it is now, the line shows it, and nothing changed."
  (orgpost-test-with-space
    (let ((id (orgpost-test-ask "Please")))
      (orgpost-test-shown #'orgpost-tasks)
      (orgpost-test-line id)
      (orgpost-test-cli "task" "reject" id "--reason" "no")
      (pcase-dolist (`(,keys . ,answers) '(("A") ("X" "why") ("v") ("C") ("r")))
        (should (string-match-p "found REJECTED"
                                (orgpost-test-sentence
                                 (lambda ()
                                   (orgpost-test-answering answers (orgpost-test-press keys))))))
        (should (string-match-p "REJECTED" (orgpost-test-line id))))
      (should (equal (orgpost-test-task-state id) "REJECTED")))
    (let ((id (orgpost-test-task "Over")))
      (orgpost-test-cli "task" "cancel" id)
      (orgpost-test-shown #'orgpost-tasks)
      (orgpost-test-press "l l")
      (orgpost-test-answered)
      (orgpost-test-cli "task" "retry" id)
      (orgpost-test-line id)
      (should (string-match-p "found QUEUED"
                              (orgpost-test-sentence (lambda () (orgpost-test-press "a")))))
      (should (string-match-p "QUEUED" (orgpost-test-line id)))
      (should (equal (orgpost-test-task-state id) "QUEUED")))))

(ert-deftest orgpost-task-revise-sends-what-should-be-better ()
  "The result can be quoted; only what is finished is done again; the line shows it."
  (orgpost-test-with-space
    (let ((orgpost-drafts-directory (expand-file-name "drafts/"))
          (id (orgpost-test-finish (orgpost-test-task "Done")))
          (text "* Better: 100 %\n:END:\n%(shell-command \"x\")\n \t")
          (list (get-buffer-create "*orgpost tasks*")))
      (orgpost-test-shown #'orgpost-tasks)
      (orgpost-test-press "l l")
      (orgpost-test-answered)
      (should (string-match-p "DONE .* Done" (orgpost-test-line id)))
      (orgpost-test-press "v")
      (orgpost-test-press "C-c C-y")
      (should (equal (orgpost-draft-text) "> words\n"))
      (delete-region (orgpost-draft-text-begin) (point-max))
      (should (string-match-p "feedback: must say something"
                              (orgpost-test-sentence (lambda () (orgpost-test-press "C-c C-c")))))
      (insert text)
      (orgpost-test-press "C-c C-c")
      (should (equal (alist-get 'feedback (orgpost-test-cli "task" "show" id)) (list text)))
      (should-not (orgpost-drafts))
      (set-buffer list)
      (should (string-match-p "QUEUED .* Done" (orgpost-test-line id))))))

(ert-deftest orgpost-tasks-of-another-agent-are-shown ()
  "And nothing chosen is all of mine again."
  (orgpost-test-with-space
    (orgpost-test-cli "contacts" "add" "lab-agent" "--kind" "agent" "--tier" "team")
    (let ((mine (orgpost-test-task "Mine")))
      (orgpost-test-cli "task" "add" "lab-agent" "Theirs")
      (orgpost-test-shown #'orgpost-tasks)
      (should (= (length tabulated-list-entries) 2))
      (orgpost-test-answering '("lab-agent") (orgpost-test-press "j"))
      (orgpost-test-answered)
      (should (equal orgpost-list-about "lab-agent: 1 queued"))
      (should-not (orgpost-place-goto mine))
      (save-current-buffer
        (let ((orgpost-drafts-directory (expand-file-name "drafts/")))
          (orgpost-test-press "+")
          (should (equal (orgpost-draft-words "Agent") '("lab-agent")))
          (orgpost-test-press "C-c C-k")))
      (orgpost-test-answering '("all of yours") (orgpost-test-press "j"))
      (orgpost-test-answered)
      (should (orgpost-place-goto mine)))))

(ert-deftest orgpost-task-dependencies-are-what-hangs-together ()
  "What is waited for comes first; others, and agents' other tasks, are left out."
  (orgpost-test-with-space
    (let* ((first (orgpost-test-task "First"))
           (next (orgpost-test-task "Next" "--depends-on" first))
           (last (orgpost-test-task "Last" "--depends-on" next)))
      (orgpost-test-task "Other")
      (orgpost-test-shown #'orgpost-tasks)
      (orgpost-test-line next)
      (orgpost-test-press "y")
      (orgpost-test-shown #'ignore)
      (should (equal (mapcar #'car tabulated-list-entries) (list first next last)))
      (should (string-match-p "^> QUEUED +Next .* First *$" (orgpost-test-line next)))
      (orgpost-test-line last)
      (orgpost-test-press "C")
      (should (equal (orgpost-test-task-state last) "CANCELLED")))))

(ert-deftest orgpost-tasks-of-hostile-senders-are-shown-as-they-are ()
  "No title makes a second line, hides itself or poses as a note."
  (orgpost-test-with-space
    (let ((id (orgpost-test-ask "a\u202eb [[elisp:(x)]] %%(x) \u200b(needs approval)")))
      (cl-letf (((symbol-function 'orgpost-fit-room) (lambda () 120)))
        (orgpost-test-shown #'orgpost-tasks))
      (should (string-match-p (regexp-quote "a‹202E›b [[elisp:(x)]] %%(x) ‹200B›(needs approval)")
                              (orgpost-test-line id)))
      (should-not (text-property-not-all (point-min) (point-max) 'keymap nil)))))

(ert-deftest orgpost-tasks-are-ten-thousand-and-emacs-is-quick ()
  "The list shows so many of each state and says how many more; what waits is not hidden."
  (orgpost-test-with-space
    (orgpost-test-raw-tasks 10000)
    (let ((ask (orgpost-test-ask "Please")))
      (orgpost-test-shown #'orgpost-tasks)
      (should (= (length tabulated-list-entries) 201))
      (should (equal orgpost-list-about "yours: 10001 queued, 1 waiting"))
      (should (orgpost-place-goto ask))
      (goto-char (point-max))
      (forward-line -1)
      (should (looking-at "9801 more"))
      (let ((begin (get-internal-run-time)))
        (orgpost-list-draw)
        (should (< (float-time (time-subtract (get-internal-run-time) begin)) 0.5))))))

(provide 'orgpost-task-tests)
;;; orgpost-task-tests.el ends here
