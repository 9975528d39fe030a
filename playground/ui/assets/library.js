/* The list of conversations beside the chat: search, groups by time, rename, pin, delete with undo, export. All of it
   lives in the browser; the server only hears which conversation is to be shown. */

window.playgroundLibrary = (() => {
  "use strict";

  const vault = window.playgroundVault;
  const transfer = window.playgroundTransfer;
  const OPEN_KEY = "playground.library";
  const MOST_SHOWN = 200;
  const DAY_MS = 86_400_000;
  const place = () => document.getElementById("library-list");
  let sought = "";
  let found = null; // Ids that match what is sought; null when nothing is.
  let shownAll = false;
  let renaming = null;
  let undo = null;

  const element = (tag, options = {}, ...children) => {
    const { on, aria, ...properties } = options;
    const made = Object.assign(document.createElement(tag), properties);
    for (const [name, value] of Object.entries(aria ?? {})) made.setAttribute(`aria-${name}`, value);
    for (const [name, listener] of Object.entries(on ?? {})) made.addEventListener(name, listener);
    made.append(...children.filter(Boolean));
    return made;
  };

  /* ---- The list */

  async function refresh() {
    if (!place()) return;
    if (!place().firstChild) mount();
    document.body.classList.toggle("incognito", window.playground.isIncognito());
    const conversations = (await vault.list().catch(() => [])).filter((one) => !found || found.has(one.id));
    const shown = shownAll ? conversations : conversations.slice(0, MOST_SHOWN);
    const groups = grouped(shown).map(([name, members]) =>
      element("section", { aria: { label: name } }, element("h3", { textContent: name }), element("ul", {}, ...members.map(item))),
    );
    if (!conversations.length) groups.push(element("p", { className: "none", textContent: found ? "Nothing found." : "No conversations yet." }));
    if (shown.length < conversations.length) {
      const more = `Show all ${conversations.length}`;
      groups.push(element("button", { className: "more", textContent: more, on: { click: () => { shownAll = true; refresh(); } } }));
    }
    place().querySelector(".groups").replaceChildren(...groups);
    place().querySelector(".rename")?.focus();
  }

  function grouped(conversations) {
    const midnight = new Date().setHours(0, 0, 0, 0);
    const groups = new Map();
    const pinnedFirst = [...conversations.filter((one) => one.pinned), ...conversations.filter((one) => !one.pinned)];
    for (const one of pinnedFirst) {
      const name = one.pinned ? "Pinned" : ageOf(one.saved, midnight);
      groups.set(name, [...(groups.get(name) ?? []), one]);
    }
    return [...groups];
  }

  function ageOf(saved, midnight) {
    if (saved >= midnight) return "Today";
    if (saved >= midnight - DAY_MS) return "Yesterday";
    if (saved >= midnight - 7 * DAY_MS) return "Last 7 days";
    if (saved >= midnight - 30 * DAY_MS) return "Last 30 days";
    return new Date(saved).toLocaleDateString(undefined, { month: "long", year: "numeric" });
  }

  function item(one) {
    const isCurrent = one.id === window.playground.currentId();
    if (renaming === one.id) return element("li", {}, renameBox(one));
    const open = element("button", {
      className: "conversation", textContent: one.title, title: one.title, dir: "auto", on: { click: () => show(one.id) },
    });
    if (isCurrent) open.setAttribute("aria-current", "true");
    const label = `More for ${one.title}`;
    const more = element("button", { className: "dots-button", title: label, aria: { label, haspopup: "menu" }, on: { click: () => showMenu(more, one) } });
    return element("li", { className: isCurrent ? "current" : "" }, open, more);
  }

  function show(id) {
    if (isNarrow()) toggle(false);
    if (id !== window.playground.currentId()) window.playground.open(id);
  }

  function renameBox(one) {
    const end = async (keeps) => {
      if (renaming !== one.id) return;
      renaming = null;
      const title = box.value.trim();
      if (keeps && title && title !== one.title) await change(one, { title, renamed: true });
      refresh();
    };
    const box = element("input", {
      className: "rename", value: one.title, maxLength: 200, aria: { label: "New title" },
      on: {
        blur: () => end(true),
        keydown: (event) => {
          if (event.key === "Enter") end(true);
          if (event.key === "Escape") {
            event.stopPropagation();
            end(false);
          }
        },
      },
    });
    return box;
  }

  /* ---- What can be done with one conversation */

  function showMenu(anchor, one) {
    const entries = [
      ["Rename", () => { renaming = one.id; refresh(); }],
      [one.pinned ? "Unpin" : "Pin", () => change(one, { pinned: !one.pinned }).then(refresh)],
      ["Copy as Markdown", async () => copy("Markdown", await transfer.markdownOf(one.id))],
      ["Export as JSON", () => transfer.exportOne(one.id, "json")],
      ["Export as Markdown", () => transfer.exportOne(one.id, "markdown")],
      ["Delete", () => remove(one)],
    ];
    showEntries(anchor, entries);
  }

  function showEntries(anchor, entries) {
    document.getElementById("library-menu")?.remove();
    const menu = element("div", { id: "library-menu", popover: "auto", role: "menu" });
    for (const [name, act] of entries) {
      menu.append(element("button", { textContent: name, role: "menuitem", on: { click: () => { menu.hidePopover(); act(); } } }));
    }
    menu.addEventListener("toggle", (event) => event.newState === "closed" && menu.remove());
    menu.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const all = [...menu.children];
      all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
    });
    document.body.append(menu);
    menu.showPopover();
    const { right, bottom } = anchor.getBoundingClientRect();
    menu.style.left = `${Math.max(8, Math.min(right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
    menu.style.top = `${Math.min(bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
    menu.firstChild.focus();
  }

  const change = (one, changes) => vault.change(one.id, changes).catch(window.playground.complain);

  async function remove(one) {
    let canUndo = true;
    try {
      await vault.change(one.id, { deleted: Date.now() });
    } catch {
      await vault.remove(one.id); // A full browser takes not even a mark.
      canUndo = false;
    }
    if (one.id === window.playground.currentId()) window.playground.startOver(false);
    if (canUndo) offerUndo(one);
    else window.playground.saveAgain();
    refresh();
  }

  function offerUndo(one) {
    clearTimeout(undo);
    const bar = place().querySelector(".undo");
    const back = element("button", {
      textContent: "Undo",
      on: {
        click: async () => {
          bar.replaceChildren();
          await vault.change(one.id, { deleted: 0 });
          refresh();
        },
      },
    });
    bar.replaceChildren(element("span", { textContent: `Deleted “${one.title}”` }), back);
    undo = setTimeout(() => {
      bar.replaceChildren();
      vault.sweep().then(window.playground.saveAgain);
    }, vault.GONE_MS);
  }

  /* ---- The frame around the list */

  function mount() {
    const search = element("input", {
      type: "search", placeholder: "Search", aria: { label: "Search in all conversations" },
      on: { input: () => seek(search.value) },
    });
    const more = element("button", {
      className: "dots-button", title: "Import and export", aria: { label: "Import and export", haspopup: "menu" },
      on: { click: () => showEntries(more, [["Import…", transfer.importFile], ["Export all as JSON", transfer.exportAll]]) },
    });
    const start = element("button", { className: "start", textContent: "New chat", on: { click: () => begin(false) } });
    const incognito = element("button", {
      className: "start-incognito", title: "A chat that is not kept in this browser", textContent: "Incognito", on: { click: () => begin(true) },
    });
    place().append(
      element("div", { className: "starts" }, start, incognito, more),
      search,
      element("div", { className: "groups" }),
      element("div", { className: "undo", role: "status" }),
    );
    if (!isNarrow() && innerWidth >= 1200 && localStorage.getItem(OPEN_KEY) !== "closed") toggle(true);
    vault.channel?.addEventListener("message", refresh);
  }

  function begin(isPrivate) {
    if (isNarrow()) toggle(false);
    window.playground.startOver(isPrivate);
  }

  let seeking = 0;
  function seek(text) {
    clearTimeout(seeking);
    seeking = setTimeout(async () => {
      sought = text.trim();
      found = sought ? await vault.search(sought) : null;
      refresh();
    }, 150);
  }

  const isNarrow = () => innerWidth <= 768;
  const isOpen = () => Boolean(document.querySelector("#library.open"));

  function toggle(open = !isOpen()) {
    if (open === isOpen()) return;
    document.querySelector("#library .toggle-button")?.click();
    if (!isNarrow()) localStorage.setItem(OPEN_KEY, open ? "open" : "closed");
  }

  /* ---- Raw text of an exchange: what the history holds, nothing set or folded */

  function showRaw(exchange) {
    if (!exchange) return;
    const text = exchange.messages.map((message) => `── ${message.role}\n${message.parts.map(rawPart).join("\n")}`).join("\n\n");
    showText("Raw text", text);
  }

  function showText(title, text) {
    const dialog = element("dialog", { className: "raw", aria: { label: title }, on: { close: () => dialog.remove() } });
    const close = element("button", { textContent: "Close", on: { click: () => dialog.close() } });
    dialog.append(element("h2", { textContent: title }), element("pre", { textContent: text, tabIndex: 0 }), close);
    document.body.append(dialog);
    dialog.showModal();
  }

  /* Where the clipboard is closed, the text stands there to be copied by hand. */
  async function copy(title, text) {
    if (!(await window.playground.copyText(text))) showText(title, text);
  }

  function rawPart(part) {
    switch (part.type) {
      case "thinking": return `[thought]\n${part.text}`;
      case "image": return `[picture ${part.digest.slice(0, 12)}]`;
      case "call": return `[call ${part.name}]\n${JSON.stringify(part.arguments, null, 2)}`;
      case "result": return `[${part.is_error ? "error" : "result"} of ${part.name}]\n${part.text}`;
      default: return part.text;
    }
  }

  return { refresh, toggle, showRaw };
})();
