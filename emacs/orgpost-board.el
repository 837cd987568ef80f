;;; orgpost-board.el --- Tasks side by side, by their states  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; The board: a column for each state in which a task needs somebody, or just
;; ended, and in it a card for each task.  Its keys are those of the list of tasks.
;; It is drawn again whenever the files of the tasks change.

;;; Code:

(require 'filenotify)
(require 'orgpost-task)

(defcustom orgpost-board-limit 20
  "How many cards a column of the board has at most; 0 is no limit."
  :type 'integer
  :group 'orgpost)

(defconst orgpost-board--states '("WAITING" "QUEUED" "WORKING" "DONE" "FAILED" "DEAD")
  "The states that have a column.")

(defconst orgpost-board--narrowest 12
  "How many columns of the screen a column of the board has at least.")

(defvar-local orgpost-board--counts nil
  "An alist of states and how many tasks there are in each.")

;;;###autoload
(defun orgpost-board (&optional agent)
  "Show tasks side by side, by their states: of AGENT, or of all agents of yours.
In a list of tasks it is the agent of the list; with a prefix argument ask."
  (interactive (list (if current-prefix-arg (orgpost-task-read-agent) orgpost-task-agent)))
  (orgpost-list-open "*orgpost board*" 'orgpost-board-mode
                     (lambda () (setq orgpost-task-agent agent)))
  (orgpost-board--watch))

(defun orgpost-board--question ()
  "Return the arguments with which the program is asked for the board."
  `("task" "list" "--limit" "0" "--each" ,(number-to-string orgpost-board-limit)
    ,@(seq-mapcat (lambda (state) (list "--state" state)) orgpost-board--states)
    ,@(seq-mapcat (lambda (limit) (pcase limit (`(from . ,sender) (list "--from" sender))))
                  orgpost-list-limits)
    ,@(orgpost-task-whose)))

(defun orgpost-board--answered (data)
  "Return the tasks of DATA, and keep how many there are."
  (setq orgpost-list-about (orgpost-one-line (or orgpost-task-agent "yours"))
        orgpost-board--counts (mapcar (lambda (pair) (cons (symbol-name (car pair)) (cdr pair)))
                                      (alist-get 'by_state data)))
  (alist-get 'tasks data))

;;;; Drawing

(defun orgpost-board--print ()
  "Draw all columns."
  (let* ((inhibit-read-only t)
         (width (orgpost-board--width))
         (columns (mapcar (lambda (state) (orgpost-board--column state width))
                          orgpost-board--states))
         (blank (make-string width ?\s)))
    (erase-buffer)
    (setq header-line-format (orgpost-board--header width))
    (while (seq-some #'identity columns)
      (insert (mapconcat (lambda (column) (or (car column) blank)) columns " ") "\n")
      (setq columns (mapcar #'cdr columns)))
    (when (bobp) (insert (propertize "Nothing is here\n" 'face 'shadow)))))

(defun orgpost-board--width ()
  "Return the width of a column in the window of the board."
  (let ((window (or (get-buffer-window nil t) (selected-window)))
        (count (length orgpost-board--states)))
    (max orgpost-board--narrowest (1- (/ (1+ (window-max-chars-per-line window)) count)))))

(defun orgpost-board--header (width)
  "Return the line above the columns, each of WIDTH."
  (concat (propertize " " 'display '(space :align-to 0))
          (mapconcat (lambda (state)
                       (let ((count (alist-get state orgpost-board--counts 0 nil #'equal)))
                         (orgpost-board--cell (format "%s %d" state count) width)))
                     orgpost-board--states " ")))

(defun orgpost-board--column (state width)
  "Return the lines of the column of STATE, each of WIDTH."
  (let* ((tasks (seq-filter (lambda (task) (equal (alist-get 'state task) state))
                            orgpost-list-entries))
         (more (- (alist-get state orgpost-board--counts 0 nil #'equal) (length tasks))))
    (append (seq-mapcat (lambda (task) (orgpost-board--card task width)) tasks)
            (and (> more 0)
                 (list (propertize (orgpost-board--cell (format "%d more" more) width)
                                   'face 'shadow))))))

(defun orgpost-board--card (task width)
  "Return the lines of the card of TASK, each of WIDTH, and an empty one below."
  (let-alist task
    (let ((title (concat (string-trim (orgpost-task-mark task)) (orgpost-one-line .title)))
          (notes (append (orgpost-task-notes task)
                         (list (string-trim (or (orgpost-task-waiting task) ""))))))
      (append
       (mapcar (lambda (line)
                 (propertize (orgpost-board--cell line width)
                             'tabulated-list-id .id
                             'help-echo (orgpost-one-line .title)))
               (append (mapcar (lambda (line)
                                 (propertize line 'face (orgpost-task-face .state)))
                               (seq-take (orgpost-board--wrapped title width) 2))
                       (seq-mapcat (lambda (line) (orgpost-board--wrapped line width))
                                   (list (concat (propertize (orgpost-one-line .from)
                                                             'face 'orgpost-sender)
                                                 " " (orgpost-task-tier task))
                                         (orgpost-board--figures task)))
                       (mapcar (lambda (line) (propertize line 'face 'shadow))
                               (seq-mapcat (lambda (note) (orgpost-board--wrapped note width))
                                           notes))))
       (list (make-string width ?\s))))))

(defun orgpost-board--wrapped (text width)
  "Return TEXT as lines that are not wider than WIDTH where its words allow that."
  (with-temp-buffer
    (insert text)
    (let ((fill-column width) (adaptive-fill-mode nil)) (fill-region (point-min) (point-max)))
    (split-string (buffer-string) "\n" t)))

(defun orgpost-board--figures (task)
  "Return age and tokens of TASK, and whose it is where that is not clear."
  (let-alist task
    (string-join (delq nil (list (orgpost-age .created)
                                 (orgpost-board--tokens task)
                                 (and (not orgpost-task-agent) (orgpost-one-line .agent))))
                 " ")))

(defun orgpost-board--tokens (task)
  "Return how many tokens TASK has used, or is thought to need; nil for none."
  (let-alist task
    (let ((tokens (or .tokens_used .estimated_tokens 0)))
      (cond ((zerop tokens) nil)
            ((< tokens 10000) (format "%dt" tokens))
            (t (format "%dkt" (/ tokens 1000)))))))

(defun orgpost-board--cell (text width)
  "Return TEXT, cut off or filled up to WIDTH."
  ;; Words that are written from right to left must not draw their neighbours over.
  (bidi-string-mark-left-to-right
   (truncate-string-to-width text width 0 ?\s (if (char-displayable-p ?…) "…" "~"))))

;;;; Drawing it again

(defvar-local orgpost-board--watched nil
  "What tells us that a file of this board has changed, or nil.")

(defvar-local orgpost-board--soon nil
  "The timer after which the board is asked for again, or nil.")

(defun orgpost-board--watch ()
  "Ask again for this board whenever a file of tasks has changed."
  (with-current-buffer "*orgpost board*"
    (orgpost-board--unwatch)
    (add-hook 'kill-buffer-hook #'orgpost-board--unwatch nil t)
    (add-hook 'change-major-mode-hook #'orgpost-board--unwatch nil t)
    (let ((folder (expand-file-name "org/messaging/agents" orgpost-space-here))
          (board (current-buffer)))
      (when (file-directory-p folder)
        (setq orgpost-board--watched
              ;; Where a system cannot tell, `g' does.
              (ignore-errors
                (file-notify-add-watch folder '(change)
                                       (lambda (event) (orgpost-board--changed board event)))))))))

(defun orgpost-board--unwatch ()
  "Ask for this board no more by itself."
  (when orgpost-board--watched
    (file-notify-rm-watch orgpost-board--watched)
    (setq orgpost-board--watched nil))
  (when orgpost-board--soon
    (cancel-timer orgpost-board--soon)
    (setq orgpost-board--soon nil)))

(defun orgpost-board--changed (board event)
  "Ask for BOARD again in a moment, because of EVENT."
  (when (and (buffer-live-p board)
             ;; Locks come and go with each key that somebody types.
             (string-match-p "\\`[^.#].*\\.org\\'" (file-name-nondirectory (nth 2 event))))
    (with-current-buffer board
      (unless orgpost-board--soon
        (setq orgpost-board--soon (run-at-time 0.5 nil #'orgpost-board--again board))))))

(defun orgpost-board--again (board)
  "Ask for BOARD again."
  (when (buffer-live-p board)
    (with-current-buffer board
      (setq orgpost-board--soon nil)
      (revert-buffer))))

;;;; Moving

(defun orgpost-board-next (&optional count)
  "Go to the next card of this column, or COUNT cards further."
  (interactive "p")
  (let ((column (current-column))
        (step (if (< (or count 1) 0) -1 1)))
    (dotimes (_ (abs (or count 1)))
      (let ((here (tabulated-list-get-id)) (start (point)) found)
        (while (and (not found) (zerop (forward-line step)) (not (eobp)))
          (move-to-column column)
          (let ((id (tabulated-list-get-id)))
            (setq found (and id (not (equal id here)) id))))
        (if found (orgpost-board--to-top found column)
          (goto-char start)
          (user-error "There is no other card in this column"))))))

(defun orgpost-board-previous (&optional count)
  "Go to the card before in this column, or COUNT cards back."
  (interactive "p")
  (orgpost-board-next (- (or count 1))))

(defun orgpost-board--to-top (id column)
  "Go to the first line of the card ID in COLUMN."
  (let (top)
    (while (and (equal (tabulated-list-get-id) id)
                (setq top (point))
                (zerop (forward-line -1)))
      (move-to-column column))
    (goto-char top)
    (while (and (not (bolp)) (equal (get-text-property (1- (point)) 'tabulated-list-id) id))
      (backward-char))))

(defun orgpost-board-right (&optional count)
  "Go to the column to the right, or COUNT columns further."
  (interactive "p")
  (let* ((width (1+ (orgpost-board--width)))
         (here (/ (current-column) width))
         (there (+ here (or count 1))))
    (unless (< -1 there (length orgpost-board--states))
      (user-error "There is no other column"))
    (move-to-column (* there width))))

(defun orgpost-board-left (&optional count)
  "Go to the column to the left, or COUNT columns further."
  (interactive "p")
  (orgpost-board-right (- (or count 1))))

(defvar orgpost-board-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "n") #'orgpost-board-next)
    (define-key map (kbd "p") #'orgpost-board-previous)
    (define-key map (kbd "TAB") #'orgpost-board-right)
    (define-key map (kbd "<backtab>") #'orgpost-board-left)
    (define-key map [remap tabulated-list-sort] #'undefined)
    map)
  "The keys that the board has beside those of the list of tasks.")

(define-derived-mode orgpost-board-mode orgpost-task-mode "Board"
  "Tasks side by side, by their states.

\\{orgpost-board-mode-map}"
  (setq orgpost-list-question #'orgpost-board--question
        orgpost-list-answered #'orgpost-board--answered
        orgpost-list-printer #'orgpost-board--print
        orgpost-list-flags '((from . "--from"))
        truncate-lines t)
  ;; Lines go through all columns, so a region would select cards that nobody meant.
  (setq-local transient-mark-mode nil))

(provide 'orgpost-board)
;;; orgpost-board.el ends here
