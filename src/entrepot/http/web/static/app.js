/* What pages do beyond links and forms. Every page works without it. */
"use strict";

/* Copy buttons: <button data-copy="text"> */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  event.preventDefault();
  if (!(await copied(button.dataset.copy))) return;
  const word = document.body.dataset.copied;
  document.getElementById("spoken").textContent = word;
  button.classList.add("copied");
  button.title = word;
  setTimeout(() => {
    button.classList.remove("copied");
    button.title = button.getAttribute("aria-label");
    document.getElementById("spoken").textContent = "";
  }, 1600);
});

/* Over plain HTTP browsers have no clipboard of their own: then by a selection. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "hidden";
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus();
    return done;
  }
}

/* Menus and questions close on Escape, and menus by a click elsewhere. */
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const close = event.target.closest("[data-close]");
  if (close) shut(close.closest("details"));
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = event.target.closest?.("details[open]:is(.menu, .confirm)");
  if (open) shut(open);
});

function shut(details) {
  if (!details) return;
  details.open = false;
  details.querySelector("summary").focus();
}

/* One box for all: <input type="checkbox" data-all="name of the boxes"> */
document.addEventListener("change", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
  const scope = box.closest("form") ?? document;
  if (box.dataset.all !== undefined) {
    for (const other of boxes(scope, box.dataset.all)) other.checked = box.checked;
  }
  for (const all of scope.querySelectorAll("[data-all]")) {
    const others = boxes(scope, all.dataset.all);
    const set = others.filter((other) => other.checked).length;
    all.checked = set > 0 && set === others.length;
    all.indeterminate = set > 0 && set < others.length;
  }
});

function boxes(scope, name) {
  const found = scope.querySelectorAll('input[type="checkbox"]');
  return [...found].filter((box) => box.name === name && !box.disabled);
}

/* Forms that are sent as soon as a choice is made: <form data-instant> */
document.addEventListener("change", (event) => {
  event.target.closest("form[data-instant]")?.requestSubmit();
});

/* What htmx is waiting for. */
let waiting = 0;
function wait(more) {
  waiting = Math.max(0, waiting + more);
  document.getElementById("progress").classList.toggle("busy", waiting > 0);
}
document.addEventListener("htmx:beforeRequest", () => wait(1));
document.addEventListener("htmx:afterRequest", () => wait(-1));

/* What had the focus has it again where htmx puts in the same once more. What has an id htmx knows. */
let focused = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const it = document.activeElement;
  const around = it.closest("[id]");
  const lost = around && around !== it && event.detail.target.contains(around);
  focused = lost ? { within: around.id, tag: it.tagName, name: called(it) } : null;
});
document.addEventListener("htmx:afterSettle", () => {
  if (!focused || document.activeElement !== document.body) return;
  const { within, tag, name } = focused;
  const all = document.getElementById(within)?.getElementsByTagName(tag) ?? [];
  [...all].find((it) => called(it) === name)?.focus({ preventScroll: true });
  focused = null;
});

/* A column is the same whichever way it sorts next. */
function called(it) {
  if (it.closest("th")) return it.firstChild?.textContent.trim();
  return it.getAttribute("href") ?? it.getAttribute("aria-label") ?? it.textContent.trim();
}

/* What htmx put in is told to who does not see it. */
document.addEventListener("htmx:afterSettle", () => {
  const told = document.querySelector("[data-spoken]");
  if (told) document.getElementById("spoken").textContent = told.textContent.trim();
});

/* A page that htmx cannot show, as one that asks to log in, is opened as it is. */
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (xhr.status === 401 && elt.tagName === "A") location.href = elt.href;
  /* What looks again and again may be seen no longer: then the page says so, once. */
  if (xhr.status === 404 && elt.matches("[hx-trigger^=every]")) location.reload();
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (location.pathname === "/login" || !xhr.responseURL) return;
  if (new URL(xhr.responseURL).pathname !== "/login") return;
  event.detail.shouldSwap = false;
  location.href = xhr.responseURL;
});

/* Of more tabs than fit, the current one is seen. */
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const tabs = tab.parentElement;
  tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
}

/* `/` goes to the search. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector("main input[type=search][name=q], #top-search");
  if (search) {
    event.preventDefault();
    search.focus();
  }
});
