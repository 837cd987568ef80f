;;; orgpost-test-others.el --- packages of others that are switched on beside ours  -*- lexical-binding: t; -*-

;;; Commentary:

;; What many people have in their init file: vi's keys, another way to complete,
;; blanks removed when a file is saved, files read again, the desktop kept.

;;; Code:

(require 'desktop)

(declare-function evil-mode "evil")
(declare-function ws-butler-global-mode "ws-butler")
(defvar evil-want-C-u-scroll)

(defun orgpost-test-others (completion)
  "Turn everything on; COMPLETION is `ivy' or `vertico'."
  (setq evil-want-C-u-scroll nil
        desktop-dirname user-emacs-directory
        desktop-save nil)
  (mapc #'require (list 'evil 'ws-butler completion))
  (evil-mode 1)
  (funcall (intern (format "%s-mode" completion)) 1)
  (ws-butler-global-mode 1)
  (global-auto-revert-mode 1)
  (desktop-save-mode 1)
  (add-hook 'before-save-hook #'delete-trailing-whitespace))

(provide 'orgpost-test-others)
;;; orgpost-test-others.el ends here
