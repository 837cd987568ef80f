;;; orgpost-board-tests.el --- board, budget and agenda  -*- lexical-binding: t; -*-

;;; Code:

(require 'orgpost-test-tasks)
(require 'orgpost-agenda)
(require 'orgpost-board)
(require 'orgpost-budget)

(defun orgpost-test--column-of (id)
  "Return in which column of the board the card ID stands, counted from 0."
  (orgpost-test-line id)
  (/ (current-column) (1+ (orgpost-board--width))))

(ert-deftest orgpost-board-has-a-card-for-each-task-in-the-column-of-its-state ()
  "With sender, tier, tokens, holder and lease, why it is blocked; how many are left out."
  (orgpost-test-with-space
    (let* ((held (orgpost-test-claim (orgpost-test-task "Held")))
           (next (orgpost-test-task "Next" "--depends-on" held "--tokens" "12000"))
           (ask (orgpost-test-ask "An urgent plea of many words" "--priority" "high"))
           (dead (orgpost-test-claim (orgpost-test-task "Dead"))))
      (orgpost-test-cli "--as" "tex-agent" "task" "fail" dead "--token" "1" "--error" "no" "--final")
      (orgpost-test-shown #'orgpost-board)
      (should (equal (mapcar #'orgpost-test--column-of (list ask next held dead)) '(0 1 2 5)))
      (should (equal (replace-regexp-in-string " +" " " (substring-no-properties header-line-format))
                     " WAITING 1 QUEUED 1 WORKING 1 DONE 0 FAILED 0 DEAD 1 "))
      (should (string-match-p "\\`!An urgent " (orgpost-test-line ask)))
      (dolist (words '("crt unknown" "12kt" "tex-agent@" "min left" "after Held" "(WORKING)"
                       "needs" "approval"))
        (should (string-match-p (regexp-quote words) (buffer-string))))
      (should (= 1 (length (delete-dups (mapcar #'string-width
                                                (split-string (buffer-string) "\n" t))))))
      ;; The same keys, and point on the same card, which stands elsewhere now.
      (orgpost-test-line ask)
      (orgpost-test-press "A")
      (should (equal (orgpost-test-task-state ask) "QUEUED"))
      (should (equal (tabulated-list-get-id) ask))
      (should (= (orgpost-test--column-of ask) 1)))))

(ert-deftest orgpost-board-keys-go-from-card-to-card ()
  "Up and down in a column, and to the columns beside it; at the end they say so."
  (orgpost-test-with-space
    (let ((one (orgpost-test-task "One")) (two (orgpost-test-task "Two")))
      (orgpost-test-shown #'orgpost-board)
      (goto-char (point-min))
      (orgpost-test-press "TAB")
      (should (equal (tabulated-list-get-id) one))
      (orgpost-test-press "n")
      (should (equal (tabulated-list-get-id) two))
      (should (string-match-p "Two" (orgpost-test-line two)))
      (should (equal (orgpost-test-sentence (lambda () (orgpost-test-press "n")))
                     "There is no other card in this column"))
      (orgpost-test-press "p")
      (should (equal (tabulated-list-get-id) one))
      (orgpost-test-press "<backtab>")
      (should (equal (orgpost-test-sentence (lambda () (orgpost-test-press "<backtab>")))
                     "There is no other column")))))

(ert-deftest orgpost-board-is-drawn-again-when-a-file-changes ()
  "Nobody presses a key; and nothing is watched when the board is gone."
  (orgpost-test-with-space
    (orgpost-test-task "One")
    (orgpost-test-shown #'orgpost-board)
    (let ((watch orgpost-board--watched) (two (orgpost-test-task "Two")))
      (should (file-notify-valid-p watch))
      ;; News of files are events, which batch Emacs takes only when it reads one.
      (orgpost-test-wait (progn (read-event nil nil 0.02) (orgpost-place-goto two)))
      (kill-buffer)
      (should-not (file-notify-valid-p watch)))))

(ert-deftest orgpost-budget-is-what-the-program-says ()
  "Who spent how much of what; below, the tasks that are open, with the keys of lists."
  (orgpost-test-with-space
    (let ((ask (orgpost-test-ask "Please" "--tokens" "2500")))
      (orgpost-test-shown #'orgpost-budget)
      (let-alist (orgpost-test-cli "budget" "show")
        (should (string-match-p (format "^Tokens of %s (UTC): %d spent, %d promised of %d +\\[\\.+\\]"
                                        .day .global.spent .global.reserved .global.limit)
                                (buffer-string)))
        (should (string-match-p (format "Budgets begin anew at .*%s"
                                        (format-time-string "%H:%M" (date-to-time .resets_at)))
                                (buffer-string)))
        (let-alist (car .senders)
          (should (string-match-p
                   (format "^ +%s +%s +%d +%d +%d +%d +%d  \\[=\\{3\\}\\.\\{8\\}\\]$"
                           .actor .tier .spent .reserved .limit .tasks_today .tasks_this_hour)
                   (buffer-string)))))
      (should (string-match-p "2500  needs approval" (orgpost-test-line ask)))
      (orgpost-test-press "w")
      (should (equal (current-kill 0) ask)))))

;;;; The agenda

(defun orgpost-test--groups ()
  "Return the groups of the agenda: headings, each with the ids below it."
  (let (groups)
    (goto-char (point-min))
    (while (not (eobp))
      (let ((id (tabulated-list-get-id)))
        (cond (id (push id (cdr (car groups))))
              ((looking-at "[0-9]+ more$"))
              ((looking-at ".+") (push (list (match-string-no-properties 0)) groups))))
      (forward-line 1))
    (mapcar (lambda (group) (cons (car group) (reverse (cdr group)))) (reverse groups))))

(ert-deftest orgpost-agenda-has-each-thing-on-its-day ()
  "Overdue, today, approvals, what has no day, and the days to come."
  (orgpost-test-with-space
    (let* ((today (format-time-string "%F"))
           (late (orgpost-test-task "Late" "--deadline" "2020-01-01"))
           (due (orgpost-test-task "Due" "--deadline" (concat today " 23:00")
                                   "--scheduled" "2020-02-02"))
           (later (orgpost-test-task "Later" "--scheduled" "2099-01-02 10:00"))
           (ask (orgpost-test-ask "Please"))
           (mail (orgpost-test-send "To do")))
      (orgpost-test-task "On no day")
      (orgpost-test-send "Unread")
      (orgpost-test-cli "mark" mail "todo")
      (orgpost-test-shown #'orgpost-agenda)
      (should (equal (orgpost-test--groups)
                     `(("Overdue" ,late)
                       (,(concat "Today, " (format-time-string "%A, %F")) ,due ,due)
                       ("Wait for your approval" ,ask)
                       ("To do, on no day" ,mail)
                       ("Friday, 2099-01-02" ,later))))
      (should (string-match-p "since 2020-01-01 +QUEUED +tex +owner +Late" (orgpost-test-line late)))
      (should (string-match-p "to begin 2020-02-02 .* Due" (orgpost-test-line due)))
      (should (string-match-p "begins 10:00 .* Later" (orgpost-test-line later)))
      ;; The keys of each kind of line.
      (orgpost-test-line mail)
      (orgpost-test-press "d")
      (should (equal (alist-get 'state (orgpost-test-cli "show" mail)) "DONE"))
      (should (string-match-p "DONE .* To do" (orgpost-test-line mail)))
      (orgpost-test-line ask)
      (orgpost-test-press "A")
      (should (equal (orgpost-test-task-state ask) "QUEUED"))
      (should (string-match-p "no such key"
                              (orgpost-test-sentence (lambda () (orgpost-test-press "d"))))))))

(ert-deftest orgpost-agenda-of-a-long-day-says-how-many-more ()
  "Each day shows so many lines, as a list does."
  (orgpost-test-with-space
    (orgpost-test-raw-tasks 300 "DEADLINE: <2099-01-02 Fri>\n")
    (orgpost-test-shown #'orgpost-agenda)
    (should (equal (mapcar #'length (orgpost-test--groups)) (list (1+ orgpost-list-limit))))
    (should (string-match-p "^100 more$" (buffer-string)))))

(ert-deftest orgpost-agenda-has-mail-on-the-day-that-its-reader-planned ()
  "As C-c C-s writes it into the file; a stamp that names no day is none."
  (orgpost-test-with-space
    (let ((planned (orgpost-test-send "Planned")) (odd (orgpost-test-send "Odd")))
      (orgpost-test-cli "mark" planned odd "todo")
      (let ((coding-system-for-write 'utf-8-unix) (file "org/messaging/inbox/tex.org"))
        (with-temp-buffer
          (insert-file-contents file)
          (search-forward "Planned")
          (end-of-line)
          (insert "\nSCHEDULED: <2099-03-04 Wed +1w>")
          (search-forward "Odd")
          (end-of-line)
          (insert "\nSCHEDULED: <2099-99-04 Wed>")
          (write-region nil nil file)))
      (orgpost-test-shown #'orgpost-agenda)
      (should (equal (orgpost-test--groups)
                     `(("To do, on no day" ,odd) ("Wednesday, 2099-03-04" ,planned)))))))

(ert-deftest orgpost-agenda-files-leave-out-what-a-person-made-evaluate ()
  "It says which and where, in the file and in a buffer that nobody saved; archives never count."
  (orgpost-test-with-space
    (orgpost-test-task "Task")
    (orgpost-test-send "<%%(foo)> %%(foo)")
    (let ((agents (expand-file-name "org/messaging/agents/tex-agent.org"))
          (inbox (expand-file-name "org/messaging/inbox/tex.org"))
          said)
      (make-directory "org/messaging/archive" t)
      (write-region "* old\n" nil "org/messaging/archive/inbox-tex-2026-01.org")
      (write-region "lock" nil "org/messaging/inbox/.#crt.org")
      (should (equal (orgpost-agenda-files) (list agents inbox)))
      (pcase-dolist (`(,line . ,bad) '(("%%(foo)" . t) ("&%%(foo)" . t) ("words <%%(foo)>" . t)
                                       ("SCHEDULED: <%%(foo)>" . t) (":\t<%%(foo)>" . t)
                                       (": <%%(foo)>") ("  : <%%(foo)>") (" %%(foo)")))
        (let ((before (with-temp-buffer (insert-file-contents inbox) (buffer-string))))
          (write-region (concat line "\n") nil inbox t)
          (cl-letf (((symbol-function 'message)
                     (lambda (&rest arguments) (setq said (apply #'format arguments)))))
            (should (equal (orgpost-agenda-files) (if bad (list agents) (list agents inbox)))))
          (when bad
            (should (string-match-p (format "inbox/tex.org:%d\\'" (1+ (cl-count ?\n before)))
                                    said)))
          (write-region before nil inbox)))
      (with-current-buffer (find-file-noselect agents)
        (goto-char (point-max))
        (insert "%%(foo)\n")
        (narrow-to-region (point-min) (1+ (point-min))))
      (should (equal (orgpost-agenda-files) (list inbox))))))

(provide 'orgpost-board-tests)
;;; orgpost-board-tests.el ends here
