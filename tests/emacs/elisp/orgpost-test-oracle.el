;;; orgpost-test-oracle.el --- what Org sees in a file  -*- lexical-binding: t; -*-

;;; Commentary:

;; Each function visits PATH anew, answers one question about it and forgets
;; it.  Text that runs calls `orgpost-ran'; whoever asks what ran opens the file
;; in the most careless Emacs there is: local variables are all obeyed, Babel
;; asks nothing, agendas show logs and inactive stamps.

;;; Code:

(require 'orgpost-test-session)
(require 'cl-lib)
(require 'org)
(require 'org-element)
(require 'org-lint)
(require 'org-agenda)
(require 'org-clock)
(require 'org-table)
(require 'ox-ascii)
(require 'ox-html)
(require 'ob-emacs-lisp)

(defvar orgpost-test-ran nil
  "What Lisp ran, newest first: the names of texts.")

(defun orgpost-ran (&optional name &rest _)
  "Remember that the text NAME ran; return t, as a diary entry of today does."
  (push (format "%s" name) orgpost-test-ran)
  t)

(defun org-dblock-write:orgpost-ran-block (_)
  "Remember that a dynamic block ran."
  (orgpost-ran "block-dynamic"))

(defmacro orgpost-test-visiting (path &rest body)
  "Visit PATH anew, run BODY in its buffer, and kill the buffer unsaved."
  (declare (indent 1))
  `(let ((buffer (let ((old (find-buffer-visiting ,path)))
                   (when old
                     (with-current-buffer old (set-buffer-modified-p nil))
                     (kill-buffer old))
                   (find-file-noselect ,path t))))
     (unwind-protect (with-current-buffer buffer ,@body)
       (when (buffer-live-p buffer)
         (with-current-buffer buffer (set-buffer-modified-p nil))
         (kill-buffer buffer)))))

(defun orgpost-test-visit-state (path)
  "Return how Emacs took PATH: its mode, coding system and size in characters."
  (orgpost-test-visiting path
    (list (cons :mode (symbol-name major-mode))
          (cons :coding (symbol-name buffer-file-coding-system))
          (cons :characters (buffer-size)))))

;;; Structure

(defun orgpost-test-lint (path)
  "Return what org-lint says about PATH: \"LINE: words\", with the line itself."
  (orgpost-test-visiting path
    (mapcar (lambda (report)
              (let ((line (aref (cadr report) 0)) (words (aref (cadr report) 2)))
                (goto-char (point-min))
                (forward-line (1- (string-to-number line)))
                (format "%s: %s: %s" (substring-no-properties line) words
                        (buffer-substring-no-properties (point) (line-end-position)))))
            (org-lint))))

(defconst orgpost-test--all-types
  (append org-element-all-elements org-element-all-objects)
  "Every type of thing that Org knows.")

(defun orgpost-test--properties (section)
  "Return the pairs of the first property drawer of SECTION."
  (let ((drawer (and section (org-element-map section 'property-drawer #'identity nil t))))
    (and drawer
         (org-element-map drawer 'node-property
           (lambda (property)
             (list (org-element-property :key property)
                   (or (org-element-property :value property) "")))))))

(defun orgpost-test--types (tree)
  "Return the types that occur in TREE, each once; what is in a drawer counts for the drawer only."
  (and tree
       (delete-dups
        (org-element-map tree orgpost-test--all-types
          (lambda (thing) (symbol-name (org-element-type thing)))
          nil nil 'drawer))))

(defun orgpost-test--types-in-drawers (section)
  "Return the types that occur in the drawers of SECTION, each once."
  (and section
       (delete-dups
        (apply #'append
               (org-element-map section 'drawer
                 (lambda (drawer) (orgpost-test--types (org-element-contents drawer))))))))

(defun orgpost-test--drawers (section)
  "Return the names of the drawers in SECTION."
  (and section
       (org-element-map section 'drawer
         (lambda (drawer) (org-element-property :drawer-name drawer)))))

(defun orgpost-test--heading (headline)
  "Return what Org knows of HEADLINE and of the section below it."
  (let ((section (assq 'section (org-element-contents headline)))
        (priority (org-element-property :priority headline)))
    (list (cons :level (org-element-property :level headline))
          (cons :keyword (org-element-property :todo-keyword headline))
          (cons :priority (and priority (string priority)))
          (cons :title (org-element-property :raw-value headline))
          (cons :tags (vconcat (org-element-property :tags headline)))
          (cons :is_comment (and (org-element-property :commentedp headline) t))
          (cons :is_archived (and (org-element-property :archivedp headline) t))
          (cons :properties (vconcat (orgpost-test--properties section)))
          (cons :drawers (vconcat (orgpost-test--drawers section)))
          (cons :types (vconcat (orgpost-test--types section)))
          (cons :logged (vconcat (orgpost-test--types-in-drawers section)))
          (cons :begin (1- (position-bytes (org-element-property :begin headline)))))))

(defun orgpost-test-headings (path)
  "Return each heading of PATH, in order, with its section's types down to objects."
  (orgpost-test-visiting path
    (org-element-map (org-element-parse-buffer 'object) 'headline #'orgpost-test--heading)))

(defun orgpost-test-ids (path)
  "Return the ID that Org finds at each heading of PATH, nil where it finds none."
  (orgpost-test-visiting path
    (org-map-entries (lambda () (or (org-entry-get (point) "ID") :null)))))

;;; Lisp that runs

(defmacro orgpost-test-careless (&rest body)
  "Run BODY in the most careless Emacs there is."
  (declare (indent 0))
  `(let ((enable-local-variables :all)
         (enable-local-eval t)
         (enable-dir-local-variables t)
         (enable-remote-dir-locals t)
         (inhibit-message t)
         (org-confirm-babel-evaluate nil)
         (org-link-elisp-confirm-function nil)
         (org-link-shell-confirm-function nil)
         (org-element-use-cache nil)
         (org-agenda-sticky nil)
         (org-agenda-inhibit-startup nil)
         (org-agenda-start-with-log-mode '(closed clock state))
         (org-agenda-log-mode-items '(closed clock state))
         (org-agenda-include-inactive-timestamps t)
         (org-agenda-include-diary nil)
         (org-agenda-show-all-dates t)
         (org-agenda-window-setup 'current-window)
         (org-agenda-span 4)
         (org-agenda-start-on-weekday nil)
         (org-todo-keyword-faces nil))
     ,@body))

(defvar orgpost-test-failures nil
  "What failed, newest first: commands that a text broke.")

(defun orgpost-test--quietly (function &rest arguments)
  "Call FUNCTION with ARGUMENTS; remember its error, which stops nobody."
  (condition-case problem
      (apply function arguments)
    (error (push (format "%s: %s" function (error-message-string problem))
                 orgpost-test-failures))))

(defun orgpost-test--agenda-lines ()
  "Return the lines of the agenda that stand for something in a file, and kill it."
  (let ((agenda (get-buffer "*Org Agenda*")) lines)
    (when agenda
      (with-current-buffer agenda
        (goto-char (point-min))
        (while (not (eobp))
          (when (get-text-property (point) 'org-marker)
            (push (buffer-substring-no-properties (point) (line-end-position)) lines))
          (forward-line)))
      (kill-buffer agenda))
    (nreverse lines)))

(defun orgpost-test-agenda (path date log)
  "Return the lines of a four-day agenda over PATH from DATE on; LOG: in log mode."
  (let ((org-agenda-files (list path))
        (org-agenda-include-inactive-timestamps nil)
        (org-agenda-start-with-log-mode (and log '(closed clock state)))
        (org-agenda-window-setup 'current-window)
        (org-agenda-start-on-weekday nil)
        (inhibit-message t))
    (orgpost-test-visiting path
      (org-agenda-list nil date 4)
      (orgpost-test--agenda-lines))))

(defun orgpost-test-what-runs-in-agendas (paths date)
  "Look at PATHS in agendas from DATE on, in the most careless Emacs; return what ran or failed."
  (setq orgpost-test-ran nil
        orgpost-test-failures nil)
  (orgpost-test-careless
    (orgpost-test--look paths date)
    (dolist (path paths)
      (kill-buffer (find-file-noselect path t))))
  (delete-dups (append (reverse orgpost-test-ran) (reverse orgpost-test-failures))))

(defun orgpost-test--look (paths date)
  "Look at PATHS in every view of the agenda from DATE on."
  (let ((org-agenda-files paths))
    (dolist (view (list (lambda () (org-agenda-list nil date 4))
                        (lambda () (org-todo-list))
                        (lambda () (org-todo-list "UNREAD"))
                        (lambda () (org-tags-view nil "+ops|-ops"))
                        (lambda () (org-tags-view t "FROM={.}"))
                        (lambda () (org-search-view nil "orgpost"))
                        (lambda () (org-agenda-list-stuck-projects))))
      (orgpost-test--quietly view)
      (orgpost-test--agenda-lines))))

(defun orgpost-test--handle ()
  "Do to the current buffer what people do all day without thinking of code."
  (font-lock-ensure)
  (goto-char (point-min))
  (dolist (act (list #'org-show-all
                     (lambda () (org-align-tags t))
                     (lambda () (org-update-statistics-cookies t))
                     (lambda () (org-update-all-dblocks))
                     (lambda () (org-table-map-tables #'org-table-align t))
                     (lambda () (org-table-recalculate-buffer-tables))
                     (lambda () (org-table-iterate-buffer-tables))
                     (lambda () (org-macro-initialize-templates)
                       (org-macro-replace-all org-macro-templates))
                     (lambda () (org-babel-execute-buffer))
                     (lambda () (org-export-as 'ascii))
                     (lambda () (org-export-as 'html))
                     (lambda () (org-clock-sum))
                     (lambda () (org-sort-entries nil ?s))
                     (lambda () (org-sort-entries nil ?d))
                     (lambda () (org-sort-entries nil ?t))
                     (lambda () (org-map-entries #'org-entry-properties))))
    (goto-char (point-min))
    (orgpost-test--quietly act)))

(defun orgpost-test-what-runs (path date)
  "Open PATH, handle it and look at it in agendas from DATE on; return what ran, each once."
  (setq orgpost-test-ran nil
        orgpost-test-failures nil)
  (orgpost-test-careless
    (orgpost-test-visiting path
      (orgpost-test--handle))
    (orgpost-test-visiting path
      (orgpost-test--look (list path) date)))
  (delete-dups (reverse orgpost-test-ran)))

(defun orgpost-test--opening (path)
  "Open PATH in the most careless Emacs there is; return what that did, nil where all is well."
  (setq orgpost-test-ran nil)
  (orgpost-test-careless
    (orgpost-test-visiting path
      (font-lock-ensure)
      (let ((changed (delq nil (list (car orgpost-test-ran)
                                     (car file-local-variables-alist)
                                     (and (not (eq major-mode 'org-mode)) major-mode)
                                     (and (not (eq buffer-file-coding-system 'utf-8-unix))
                                          buffer-file-coding-system)))))
        (and changed (format "%s: %S" (file-name-nondirectory path) changed))))))

(defun orgpost-test-what-opening-does (paths)
  "Open each of PATHS; return what that did beside showing it."
  (delq nil (mapcar #'orgpost-test--opening paths)))

(defun orgpost-test-what-failed ()
  "Return which commands the file of the last `orgpost-test-what-runs' broke."
  (delete-dups (reverse orgpost-test-failures)))

(provide 'orgpost-test-oracle)
;;; orgpost-test-oracle.el ends here
