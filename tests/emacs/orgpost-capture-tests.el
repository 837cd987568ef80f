;;; orgpost-capture-tests.el --- capturing into drafts  -*- lexical-binding: t; -*-

;;; Code:

(require 'orgpost-capture)
(require 'orgpost-test-tasks)

(defconst orgpost-test--captured
  (concat "\n* x\n:PROPERTIES:\n:ID: msg-1\n:END:\n%(orgpost-test-evil) %i %a %^{Who} \\%(orgpost-test-evil)\n"
          "#+begin_src elisp\n(orgpost-test-evil)\n#+end_src\n \t\n\n")
  "What is captured.")

(defvar orgpost-test--evil nil
  "Whether a captured text was evaluated.")

(defun orgpost-test-evil ()
  "Do evil."
  (setq orgpost-test--evil t))

(defmacro orgpost-test-capturing (key &rest body)
  "Capture the text by the template KEY; run BODY in the capture's buffer."
  (declare (indent 1) (debug t))
  `(orgpost-test-with-space
     (let ((orgpost-drafts-directory (expand-file-name "drafts/"))
           (org-capture-templates orgpost-capture-templates)
           (orgpost-test--evil nil)
           (source (expand-file-name "source.txt"))
           (coding-system-for-write 'utf-8-unix))
       (write-region orgpost-test--captured nil source)
       (find-file source)
       (set-mark (point-min))
       (goto-char (point-max))
       (let ((transient-mark-mode t))
         (activate-mark)
         (org-capture nil ,key))
       (set-buffer (window-buffer))
       ,@body
       (should-not orgpost-test--evil))))

(defun orgpost-test--fill (name value)
  "Write VALUE into the header field NAME."
  (orgpost-draft-to-field name)
  (insert value))

(defun orgpost-test--no-draft ()
  "Wait until no draft is left, neither in a buffer nor in the folder."
  (orgpost-test-wait (null (seq-filter (lambda (it) (string-match-p "\\*orgpost \\(task\\|message\\)"
                                                                    (buffer-name it)))
                                       (buffer-list))))
  (should-not (orgpost-drafts)))

(ert-deftest orgpost-capture-sends-a-task-with-the-region-as-text ()
  "Byte for byte, with the link behind it; nothing is evaluated, no heading is made."
  (orgpost-test-capturing "pt"
    (should (looking-back "^Agent: " (line-beginning-position)))
    (orgpost-test--fill "Agent" "tex-agent")
    (orgpost-test--fill "Subject" "Captured")
    (orgpost-test-press "C-c C-c")
    (orgpost-test--no-draft)
    (let-alist (car (alist-get 'tasks (orgpost-test-cli "task" "list")))
      (should (equal .title "Captured"))
      (should (string-prefix-p (format "%s[[file:%s" orgpost-test--captured source) .body)))
    (should (= 1 (with-temp-buffer
                   (insert-file-contents "org/messaging/agents/tex-agent.org")
                   (count-matches "^\\* " (point-min) (point-max)))))))

(ert-deftest orgpost-capture-that-is-refused-leaves-the-draft ()
  "The capture goes on at the field that is wrong; nothing stands in anybody's file."
  (orgpost-test-capturing "pm"
    (orgpost-test--fill "To" "nobody-known")
    (orgpost-test--fill "Subject" "Captured")
    (goto-char (point-max))
    (should (string-match-p "unknown actor"
                            (orgpost-test-sentence (lambda () (orgpost-test-press "C-c C-c")))))
    (should org-capture-mode)
    (should (looking-back "^To: nobody-known" (line-beginning-position)))
    (should (= 1 (length (orgpost-drafts))))
    (should-not (file-exists-p "org/messaging/inbox/crt.org"))
    (delete-region (line-beginning-position) (line-end-position))
    (insert "To: crt")
    (orgpost-test-press "C-c C-c")
    (orgpost-test--no-draft)
    (let-alist (car (alist-get 'messages (orgpost-test-cli "--as" "crt" "inbox")))
      (should (equal .subject "Captured"))
      (should (string-prefix-p orgpost-test--captured .body)))))

(ert-deftest orgpost-capture-that-is-given-up-leaves-nothing ()
  "No draft, no message, and the text that was captured is as it was."
  (orgpost-test-capturing "pm"
    (orgpost-test--fill "To" "crt")
    (orgpost-test-press "C-c C-k")
    (orgpost-test--no-draft)
    (should-not (alist-get 'messages (orgpost-test-cli "--as" "crt" "inbox")))
    (with-temp-buffer
      (insert-file-contents source)
      (should (equal (buffer-string) orgpost-test--captured)))))

(provide 'orgpost-capture-tests)
;;; orgpost-capture-tests.el ends here
