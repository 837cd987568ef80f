;;; orgpost-remote-tests.el --- a space on another host  -*- lexical-binding: t; -*-

;;; Commentary:

;; The other host is this one, by a method of TRAMP that needs no network.

;;; Code:

(require 'orgpost-test-space)
(require 'orgpost-compose)
(require 'orgpost-inbox)
(require 'orgpost-view)
(require 'tramp)

(add-to-list 'tramp-methods
             '("mock" (tramp-login-program "/bin/sh") (tramp-login-args (("-i")))
               (tramp-remote-shell "/bin/sh") (tramp-remote-shell-args ("-c"))
               (tramp-connection-timeout 10)))
(add-to-list 'tramp-default-host-alist (list "\\`mock\\'" nil (system-name)))
(setq tramp-persistency-file-name nil tramp-verbose 0)

(defmacro orgpost-test-on-another-host (&rest body)
  "Run BODY in a space that Emacs reaches by TRAMP."
  (declare (indent 0) (debug t))
  `(orgpost-test-with-space
     (let ((orgpost-program (executable-find "orgpost")))
       (setq default-directory (concat "/mock::" default-directory))
       ,@body)))

(ert-deftest orgpost-remote-is-refused-unless-it-is-wanted ()
  "No program is started on a host only because a buffer is there."
  (orgpost-test-on-another-host
    (dolist (try (list #'orgpost (lambda () (orgpost-call '("mark" "--all" "read")))))
      (should (string-match-p "on another host.*orgpost-remote" (orgpost-test-sentence try))))))

(ert-deftest orgpost-remote-lists-shows-marks-and-sends ()
  "The same commands, the program on that host, its paths as Emacs names them."
  (orgpost-test-on-another-host
    (let ((orgpost-remote t) (orgpost-mark-read 'never)
          (orgpost-drafts-directory (expand-file-name "drafts/" orgpost-test-space))
          (id (orgpost-test-send "Hello")))
      (orgpost)
      (set-buffer "*orgpost inbox*")
      (orgpost-test-answered)
      (goto-char (point-min))
      (should (equal (tabulated-list-get-id) id))
      (orgpost-list-show)
      (with-current-buffer "*orgpost view*"
        (orgpost-test-answered)
        (should (string-match-p "The body\\." (buffer-string))))
      (orgpost-inbox-mark-todo)
      (should (equal (orgpost-test-state id) "TODO"))
      (save-current-buffer
        (orgpost-list-open-file)
        (should (string-prefix-p "/mock:" buffer-file-name)))
      (orgpost-reply)
      (goto-char (point-max))
      (insert "žluť 😀 \n\n--\n  end")
      (orgpost-compose-send)
      (should (equal (alist-get 'body (car (alist-get 'messages (orgpost-test-cli "--as" "crt"
                                                                                  "inbox"))))
                     "žluť 😀 \n\n--\n  end")))))

(provide 'orgpost-remote-tests)
;;; orgpost-remote-tests.el ends here
