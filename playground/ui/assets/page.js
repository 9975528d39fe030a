/* What only the browser can do: keep conversations through reloads and restarts, and hand clicks inside the chat to
   the server. The server stays the one that decides; this file keeps what it is given and gives it back. */

(() => {
  "use strict";
  if (window.playground) return;

  const TAB_KEY = "playground.conversation";
  const DRAFT_KEY = "playground.draft";
  const THEME_KEY = "playground.theme";
  const INCOGNITO_KEY = "playground.incognito";
  const SILENCE_MS = 5000; // After which a growing reply is taken for cut off.
  const vault = window.playgroundVault;

  /* ---- Keeping what the server says is the conversation now */

  let ready = false; // Whether what was kept is on the page again.
  let current = null;
  let saving = Promise.resolve();
  const copies = new Map(); // Conversations that changed in another tab → the copies that this tab goes on with.
  // The pictures of the conversation that is shown, by digest. The server sends each once and relies on it to be kept,
  // so they are held here, too: for when a save failed, or another tab deleted the conversation they were kept for.
  const pictures = new Map();
  let runs = {}; // The recordings of replies that are not kept yet.

  // The page's reactive objects cannot be stored as they are.
  const plain = (value) => JSON.parse(JSON.stringify(value));
  const isIncognito = () => sessionStorage.getItem(INCOGNITO_KEY) !== null;

  function save(conversation) {
    if (conversation?.lost) return location.reload();
    if (!conversation?.id) return;
    conversation = plain(conversation);
    current = conversation;
    heard = Date.now();
    window.playgroundInside.remember(conversation.runs);
    if (conversation.waiting) sessionStorage.removeItem(DRAFT_KEY); // What was a draft has been sent.
    hold(conversation);
    if (isIncognito()) return;
    saving = saving.then(() => store(conversation));
    return saving;
  }

  function hold({ pictures: needed, images }) {
    for (const [digest, image] of Object.entries(images ?? {})) pictures.set(digest, image);
    for (const digest of pictures.keys()) if (!needed?.includes(digest)) pictures.delete(digest);
  }

  const heldFor = (conversation) => Object.fromEntries([...pictures].filter(([digest]) => conversation.pictures?.includes(digest)));

  /* Say that something was not kept, and why. */
  function complain(error) {
    if (!vault.isFull(error)) console.warn("Keeping failed", error);
    note(
      vault.isFull(error)
        ? "This browser has no room left: what is new here is not kept. Export or delete older conversations."
        : "This browser did not keep what is new here, so it will not survive a reload.",
      true,
    );
  }

  /* There is room again: try once more what was not kept. */
  async function saveAgain() {
    if (!current || !document.querySelector("#vault-note.is-problem")) return;
    await save(current);
    window.playgroundLibrary.refresh();
  }

  async function store(conversation) {
    const asked = conversation.id;
    conversation.id = copies.get(asked) ?? asked;
    own(conversation.id);
    try {
      if (!conversation.exchanges.length) return await vault.remove(conversation.id);
      Object.assign(runs, conversation.runs);
      const { id, copied } = await vault.save({ ...conversation, runs, images: heldFor(conversation) });
      runs = {};
      if (document.querySelector("#vault-note.is-problem")) note("");
      if (copied) {
        copies.set(asked, id);
        conversation.id = id;
        own(id);
        note("This conversation was changed in another tab too, so it goes on here as a copy.");
      }
      navigator.storage?.persist?.();
    } catch (error) {
      complain(error);
    }
  }

  /* ---- Which conversation is this tab's? A lock per conversation tells a new tab which ones are open already */

  let release = null;
  let held = null;

  function claim(id) {
    if (!navigator.locks) return Promise.resolve(true); // Plain http: the tab's own memory has to do.
    if (held === id) return Promise.resolve(true);
    release?.();
    return new Promise((resolve) => {
      navigator.locks
        .request(`playground.${id}`, { ifAvailable: true }, (lock) => {
          if (!lock) return resolve(false);
          held = id;
          resolve(true);
          return new Promise((free) => {
            release = () => {
              held = null;
              free();
            };
          });
        })
        .catch(() => resolve(false));
    });
  }

  function own(id) {
    sessionStorage.setItem(TAB_KEY, id);
    claim(id);
  }

  async function mine() {
    if (isIncognito()) return null;
    const remembered = sessionStorage.getItem(TAB_KEY);
    if (remembered) return remembered;
    if (!navigator.locks) return null;
    for (const { id } of await vault.list()) if (await claim(id)) return id;
    return null;
  }

  /* What the server needs to show a conversation, or none. */
  async function kept(id, draft) {
    current = (id && (await vault.read(id))) || null;
    if (current) {
      copies.delete(current.id);
      vault.base(current);
      hold(current);
      own(current.id);
    }
    return { conversation: current, shelf: await vault.kept("mine"), presets: await vault.kept("presets"), draft };
  }

  async function load() {
    if (innerWidth > 1000) toggleSide(); // On a phone it would cover the conversation.
    const link = window.playgroundPresets?.linked() ?? null;
    try {
      await vault.sweep();
      const given = await kept(await mine(), sessionStorage.getItem(DRAFT_KEY) ?? "");
      return { ...given, link };
    } catch (error) {
      console.warn("Reading what was kept failed", error);
      note("This browser lets the page keep nothing, so the conversation will not survive a reload.", true);
      return { conversation: null, shelf: null, presets: null, draft: "", link };
    }
  }

  /* What belongs to the person: their tools and their presets. */
  const keep = (value, key = "mine") => value && vault.keep(key, plain(value)).catch(complain);

  /* ---- Buttons inside the chat: `act act-edit at-3` means edit, exchange 3 */

  let action = null;
  let row = null;

  function act(wish) {
    action = wish;
    document.getElementById("act")?.click();
  }

  function textToCopy(name, number) {
    const exchange = current?.exchanges?.[number];
    if (!exchange) return "";
    const [question, ...reply] = exchange.messages;
    if (name === "copy-mine") return vault.words(question);
    return reply.filter((m) => m.role === "assistant").map(vault.words).join("\n\n").trim();
  }

  /* Gives whether the text is in the clipboard, which is closed to pages that came by plain http from elsewhere. */
  async function copyText(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      const copied = document.execCommand("copy");
      area.remove();
      return copied;
    }
  }

  async function copy(button, text) {
    if (!(await copyText(text))) return note("This browser lets the page copy nothing. Select the text instead.", true);
    button.classList.add("act-copied");
    setTimeout(() => button.classList.remove("act-copied"), 1200);
  }

  const rest = (button, start) => [...button.classList].find((one) => one.startsWith(start))?.slice(start.length);

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".act, .row-act, .banner-models");
    if (!button) return;
    const number = Number(rest(button, "at-"));
    if (button.matches(".banner-models")) return showModels();
    if (button.matches(".row-act")) {
      row = { name: rest(button, "do-"), number };
      document.getElementById("row-act")?.click();
      if (row.name === "download" && button.closest("#notice")) showModels();
      return;
    }
    const name = rest(button, "act-");
    if (name === "raw") return window.playgroundLibrary.showRaw(current?.exchanges?.[number]);
    if (name === "card") return void window.playgroundInside.open(current?.exchanges?.[number]?.note?.run, number);
    if (name === "copy" || name === "copy-mine") return void copy(button, textToCopy(name, number));
    act({ name, number, to: Number(rest(button, "to-")) });
  });

  function showModels() {
    if (!document.querySelector("#side.open")) toggleSide();
    const closed = document.querySelector("#models > .label-wrap:not(.open)");
    closed?.click();
    document.getElementById("models")?.scrollIntoView({ behavior: "smooth", block: "start" });
  }

  /* ---- The reply that is being written */

  const scroller = () => document.getElementById("chat");
  const isRunning = () => Boolean(document.querySelector("#composer .stop-button"));
  let follows = true; // Whether the end of the conversation stays in view.
  let heard = Date.now(); // When the growing reply last changed.
  let probing = false;

  function toEnd(smooth) {
    follows = true;
    scroller()?.scrollTo({ top: scroller().scrollHeight, behavior: smooth ? "smooth" : "auto" });
  }

  function watchConversation() {
    const box = scroller();
    let top = 0;
    box.addEventListener("scroll", () => {
      const isAtEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
      // Only going up by hand stops the following; growth alone must not.
      if (box.scrollTop < top - 2 && !isAtEnd) follows = false;
      if (isAtEnd) follows = true;
      top = box.scrollTop;
      document.body.classList.toggle("reads-back", !follows);
    });
    const anchor = Object.assign(document.createElement("div"), { className: "end-anchor" });
    const down = Object.assign(document.createElement("button"), { id: "to-end", title: "Go to the newest message" });
    down.addEventListener("click", () => toEnd(true));
    anchor.append(down);
    box.after(anchor);
    const keep = new ResizeObserver(() => {
      // A class, not `:has(…)`, which would be sought in the whole chat at each step of a growing reply.
      document.body.classList.toggle("talks", Boolean(box.querySelector(".message-row")));
      if (follows) toEnd();
    });
    for (const part of [box, ...box.children]) keep.observe(part);
    new MutationObserver(() => { heard = Date.now(); }).observe(document.getElementById("live-bar"), {
      childList: true, subtree: true, characterData: true,
    });
    setInterval(listen, 1000);
  }

  /* A reply is heard of at least each second. Silence means that the connection is gone: wait until the server can be
     reached, then follow the reply again from where it is. Gradio may have taken the stop button away by then, so the
     conversation is asked, too. */
  async function listen() {
    if (!(isRunning() || current?.reply) || probing || Date.now() - heard < SILENCE_MS) return;
    probing = true;
    try {
      const reached = await fetch("gradio_api/app_id", { signal: AbortSignal.timeout(4000) });
      if (!reached.ok) throw new Error(`${reached.status}`);
      // A server that was started anew knows nothing of this tab, and Gradio's client may be past asking it anything.
      const { app_id } = await reached.json();
      if (app_id !== window.gradio_config.app_id) return location.reload();
      note("");
      heard = Date.now();
      document.getElementById("resume")?.click();
    } catch {
      note("The connection is lost. Trying again…");
    } finally {
      probing = false;
    }
  }

  let watched = false;

  function shown() {
    ready = true;
    if (!watched) watchConversation();
    watched = true;
    window.playgroundLibrary.refresh();
    requestAnimationFrame(() => toEnd());
    heard = Date.now();
    if (current?.reply) document.getElementById("resume")?.click();
    window.playgroundTransfer.importLinked();
  }

  /* ---- Small comforts */

  function note(text, isProblem) {
    const place = document.getElementById("vault-note");
    if (!place) return;
    place.textContent = text;
    place.classList.toggle("is-problem", Boolean(isProblem));
  }

  /* The theme: light, dark, or as the system is, which it follows while the page is open. */

  const system = matchMedia("(prefers-color-scheme: dark)");
  const shade = () => localStorage.getItem(THEME_KEY) ?? "system";
  const isDark = () => (shade() === "system" ? system.matches : shade() === "dark");

  function paint() {
    if (document.body.classList.contains("dark") !== isDark()) document.body.classList.toggle("dark", isDark());
    document.documentElement.dataset.shade = shade();
  }

  function nextTheme() {
    const order = system.matches ? ["system", "light", "dark"] : ["system", "dark", "light"];
    const next = order[(order.indexOf(shade()) + 1) % order.length];
    localStorage.setItem(THEME_KEY, next);
    paint();
    note(`Theme: ${next === "system" ? "as the system" : next}`);
  }

  if (!new URLSearchParams(location.search).has("__theme")) {
    system.addEventListener("change", paint);
    new MutationObserver((_, observer) => {
      paint();
      const here = document.querySelector("#top.beside [aria-current]");
      here?.scrollIntoView({ inline: "center", block: "nearest" });
      if (here || document.querySelector("#composer")) observer.disconnect();
    }).observe(document.documentElement, { childList: true, subtree: true });
  }

  const toggleSide = () => document.querySelector("#side .toggle-button")?.click();

  document.addEventListener("input", (event) => {
    if (event.target.closest?.("#composer")) sessionStorage.setItem(DRAFT_KEY, event.target.value);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelector("#composer .stop-button")?.click();
  });

  /* ---- Another conversation in this tab */

  let wanted = null;

  /* A reply that is being written ends first, and is kept as far as it came. */
  async function settle() {
    while (isRunning()) {
      document.querySelector("#composer .stop-button")?.click();
      await new Promise((resume) => setTimeout(resume, 100));
    }
    await saving;
  }

  async function open(id, keepsDraft) {
    await settle();
    note("");
    if (keepsDraft) {
      wanted = { id, draft: null };
      return document.getElementById("open-chat")?.click();
    }
    sessionStorage.removeItem(INCOGNITO_KEY);
    sessionStorage.removeItem(DRAFT_KEY);
    wanted = { id, draft: "" };
    document.getElementById("open-chat")?.click();
  }

  async function startOver(isPrivate) {
    await settle();
    note("");
    if (isPrivate) sessionStorage.setItem(INCOGNITO_KEY, "");
    else sessionStorage.removeItem(INCOGNITO_KEY);
    sessionStorage.removeItem(DRAFT_KEY);
    document.getElementById("start-over")?.click();
  }

  vault.channel?.addEventListener("message", async ({ data: { id } }) => {
    if (id === current?.id && ready && !isRunning() && !isIncognito() && (await vault.hasNews(id))) open(id, true);
  });

  window.playground = {
    open,
    opened: () => kept(wanted.id, wanted.draft),
    startOver,
    settle,
    saved: () => saving,
    saveAgain,
    complain,
    copyText,
    currentId: () => (isIncognito() ? null : current?.id ?? null),
    isIncognito,
    isReady: () => ready,
    shown,
    save,
    load,
    note,
    act,
    keep,
    takeAction: () => action,
    takeRow: () => row,
    toggleSide,
    showApi: () => document.querySelector("footer .show-api")?.click(),
    toggleTheme: nextTheme,
    toEnd: () => toEnd(true),
  };
})();
