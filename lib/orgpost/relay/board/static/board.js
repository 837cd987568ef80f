// The board's one script: news in place, drafts, keys. Without it everything else works.
"use strict";

const LOOK_EVERY_MS = 30_000;
const SAY_EVERY_MS = 5_000;
const GATHER_MS = 120;
const LONGEST_PAUSE_MS = 30_000;
// The session is over: the page that is asked for leads to the login.
const OVER = [4003, 4503];
// Nobody would be let in again.
const LOST = [4500, 4501, 4503, 4511, 4520];

const me = document.body.dataset.me;
const fields = "input:not([type=hidden]), textarea, select";

function all(selector, within = document) {
  return Array.from(within.querySelectorAll(selector));
}

// --- drafts: what was typed survives a reload of this tab, and leaves with whoever logs out ------

function draftKey(form) {
  return `draft ${me} ${form.dataset.draft}`;
}

function values(form) {
  const kept = {};
  for (const name of ["id", "to", "subject", "body"]) kept[name] = form.elements[name].value;
  return kept;
}

// A browser may keep nothing, or be full; then there are no drafts, and everything else goes on.
function inStore(work) {
  try {
    return work(sessionStorage);
  } catch {
    return null;
  }
}

function keepDraft(form) {
  inStore((store) => store.setItem(draftKey(form), JSON.stringify(values(form))));
}

function readDraft(key) {
  return inStore((store) => JSON.parse(store.getItem(key)));
}

function dropSent() {
  const sent = document.getElementById("sent")?.dataset.sent;
  if (!sent) return;
  for (const key of inStore(Object.keys) ?? []) {
    if (readDraft(key)?.id === sent) inStore((store) => store.removeItem(key));
  }
}

function restoreDraft(form) {
  if (document.querySelector(".refused")) return; // the server gave back what was written
  const kept = readDraft(draftKey(form));
  if (!kept) return;
  for (const [name, value] of Object.entries(kept)) {
    if (form.elements[name]) form.elements[name].value = value;
  }
  form.dataset.touched = "";
}

// Whoever logs out is led on by the answer, also where it is heard earlier that the session is over.
let leaving = false;

function watchForms() {
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form) return;
    form.dataset.touched = "";
    if (form.dataset.draft) keepDraft(form);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") !== "/logout") return;
    leaving = true;
    inStore((store) => store.clear());
  });
  dropSent();
  all("form[data-draft]").forEach(restoreDraft);
}

// --- news: the same page again, and only what differs is put in place ----------------------------

// What this script or whoever looks made of a node, and no page says.
const OURS = ["data-touched", "data-armed", "data-new", "open", "hidden"];

// Nodes that stay are never replaced, so that focus, selection and scroll stay with them.
function merge(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE || isTouched(old) || old.isEqualNode(fresh)) return;
  for (const { name } of Array.from(old.attributes)) {
    if (!fresh.hasAttribute(name) && !OURS.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !OURS.includes(name)) old.setAttribute(name, value);
  }
  mergeChildren(old, fresh);
}

function isTouched(node) {
  return node.hasAttribute("data-touched");
}

function keyOf(node) {
  return node.dataset?.item ?? node.dataset?.part ?? node.getAttribute?.("aria-labelledby") ?? "";
}

function mergeChildren(old, fresh) {
  const wanted = new Set(Array.from(fresh.childNodes, keyOf));
  for (const node of Array.from(old.childNodes)) {
    if (keyOf(node) && !wanted.has(keyOf(node)) && !node.querySelector("[data-touched]")) node.remove();
  }
  let place = old.firstChild;
  for (const node of Array.from(fresh.childNodes)) {
    const known = likeness(node, place, old);
    const here = known ?? arrive(node);
    if (here === place) place = place.nextSibling;
    else old.insertBefore(here, place);
    if (known) merge(known, node);
  }
  while (place) {
    const next = place.nextSibling;
    if (!place.querySelector?.("[data-touched]") && !(place.nodeType === Node.ELEMENT_NODE && isTouched(place))) place.remove();
    place = next;
  }
}

// The node that is this one already: of the same key, or the next of its kind without one.
function likeness(node, place, parent) {
  const key = keyOf(node);
  if (key) return Array.from(parent.children).find((child) => keyOf(child) === key) ?? null;
  return place && place.nodeName === node.nodeName && !keyOf(place) ? place : null;
}

function arrive(node) {
  const here = document.importNode(node, true);
  if (here.dataset?.item) here.dataset.new = "";
  return here;
}

let looking = false;
let again = false;

async function look() {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  try {
    const here = document.body.dataset.look || location.href;
    const answer = await fetch(here, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (answer.redirected) {
      if (!leaving) location.reload(); // the session is over
      return;
    }
    if (answer.ok) renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    showLink(false);
  } finally {
    looking = false;
  }
  if (again) {
    again = false;
    await look();
  }
}

function renew(fresh) {
  const before = count("unread");
  const active = document.activeElement;
  for (const region of all("[data-live]")) {
    const other = fresh.querySelector(`[data-live="${region.dataset.live}"]`);
    if (other) merge(region, other);
  }
  if (document.activeElement !== active && active.isConnected) active.focus({ preventScroll: true });
  document.title = fresh.title;
  const more = count("unread") - before;
  if (more > 0) say(more === 1 ? "1 new message" : `${more} new messages`);
}

function count(name) {
  const words = document.querySelector(`[data-live="${name}"] .count`)?.firstChild?.nodeValue ?? "0";
  return Number(words.replace(/\D/g, ""));
}

let unsaid = "";
let lastSaid = -SAY_EVERY_MS;
let saying = 0;

function say(words) {
  unsaid = words;
  if (saying) return;
  saying = setTimeout(() => {
    saying = 0;
    lastSaid = performance.now();
    document.getElementById("news").textContent = unsaid;
  }, Math.max(0, lastSaid + SAY_EVERY_MS - performance.now()));
}

// --- the socket -----------------------------------------------------------------------------------

let gathered = 0;
let failures = 0;

function hinted() {
  clearTimeout(gathered);
  gathered = setTimeout(look, GATHER_MS);
}

function showLink(isUp) {
  document.getElementById("link").hidden = isUp;
  document.documentElement.dataset.link = isUp ? "up" : "down";
}

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.addEventListener("message", (event) => {
    const frame = JSON.parse(event.data);
    if (frame.type === "auth_ok") {
      failures = 0;
      const boxes = document.body.dataset.boxes.split(" ").filter(Boolean);
      if (location.pathname === "/presence") boxes.push("presence");
      for (const box of boxes) socket.send(JSON.stringify({ type: "sub", box }));
      showLink(true);
      hinted(); // what happened before the subscription
    }
    if (frame.type === "hint" || frame.type === "presence") hinted();
  });
  socket.addEventListener("close", (event) => {
    showLink(false);
    failures += 1;
    if (OVER.includes(event.code)) look();
    if (LOST.includes(event.code)) return;
    const most = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** failures);
    setTimeout(connect, 500 + Math.random() * most);
  });
}

// --- keys -----------------------------------------------------------------------------------------

let armed = null;

function disarm() {
  armed?.removeAttribute("data-armed");
  armed = null;
}

function step(by) {
  const entries = all("main [data-item] [data-open]");
  if (!entries.length) return;
  const now = entries.findIndex((node) => node.closest("[data-item]").contains(document.activeElement));
  const next = now < 0 ? (by > 0 ? 0 : entries.length - 1) : Math.min(entries.length - 1, Math.max(0, now + by));
  entries[next].focus();
  entries[next].scrollIntoView({ block: "nearest" });
}

function current() {
  return document.activeElement?.closest("[data-item]") ?? (all("main [data-item]").length === 1 ? document.querySelector("main [data-item]") : null);
}

function reply() {
  const item = document.activeElement?.closest("[data-item]");
  const way = item?.querySelector("[data-reply]")?.dataset.reply || item?.querySelector(".letter-foot a.button")?.href;
  if (way) location.assign(way);
  else document.querySelector(".reply textarea, .letter-form textarea")?.focus();
}

function act() {
  const button = current()?.querySelector('[data-key="a"]');
  if (!button) {
    if (current()) say("Not possible in this state.");
    return;
  }
  const isDecision = Boolean(button.closest(".decisions"));
  if (isDecision && armed !== button) {
    disarm();
    armed = button;
    button.dataset.armed = "";
    say(`Press a again to do it: ${button.textContent}`);
    return;
  }
  button.click();
}

function back() {
  document.querySelector("[data-up]")?.click();
}

const KEYS = { j: () => step(1), k: () => step(-1), r: reply, a: act, Escape: back, "?": openHelp };

function openHelp() {
  document.getElementById("help").showModal();
}

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target.closest?.(`${fields}, dialog`) || document.querySelector("dialog[open]")) return;
  const doIt = KEYS[event.key];
  if (!doIt) return;
  event.preventDefault();
  if (event.key === "Escape" && armed) disarm();
  else {
    if (event.key !== "a") disarm();
    doIt();
  }
}

// --- begin ----------------------------------------------------------------------------------------

function begin() {
  if (!me) return;
  watchForms();
  document.addEventListener("keydown", pressed);
  const opener = document.getElementById("help-open");
  opener.hidden = false;
  opener.addEventListener("click", openHelp);
  setInterval(() => {
    if (document.documentElement.dataset.link === "down") look();
  }, LOOK_EVERY_MS);
  connect();
}

begin();
