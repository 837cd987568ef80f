;;; orgpost-list.el --- What all lists of orgpost share  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; The parent of every list, `orgpost-list-mode'.  A list asks the program,
;; keeps the entries of the answer as they came, alists, and draws a line for each.
;; A mode that derives from it sets `orgpost-list-question', `orgpost-list-row'
;; and `orgpost-list-answered', and has all else:
;;
;; - `orgpost-list-open' shows a list, `orgpost-list-refresh' asks again;
;; - `orgpost-list-entry' and `orgpost-list-selected' are what a command acts on;
;; - `orgpost-list-change' changes states by the program;
;; - `orgpost-list-update' and `orgpost-list-remove' redraw what has changed;
;; - `orgpost-list-limit-flags' is what a question says about limits.
;;
;; Whatever is redrawn, point stays on its entry, in every window.

;;; Code:

(require 'easymenu)
(require 'orgpost-call)
(require 'orgpost-fit)
(require 'orgpost-keys)
(require 'orgpost-limit)
(require 'orgpost-place)
(require 'seq)
(require 'tabulated-list)

(autoload 'orgpost-view-open "orgpost-view")
(autoload 'orgpost-view-scroll "orgpost-view")
(autoload 'orgpost-view-copy-text "orgpost-view" "Copy the text." t)
(autoload 'orgpost-view-make-links "orgpost-view" "Make addresses links." t)
(autoload 'orgpost-view-as-org "orgpost-view" "Show the text as Org." t)

;;;; What a mode says about its list

(defvar-local orgpost-list-question nil
  "A function that returns the arguments with which the program is asked.")

(defvar-local orgpost-list-row nil
  "A function of an entry that returns its columns, a vector of strings.")

(defvar-local orgpost-list-printer #'orgpost-list-print
  "A function that draws all entries in place of what the buffer shows.
What belongs to one has its id as the text property `tabulated-list-id'.")

(defvar-local orgpost-list-answered nil
  "A function of the answer's data that returns the list of entries.
It may keep what else it wants of them.")

(defvar-local orgpost-list-about ""
  "What the mode line says about the list, a mode line construct.")
(put 'orgpost-list-about 'risky-local-variable t)

(defvar-local orgpost-list-nothing "Nothing is here"
  "What is said where there is no entry.")

(defvar-local orgpost-list-keys nil
  "What `?' shows, as `orgpost-keys-show' has it; nil is the keys of this buffer.")

;;;; What a list has

(defvar-local orgpost-list-entries nil
  "The entries that are shown, as the program gave them.")

(defvar-local orgpost-list-actor nil
  "Who acts here, as the program said.")

(defun orgpost-list-open (name mode &optional setup)
  "Show the list NAME of MODE in the selected window and ask for its entries.
SETUP is called in its buffer before that.  The list acts in the space and as
the actor of the buffer in which this was called."
  (let ((space (orgpost-space-root))
        (actor orgpost-actor-here))
    (with-current-buffer (get-buffer-create name)
      (orgpost-forget-requests)
      (funcall mode)
      (setq default-directory space
            orgpost-space-here space
            orgpost-actor-here actor)
      (when setup (funcall setup))
      (revert-buffer))
    (pop-to-buffer-same-window name)))

(defun orgpost-list-refresh (&rest _)
  "Ask the program again for the entries of this list."
  (interactive)
  (orgpost-request 'list (funcall orgpost-list-question) #'orgpost-list--take
                   #'orgpost-list-trouble))

(defun orgpost-list--take (data)
  "Show DATA, the answer."
  (let ((entries (funcall orgpost-list-answered data)))
    (setq orgpost-list-actor (alist-get 'actor data)
          orgpost-list-left-out (or (alist-get 'left_out data) 0)
          orgpost-list-entries (orgpost-list-limited entries)))
  (orgpost-list-draw))

(defun orgpost-list-trouble (trouble)
  "Tell TROUBLE, an error of the program, also in a list that has no lines."
  (orgpost--tell trouble)
  (unless orgpost-list-entries
    (let ((inhibit-read-only t) (fill-column (orgpost-fit-room)))
      (orgpost-fit nil)
      (erase-buffer)
      (insert (propertize (orgpost-one-line (alist-get 'message trouble)) 'face 'error) "\n\n"
              (orgpost-hint trouble) "\n\n"
              (propertize "g asks again" 'face 'shadow) "\n")
      (fill-region (point-min) (point-max))
      (goto-char (point-min)))))

;;;; Drawing

(defun orgpost-list-draw ()
  "Draw all entries again; point stays on its entry in every window."
  (let ((places (mapcar #'orgpost-place-of-window
                        (get-buffer-window-list (current-buffer) nil t)))
        (here (orgpost-place (point))))
    (setq orgpost-fit-width (orgpost-fit-room))
    (funcall orgpost-list-printer)
    (goto-char (orgpost-place-position here))
    (mapc #'orgpost-place-back places)
    (force-mode-line-update)))

(defun orgpost-list-print ()
  "Draw a line for each entry."
  (let ((rows (mapcar orgpost-list-row orgpost-list-entries)))
    (orgpost-fit rows)
    (setq tabulated-list-entries
          (seq-mapn (lambda (entry row) (list (alist-get 'id entry) row))
                    orgpost-list-entries rows)))
  (tabulated-list-print)
  (orgpost-list--last-line))

(defun orgpost-list--last-line ()
  "Say below the lines how many there are more, or that there are none."
  (let ((words (cond ((> orgpost-list-left-out 0)
                      (format "%d more; `l' limits the list" orgpost-list-left-out))
                     ((null orgpost-list-entries)
                      (if orgpost-list-limits "Nothing is here; `l o' drops the limit"
                        orgpost-list-nothing)))))
    (when words
      (save-excursion
        (goto-char (point-max))
        (let ((inhibit-read-only t))
          (insert (propertize (concat words "\n") 'face 'shadow)))))))

;;;; What a command acts on

(defun orgpost-list-entry ()
  "Return the entry at point, or that of the whole buffer."
  (or orgpost-entry-here
      (orgpost-list-find (tabulated-list-get-id))
      (user-error "There is no entry on this line")))

(defun orgpost-list-find (id)
  "Return the entry of this list that has ID, or nil."
  (seq-find (lambda (entry) (equal (alist-get 'id entry) id)) orgpost-list-entries))

(defun orgpost-list-selected ()
  "Return the ids of the lines in the active region, else of `orgpost-list-entry'."
  (if (or orgpost-entry-here (not (use-region-p)))
      (list (alist-get 'id (orgpost-list-entry)))
    (let ((end (region-end)) ids)
      (save-excursion
        (goto-char (region-beginning))
        (beginning-of-line)
        (while (< (point) end)
          (when-let ((id (tabulated-list-get-id))) (push id ids))
          (forward-line 1)))
      (or (nreverse ids) (user-error "There is no entry in the region")))))

;;;; Changing

(defun orgpost-list-change (ids arguments &optional input)
  "Change the entries IDS with ARGUMENTS and INPUT; return the answer's data.
Signal a `user-error' if the program refuses.  Where the states are not what the
list shows, the lines of IDS are brought up to date before that."
  (orgpost-save-edits)
  (setq deactivate-mark t)
  (pcase (orgpost-try arguments input)
    (`(ok . ,data) data)
    (`(trouble . ,trouble)
     (when (equal (alist-get 'code trouble) "wrong_state")
       (orgpost-list-update (mapcar #'orgpost-entry-of ids)))
     (orgpost-fail trouble))))

(defun orgpost-list-update (entries)
  "Redraw ENTRIES, which have come from the program, wherever they are."
  (orgpost-list--everywhere
   (mapcar (lambda (entry) (alist-get 'id entry)) entries)
   (lambda (shown)
     (let ((new (seq-find (lambda (it) (equal (alist-get 'id it) (alist-get 'id shown)))
                          entries)))
       (list (append new (seq-remove (lambda (pair) (assq (car pair) new)) shown)))))))

(defun orgpost-list-remove (ids)
  "Take the entries that have one of IDS off all lists."
  (orgpost-list--everywhere
   ids
   (lambda (shown) (if (member (alist-get 'id shown) ids) nil (list shown)))))

(defun orgpost-list--everywhere (ids change)
  "Replace each entry of each list by a list, the value of CHANGE.
Buffers of a single entry that is one of IDS ask for it again."
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer
      (cond ((member (alist-get 'id orgpost-entry-here) ids) (revert-buffer))
            ((derived-mode-p 'orgpost-list-mode)
             (let ((entries (seq-mapcat change orgpost-list-entries)))
               (unless (equal entries orgpost-list-entries)
                 (setq orgpost-list-entries entries)
                 (orgpost-list-draw))))))))

;;;; Commands

(defun orgpost-list-show ()
  "Show the entry at point in another window."
  (interactive)
  (orgpost-view-open (alist-get 'id (orgpost-list-entry)) (current-buffer)))

(defun orgpost-list-scroll ()
  "Scroll what is shown of the entry at point; at its end show the next one."
  (interactive)
  (unless (orgpost-view-scroll (alist-get 'id (orgpost-list-entry)) 'forward)
    (orgpost-list-step 1)))

(defun orgpost-list-scroll-back ()
  "Scroll back what is shown of the entry at point; then show the one before."
  (interactive)
  (unless (orgpost-view-scroll (alist-get 'id (orgpost-list-entry)) 'back)
    (orgpost-list-step -1)))

(defun orgpost-list-step (lines)
  "Go LINES further and show what is there."
  (forward-line lines)
  (unless (tabulated-list-get-id)
    (forward-line (- lines))
    (user-error "There is no other entry"))
  (orgpost-list-show))

(defun orgpost-list-copy-id ()
  "Copy the id of the entry at point, or the ids of those in the region."
  (interactive)
  (let ((ids (orgpost-list-selected)))
    (kill-new (string-join ids " "))
    (setq deactivate-mark t)
    (message "%s" (string-join ids " "))))

(defun orgpost-list-open-file ()
  "Open the entry at point in its Org file."
  (interactive)
  (orgpost-open-entry (alist-get 'id (orgpost-list-entry))))

(defun orgpost-list-help ()
  "Show the keys of this list."
  (interactive)
  (orgpost-keys-show (or orgpost-list-keys (list (orgpost-list--keys-here)))))

(defun orgpost-list--keys-here ()
  "Return what `orgpost-keys-show' has to show of this buffer."
  (let ((map (current-local-map)))
    (list (format-mode-line mode-name) (lookup-key map [menu-bar Orgpost]) map)))

(defvar orgpost-list-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "RET") #'orgpost-list-show)
    (define-key map (kbd "SPC") #'orgpost-list-scroll)
    (define-key map (kbd "DEL") #'orgpost-list-scroll-back)
    (define-key map (kbd "s") #'orgpost-search)
    (define-key map (kbd "l") orgpost-list-limit-map)
    (define-key map (kbd "m") #'orgpost-compose)
    (define-key map (kbd "e") #'orgpost-list-open-file)
    (define-key map (kbd "w") #'orgpost-list-copy-id)
    (define-key map (kbd "W") #'orgpost-view-copy-text)
    (define-key map (kbd "L") #'orgpost-view-make-links)
    (define-key map (kbd "o") #'orgpost-view-as-org)
    (define-key map (kbd "b") #'orgpost-board)
    (define-key map (kbd "$") #'orgpost-budget)
    (define-key map (kbd "c") #'orgpost-agenda)
    (define-key map (kbd "?") #'orgpost-list-help)
    map)
  "The keys that all lists have beside those of `tabulated-list-mode'.")

(easy-menu-define orgpost-list-menu orgpost-list-mode-map
  "What can be done in all lists."
  '("Orgpost"
    "--"
    ["Show" orgpost-list-show]
    ["Scroll, then next" orgpost-list-scroll]
    ["Scroll back" orgpost-list-scroll-back]
    ["Next" next-line]
    ["Previous" previous-line]
    ["Open in its file" orgpost-list-open-file]
    ["Copy the id" orgpost-list-copy-id]
    ["Copy the text" orgpost-view-copy-text]
    ["Make links" orgpost-view-make-links]
    ["Show as Org" orgpost-view-as-org]
    "--"
    ("Limit"
     ["Limit by state" orgpost-list-limit-state]
     ["Limit by sender" orgpost-list-limit-sender]
     ["Limit by tag" orgpost-list-limit-tag]
     ["Limit by tier" orgpost-list-limit-tier]
     ["Show what is open" orgpost-list-limit-open]
     ["Show everything" orgpost-list-limit-none])
    ["Sort by the column" tabulated-list-sort]
    ["Refresh" revert-buffer]
    "--"
    ["Write a message" orgpost-compose]
    ["Search" orgpost-search]
    ["Board" orgpost-board]
    ["Budget" orgpost-budget]
    ["Agenda" orgpost-agenda]
    ["These keys" orgpost-list-help]
    ["Leave" quit-window]))

(define-derived-mode orgpost-list-mode tabulated-list-mode "Post"
  "The parent of the lists of orgpost: a line for each message or task.

\\{orgpost-list-mode-map}"
  (setq-local revert-buffer-function #'orgpost-list-refresh)
  (orgpost-fit-again #'orgpost-list-draw)
  (setq mode-line-process '(" " orgpost-list-about (:eval (orgpost-list-limits-said))
                            (orgpost--requests " …"))))

(provide 'orgpost-list)
;;; orgpost-list.el ends here
