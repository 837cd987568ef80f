;;; orgpost-notify.el --- How much is unread, and what is new  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; Two global modes, both off until somebody turns them on.  `orgpost-modeline-mode'
;; shows how many messages are unread, `orgpost-notify-mode' tells what comes.
;; Both watch the inbox's folder; a program is started only when a file there has
;; other attributes than when it was asked last.

;;; Code:

(require 'filenotify)
(require 'orgpost-call)
(require 'seq)

(declare-function alert "ext:alert" (message &rest arguments))
(declare-function notifications-notify "notifications" (&rest arguments))

(defcustom orgpost-notify-tiers '("owner" "team" "trusted")
  "Whose mail is worth a notification: tiers of senders."
  :type '(set (const "owner") (const "team") (const "trusted") (const "unknown"))
  :group 'orgpost)

(defcustom orgpost-notify-function #'orgpost-notify
  "A function of a title and a text, a line each, that tells of new mail."
  :type 'function
  :group 'orgpost)

(defcustom orgpost-refresh-seconds 60
  "How often to look for news that no file notification told, in seconds."
  :type 'number
  :group 'orgpost)

(defvar orgpost-notify-wait 2
  "For how many seconds news are collected before they are told.")

(defvar orgpost-notify-debounce 0.5
  "For how many seconds changes of files are collected before the program is asked.")

(defvar orgpost-unread-string ""
  "What the mode line says about unread mail.")
(put 'orgpost-unread-string 'risky-local-variable t)

(defvar orgpost-notify--watches nil
  "What watches the folders of inboxes and of the journal.")

(defvar orgpost-notify--actor nil
  "Whose mail this is, as the program said.")

(defvar orgpost-notify--timers nil
  "The timers that look, an alist of their purposes.")

(defvar orgpost-notify--home nil
  "A buffer in which the program is asked: the space is that in which a mode began.")

(defvar orgpost-notify--seen nil
  "The attributes that the files had when the program was asked last.")

(defvar orgpost-notify--known nil
  "The ids of mail that somebody was told, or that was there in the beginning.")

(defvar orgpost-notify--news nil
  "New messages that nobody was told yet, the newest first.")

;;;; The modes

;;;###autoload
(define-minor-mode orgpost-modeline-mode
  "Show in the mode line how many messages are unread."
  :global t
  :group 'orgpost
  (setq global-mode-string (remq 'orgpost-unread-string (or global-mode-string (list ""))))
  (when orgpost-modeline-mode
    (setq global-mode-string (append global-mode-string '(orgpost-unread-string))))
  (orgpost-notify--turn))

;;;###autoload
(define-minor-mode orgpost-notify-mode
  "Tell about mail that comes, once for all that comes within two seconds."
  :global t
  :group 'orgpost
  (setq orgpost-notify--known (if orgpost-notify-mode 'ask nil)
        orgpost-notify--news nil)
  (orgpost-notify--turn))

(defun orgpost-notify--turn ()
  "Begin to watch if one of the modes is on, else stop."
  (orgpost-notify--stop)
  (when (or orgpost-modeline-mode orgpost-notify-mode)
    (orgpost-notify--begin)))

(defun orgpost-notify--begin ()
  "Watch the folder of inboxes of the space that is meant here."
  (let ((space (orgpost-space-root)))
    (setq orgpost-notify--home (generate-new-buffer " *orgpost notify*"))
    (with-current-buffer orgpost-notify--home
      (setq default-directory space
            orgpost-space-here space)))
  (setq orgpost-notify--seen nil
        orgpost-notify--actor nil
        ;; Where there are none, as on network file systems, the timer alone looks.
        orgpost-notify--watches
        (delq nil (mapcar (lambda (file)
                            (ignore-errors
                              (file-notify-add-watch (file-name-directory file) '(change)
                                                     (lambda (_) (orgpost-notify--soon)))))
                          (orgpost-notify--files))))
  (orgpost-notify--timer 'again (run-with-timer orgpost-refresh-seconds orgpost-refresh-seconds
                                                #'orgpost-notify--look))
  (orgpost-notify--look))

(defun orgpost-notify--stop ()
  "Watch no more."
  (mapc #'file-notify-rm-watch orgpost-notify--watches)
  (mapc (lambda (timer) (cancel-timer (cdr timer))) orgpost-notify--timers)
  (when (buffer-live-p orgpost-notify--home) (kill-buffer orgpost-notify--home))
  (setq orgpost-notify--watches nil orgpost-notify--timers nil orgpost-unread-string ""))

(defun orgpost-notify--timer (purpose timer)
  "Keep TIMER for PURPOSE, and cancel the one that was there for it."
  (when-let ((old (alist-get purpose orgpost-notify--timers))) (cancel-timer old))
  (setf (alist-get purpose orgpost-notify--timers) timer))

;;;; Looking

(defun orgpost-notify--files ()
  "Return the files in which mail arrives: the inbox, and its journal."
  (let ((actor (or orgpost-notify--actor "")))
    (mapcar (lambda (file)
              (expand-file-name (format file actor)
                                (buffer-local-value 'default-directory orgpost-notify--home)))
            '("org/messaging/inbox/%s.org" ".orgpost/journal/inbox+%s.org.j"))))

(defun orgpost-notify--soon ()
  "Look when no file has changed for a moment."
  (orgpost-notify--timer 'soon (run-at-time orgpost-notify-debounce nil #'orgpost-notify--look)))

(defun orgpost-notify--look ()
  "Ask the program if a file has other attributes than before."
  (when (buffer-live-p orgpost-notify--home)
    (let ((attributes (orgpost-notify--attributes)))
      (unless (equal attributes orgpost-notify--seen)
        (setq orgpost-notify--seen attributes)
        (with-current-buffer orgpost-notify--home
          (orgpost-request 'unread '("inbox" "--limit" "200") #'orgpost-notify--take #'ignore))))))

(defun orgpost-notify--attributes ()
  "Return sizes, times and numbers of the files in which mail arrives."
  (mapcar (lambda (file)
            (let ((attributes (file-attributes file)))
              (list (file-attribute-size attributes)
                    (file-attribute-modification-time attributes)
                    (file-attribute-inode-number attributes))))
          (orgpost-notify--files)))

(defun orgpost-notify--take (data)
  "Show how many messages of DATA are unread, and tell of those that are new."
  (let ((messages (alist-get 'messages data)) (actor (alist-get 'actor data)))
    (unless (equal actor orgpost-notify--actor)
      (setq orgpost-notify--actor actor)
      ;; Only now are the files known whose attributes tell whether anything is new.
      (orgpost-notify--look))
    (setq orgpost-unread-string (if orgpost-modeline-mode
                                    (orgpost-notify--count (alist-get 'unread data) messages)
                                  ""))
    (force-mode-line-update t)
    (when orgpost-notify-mode (orgpost-notify--sort-out messages))))

(defun orgpost-notify--count (count messages)
  "Return the words of the mode line about COUNT unread MESSAGES."
  (if (zerop count) ""
    (let ((high (seq-some (lambda (it) (equal (alist-get 'priority it) "high")) messages)))
      (propertize (if (char-displayable-p ?✉) (format " ✉%d" count) (format " [%d]" count))
                  'face (if high 'orgpost-high 'orgpost-unread)
                  'help-echo "Unread mail; mouse-1 shows it"
                  'mouse-face 'mode-line-highlight
                  'local-map (let ((map (make-sparse-keymap)))
                               (define-key map [mode-line mouse-1] #'orgpost-notify-show)
                               map)))))

(defun orgpost-notify-show ()
  "Show the inbox that the mode line is about."
  (interactive)
  (let ((default-directory (if (buffer-live-p orgpost-notify--home)
                               (buffer-local-value 'default-directory orgpost-notify--home)
                             default-directory)))
    (orgpost)))

;;;; Telling

(defun orgpost-notify--sort-out (messages)
  "Collect those of MESSAGES that are new and worth it."
  (let ((ids (mapcar (lambda (it) (alist-get 'id it)) messages)))
    (unless (eq orgpost-notify--known 'ask)
      (let ((new (seq-filter #'orgpost-notify--worth-it-p messages)))
        (when new
          (unless orgpost-notify--news
            (orgpost-notify--timer 'tell (run-at-time orgpost-notify-wait nil
                                                      #'orgpost-notify--tell)))
          (setq orgpost-notify--news (append new orgpost-notify--news)))))
    (setq orgpost-notify--known
          (if (eq orgpost-notify--known 'ask) ids (seq-uniq (append ids orgpost-notify--known))))))

(defun orgpost-notify--worth-it-p (message)
  "Return non-nil if MESSAGE is new and its sender in `orgpost-notify-tiers'."
  (and (not (member (alist-get 'id message) orgpost-notify--known))
       (member (alist-get 'tier message) orgpost-notify-tiers)))

(defun orgpost-notify--tell ()
  "Tell about all that is new, once."
  (let* ((news orgpost-notify--news)
         (newest (car news)))
    (setq orgpost-notify--news nil)
    (when news
      (funcall orgpost-notify-function
               (format "%s%s" (orgpost-one-line (alist-get 'from newest))
                       (if (cdr news) (format " and others: %d messages" (length news)) ""))
               (orgpost-one-line (alist-get 'subject newest))))))

(defun orgpost-notify (title text)
  "Tell TITLE and TEXT by the best way that there is.
That is the package alert, else the desktop, else the echo area."
  (or (and (fboundp 'alert)
           (orgpost-notify--works (lambda () (alert text :title title :category 'orgpost))))
      (and (require 'notifications nil t)
           (orgpost-notify--works
            (lambda ()
              (or (notifications-notify :title (orgpost-notify--escaped title)
                                        :body (orgpost-notify--escaped text))
                  (error "Nobody took it")))))
      (message "%s: %s" title text)))

(defun orgpost-notify--works (way)
  "Call the function WAY, and say whether it did not fail."
  (condition-case nil (progn (funcall way) t) (error nil)))

(defun orgpost-notify--escaped (text)
  "Return TEXT for a desktop, which takes `<' for markup."
  (seq-reduce (lambda (text pair) (replace-regexp-in-string (car pair) (cdr pair) text t t))
              '(("&" . "&amp;") ("<" . "&lt;") (">" . "&gt;")) text))

(defun orgpost-notify-unload-function ()
  "Turn the modes off, so that nothing is left of them when this file is unloaded."
  (orgpost-modeline-mode -1)
  (orgpost-notify-mode -1)
  nil)

(provide 'orgpost-notify)
;;; orgpost-notify.el ends here
