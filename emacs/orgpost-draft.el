;;; orgpost-draft.el --- Drafts: a header, a text, and where they are kept  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; A draft is a buffer: a few header fields, a separator, the text as it will be
;; sent.  Its id is chosen when it is opened, so that to send it twice, after a
;; timeout for instance, never makes two messages of it.
;;
;; The buffer visits no file: what people do to files when they save them, such
;; as deleting trailing blanks, must not change a text.  It is kept in
;; `orgpost-drafts-directory' by `orgpost-draft-save', by auto-save, and before
;; each attempt to send it.

;;; Code:

(require 'orgpost-call)
(require 'seq)
(require 'subr-x)

(autoload 'orgpost-compose-send "orgpost-compose" "Send this draft." t)
(autoload 'orgpost-compose-quote "orgpost-compose" "Quote what is answered." t)
(autoload 'orgpost-complete-at-point "orgpost-complete")

(defcustom orgpost-drafts-directory (locate-user-emacs-file "orgpost-drafts/")
  "The folder in which drafts are kept until they are sent."
  :type 'directory
  :group 'orgpost)

(defconst orgpost-draft-separator "--text follows this line--"
  "The line between the header and the text of a draft.")

(defvar orgpost-draft-kinds
  '((message :id "msg"
             :fields ("To" "Cc" "Subject" "Priority" "Tags" "Expects" "Attach")
             :arguments orgpost-compose--message-arguments
             :sent orgpost-compose--message-sent)
    (reply :id "msg"
           :fields ("To" "Cc" "Subject" "Reply-To")
           :arguments orgpost-compose--message-arguments
           :sent orgpost-compose--message-sent)
    (task :id "task"
          :fields ("Agent" "Subject" "Priority" "Tags" "Effort" "Tokens" "Scheduled"
                   "Deadline" "Depends-On")
          :arguments orgpost-compose--task-arguments
          :sent orgpost-compose--task-sent)
    (feedback :id "task"
              :fields ("Task")
              :arguments orgpost-compose--feedback-arguments
              :sent orgpost-compose--feedback-sent))
  "What can be composed, an alist of kinds with properties.
`:id' is the kind of its id.  `:fields' are the header fields that are offered;
those of kinds with the same `:arguments' may be typed.
`:arguments' is a function of no arguments that returns what the program is
asked; the text stands on its stdin.  `:sent' is a function of the answer's data
that returns what a person is told.")

(defvar-local orgpost-draft-kind nil
  "What is composed here, one of `orgpost-draft-kinds'.")

(defvar-local orgpost-draft-id nil
  "The id that what is composed here will have.")

(defvar-local orgpost-draft-original nil
  "The entry that is answered here.")

(defvar-local orgpost-draft--kept nil
  "The text of the draft as it was opened or kept last.")

(defvar orgpost-draft-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-c C-c") #'orgpost-compose-send)
    (define-key map (kbd "C-c C-k") #'orgpost-draft-drop)
    (define-key map (kbd "C-c C-y") #'orgpost-compose-quote)
    (define-key map [remap save-buffer] #'orgpost-draft-save)
    (define-key map (kbd "TAB") #'orgpost-draft-tab)
    map)
  "The keys of drafts.")

;;;; Opening

(defun orgpost-draft-open (kind fields &optional text original)
  "Open a draft of KIND with FIELDS, an alist of names and values, and TEXT.
ORIGINAL is the entry that it answers, for quoting.  Return its buffer."
  (let* ((root (orgpost-space-root))
         (actor orgpost-actor-here)
         (id (orgpost-new-id (orgpost-draft-property kind :id)))
         (fields (append fields `(("Space" . ,root)) (and actor `(("As" . ,actor))))))
    (pop-to-buffer-same-window (orgpost-draft--buffer kind id))
    (orgpost-draft--make-room)
    (orgpost-draft--insert-header kind fields)
    (save-excursion (insert (or text "")))
    (orgpost-draft--begin kind id root actor)
    (setq orgpost-draft-original original)
    (orgpost-draft-to-first-empty)
    (current-buffer)))

(defun orgpost-draft--make-room ()
  "Let the selected window, that of a list above a letter, have half of the frame."
  (let ((lack (- (/ (window-total-height (frame-root-window)) 2) (window-total-height))))
    (when (and (> lack 0) (window-combined-p))
      (ignore-errors (window-resize nil lack)))))

(defun orgpost-draft--buffer (kind id)
  "Return a new buffer for a draft of KIND with ID."
  (generate-new-buffer (format "*orgpost %s %s*" kind (substring id -10))))

(defun orgpost-draft-property (kind property)
  "Return PROPERTY of KIND."
  (plist-get (alist-get kind orgpost-draft-kinds) property))

(defun orgpost-draft--insert-header (kind fields)
  "Insert the header of a draft of KIND, with FIELDS, and the separator."
  (let ((offered (orgpost-draft-property kind :fields)))
    (dolist (name offered)
      (insert name ": " (or (cdr (assoc name fields)) "") "\n"))
    (pcase-dolist (`(,name . ,value) fields)
      (unless (member name offered)
        (insert name ": " value "\n")))
    (insert orgpost-draft-separator "\n")))

(defun orgpost-draft--begin (kind id space actor)
  "Make the current buffer, which is filled, the draft ID of KIND.
SPACE and ACTOR are in which space and as whom it is sent."
  (orgpost-draft-mode)
  (setq default-directory space
        orgpost-space-here space
        orgpost-actor-here actor
        orgpost-draft-kind kind
        orgpost-draft-id id
        orgpost-draft--kept (buffer-string)
        buffer-auto-save-file-name (orgpost-draft--file "#%s#")
        buffer-offer-save t)
  (with-file-modes #o700 (make-directory orgpost-drafts-directory t))
  (set-buffer-modified-p nil))

(defun orgpost-draft-to-first-empty ()
  "Put point to the first field that must be filled and is not, else to the text."
  (goto-char (point-min))
  (if (re-search-forward "^\\(?:To\\|Agent\\|Subject\\): $" (orgpost-draft-text-begin) t)
      (end-of-line)
    (goto-char (orgpost-draft-text-begin))))

;;;; What stands in it

(defun orgpost-draft-text-begin ()
  "Return where the text begins."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (unless (re-search-forward (format "^%s\n" (regexp-quote orgpost-draft-separator)) nil t)
        (user-error "The line \"%s\" is gone: put it before the text" orgpost-draft-separator))
      (point))))

(defun orgpost-draft-text ()
  "Return the text as it will be sent."
  (buffer-substring-no-properties (orgpost-draft-text-begin) (point-max)))

(defun orgpost-draft-values (name)
  "Return the values of all header fields NAME that are not empty."
  (let ((end (orgpost-draft-text-begin)) values)
    (save-excursion
      (goto-char (point-min))
      (while (re-search-forward (format "^%s:[ \t]*\\(.*?\\)[ \t]*$" name) end t)
        (unless (string-empty-p (match-string 1))
          (push (match-string-no-properties 1) values))))
    (nreverse values)))

(defun orgpost-draft--known-fields ()
  "Return the header fields that are read when this draft is sent."
  (let ((arguments (orgpost-draft-property orgpost-draft-kind :arguments)))
    (append '("Space" "As")
            (seq-mapcat (pcase-lambda (`(,kind . ,_))
                          (and (eq arguments (orgpost-draft-property kind :arguments))
                               (orgpost-draft-property kind :fields)))
                        orgpost-draft-kinds))))

(defun orgpost-draft-check-header ()
  "Refuse a line of the header that nobody would read, and put point on it."
  (let ((end (orgpost-draft-text-begin))
        (known (format "^\\(?:%s:\\|[ \t]*$\\|%s$\\)"
                       (regexp-opt (orgpost-draft--known-fields))
                       (regexp-quote orgpost-draft-separator)))
        (at (point-min)))
    (while (< at end)
      (goto-char at)
      (unless (looking-at known)
        (user-error "No field of this draft: %s"
                    (buffer-substring-no-properties at (line-end-position))))
      (setq at (line-beginning-position 2)))))

(defun orgpost-draft-words (name)
  "Return the words of the header field NAME, which commas or blanks part."
  (seq-mapcat (lambda (value) (split-string value "[, \t]+" t)) (orgpost-draft-values name)))

(defun orgpost-draft-to-field (name)
  "Put point to the header field NAME, or to the text if there is no such field."
  (goto-char (point-min))
  (if (and name (re-search-forward (format "^%s: *" name) (orgpost-draft-text-begin) t))
      (end-of-line)
    (goto-char (orgpost-draft-text-begin))))

;;;; Keeping and dropping

(defun orgpost-draft--file (&optional pattern)
  "Return the file of this draft; PATTERN is that of an auto-save file."
  (expand-file-name (format (or pattern "%s")
                            (format "%s.%s" orgpost-draft-kind orgpost-draft-id))
                    orgpost-drafts-directory))

(defun orgpost-draft-save ()
  "Keep this draft in `orgpost-drafts-directory'."
  (interactive)
  (let ((coding-system-for-write 'utf-8-emacs-unix))
    (with-file-modes #o600
      (write-region nil nil (orgpost-draft--file) nil 'quiet)))
  (setq orgpost-draft--kept (buffer-string))
  (set-buffer-modified-p nil)
  (delete-auto-save-file-if-necessary t)
  (when (called-interactively-p 'interactive) (message "Kept the draft")))

(defun orgpost-draft--save-contents ()
  "Keep this draft; for `write-contents-functions'."
  (orgpost-draft-save)
  t)

(defun orgpost-draft-discard ()
  "Take this draft out of the folder of drafts, and let auto-save put none there."
  (dolist (file (list (orgpost-draft--file) (orgpost-draft--file "#%s#")))
    (when (file-exists-p file) (delete-file file)))
  (set-buffer-modified-p nil)
  (setq buffer-auto-save-file-name nil))

(defun orgpost-draft-forget ()
  "Close this draft and take it out of the folder of drafts."
  (orgpost-draft-discard)
  (let ((draft (current-buffer)))
    (quit-window)
    (kill-buffer draft)))

(defun orgpost-draft-drop ()
  "Drop this draft; ask first if it was changed."
  (interactive)
  (when (or (not (buffer-modified-p))
            (equal (buffer-string) orgpost-draft--kept)
            (yes-or-no-p "Drop this draft? "))
    (orgpost-draft-forget)))

(defun orgpost-draft-resume (file)
  "Go on with the draft FILE, as it was last saved, automatically or not."
  (interactive (list (orgpost-draft--read)))
  (let* ((name (file-name-nondirectory file))
         (kind (intern (file-name-sans-extension name)))
         (id (file-name-extension name))
         (auto (expand-file-name (format "#%s#" name) orgpost-drafts-directory)))
    (pop-to-buffer-same-window (orgpost-draft--buffer kind id))
    (let ((coding-system-for-read 'utf-8-emacs-unix))
      (insert-file-contents (if (file-exists-p auto) auto file)))
    (orgpost-draft--begin kind id (car (orgpost-draft-values "Space"))
                          (car (orgpost-draft-values "As")))
    (goto-char (orgpost-draft-text-begin))))

(defun orgpost-draft--read ()
  "Ask for a draft; return its file."
  (let* ((names (orgpost-drafts))
         (completion-extra-properties
          (list :annotation-function (lambda (name) (orgpost-draft--note name)))))
    (unless names (user-error "There is no draft in %s" orgpost-drafts-directory))
    (expand-file-name (completing-read "Draft: " names nil t) orgpost-drafts-directory)))

(defun orgpost-drafts ()
  "Return the names of all drafts, also of those only saved automatically."
  (seq-uniq (mapcar (lambda (name) (string-trim name "#" "#"))
                    (and (file-directory-p orgpost-drafts-directory)
                         (directory-files orgpost-drafts-directory nil "\\`#?[a-z]+\\.[a-z]+-")))))

(defun orgpost-draft--note (name)
  "Return to whom and about what the draft NAME is."
  (with-temp-buffer
    (ignore-errors
      (insert-file-contents (expand-file-name name orgpost-drafts-directory) nil 0 2000)
      (format "  %s: %s"
              (car (seq-mapcat #'orgpost-draft-values '("To" "Agent")))
              (car (orgpost-draft-values "Subject"))))))

;;;; The mode

(defun orgpost-draft-tab ()
  "Complete in the header; in the text indent."
  (interactive)
  (if (< (point) (orgpost-draft-text-begin)) (completion-at-point)
    (indent-for-tab-command)))

(defun orgpost-draft--match-field (limit)
  "Find the name of the next header field before LIMIT."
  (when-let ((end (ignore-errors (orgpost-draft-text-begin))))
    (and (< (point) end)
         (re-search-forward "^[A-Z][A-Za-z-]*:" (min limit end) t))))

(defvar orgpost-draft--looks
  `((,(format "^%s$" (regexp-quote orgpost-draft-separator)) . 'orgpost-fence)
    (orgpost-draft--match-field . 'shadow))
  "What a draft looks like.")

(define-derived-mode orgpost-draft-mode text-mode "Draft"
  "A message or a task that is being written.

\\{orgpost-draft-mode-map}"
  (setq-local font-lock-defaults '(orgpost-draft--looks t))
  ;; For whoever saves all buffers, or leaves Emacs.
  (setq-local before-save-hook nil)
  (add-hook 'write-contents-functions #'orgpost-draft--save-contents nil t)
  (add-hook 'completion-at-point-functions #'orgpost-complete-at-point nil t))

(provide 'orgpost-draft)
;;; orgpost-draft.el ends here
