;;; orgpost-call-tests.el --- how the program is asked  -*- lexical-binding: t; -*-

;;; Code:

(require 'orgpost-test-space)
(require 'filenotify)
(require 'cl-lib)

(defun orgpost-test--program (script)
  "Return the path of a program that is the shell SCRIPT."
  (let ((file (expand-file-name "program" default-directory)))
    (with-temp-file file (insert "#!/bin/sh\n" script "\n"))
    (set-file-modes file #o700)
    file))

(defun orgpost-test--no-process-left ()
  "Wait until no process of ours is left, and say so."
  (orgpost-test-wait (null (seq-filter (lambda (it) (string-match-p "orgpost" (process-name it)))
                                       (process-list))))
  (should-not (seq-filter (lambda (it) (string-match-p "\\*orgpost \\(answer\\|trouble\\)"
                                                       (buffer-name it)))
                          (buffer-list))))

(ert-deftest orgpost-call-returns-the-data-of-the-answer ()
  "Objects are alists, arrays lists, null and false nil."
  (orgpost-test-with-space
    (should (equal (mapcar (lambda (it) (alist-get 'id it)) (orgpost-actors))
                   '("tex" "crt" "mira" "tex-agent")))
    (should (equal (mapcar (lambda (it) (alist-get 'id it)) (orgpost-actors "agent"))
                   '("tex-agent")))
    (should-not (alist-get 'owner (car (orgpost-actors))))))

(ert-deftest orgpost-call-understands-the-answer-without-a-parser-in-emacs-too ()
  "An Emacs that was built without one reads the same lists and alists."
  (let ((text "{\"ok\": true, \"data\": {\"a\": [1, null, false], \"b\": \"\\u017e\\ud83d\\ude00\"}}"))
    (with-temp-buffer
      (insert text)
      (should (equal (orgpost--document-slowly text) (orgpost--document (current-buffer)))))
    (should (equal (alist-get 'data (orgpost--document-slowly text))
                   '((a . (1 nil nil)) (b . "ž😀"))))))

(ert-deftest orgpost-call-sends-text-byte-for-byte ()
  "Unicode, trailing blanks, no final newline, 60 KB: what was sent is stored."
  (orgpost-test-with-space
    (let* ((text (concat "žluťoučký 😀 \n--\n" (make-string 30000 ?ř) "\n end \t "))
           (sent (orgpost-call '("send" "crt" "--subject" "-1 or +1?" "--" "-") text)))
      (should (equal (alist-get 'body (orgpost-entry-of (alist-get 'id sent))) text)))))

(ert-deftest orgpost-call-reads-texts-with-nuls ()
  "One letter with a NUL hides no other, and is what was sent: escapes of others stay theirs."
  (orgpost-test-with-space
    (let* ((text (concat "a\0\0b \\u0000 \\\\u0000 \"\\\0\" " (string #xfdd0) "\n"))
           (sent (orgpost-call '("send" "tex" "--subject" "x" "--" "-") text))
           (other (orgpost-test-send "Another")))
      (should (equal (mapcar (lambda (it) (list (alist-get 'id it) (alist-get 'body it)))
                             (alist-get 'messages (orgpost-call '("inbox" "--oldest"))))
                     (list (list (alist-get 'id sent) text) (list other "The body.")))))))

(ert-deftest orgpost-trouble-is-a-sentence-and-a-hint ()
  "The user reads the program's own words, and what to do next."
  (orgpost-test-with-space
    (should (equal (orgpost-test-sentence (lambda () (orgpost-call '("send" "crz" "--" "x"))))
                   "unknown actor: crz (did you mean crt?)"))))

(ert-deftest orgpost-trouble-of-an-unknown-program-names-the-option ()
  "Who has no program learns which option is wrong."
  (orgpost-test-with-space
    (let ((orgpost-program "/nowhere/orgpost"))
      (should (string-match-p "no program /nowhere/orgpost (pip install.*set .orgpost-program."
                              (orgpost-test-sentence (lambda () (orgpost-call '("inbox")))))))))

(ert-deftest orgpost-trouble-of-another-version-says-which-is-needed ()
  "A program that does not know our words, whose answers we do not know, or that says nothing."
  (orgpost-test-with-space
    (pcase-dolist (`(,script . ,sentence)
                   '(("orgpost --json inbox --unheard-of" . "unrecognized arguments")
                     ("echo '{\"schema\": 2, \"ok\": true, \"data\": 1}'" . "as another version does")
                     ("echo usage: orgpost >&2; exit 2" . "no answer that can be read (exit 2)")))
      (let ((orgpost-program (orgpost-test--program script)))
        (should (string-match-p (concat sentence ".*needs 0.3 or later: .*program --version. says")
                                (orgpost-test-sentence (lambda () (orgpost-call '("inbox"))))))))))

(ert-deftest orgpost-trouble-has-hints-for-whoever-sits-at-emacs ()
  "Where the program names its own flags, the option of Emacs is named."
  (orgpost-test-with-space
    (should (string-match-p "set .orgpost-space., or in a shell: orgpost init /nowhere"
                            (orgpost-test-sentence
                             (lambda () (let ((orgpost-space "/nowhere")) (orgpost-call '("inbox")))))))
    (rename-file "settings.local.yaml" "kept.yaml")
    (should (string-match-p "nobody is named.*set .orgpost-actor."
                            (orgpost-test-sentence (lambda () (orgpost-call '("inbox"))))))))

(ert-deftest orgpost-call-reads-a-long-answer-in-one-go ()
  "While it is read and shown nothing is looked for that could be thrown away."
  (orgpost-test-with-space
    (let* ((orgpost-program
            (orgpost-test--program
             "printf '{\"ok\": true, \"data\": ['; yes '{\"a\": [1, 2, 3]},' | head -n 50000; echo '1]}'"))
           before after)
      (advice-add 'orgpost--outcome :before (lambda (_) (setq before gcs-done))
                  '((name . orgpost-test)))
      (unwind-protect
          (orgpost-request 'list '("inbox") (lambda (data) (setq after (list gcs-done (length data)))))
        (orgpost-test-wait after)
        (advice-remove 'orgpost--outcome 'orgpost-test))
      (should (equal after (list before 50001))))))

(ert-deftest orgpost-trouble-without-a-document-is-kept-in-a-buffer ()
  "A traceback is shown with command and exit code; escape sequences are spelled out."
  (orgpost-test-with-space
    (let ((orgpost-program (orgpost-test--program "printf 'Boom\\033[1m' >&2; exit 3")))
      (should (string-match-p "no answer that can be read (exit 3)"
                              (orgpost-test-sentence (lambda () (orgpost-call '("inbox"))))))
      (with-current-buffer "*orgpost errors*"
        (should (string-match-p "inbox: exit 3\n.*\nstderr: Boom\\^\\[\\[1m" (buffer-string))))
      (orgpost-test--no-process-left))))

(ert-deftest orgpost-trouble-shows-no-words-of-a-cut-document ()
  "Half an answer may hold letters and tokens; neither they nor values of options are shown."
  (orgpost-test-with-space
    (let ((orgpost-program (orgpost-test--program "printf '{\"data\": \"secret letter\"'")))
      (orgpost-test-sentence (lambda () (orgpost-call '("task" "claim" "--token" "sesame"))))
      (with-current-buffer "*orgpost errors*"
        (should (string-match-p "task claim: exit 0\nstdout: a document that was cut off"
                                (buffer-string)))
        (should-not (string-match-p "secret\\|sesame" (buffer-string)))))))

(ert-deftest orgpost-trouble-of-a-program-that-hangs-is-told-in-time ()
  "Nothing hangs, also when the text is never read; and no process is left."
  (orgpost-test-with-space
    (let ((orgpost-program (orgpost-test--program "exec sleep 60"))
          (orgpost-timeout 0.5)
          (begin (float-time)))
      (should (string-match-p "no answer of .* within 0.5 seconds (whether"
                              (orgpost-test-sentence
                               (lambda () (orgpost-call '("send" "crt" "-")
                                                        (make-string 1000000 ?x))))))
      (should (< (- (float-time) begin) 10))
      (orgpost-test--no-process-left))))

(ert-deftest orgpost-trouble-of-an-endless-answer-is-told ()
  "A hundred megabytes are no answer, and do not fill the memory."
  (orgpost-test-with-space
    (let ((orgpost-program (orgpost-test--program "exec cat /dev/zero"))
          (orgpost--largest-answer 1000000))
      (should (string-match-p "has no end"
                              (orgpost-test-sentence (lambda () (orgpost-call '("inbox"))))))
      (orgpost-test--no-process-left))))

(ert-deftest orgpost-call-returns-while-emacs-has-news-of-files-to-read ()
  "While such news wait Emacs tells nobody that a process has ended; we notice all the same."
  (orgpost-test-with-space
    (let* ((id (orgpost-test-send "Hello"))
           (watch (file-notify-add-watch (expand-file-name "org/messaging/inbox")
                                         '(change) #'ignore)))
      (unwind-protect
          (dolist (state '("READ" "TODO"))
            (orgpost-call (list "mark" id (downcase state)))
            (should (equal (orgpost-test-state id) state)))
        (file-notify-rm-watch watch)))))

(ert-deftest orgpost-request-drops-the-older-answer ()
  "A newer question to the same list makes the older one's answer unwanted."
  (orgpost-test-with-space
    (let (told)
      (orgpost-request 'list '("inbox") (lambda (_) (push 'older told)))
      (orgpost-request 'list '("inbox" "--all") (lambda (_) (push 'newer told)))
      (orgpost-test-answered)
      (orgpost-test--no-process-left)
      (should (equal told '(newer))))))

(ert-deftest orgpost-request-of-a-killed-buffer-is-dropped ()
  "Nobody is told, and the program is stopped at once."
  (orgpost-test-with-space
    (let ((orgpost-program (orgpost-test--program "exec sleep 60"))
          (folder default-directory)
          told)
      (with-current-buffer (get-buffer-create "a list")
        (setq default-directory folder)
        (orgpost-request 'list '("inbox") #'ignore (lambda (_) (setq told t)))
        (kill-buffer))
      (orgpost-test--no-process-left)
      (should-not told))))

(ert-deftest orgpost-request-does-not-wait ()
  "While the program thinks, Emacs is free; the answer comes into the buffer that asked."
  (orgpost-test-with-space
    (let ((orgpost-program (orgpost-test--program
                            "sleep 1; echo '{\"ok\": true, \"data\": [1]}'"))
          told)
      (orgpost-request 'list '("inbox") (lambda (data) (setq told (list data (current-buffer)))))
      (should-not told)
      (let ((asker (current-buffer)))
        (with-temp-buffer (orgpost-test-wait told))
        (should (equal told (list '(1) asker)))))))

(ert-deftest orgpost-space-is-found-from-the-buffer-or-named ()
  "From a space: that one.  From elsewhere: `orgpost-space'.  From nowhere: what to do."
  (orgpost-test-with-space
    (let ((space default-directory))
      (make-directory "below/it" t)
      (let ((default-directory (expand-file-name "below/it/")))
        (should (equal (orgpost-space-root) space)))
      (let ((default-directory "/") (orgpost-space space))
        (should (equal (orgpost-space-root) space))
        (should (equal (alist-get 'actor (orgpost-call '("inbox"))) "tex")))
      (let ((default-directory "/"))
        (should (string-match-p "no space here (set .orgpost-space., or .*orgpost init"
                                (orgpost-test-sentence #'orgpost-space-root)))
        (let ((process-environment (cons (concat "ORGPOST_SPACE=" space) process-environment)))
          (should (equal (orgpost-space-root) space)))))))

(ert-deftest orgpost-edits-of-this-emacs-are-saved-before-a-change ()
  "The program would wait for them and refuse."
  (orgpost-test-with-space
    (let ((id (orgpost-test-send "Hello")) (orgpost-save-first t))
      (with-current-buffer (find-file-noselect "org/messaging/inbox/tex.org")
        (goto-char (point-max))
        (insert "* A note of mine\n"))
      (orgpost-change (list "mark" id "read"))
      (should (equal (orgpost-test-state id) "READ"))
      (with-temp-buffer
        (insert-file-contents "org/messaging/inbox/tex.org")
        (should (search-forward "A note of mine" nil t))))))

(ert-deftest orgpost-trouble-of-a-file-that-somebody-edits-names-them ()
  "Exit 75 by another person: who it is, and where; nothing is asked, nothing changes."
  (orgpost-test-with-space
    (let ((id (orgpost-test-send "Hello")) (orgpost-save-first 'ask))
      (orgpost-test-cli "config" "set" "store.lock_seconds" "0.2")
      ;; On another host, a lock is always that of somebody alive.
      (make-symbolic-link "mira@elsewhere.4711" "org/messaging/inbox/.#tex.org")
      (should (string-match-p "mira@elsewhere has unsaved changes in inbox/tex.org (Emacs 4711)"
                              (orgpost-test-sentence
                               (lambda () (orgpost-change (list "mark" id "read"))))))
      (should (equal (orgpost-test-state id) "UNREAD")))))

(ert-deftest orgpost-trouble-of-a-disk-that-takes-no-more-is-told ()
  "The program cannot write a byte: its words, and nothing has changed."
  (orgpost-test-with-space
    (let ((id (orgpost-test-send "Hello"))
          (orgpost-program (orgpost-test--program "ulimit -f 0; exec orgpost \"$@\"")))
      (should (string-match-p "no space left on the disk: .*(free some room and try again)"
                              (orgpost-test-sentence
                               (lambda () (orgpost-change (list "mark" id "read"))))))
      (should (equal (orgpost-test-state id) "UNREAD"))
      (orgpost-test--no-process-left))))

(ert-deftest orgpost-trouble-of-edits-here-that-are-not-saved ()
  "Exit 75 by this Emacs: the question comes first, and whoever says no is told who holds it."
  (orgpost-test-with-space
    (let ((id (orgpost-test-send "Hello")) (orgpost-save-first 'ask) asked)
      (orgpost-test-cli "config" "set" "store.lock_seconds" "0.2")
      (with-current-buffer (find-file-noselect "org/messaging/inbox/tex.org") (insert "\n"))
      (cl-letf (((symbol-function 'y-or-n-p) (lambda (question) (setq asked question) nil)))
        (should (string-match-p (format "(Emacs %d)" (emacs-pid))
                                (orgpost-test-sentence
                                 (lambda () (orgpost-change (list "mark" id "read")))))))
      (should (string-match-p "tex.org has unsaved edits" asked))
      (should (equal (orgpost-test-state id) "UNREAD")))))

(ert-deftest orgpost-words-of-others-are-shown-as-they-are ()
  "What could hide, reorder or forge text is spelled out."
  (should (equal (orgpost-one-line "a\u202eb\x1b[1mc\nd\u200be") "a‹202E›b^[[1mc d‹200B›e")))

(provide 'orgpost-call-tests)
;;; orgpost-call-tests.el ends here
