;;; orgpost-others-tests.el --- lists, letters and drafts beside packages of others  -*- lexical-binding: t; -*-

;;; Commentary:

;; Run once with each way to complete; `orgpost-test-others' has switched the
;; packages on.  Keys are pressed through the command loop, so that whatever these
;; packages do to keys and questions is done.

;;; Code:

(require 'orgpost-test-tasks)
(require 'orgpost-agenda)
(require 'orgpost-board)
(require 'orgpost-budget)
(require 'orgpost-compose)
(require 'orgpost-view)

(defun orgpost-test--typed (keys)
  "Press KEYS as a person does, in the window that is selected, and wait for the answer."
  (execute-kbd-macro (kbd keys))
  (set-buffer (window-buffer))
  (orgpost-test-answered))

(defun orgpost-test--stolen ()
  "Return the keys of this buffer's keymap that do anything else than it says."
  (let ((map (current-local-map)) stolen)
    (named-let look ((prefix []) (below map))
      (map-keymap
       (lambda (event binding)
         (let ((keys (vconcat prefix (vector event))))
           (cond ((not (integerp event)))
                 ((keymapp binding) (look keys binding))
                 ((not (commandp (lookup-key map keys))))
                 ((not (eq (key-binding keys) (orgpost-keys--bound keys map)))
                  (push (list (key-description keys) (key-binding keys)) stolen)))))
       below))
    stolen))

(ert-deftest orgpost-others-leave-each-key-of-every-list-and-letter ()
  "Whatever our keymaps bind is what the key does, in all lists and in letters."
  (orgpost-test-with-space
    (let ((mail (orgpost-test-send "Hello")) (task (orgpost-test-task "Work"))
          (orgpost-mark-read 'never) (seen 0))
      (dolist (open (list #'orgpost #'orgpost-tasks #'orgpost-board #'orgpost-budget
                          #'orgpost-agenda
                          (lambda () (orgpost-task-dependencies task "tex-agent"))
                          (lambda () (orgpost-view-open mail) (pop-to-buffer "*orgpost view*"))
                          (lambda () (orgpost-view-open task) (pop-to-buffer "*orgpost view*"))))
        (orgpost-test-shown open)
        (should-not (orgpost-test--stolen))
        (should (eq (key-binding "q") #'quit-window))
        (setq seen (1+ seen)))
      (should (= seen 8)))))

(ert-deftest orgpost-others-let-mail-be-handled-by-keys ()
  "On a line and on a region, also where a key asks something: state, line and point afterwards."
  (orgpost-test-with-space
    (let* ((first (orgpost-test-send "One" "--tag" "ops"))
           (second (orgpost-test-send "Two"))
           (third (orgpost-test-send "Three"))
           (orgpost-mark-read 'never) (transient-mark-mode t)
           (on (lambda (id) (orgpost-place-goto id)
                 (set-window-point nil (point))))
           (rows (lambda () (mapcar #'car tabulated-list-entries))))
      (orgpost-test-shown #'orgpost)
      (pcase-dolist (`(,key ,state) '(("!" "READ") ("u" "UNREAD") ("t" "TODO") ("d" "DONE")))
        (funcall on first)
        (orgpost-test--typed key)
        (should (equal (orgpost-test-state first) state))
        (should (equal (tabulated-list-get-id) first))
        (should (string-prefix-p (substring state 0 1) (orgpost-test-line first))))
      (funcall on second)
      (orgpost-test--typed "C-SPC n n !")
      (should (equal (mapcar #'orgpost-test-state (list first second)) '("READ" "READ")))
      (pcase-dolist (`(,keys ,ids) `(("l l" (,third ,second ,first)) ("l t ops RET" (,first))
                                     ("l o" (,third)) ("l s READ RET" (,second ,first))
                                     ("l f crt RET" (,second ,first))
                                     ("l r team RET" nil) ("l l" (,third ,second ,first))))
        (orgpost-test--typed keys)
        (should (equal (cons keys (funcall rows)) (cons keys ids))))
      (orgpost-test--typed "s Two RET")
      (should (equal (funcall rows) (list second)))
      (orgpost-test--typed "M-n C-a C-k One RET")
      (should (equal (funcall rows) (list first)))
      (orgpost-test--typed "j crt RET")
      (should (equal (buffer-name) "*orgpost inbox of crt*")))))

(ert-deftest orgpost-others-let-tasks-be-decided-on-by-keys ()
  "Approve, reject with its reason, cancel, another agent and all of yours again."
  (orgpost-test-with-space
    (let ((let-in (orgpost-test-ask "Let in")) (turned (orgpost-test-ask "Turned away"))
          (on (lambda (id) (orgpost-place-goto id) (set-window-point nil (point)))))
      (orgpost-test-cli "contacts" "add" "lab-agent" "--kind" "agent" "--tier" "team")
      (orgpost-test-shown #'orgpost-tasks)
      (pcase-dolist (`(,id ,keys ,state) `((,let-in "A" "QUEUED") (,turned "X no SPC time RET" "REJECTED")
                                           (,let-in "C" "CANCELLED") (,let-in "r" "QUEUED")))
        (funcall on id)
        (orgpost-test--typed keys)
        (should (equal (orgpost-test-task-state id) state))
        (should (string-match-p state (orgpost-test-line id))))
      (orgpost-test--typed "j lab-agent RET")
      (should-not tabulated-list-entries)
      (orgpost-test--typed "j RET")
      (should-not orgpost-task-agent)
      (should (orgpost-place-goto let-in)))))

(ert-deftest orgpost-others-change-no-text-that-is-sent ()
  "Blanks and the end without a line end are stored as written; refused first, then sent once."
  (orgpost-test-with-space
    (let ((orgpost-drafts-directory (expand-file-name "drafts/"))
          (text "žluť 😀 \n--\n \t \n  end \t"))
      (orgpost-test-shown #'orgpost)
      (orgpost-test--typed "m")
      (execute-kbd-macro (kbd "c r z"))
      (goto-char (point-max))
      (insert text)
      (execute-kbd-macro (kbd "C-x C-s"))
      (should (string-match-p "unknown actor: crz" (orgpost-test-sentence #'orgpost-test--send)))
      (should (looking-back "^To: crz" (line-beginning-position)))
      (execute-kbd-macro (kbd "DEL TAB"))
      (should (equal (orgpost-draft-words "To") '("crt")))
      (orgpost-test--send)
      (should-not (orgpost-drafts))
      (should (equal (mapcar (lambda (it) (alist-get 'body it))
                             (alist-get 'messages (orgpost-test-cli "--as" "crt" "inbox")))
                     (list text))))))

(defun orgpost-test--send ()
  "Press C-c C-c."
  (call-interactively (key-binding (kbd "C-c C-c"))))

(provide 'orgpost-others-tests)
;;; orgpost-others-tests.el ends here
