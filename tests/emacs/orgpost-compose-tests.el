;;; orgpost-compose-tests.el --- writing messages and tasks  -*- lexical-binding: t; -*-

;;; Code:

(require 'orgpost-test-space)
(require 'orgpost-compose)
(require 'orgpost-inbox)
(require 'cl-lib)

(defmacro orgpost-test-with-drafts (&rest body)
  "Run BODY in a fresh space with a folder of its own for drafts."
  (declare (indent 0) (debug t))
  `(orgpost-test-with-space
     (let ((orgpost-drafts-directory (expand-file-name "drafts/"))
           (orgpost-space default-directory))
       ,@body)))

(defun orgpost-test--set (name value)
  "Write VALUE into the header field NAME."
  (orgpost-draft-to-field name)
  (delete-region (point) (progn (beginning-of-line) (search-forward ": ") (point)))
  (insert value))

(defun orgpost-test--write (text)
  "Write TEXT behind the header."
  (goto-char (point-max))
  (insert text))

(defun orgpost-test--send-draft ()
  "Press C-c C-c, and return what the echo area says."
  (let ((said nil))
    (cl-letf (((symbol-function 'message) (lambda (&rest words) (setq said (apply #'format words)))))
      (call-interactively (key-binding (kbd "C-c C-c"))))
    said))

(defun orgpost-test--newest (actor)
  "Return the newest message of ACTOR."
  (car (alist-get 'messages (orgpost-test-cli "--as" actor "inbox" "--all"))))

(defconst orgpost-test--odd-text
  (concat "žluťoučký 😀 \n--\n  trailing blanks \t \n\n" (make-string 30000 ?ř) "\n* no heading\n end")
  "A text that is easily damaged.")

(ert-deftest orgpost-compose-stores-exactly-what-was-written ()
  "Unicode, 60 KB, trailing blanks, a line --, no final newline, a subject with a hyphen."
  (orgpost-test-with-drafts
    (orgpost-compose)
    (let ((draft (current-buffer)) (id orgpost-draft-id)
          (before-save-hook '(delete-trailing-whitespace)) (require-final-newline t))
      (orgpost-test--set "To" "crt")
      (orgpost-test--set "Subject" "-1 or +1?")
      (orgpost-test--set "Priority" "high")
      (orgpost-test--set "Tags" "ops, eu")
      (orgpost-test--write orgpost-test--odd-text)
      (call-interactively (key-binding (kbd "C-x C-s")))
      (should (equal (orgpost-test--send-draft) (format "sent %s to crt" id)))
      (should-not (buffer-live-p draft))
      (should-not (orgpost-drafts))
      (let ((stored (orgpost-test--newest "crt")))
        (should (equal (mapcar (lambda (key) (alist-get key stored))
                               '(id subject priority tags body))
                       (list id "-1 or +1?" "high" '("ops" "eu") orgpost-test--odd-text)))))))

(ert-deftest orgpost-compose-that-is-refused-keeps-the-draft-and-shows-where ()
  "The buffer and the draft stay, point is at what the program refuses."
  (orgpost-test-with-drafts
    (pcase-dolist (`(,name ,value ,sentence)
                   '(("To" "" "To whom\\?")
                     ("To" "crz" "unknown actor: crz (did you mean crt\\?)")
                     ("Cc" "nobody" "unknown actor: nobody")
                     ("Tags" "a-b" "tag: ")
                     ("Priority" "urgent" "priority: ")
                     ("Attach" "/nowhere/at/all" "no such file")))
      (orgpost-compose)
      (orgpost-test--set "To" "crt")
      (orgpost-test--write "Text")
      (orgpost-test--set name value)
      (goto-char (point-max))
      (should (string-match-p sentence (orgpost-test-sentence #'orgpost-test--send-draft)))
      (should (string-prefix-p (concat name ":")
                               (buffer-substring (line-beginning-position) (line-end-position))))
      (orgpost-draft-forget))
    (should-not (alist-get 'messages (orgpost-test-cli "--as" "crt" "inbox" "--all")))))

;; A typed letter made the field one that nobody reads, and the subject was gone.
(ert-deftest orgpost-compose-refuses-a-field-that-nobody-reads ()
  "Point is on it, nothing is sent; fields of an answer may be typed into a message."
  (orgpost-test-with-drafts
    (dolist (line '("SubjectZZ: x" "Atach: file" "no field"))
      (orgpost-compose)
      (orgpost-test--set "To" "crt")
      (goto-char (point-min))
      (forward-line 2)
      (insert line "\n")
      (goto-char (point-max))
      (should (string-match-p (concat "No field of this draft: " line)
                              (orgpost-test-sentence #'orgpost-test--send-draft)))
      (should (equal (buffer-substring (line-beginning-position) (line-end-position)) line))
      (orgpost-draft-forget))
    (should-not (alist-get 'messages (orgpost-test-cli "--as" "crt" "inbox" "--all")))))

(ert-deftest orgpost-compose-sent-again-after-a-timeout-is-one-message ()
  "The program stored it and could not say so; the draft stays, and sends nothing twice."
  (orgpost-test-with-drafts
    (orgpost-compose)
    (orgpost-test--set "To" "crt")
    (orgpost-test--write "Only once")
    (let ((program (expand-file-name "slow")) (draft (current-buffer)) (id orgpost-draft-id))
      (with-temp-file program (insert "#!/bin/sh\norgpost \"$@\" >/dev/null\nexec sleep 60\n"))
      (set-file-modes program #o700)
      (let ((orgpost-program program) (orgpost-timeout 3))
        (should (string-match-p "no answer.*look before you try again"
                                (orgpost-test-sentence #'orgpost-test--send-draft))))
      (should (buffer-live-p draft))
      (should (equal (orgpost-drafts) (list (concat "message." id))))
      (should (string-match-p "was sent already" (orgpost-test--send-draft)))
      (should (equal (length (alist-get 'messages (orgpost-test-cli "--as" "crt" "inbox"))) 1)))))

(ert-deftest orgpost-compose-says-that-a-message-waits ()
  "While somebody has unsaved edits the message is acknowledged, and the person is told."
  (orgpost-test-with-drafts
    (orgpost-test-cli "send" "crt" "First")
    (with-current-buffer (find-file-noselect "org/messaging/inbox/crt.org") (insert "\n"))
    (orgpost-compose)
    (orgpost-test--set "To" "crt")
    (orgpost-test--write "Second")
    (should (string-match-p "waits in the journal" (orgpost-test--send-draft)))))

(ert-deftest orgpost-reply-answers-and-quotes ()
  "To the sender, in the thread, with the text as a quotation; the list says READ."
  (orgpost-test-with-drafts
    (let ((id (orgpost-test-send "Lunch?")))
      (orgpost)
      (set-buffer "*orgpost inbox*")
      (orgpost-test-answered)
      (call-interactively (key-binding (kbd "r")))
      (should (equal (list (orgpost-draft-values "To") (orgpost-draft-values "Subject"))
                     '(("crt") ("Re: Lunch?"))))
      (goto-char (point-max))
      (call-interactively (key-binding (kbd "C-c C-y")))
      (should (equal (orgpost-draft-text) "> The body.\n"))
      (orgpost-test--write orgpost-test--odd-text)
      (orgpost-test--send-draft)
      (let ((stored (orgpost-test--newest "crt")))
        (should (equal (list (alist-get 'reply_to stored) (alist-get 'body stored))
                       (list id (concat "> The body.\n" orgpost-test--odd-text)))))
      (with-current-buffer "*orgpost inbox*"
        (should (equal (alist-get 'state (orgpost-list-find id)) "READ"))))))

(ert-deftest orgpost-reply-all-goes-to-all ()
  "The sender and all recipients but oneself."
  (orgpost-test-with-drafts
    (orgpost-test-cli "--as" "crt" "send" "tex" "Hello" "--cc" "mira")
    (orgpost)
    (set-buffer "*orgpost inbox*")
    (orgpost-test-answered)
    (call-interactively (key-binding (kbd "R")))
    (should (equal (list (orgpost-draft-values "To") (orgpost-draft-values "Cc"))
                   '(("crt") ("mira"))))
    (orgpost-test--write "Good day")
    (orgpost-test--send-draft)
    (should (equal (alist-get 'body (orgpost-test--newest "mira")) "Good day"))))

(ert-deftest orgpost-task-add-adds-a-task ()
  "Its fields, its text; a wrong one is shown; the id is that of the draft."
  (orgpost-test-with-drafts
    (orgpost-task-add "tex-agent")
    (let ((id orgpost-draft-id))
      (orgpost-test--set "Subject" "-v is odd")
      (orgpost-test--set "Effort" "1000")
      (orgpost-test--write orgpost-test--odd-text)
      (should (string-match-p "effort: " (orgpost-test-sentence #'orgpost-test--send-draft)))
      (should (looking-back "^Effort: 1000" nil))
      (orgpost-test--set "Effort" "3")
      (orgpost-test--set "Tokens" "500")
      (should (equal (orgpost-test--send-draft) (format "added %s for tex-agent: QUEUED" id)))
      (let ((task (orgpost-entry-of id)))
        (should (equal (mapcar (lambda (key) (alist-get key task))
                               '(title effort estimated_tokens body))
                       (list "-v is odd" 3 500 orgpost-test--odd-text)))))))

(ert-deftest orgpost-draft-survives-the-end-of-emacs ()
  "What was kept, and what was only saved automatically, can be gone on with."
  (orgpost-test-with-drafts
    (orgpost-compose)
    (orgpost-test--set "To" "crt")
    (orgpost-test--set "Subject" "Plans")
    (orgpost-test--write "Kept \t")
    (orgpost-draft-save)
    (let ((id orgpost-draft-id) (space default-directory))
      (orgpost-test--write ", and saved automatically")
      (do-auto-save t)
      (set-buffer-modified-p nil)
      (setq buffer-auto-save-file-name nil)
      (kill-buffer)
      (should (equal (orgpost-drafts) (list (concat "message." id))))
      (should (equal (orgpost-draft--note (concat "message." id)) "  crt: Plans"))
      (let ((default-directory "/"))
        (orgpost-draft-resume (expand-file-name (car (orgpost-drafts)) orgpost-drafts-directory)))
      (should (equal (orgpost-draft-text) "Kept \t, and saved automatically"))
      (should (equal (list orgpost-draft-id default-directory) (list id space)))
      (orgpost-test--send-draft)
      (should (equal (alist-get 'id (orgpost-test--newest "crt")) id)))))

(ert-deftest orgpost-draft-is-kept-by-whatever-saves-buffers ()
  "Saving all buffers, as at the end of Emacs, asks for no file name and changes no text."
  (orgpost-test-with-drafts
    (let ((before-save-hook '(delete-trailing-whitespace)))
      (orgpost-compose)
      (orgpost-test--write "Blanks  \n")
      (save-buffer)
      (should-not (buffer-modified-p))
      (should (equal (orgpost-draft-text) "Blanks  \n"))
      (should (equal (length (orgpost-drafts)) 1))
      (should (equal (file-modes orgpost-drafts-directory) #o700)))))

(ert-deftest orgpost-draft-is-dropped-after-a-question ()
  "Nothing is asked where nothing was written."
  (orgpost-test-with-drafts
    (let (asked)
      (cl-letf (((symbol-function 'yes-or-no-p) (lambda (_) (setq asked t))))
        (orgpost-compose)
        (call-interactively (key-binding (kbd "C-c C-k")))
        (should-not asked)
        (orgpost-compose)
        (orgpost-test--write "Words")
        (orgpost-draft-save)
        (orgpost-test--write "More")
        (call-interactively (key-binding (kbd "C-c C-k")))
        (should asked)
        (should-not (orgpost-drafts))))))

(ert-deftest orgpost-draft-completes-what-the-program-knows ()
  "Actors with their tier, agents, tags, ids, words."
  (orgpost-test-with-drafts
    (let ((id (orgpost-test-send "Hello" "--tag" "ops")))
      (orgpost-draft-open 'message '(("Reply-To" . "")))
      (pcase-dolist (`(,name ,begin ,whole)
                     `(("To" "cr" "crt") ("Cc" "crt, mi" "crt, mira") ("Tags" "o" "ops")
                       ("Priority" "h" "high") ("Expects" "re" "re")
                       ("Reply-To" ,(substring id 0 20) ,id)))
        (orgpost-test--set name begin)
        (call-interactively (key-binding (kbd "TAB")))
        (should (equal (orgpost-draft-values name) (list whole))))
      (orgpost-draft-to-field "To")
      (pcase-let ((`(,_ ,_ ,_ . ,properties) (orgpost-complete-at-point)))
        (should (equal (funcall (plist-get properties :annotation-function) "mira")
                       "  mira, team"))))))

(ert-deftest orgpost-send-region-and-files-begin-a-draft ()
  "The words, without properties; each file in its line."
  (orgpost-test-with-drafts
    (insert "before " (propertize "the words" 'face 'bold))
    (orgpost-send-region 8 (point-max))
    (should (equal-including-properties (orgpost-draft-text) "the words"))
    (setq default-directory orgpost-test-space)
    (write-region "one" nil "one.txt" nil 'quiet)
    (write-region "two" nil "two.txt" nil 'quiet)
    (orgpost-send-files (list (expand-file-name "one.txt") (expand-file-name "two.txt")))
    (orgpost-test--set "To" "crt")
    (orgpost-test--send-draft)
    (should (equal (mapcar (lambda (it) (alist-get 'name it))
                           (alist-get 'files (orgpost-test--newest "crt")))
                   '("one.txt" "two.txt")))))

(provide 'orgpost-compose-tests)
;;; orgpost-compose-tests.el ends here
