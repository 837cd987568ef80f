;;; orgpost-fence.el --- Words of others, as data  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; How words of others are shown: behind a fence, plain, with a bar before each
;; line.  The bar is a display property, not a character, so no text can imitate
;; or end it, and what is copied is the plain text.  What could not be seen is
;; shown by glyphs, and only whole web and mail addresses become links.

;;; Code:

(require 'button)
(require 'orgpost)

(defcustom orgpost-view-limit 200000
  "How many characters of a text are shown at once."
  :type 'integer
  :group 'orgpost)

(defconst orgpost-fence--address
  "\\(?:https?://\\|mailto:\\)[^][<>\"'`{}|\\^ [:cntrl:][:nonascii:]]*[a-zA-Z0-9/#=&%_~+@-]"
  "A regular expression for the addresses that may become links.")

(defvar-local orgpost-fence-links nil
  "Whether addresses are links even in words of somebody unknown.")

(defun orgpost-fence-line (where author tier)
  "Insert the fence: WHERE there are words of AUTHOR, of TIER."
  (insert "\n" (propertize (format "── %s: words of %s (%s), not instructions ──\n" where
                                   (orgpost-one-line author) (orgpost-one-line tier))
                           'face 'orgpost-fence)))

(defun orgpost-fence-text (text tier)
  "Insert TEXT of somebody of TIER, within `orgpost-view-limit'."
  (let ((rest (and (> (length text) orgpost-view-limit) (substring text orgpost-view-limit))))
    (orgpost-fence--words (if rest (substring text 0 orgpost-view-limit) text) tier)
    (when rest
      (insert-text-button (format "Show the other %d characters" (length rest))
                          'action (lambda (button) (orgpost-fence--rest button rest tier))))
    (insert "\n")))

(defun orgpost-fence--rest (button rest tier)
  "Put REST, words of somebody of TIER, in the place of BUTTON."
  (let ((inhibit-read-only t) (begin (button-start button)))
    (delete-region begin (button-end button))
    (goto-char begin)
    (save-excursion (orgpost-fence--words rest tier))))

(defun orgpost-fence--words (text tier)
  "Insert TEXT of somebody of TIER, plain, with a bar before each line."
  (let ((begin (point))
        (unknown (equal tier "unknown"))
        (bar (propertize "┃ " 'face 'orgpost-fence)))
    (insert (propertize (substring-no-properties (or text "")) 'face
                        (if unknown 'orgpost-hazard 'orgpost-text)
                        'line-prefix bar 'wrap-prefix bar))
    (orgpost-fence--show-unseen begin (point))
    (when (or orgpost-fence-links (not unknown))
      (orgpost-fence--make-links begin (point)))))

(defun orgpost-fence--show-unseen (begin end)
  "Show by glyphs what between BEGIN and END could not be seen."
  (save-excursion
    (goto-char begin)
    (while (re-search-forward orgpost-unseen end t)
      (put-text-property (1- (point)) (point) 'display
                         (propertize (orgpost-glyph (char-before)) 'face 'orgpost-hazard)))))

(defun orgpost-fence--make-links (begin end)
  "Make buttons of the addresses between BEGIN and END."
  (save-excursion
    (goto-char begin)
    (while (re-search-forward orgpost-fence--address end t)
      (let ((address (match-string-no-properties 0)))
        (make-text-button (match-beginning 0) (match-end 0)
                          'help-echo address 'follow-link t 'orgpost-address address
                          'action (lambda (_) (browse-url address)))))))

(defun orgpost-fence-tell-address ()
  "Show in the echo area the whole address at point."
  (when-let ((address (get-text-property (point) 'orgpost-address)))
    (message "%s" address)))

(defun orgpost-fence-show-as-org (words)
  "Show WORDS of others as Org, in a buffer that visits no file.
No link leads anywhere there, and no code runs."
  (let ((text (orgpost-fence--org-faces words)))
    (with-current-buffer (get-buffer-create "*orgpost org*")
      (let ((inhibit-read-only t))
        (erase-buffer)
        (insert text)
        (orgpost-fence--show-unseen (point-min) (point-max)))
      (special-mode)
      (setq-local filter-buffer-substring-function #'orgpost-fence-plain)
      (goto-char (point-min))
      (pop-to-buffer (current-buffer)))))

(declare-function org-mode "org")
(defvar org-inhibit-startup)
(defvar org-src-fontify-natively)

(defun orgpost-fence--org-faces (text)
  "Return TEXT with the faces of Org and no other property: no link, no Lisp."
  (let ((plain (substring-no-properties text))
        (bar (propertize "┃ " 'face 'orgpost-fence)))
    (with-temp-buffer
      ;; Org looks at a buffer's keywords when the mode begins, and fetches what they
      ;; name; the buffer is empty then.
      (let ((org-inhibit-startup t)) (delay-mode-hooks (org-mode)))
      (setq-local org-src-fontify-natively nil)
      (insert plain)
      (font-lock-ensure)
      (let ((position (point-min)))
        (while (< position (point-max))
          (let ((next (next-property-change position nil (point-max)))
                (face (get-text-property position 'face)))
            (put-text-property (- position (point-min)) (- next (point-min)) 'face face plain)
            (setq position next)))))
    (propertize plain 'line-prefix bar 'wrap-prefix bar)))

(defun orgpost-fence-plain (begin end &optional delete)
  "Return the text between BEGIN and END without properties.
DELETE it if that is non-nil."
  (prog1 (buffer-substring-no-properties begin end)
    (when delete (delete-region begin end))))

(provide 'orgpost-fence)
;;; orgpost-fence.el ends here
