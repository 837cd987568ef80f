;;; orgpost-inbox-tests.el --- lists of messages  -*- lexical-binding: t; -*-

;;; Code:

(require 'orgpost-test-space)
(require 'orgpost-inbox)
(require 'cl-lib)
(require 'orgpost-view)

(defun orgpost-test--rows ()
  "Return the ids of the lines, from the first to the last."
  (save-excursion
    (goto-char (point-min))
    (let (ids)
      (while (not (eobp))
        (when-let ((id (tabulated-list-get-id))) (push id ids))
        (forward-line 1))
      (nreverse ids))))

(defun orgpost-test--line (id)
  "Return the line of ID."
  (save-excursion
    (orgpost-place-goto id)
    (buffer-substring-no-properties (line-beginning-position) (line-end-position))))

(defun orgpost-test--ids (data)
  "Return the ids of the messages in DATA."
  (mapcar (lambda (it) (alist-get 'id it)) (alist-get 'messages data)))

(defmacro orgpost-test-in-inbox (&rest body)
  "Run BODY in the inbox of tex, when it has its answer."
  (declare (indent 0) (debug t))
  `(progn (orgpost)
          (with-current-buffer "*orgpost inbox*"
            (orgpost-test-answered)
            ,@body)))

(defun orgpost-test--key (key)
  "Do what KEY does here."
  (call-interactively (key-binding (kbd key))))

(ert-deftest orgpost-inbox-has-rows-and-order-of-the-program ()
  "What `inbox --json' lists stands there, and in its order; a sender's tier too."
  (orgpost-test-with-space
    (orgpost-test-send "One")
    (orgpost-test-send "Two" "--priority" "high" "--tag" "ops")
    (orgpost-test-cli "--as" "mira" "send" "tex" "Three")
    (orgpost-test-in-inbox
      (should (equal (orgpost-test--rows) (orgpost-test--ids (orgpost-test-cli "inbox"))))
      (should (string-match-p "\\`U! +now +crt +unknown +Two +ops" (buffer-string)))
      (should (string-match-p "^U +now +mira +team +Three" (buffer-string)))
      (should (equal (orgpost-inbox--count) "tex: 3 unread")))))

(ert-deftest orgpost-inbox-that-is-empty-says-so ()
  "Nothing is a line, and no command acts on it."
  (orgpost-test-with-space
    (orgpost-test-in-inbox
      (should (equal (buffer-string)
                     "No unread mail; `l l' shows all, `m' writes a message, `?' the keys\n"))
      (should (equal (orgpost-test-sentence #'orgpost-inbox-mark-read)
                     "There is no entry on this line")))))

(ert-deftest orgpost-inbox-says-how-many-more-there-are ()
  "A list has at most `orgpost-list-limit' lines, and what was left out is told."
  (orgpost-test-with-space
    (dotimes (number 3) (orgpost-test-send (format "Message %d" number)))
    (let ((orgpost-list-limit 2))
      (orgpost-test-in-inbox
        (should (equal (length (orgpost-test--rows)) 2))
        (should (string-match-p "^1 more; .l. limits the list" (buffer-string)))
        (setq orgpost-list-limit 3)
        (orgpost-test--key "g")
        (orgpost-test-answered)
        (should (equal (orgpost-test--rows) (orgpost-test--ids (orgpost-test-cli "inbox"))))
        (should-not (string-match-p "more" (buffer-string)))))))

(ert-deftest orgpost-inbox-keys-change-the-state-of-a-line ()
  "Each key on one line: the program's state, the line, and point on the same id."
  (orgpost-test-with-space
    (let ((first (orgpost-test-send "One")) (second (orgpost-test-send "Two")))
      (orgpost-test-in-inbox
        (orgpost-place-goto first)
        (forward-char 5)
        (pcase-dolist (`(,key ,state) '(("!" "READ") ("u" "UNREAD") ("t" "TODO") ("d" "DONE")))
          (orgpost-test--key key)
          (should (equal (orgpost-test-state first) state))
          (should (string-prefix-p (substring state 0 1) (orgpost-test--line first)))
          (should (equal (orgpost-inbox--count)
                         (format "tex: %d unread" (if (equal state "UNREAD") 2 1))))
          (should (equal (list (tabulated-list-get-id) (current-column)) (list first 5))))
        (should (equal (orgpost-test-state second) "UNREAD"))
        (orgpost-test--key "a")
        (should (equal (orgpost-test-state first) "ARCHIVED"))
        (should (equal (orgpost-test--rows) (list second)))
        (should (equal (tabulated-list-get-id) second))))))

(ert-deftest orgpost-inbox-keys-take-the-region ()
  "All lines of an active region are changed in one call of the program: states, lines, point."
  (orgpost-test-with-space
    (dotimes (number 3) (orgpost-test-send (format "Message %d" number)))
    (orgpost-test-in-inbox
      (let* ((rows (orgpost-test--rows)) (transient-mark-mode t) (calls 0) (kill-ring nil)
             (count (lambda (&rest _) (setq calls (1+ calls))))
             (press (lambda (key)
                      (orgpost-place-goto (car rows))
                      (push-mark (point) t t)
                      (orgpost-place-goto (cadr rows))
                      (forward-char 3)
                      (setq calls 0)
                      (advice-add 'orgpost--start :before count)
                      (unwind-protect (orgpost-test--key key)
                        (advice-remove 'orgpost--start count)))))
        (pcase-dolist (`(,key . ,state) '(("t" . "TODO") ("!" . "READ") ("u" . "UNREAD")
                                          ("d" . "DONE")))
          (funcall press key)
          (should (equal calls 1))
          (should (equal (mapcar #'orgpost-test-state rows) (list state state "UNREAD")))
          (dolist (row (seq-take rows 2))
            (should (string-prefix-p (substring state 0 1) (orgpost-test--line row))))
          (should (equal (list (tabulated-list-get-id) (current-column)) (list (cadr rows) 3))))
        (funcall press "w")
        (should (equal (current-kill 0) (string-join (seq-take rows 2) " ")))
        (funcall press "a")
        (should (equal (mapcar #'orgpost-test-state rows) '("ARCHIVED" "ARCHIVED" "UNREAD")))
        (should (equal (orgpost-test--rows) (last rows)))))))

(ert-deftest orgpost-inbox-tells-that-somebody-was-faster ()
  "The program refuses: the state is told, the line is right, and nothing changed."
  (orgpost-test-with-space
    (let ((id (orgpost-test-send "One")))
      (orgpost-test-cli "mark" id "read")
      (orgpost-test-in-inbox
        (orgpost-list-limit-none)
        (orgpost-test-answered)
        (orgpost-test-cli "mark" id "todo")
        (orgpost-place-goto id)
        (should (string-match-p "found TODO" (orgpost-test-sentence #'orgpost-inbox-archive)))
        (should (string-prefix-p "T" (orgpost-test--line id)))
        (should (equal (orgpost-test-state id) "TODO"))))))

(ert-deftest orgpost-inbox-refresh-keeps-point-on-the-same-id ()
  "Mail that came above moves the line, and point goes with it."
  (orgpost-test-with-space
    (let ((id (orgpost-test-send "One")))
      (orgpost-test-in-inbox
        (orgpost-place-goto id)
        (move-to-column 10)
        (orgpost-test-send "Two" "--priority" "high")
        (orgpost-test--key "g")
        (orgpost-test-answered)
        (should (equal (length (orgpost-test--rows)) 2))
        (should (equal (line-number-at-pos) 2))
        (should (equal (list (tabulated-list-get-id) (current-column)) (list id 10)))
        (revert-buffer)
        (orgpost-test-answered)
        (should (equal (tabulated-list-get-id) id))))))

(ert-deftest orgpost-inbox-limits-narrow-the-list ()
  "By state, sender, tag and tier; the program's order stays, and l l shows all."
  (orgpost-test-with-space
    (let ((one (orgpost-test-send "One" "--tag" "ops"))
          (two (alist-get 'id (orgpost-test-cli "--as" "mira" "send" "tex" "Two"))))
      (orgpost-test-cli "mark" one "read")
      (orgpost-test-in-inbox
        (pcase-dolist (`(,limits ,rows)
                       `((((all . t)) (,two ,one)) (((all . t) (tier . "team")) (,two))
                         (((all . t) (tag . "ops")) (,one)) (((from . "mira")) (,two))
                         (((state . "READ")) (,one)) (((tier . "unknown")) nil)))
          (setq orgpost-list-limits limits)
          (orgpost-list-refresh)
          (orgpost-test-answered)
          (should (equal (sort (orgpost-test--rows) #'string<) (sort rows #'string<))))
        (call-interactively (key-binding (kbd "l l")))
        (orgpost-test-answered)
        (should (equal (length (orgpost-test--rows)) 2))
        (should (equal (orgpost-list-limits-said) " all"))
        (call-interactively (key-binding (kbd "l o")))
        (orgpost-test-answered)
        (should (equal (orgpost-test--rows) (list two)))
        (setq orgpost-list-limits '((from . "crt"))))
      (orgpost-test-in-inbox
        (should (equal (orgpost-list-limits-said) ""))
        (should (equal (orgpost-test--rows) (list two)))))))

(ert-deftest orgpost-inbox-of-another-actor-acts-as-that-actor ()
  "Who looks at another inbox marks there as its owner."
  (orgpost-test-with-space
    (let ((id (alist-get 'id (orgpost-test-cli "send" "crt" "Hello"))))
      (orgpost-inbox-other "crt")
      (with-current-buffer "*orgpost inbox of crt*"
        (orgpost-test-answered)
        (should (equal (orgpost-inbox--count) "crt: 1 unread"))
        (orgpost-test--key "d")
        (should (equal (orgpost-test-state id) "DONE"))))))

(ert-deftest orgpost-search-lists-what-was-found ()
  "Words that begin with a hyphen are words; M-n refines."
  (orgpost-test-with-space
    (let ((id (orgpost-test-send "The -v flag")))
      (orgpost-test-send "Another flag")
      (orgpost-search "-v flag")
      (with-current-buffer "*orgpost search*"
        (orgpost-test-answered)
        (should (equal (orgpost-test--rows) (list id)))
        (should (equal orgpost-list-about "1 found"))
        (orgpost-search-refine "flag")
        (orgpost-test-answered)
        (should (equal (length (orgpost-test--rows)) 2))))))

(ert-deftest orgpost-thread-shows-the-conversation ()
  "All messages of it, whoever wrote them."
  (orgpost-test-with-space
    (let ((id (orgpost-test-send "Question")))
      (orgpost-test-cli "reply" id "Answer")
      (orgpost-test-in-inbox (orgpost-thread id))
      (with-current-buffer "*orgpost thread*"
        (orgpost-test-answered)
        (should (equal (length (orgpost-test--rows)) 2))
        (should (equal (car (orgpost-test--rows)) id))))))

(ert-deftest orgpost-inbox-copies-ids-opens-files-and-traces ()
  "w, e, y and F."
  (orgpost-test-with-space
    (write-region "some bytes" nil "note.txt" nil 'quiet)
    (let ((id (orgpost-test-send "Hello" "--attach" "note.txt")) (kill-ring nil))
      (orgpost-test-in-inbox
        (orgpost-test--key "w")
        (should (equal (current-kill 0) id))
        (orgpost-inbox-save-files (expand-file-name "saved/"))
        (should (file-exists-p "saved/note.txt"))
        (orgpost-test--key "y")
        (orgpost-test-answered)
        (should (string-match-p "^x stored +[0-9-]+ [A-Z][a-z]+ [0-9][0-9]:[0-9][0-9] crt$"
                                (with-current-buffer "*orgpost trace*" (buffer-string))))
        (save-window-excursion
          (orgpost-test--key "e")
          (should (string-suffix-p "inbox/tex.org" buffer-file-name))
          (should (looking-at-p "\\* UNREAD +Hello")))))))

(ert-deftest orgpost-inbox-waiting-mail-has-its-note ()
  "What waits for somebody's unsaved edits is listed, and says so."
  (orgpost-test-with-space
    (orgpost-test-send "First")
    (let ((file "org/messaging/inbox/tex.org"))
      (with-current-buffer (find-file-noselect file) (insert "\n"))
      (orgpost-test-send "Second")
      (orgpost-test-in-inbox
        (should (string-match-p "Second (waits for somebody's unsaved edits)" (buffer-string)))))))

(ert-deftest orgpost-inbox-is-as-wide-as-its-window ()
  "Subjects are cut where the window ends, and neither tags nor notes are; more room shows more."
  (orgpost-test-with-space
    (let* ((subject (concat (make-string 30 ?日) " and then " (make-string 40 ?x)))
           (id (orgpost-test-send subject "--tag" "ops" "--attach" "org/messaging/contacts.yaml")))
      (orgpost-test-send (concat "😀 " (make-string 200 ?y)))
      (orgpost-test-in-inbox
        ;; With the gaps between them and the tags these are 79.
        (should (equal (mapcar #'cadr tabulated-list-format) '(2 3 4 7 54 0)))
        (should (string-match-p "日… (1 file) ops\\'" (orgpost-test--line id)))
        (cl-letf (((symbol-function 'orgpost-fit-room) (lambda () 160)))
          (run-hook-with-args 'window-size-change-functions (selected-window))
          (should (string-match-p (concat subject " (1 file) +ops\\'") (orgpost-test--line id))))))))

(ert-deftest orgpost-inbox-says-in-the-list-why-there-is-none ()
  "Who has no name here reads what to do, and `g' asks again."
  (orgpost-test-with-space
    (orgpost-test-send "One")
    (rename-file "settings.local.yaml" "kept.yaml")
    (orgpost-test-in-inbox
      (should (string-match-p "\\`nobody is named.*\n\nset `orgpost-actor', or in a shell: orgpost config"
                              (buffer-string)))
      (orgpost-list-trouble `((message . "No") (hint . ,(string-join (make-list 30 "words") " "))))
      (dolist (line (split-string (buffer-string) "\n"))
        (should (<= (string-width line) 80)))
      (setq orgpost-actor-here "tex")
      (orgpost-test--key "g")
      (orgpost-test-answered)
      (should (string-match-p "One" (buffer-string)))
      (should-not (string-match-p "nobody" (buffer-string))))))

(ert-deftest orgpost-inbox-keys-of-the-letter-act-on-the-line ()
  "W copies the text of the line, o shows it as Org, L makes links of a letter that is shown."
  (orgpost-test-with-space
    (let ((id (alist-get 'id (orgpost-test-cli "--as" "crt" "send" "tex" "--subject" "x"
                                               "https://example.org/a *b*")))
          (orgpost-mark-read 'never) (kill-ring nil))
      (orgpost-test-in-inbox
        (orgpost-place-goto id)
        (orgpost-test--key "W")
        (should (equal (current-kill 0) "https://example.org/a *b*"))
        (should (string-match-p "RET shows it"
                                (orgpost-test-sentence (lambda () (orgpost-test--key "L")))))
        (orgpost-test--key "RET")
        (with-current-buffer "*orgpost view*" (orgpost-test-answered))
        (orgpost-test--key "L")
        (with-current-buffer "*orgpost view*" (should (next-button (point-min))))
        (cl-letf (((symbol-function 'y-or-n-p) #'always)) (orgpost-test--key "o"))
        (should (equal (with-current-buffer "*orgpost org*" (buffer-string))
                       "https://example.org/a *b*"))))))

(ert-deftest orgpost-inbox-keys-are-commands-with-a-sentence ()
  "Each key is a named command with a docstring, stands in the menu, and ? shows it."
  (orgpost-test-with-space
    (orgpost-test-in-inbox
      (dolist (key '("n" "p" "RET" "SPC" "DEL" "q" "g" "s" "l s" "l f" "l t" "l r" "l l" "m" "e"
                     "w" "?" "r" "R" "u" "!" "t" "d" "a" "T" "y" "F" "j" "b" "$" "c" "S"
                     "W" "L" "o"))
        (let ((command (key-binding (kbd key)))
              (menu (orgpost-keys--items (lookup-key (current-local-map) [menu-bar Orgpost]))))
          (should (and (symbolp command) (commandp command)))
          (should (documentation command))
          (should (rassq command menu))
          (save-current-buffer
            (save-window-excursion (orgpost-test--key "?"))
            (with-current-buffer "*orgpost keys*"
              (should (string-match-p
                       (concat "^\\(?:.*  \\)?" (regexp-quote key) " +"
                               (regexp-quote (car (rassq command menu))))
                       (buffer-string))))))))))

(provide 'orgpost-inbox-tests)
;;; orgpost-inbox-tests.el ends here
