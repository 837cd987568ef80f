;;; orgpost-view.el --- One message or task, fenced  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; First our own words, then a fence, and behind it words of others.  All keys
;; but a few are those of the list from which the entry was opened.

;;; Code:

(require 'orgpost-fence)
(require 'orgpost-list)

(autoload 'orgpost-inbox-mode "orgpost-inbox")
(defvar orgpost-inbox-mode-map)
(defvar orgpost-task-mode-map)

(defcustom orgpost-mark-read 'show
  "When a message that you look at is marked as read."
  :type '(choice (const :tag "When it was shown for `orgpost-mark-read-seconds'" show)
                 (const :tag "When it is opened" open)
                 (const :tag "Never" never))
  :group 'orgpost)

(defcustom orgpost-mark-read-seconds 1
  "How long a message must be in a window before it is marked as read."
  :type 'number
  :group 'orgpost)

(defconst orgpost-view--height 0.62
  "How much of a frame is for a letter that is shown below its list.")

(defvar-local orgpost-view--from nil
  "The list from which this entry was opened.")

(defvar-local orgpost-view--id nil
  "The id of the entry that was asked for.")

(defvar orgpost-view-mode-map
  (let ((map (make-sparse-keymap)))
    (set-keymap-parent map button-buffer-map)
    (define-key map (kbd "SPC") #'orgpost-view-next-page)
    (define-key map (kbd "DEL") #'orgpost-view-previous-page)
    (define-key map (kbd "g") #'orgpost-view-refresh)
    (define-key map (kbd "q") #'quit-window)
    (define-key map (kbd "W") #'orgpost-view-copy-text)
    (define-key map (kbd "L") #'orgpost-view-make-links)
    (define-key map (kbd "o") #'orgpost-view-as-org)
    ;; These belong to the list alone.
    (define-key map (kbd "RET") #'push-button)
    (define-key map (kbd "l") #'undefined)
    (define-key map (kbd "S") #'undefined)
    map)
  "The keys of a single message or task; all others are those of its list.")

;;;; Showing

(defun orgpost-view-open (id &optional from)
  "Show the message or task ID in another window; FROM is the list it stands in.
Where it is shown already its window is selected."
  (let* ((from (or from (current-buffer)))
         (place default-directory)
         (space orgpost-space-here)
         (actor orgpost-actor-here)
         (buffer (get-buffer-create "*orgpost view*"))
         (window (get-buffer-window buffer)))
    (if (and window (equal id (buffer-local-value 'orgpost-view--id buffer)))
        (select-window window)
      (with-current-buffer buffer
        (orgpost-view-mode)
        (setq default-directory place
              orgpost-space-here space
              orgpost-actor-here actor
              orgpost-view--from from
              orgpost-view--id id)
        (use-local-map (make-composed-keymap orgpost-view-mode-map (orgpost-view--keys id)))
        (orgpost-view-refresh))
      (display-buffer buffer `(nil (inhibit-same-window . t)
                                   (window-height . ,orgpost-view--height))))))

(defun orgpost-view--keys (id)
  "Return the keys of the lists that have entries like ID."
  (if (string-prefix-p "task-" id)
      (progn (require 'orgpost-task) orgpost-task-mode-map)
    (require 'orgpost-inbox)
    orgpost-inbox-mode-map))

(defun orgpost-view-refresh (&rest _)
  "Ask again for what is shown."
  (interactive)
  (orgpost-request 'show (orgpost-show-arguments orgpost-view--id) #'orgpost-view--take))

(defun orgpost-view--take (entry)
  "Show ENTRY, which the program gave."
  (let ((again (equal (alist-get 'id entry) (alist-get 'id orgpost-entry-here)))
        (windows (get-buffer-window-list nil nil t)))
    (setq orgpost-entry-here entry)
    (let ((places (mapcar (lambda (it) (list it (window-point it) (window-start it))) windows)))
      (orgpost-view--draw)
      (when again
        (pcase-dolist (`(,window ,point ,start) places)
          (set-window-point window point)
          (set-window-start window start t))))
    (unless again (orgpost-view--mark-read-soon entry))))

(defun orgpost-view--draw ()
  "Write `orgpost-entry-here' for a person."
  (let ((inhibit-read-only t))
    (erase-buffer)
    (if (string-prefix-p "task-" (alist-get 'id orgpost-entry-here))
        (orgpost-view--insert-task orgpost-entry-here)
      (orgpost-view--insert-message orgpost-entry-here))
    (goto-char (point-min))))

;;;; Our own words

(defun orgpost-view--insert-message (message)
  "Insert MESSAGE: what we know of it, the fence, its text."
  (let ((tier (orgpost-list-tier message)))
    (orgpost-view--title (alist-get 'subject message))
    (orgpost-view--fields
     `(("From" ,(orgpost-view--who message tier))
       ("To" ,(string-join (or (alist-get 'recipients message) (list (alist-get 'to message))) ", "))
       ("Date" ,(orgpost-view--time (alist-get 'created message)))
       ("State" ,(alist-get 'state message))
       ("Priority" ,(orgpost-view--unless "normal" (alist-get 'priority message)))
       ("Tags" ,(string-join (alist-get 'tags message) " "))
       ("Expects" ,(orgpost-view--unless "none" (alist-get 'expects message)))
       ("Expires" ,(orgpost-view--time (alist-get 'expires message)))
       ("Answers" ,(alist-get 'reply_to message))
       ("Thread" ,(orgpost-view--unless (alist-get 'id message) (alist-get 'thread message)))
       ("Files" ,(mapconcat #'orgpost-view--file (alist-get 'files message) ", "))
       ("Id" ,(alist-get 'id message))))
    (orgpost-view--waiting message)
    (orgpost-fence-line "from here to the end" (alist-get 'from message) tier)
    (orgpost-fence-text (alist-get 'body message) tier)))

(defun orgpost-view--insert-task (task)
  "Insert TASK: what we know of it, and each text behind a fence of its own."
  (let ((tier (orgpost-list-tier task))
        (agent (alist-get 'agent task)))
    (orgpost-view--title (alist-get 'title task))
    (orgpost-view--fields
     `(("From" ,(orgpost-view--who task tier))
       ("Agent" ,agent)
       ("Date" ,(orgpost-view--time (alist-get 'created task)))
       ("State" ,(alist-get 'state task))
       ("Awaits" ,(alist-get 'awaiting task))
       ("Holder" ,(alist-get 'holder task))
       ("Lease" ,(orgpost-view--time (alist-get 'lease_until task)))
       ("Effort" ,(orgpost-view--number (alist-get 'effort task)))
       ("Tokens" ,(orgpost-view--number (alist-get 'estimated_tokens task)))
       ("Used" ,(orgpost-view--number (alist-get 'tokens_used task)))
       ("Scheduled" ,(alist-get 'scheduled task))
       ("Deadline" ,(alist-get 'deadline task))
       ("Tags" ,(string-join (alist-get 'tags task) " "))
       ("Waits for" ,(mapconcat (lambda (it) (format "%s (%s)" (alist-get 'id it)
                                                      (alist-get 'why it)))
                                 (alist-get 'blocked_by task) ", "))
       ("Rejected" ,(alist-get 'rejection_reason task))
       ("Cancelled" ,(alist-get 'cancellation_reason task))
       ("Thread" ,(orgpost-view--unless (alist-get 'id task) (alist-get 'thread task)))
       ("Id" ,(alist-get 'id task))))
    (orgpost-view--waiting task)
    (let ((parts (orgpost-view--parts task tier)))
      (pcase-dolist (`(,what ,author ,of ,text) parts)
        (orgpost-fence-line (if (cdr parts) (format "%s, up to the next such line" what)
                               "from here to the end")
                             author of)
        (orgpost-fence-text text of)))))

(defun orgpost-view--parts (task tier)
  "Return the texts of TASK, from a sender of TIER: what, author, tier and text."
  (let ((agent (alist-get 'agent task)))
    (append (list (list "the task" (alist-get 'from task) tier (alist-get 'body task)))
            (mapcar (lambda (text) (list "an error" agent "agent" text)) (alist-get 'errors task))
            (mapcar (lambda (text) (list "feedback" "whoever asked for a revision" tier text))
                    (alist-get 'feedback task))
            (when-let ((text (alist-get 'result task)))
              (list (list "the result" agent "agent" text))))))

(defun orgpost-view--title (title)
  "Insert TITLE."
  (insert (propertize (orgpost-one-line title) 'face 'bold) "\n"))

(defun orgpost-view--fields (fields)
  "Insert those of FIELDS, pairs of a name and a value, that have a value."
  (pcase-dolist (`(,name ,value) fields)
    (unless (string-empty-p (or value ""))
      (let ((own (get-text-property 0 'orgpost-own value)))
        (insert (propertize (format "%-11s" (concat name ":")) 'face 'shadow)
                (if own value (orgpost-one-line value)) "\n")))))

(defun orgpost-view--who (entry tier)
  "Return who sent ENTRY, of TIER, with its face."
  (propertize (concat (propertize (orgpost-one-line (alist-get 'from entry)) 'face 'orgpost-sender)
                      " " (propertize (format "(%s)" (orgpost-one-line tier))
                                      'face (orgpost-tier-face tier)))
              'orgpost-own t))

(defun orgpost-view--file (file)
  "Return what is said of FILE, which came with a message."
  (format "%s (%s%s)" (alist-get 'name file) (file-size-human-readable (alist-get 'size file))
          (if (equal (alist-get 'status file) "ok") "" (concat ", " (alist-get 'status file)))))

(defun orgpost-view--time (time)
  "Return TIME, a UTC time of the program or nil, as local time."
  (and time (format-time-string "%Y-%m-%d %a %H:%M" (date-to-time time))))

(defun orgpost-view--number (number)
  "Return NUMBER, or nil, as a string."
  (and number (format "%s" number)))

(defun orgpost-view--unless (usual value)
  "Return VALUE if it is not the USUAL one."
  (unless (equal usual value) value))

(defun orgpost-view--waiting (entry)
  "Say that ENTRY, or its outcome, waits in the journal, if it does."
  (when (or (equal (alist-get 'stored entry) "waiting")
            (equal (alist-get 'outcome entry) "waiting"))
    (insert (propertize "Waits in the journal for somebody's unsaved edits\n"
                        'face 'orgpost-waiting))))

;;;; Marking as read

(defun orgpost-view--mark-read-soon (message)
  "Mark MESSAGE as read as `orgpost-mark-read' has it, if it is ours."
  (when (and (equal (alist-get 'state message) "UNREAD")
             (equal (alist-get 'to message) (orgpost-view--me)))
    (pcase orgpost-mark-read
      ('open (orgpost-view--mark-read (current-buffer) (alist-get 'id message)))
      ('show (run-at-time orgpost-mark-read-seconds nil #'orgpost-view--mark-read-if-seen
                          (current-buffer) (alist-get 'id message))))))

(defun orgpost-view--me ()
  "Return who acts in the list from which this was opened."
  (and (buffer-live-p orgpost-view--from)
       (buffer-local-value 'orgpost-list-actor orgpost-view--from)))

(defun orgpost-view--mark-read-if-seen (buffer id)
  "Mark ID as read if it is still in BUFFER, and that in a window."
  (when (and (buffer-live-p buffer)
             (get-buffer-window buffer 'visible)
             (equal id (alist-get 'id (buffer-local-value 'orgpost-entry-here buffer))))
    (orgpost-view--mark-read buffer id)))

(defun orgpost-view--mark-read (buffer id)
  "Mark ID, the entry of BUFFER, as read; trouble with that bothers nobody."
  (with-current-buffer buffer
    (orgpost-request 'read (list "mark" id "read")
                     (lambda (_) (orgpost-list-update (list `((id . ,id) (state . "READ")))))
                     #'ignore)))

;;;; Commands

(defun orgpost-view-scroll (id direction)
  "Scroll what is shown of ID in DIRECTION, `forward' or `back'.
Show it if it is not; return nil if it is shown to its end already."
  (let ((window (get-buffer-window "*orgpost view*")))
    (if (not (and window (equal id (buffer-local-value 'orgpost-view--id
                                                       (window-buffer window)))))
        (progn (orgpost-view-open id) t)
      (with-selected-window window
        (condition-case nil
            (progn (if (eq direction 'forward) (scroll-up) (scroll-down)) t)
          ((end-of-buffer beginning-of-buffer) nil))))))

(defun orgpost-view-next-page ()
  "Scroll; at the end show the next entry of the list."
  (interactive)
  (orgpost-view--page #'scroll-up 1))

(defun orgpost-view-previous-page ()
  "Scroll back; at the beginning show the entry before."
  (interactive)
  (orgpost-view--page #'scroll-down -1))

(defun orgpost-view--page (scroll step)
  "Call SCROLL, or at the end go STEP lines in the list."
  (condition-case nil
      (funcall scroll)
    ((end-of-buffer beginning-of-buffer)
     (unless (buffer-live-p orgpost-view--from) (user-error "This is the end"))
     (let ((list orgpost-view--from))
       (with-selected-window (or (get-buffer-window list) (selected-window))
         (with-current-buffer list (orgpost-list-step step)))))))

(defun orgpost-view--text ()
  "Return the text of the entry that is shown, or in a list of that at point."
  (let ((entry (orgpost-list-entry)))
    (or (alist-get 'body (if (assq 'body entry) entry (orgpost-entry-of (alist-get 'id entry))))
        "")))

(defun orgpost-view-copy-text ()
  "Copy the text, exactly as it was sent."
  (interactive)
  (kill-new (orgpost-view--text))
  (message "Copied the text"))

(defun orgpost-view-make-links ()
  "Make links of the addresses in words of somebody unknown too.
In a list that is done where the entry at point is shown."
  (interactive)
  (let ((id (alist-get 'id (orgpost-list-entry)))
        (buffer (get-buffer "*orgpost view*")))
    (unless (and buffer (equal id (alist-get 'id (buffer-local-value 'orgpost-entry-here buffer))))
      (user-error "It is not shown yet: RET shows it"))
    (with-current-buffer buffer
      (setq orgpost-fence-links t)
      (orgpost-view--draw))))

(defun orgpost-view-as-org ()
  "Show the text as Org, without links to follow or code to run."
  (interactive)
  (when (y-or-n-p "Show words of others with the looks of Org? ")
    (orgpost-fence-show-as-org (orgpost-view--text))))

(define-derived-mode orgpost-view-mode special-mode "Letter"
  "A message or a task.

\\{orgpost-view-mode-map}"
  (buffer-disable-undo)
  (setq bidi-paragraph-direction 'left-to-right
        word-wrap t)
  (setq-local revert-buffer-function #'orgpost-view-refresh)
  (setq-local filter-buffer-substring-function #'orgpost-fence-plain)
  (add-hook 'post-command-hook #'orgpost-fence-tell-address nil t))

(provide 'orgpost-view)
;;; orgpost-view.el ends here
