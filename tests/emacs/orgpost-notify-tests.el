;;; orgpost-notify-tests.el --- how much is unread, and what is new  -*- lexical-binding: t; -*-

;;; Code:

(require 'orgpost-test-space)
(require 'orgpost-notify)
(require 'cl-lib)

(defmacro orgpost-test-while (mode &rest body)
  "Run BODY while MODE is on, with short waits, and turn it off again."
  (declare (indent 1) (debug t))
  `(orgpost-test-with-space
     (let ((orgpost-notify-wait 0.2) (orgpost-refresh-seconds 0.1))
       ;; Emacs in batch reads no news of files: test_live.py has a live one for that.
       (cl-letf (((symbol-function 'file-notify-add-watch) #'ignore))
         (unwind-protect (progn (,mode 1) ,@body) (,mode -1))))))

(defvar orgpost-test--told nil "What a person was told, the latest first.")

(defun orgpost-test--tell (title text)
  "Remember TITLE and TEXT."
  (push (list title text) orgpost-test--told))

(defun orgpost-test--asked (over-p)
  "Return how often a program is started until the function OVER-P says that it is over."
  (let* ((asked 0)
         (count (lambda (&rest _) (setq asked (1+ asked)))))
    (advice-add 'orgpost--start :before count)
    (unwind-protect (orgpost-test-wait (funcall over-p))
      (advice-remove 'orgpost--start count))
    asked))

(ert-deftest orgpost-modeline-follows-what-is-unread ()
  "Sent, read by another program: the number and its face; nothing for nothing."
  (orgpost-test-while orgpost-modeline-mode
    (let ((one (orgpost-test-send "One")))
      (orgpost-test-wait (string-match-p "1" orgpost-unread-string))
      (should (eq (get-text-property 0 'face orgpost-unread-string) 'orgpost-unread))
      (should (member orgpost-unread-string '(" ✉1" " [1]")))
      (orgpost-test-send "Two" "--priority" "high")
      (orgpost-test-wait (string-match-p "2" orgpost-unread-string))
      (should (eq (get-text-property 0 'face orgpost-unread-string) 'orgpost-high))
      (orgpost-test-cli "mark" one "read")
      (orgpost-test-wait (string-match-p "1" orgpost-unread-string))
      (orgpost-test-cli "mark" "--all" "read")
      (orgpost-test-wait (equal orgpost-unread-string "")))))

(ert-deftest orgpost-modeline-starts-no-program-while-nothing-changes ()
  "Only a change of the own inbox is a reason to ask.
As many looks as there are in ten minutes, of which each compares attributes: how
long is between them makes no difference."
  (orgpost-test-while orgpost-modeline-mode
    (let ((looks 0))
      (advice-add 'orgpost-notify--attributes :before (lambda () (setq looks (1+ looks)))
                  '((name . orgpost-test)))
      (unwind-protect
          (progn
            (should (equal (default-toplevel-value 'orgpost-refresh-seconds) 60))
            (orgpost-test-send "One")
            (orgpost-test-wait (string-match-p "1" orgpost-unread-string))
            (orgpost-test-answers-there)
            (orgpost-test-cli "send" "crt" "Hello")
            (setq looks 0)
            (should (equal (orgpost-test--asked (lambda () (>= looks 11))) 0)))
        (advice-remove 'orgpost-notify--attributes 'orgpost-test)))))

(ert-deftest orgpost-modeline-asks-twice-in-the-beginning-and-not-a-minute-later ()
  "Whose inbox it is says the first answer; then the files are looked at once, at once."
  (orgpost-test-with-space
    (orgpost-test-send "One")
    (let ((orgpost-refresh-seconds 3600))
      (cl-letf (((symbol-function 'file-notify-add-watch) #'ignore))
        (unwind-protect
            (progn
              (orgpost-modeline-mode 1)
              (orgpost-test-answers-there)
              (should (equal orgpost-notify--seen (orgpost-notify--attributes))))
          (orgpost-modeline-mode -1))))))

(defun orgpost-test-answers-there ()
  "Wait until the program has answered whatever it was asked for the mode line."
  (with-current-buffer orgpost-notify--home (orgpost-test-answered)))

(ert-deftest orgpost-modeline-click-opens-the-inbox ()
  "A click on the number shows what it counts."
  (orgpost-test-while orgpost-modeline-mode
    (orgpost-test-send "One")
    (orgpost-test-wait (string-match-p "1" orgpost-unread-string))
    (let ((default-directory "/"))
      (funcall (lookup-key (get-text-property 0 'local-map orgpost-unread-string)
                           [mode-line mouse-1])))
    (with-current-buffer "*orgpost inbox*"
      (orgpost-test-answered)
      (should (string-match-p "One" (buffer-string))))))

(ert-deftest orgpost-notify-tells-once-for-many ()
  "Several messages within the wait are one notification; those of strangers none."
  (let ((orgpost-notify-function #'orgpost-test--tell) (orgpost-test--told nil))
    (orgpost-test-with-space
      (orgpost-test-cli "--as" "mira" "send" "tex" "Old"))
    (orgpost-test-while orgpost-notify-mode
      (orgpost-test-wait (listp orgpost-notify--known))
      (setq orgpost-notify-wait 4)
      (orgpost-test-send "Of a stranger")
      (dolist (subject '("One" "Two" "Three" "Four" "Fi\u200Bve <b>"))
        (orgpost-test-cli "--as" "mira" "send" "tex" "--subject" subject "--" "Body"))
      (orgpost-test-wait orgpost-test--told)
      (should (equal orgpost-test--told
                     '(("mira and others: 5 messages" "Fi‹200B›ve <b>")))))))

(ert-deftest orgpost-notify-tells-nothing-of-what-was-there ()
  "News are what came since the mode was switched on."
  (let ((orgpost-notify-function #'orgpost-test--tell) (orgpost-test--told nil))
    (orgpost-test-with-space
      (orgpost-test-cli "--as" "mira" "send" "tex" "Old")
      (let ((orgpost-notify-wait 0.1) (orgpost-refresh-seconds 0.1))
        (unwind-protect
            (cl-letf (((symbol-function 'file-notify-add-watch) #'ignore))
              (orgpost-notify-mode 1)
                   (orgpost-test-wait (listp orgpost-notify--known))
                   (orgpost-test-answers-there))
          (orgpost-notify-mode -1))))
    (should-not orgpost-test--told)))

(ert-deftest orgpost-notify-takes-the-best-way-that-works ()
  "alert, else the desktop with its markup escaped, else the echo area."
  (let (told)
    (require 'notifications)
    (cl-letf* (((symbol-function 'alert) (lambda (text &rest _) (push (list 'alert text) told)))
               ((symbol-function 'notifications-notify)
                (lambda (&rest words) (push (plist-get words :body) told) 1))
               ((symbol-function 'message)
                (lambda (&rest words) (push (apply #'format words) told))))
      (orgpost-notify "crt" "a <b>")
      (should (equal (pop told) '(alert "a <b>")))
      (fset 'alert (lambda (&rest _) (error "No")))
      (orgpost-notify "crt" "a <b>&")
      (should (equal (pop told) "a &lt;b&gt;&amp;"))
      (fset 'notifications-notify (lambda (&rest _) (error "No D-Bus")))
      (orgpost-notify "crt" "a <b>")
      (should (equal (pop told) "crt: a <b>")))))

(ert-deftest orgpost-modes-leave-nothing-behind ()
  "Off again, there is no timer, watch, buffer or word in the mode line."
  (let ((timers timer-list) (string global-mode-string))
    (orgpost-test-with-space
      (orgpost-modeline-mode 1)
      (orgpost-notify-mode 1)
      (orgpost-modeline-mode -1)
      (should (buffer-live-p orgpost-notify--home))
      (orgpost-notify-mode -1)
      (should-not (buffer-live-p orgpost-notify--home)))
    (should (equal (length timer-list) (length timers)))
    (should (equal (remove "" global-mode-string) (remove "" string)))
    (should-not orgpost-notify--watches)))

(ert-deftest orgpost-notify-that-is-unloaded-undoes-its-modes ()
  "`unload-feature' leaves no timer and no word in the mode line."
  (let ((timers (length timer-list)))
    (orgpost-test-with-space
      (orgpost-modeline-mode 1)
      (unload-feature 'orgpost-notify t))
    (should (equal (length timer-list) timers))
    (should-not (memq 'orgpost-unread-string global-mode-string))
    (should-not (fboundp 'orgpost-modeline-mode))
    (require 'orgpost-notify)))

(provide 'orgpost-notify-tests)
;;; orgpost-notify-tests.el ends here
