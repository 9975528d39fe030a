/* Conversations, pictures and recordings in the browser's IndexedDB, which has room for pictures where localStorage has not. Knows
   nothing of the page.

   `conversations` holds whole records and `list` one small row for each, so that the list of thousands is read at once.
   A row's revision counts the saves: who saves on top of another revision than the stored one saves a copy instead, so
   two tabs never overwrite each other. */

window.playgroundVault = (() => {
  "use strict";

  const GONE_MS = 10_000; // How long a deletion can be undone.
  const LONGEST_TITLE = 60;
  const bases = new Map(); // Conversation → the revision that this tab knows.
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("gemma-playground") : null;

  const opened = () =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open("gemma-playground", 3);
      request.onupgradeneeded = ({ oldVersion }) => {
        const database = request.result;
        if (oldVersion < 1) {
          database.createObjectStore("conversations", { keyPath: "id" });
          database.createObjectStore("images");
          database.createObjectStore("shelf");
        }
        database.createObjectStore("runs");
        if (oldVersion >= 2) return;
        database.createObjectStore("list", { keyPath: "id" });
        request.transaction.objectStore("conversations").openCursor().onsuccess = ({ target: { result: cursor } }) => {
          if (!cursor) return;
          request.transaction.objectStore("list").put(row(cursor.value, undefined, cursor.value.saved));
          cursor.continue();
        };
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  const answer = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });

  /* Do something with some of the stores in one transaction, and give what `work` gives once all of it is kept. */
  async function within(stores, mode, work) {
    const database = await opened();
    try {
      const transaction = database.transaction(stores, mode);
      const ended = new Promise((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = transaction.onerror = () => reject(transaction.error);
      });
      ended.catch(() => {}); // `work` may fail first, for the same reason.
      const given = await work(...stores.map((name) => transaction.objectStore(name)));
      await ended;
      return given;
    } finally {
      database.close();
    }
  }

  const words = (message) => message.parts.filter((part) => part.type === "text").map((part) => part.text).join("");

  /* The beginning of the first question: no model is asked, so no cache is spoiled. */
  function titleOf(conversation) {
    const first = conversation.exchanges?.[0]?.messages?.[0];
    const text = first ? words(first).replace(/\s+/g, " ").trim() : "";
    if (text.length <= LONGEST_TITLE) return text || (first ? "A picture" : "New chat");
    const cut = text.slice(0, LONGEST_TITLE);
    return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), LONGEST_TITLE / 2)).trim()}…`;
  }

  function row(conversation, before, saved) {
    const renamed = before?.renamed ?? conversation.renamed ?? false;
    return {
      id: conversation.id,
      title: renamed ? before?.title ?? conversation.title : titleOf(conversation),
      renamed,
      pinned: before?.pinned ?? conversation.pinned ?? false,
      revision: (before?.revision ?? 0) + 1,
      waiting: Boolean(conversation.waiting || conversation.reply),
      saved,
    };
  }

  const newId = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const tell = (id) => channel?.postMessage({ id });

  /* Keep a conversation, and those of `images` that are not here yet. Gives the id it is kept under: another one when
     it had changed elsewhere meanwhile. */
  async function save({ images, runs, ...conversation }, saved = Date.now()) {
    const stores = ["conversations", "list", "images", "runs"];
    const kept = await within(stores, "readwrite", async (conversations, list, pictures, recordings) => {
      for (const [id, recording] of Object.entries(runs ?? {})) recordings.put(recording, id);
      let before = await answer(list.get(conversation.id));
      let copied = false;
      if (before && before.revision !== bases.get(conversation.id)) {
        const stored = await answer(conversations.get(conversation.id));
        // Two tabs may have followed the same reply.
        if (JSON.stringify(stored?.exchanges) === JSON.stringify(conversation.exchanges)) return { ...before, copied };
        conversation = { ...conversation, id: newId() };
        before = { ...before, revision: 0 };
        copied = true;
      } else if (!before && conversation.origin) {
        const origin = await answer(list.get(conversation.origin));
        if (origin?.renamed) before = { ...origin, pinned: false, revision: 0 };
      }
      const next = row(conversation, before, saved);
      conversations.put({ ...conversation, saved });
      list.put(next);
      for (const [digest, image] of Object.entries(images ?? {})) {
        if ((await answer(pictures.getKey(digest))) === undefined) pictures.put(image, digest);
      }
      return { id: conversation.id, revision: next.revision, copied };
    });
    bases.set(kept.id, kept.revision);
    tell(kept.id);
    return kept;
  }

  async function read(id) {
    return within(["conversations", "list", "images"], "readonly", async (conversations, list, pictures) => {
      const [conversation, kept] = [await answer(conversations.get(id)), await answer(list.get(id))];
      if (!conversation || !kept || kept.deleted) return undefined;
      const images = {};
      for (const digest of conversation.pictures ?? []) {
        const image = await answer(pictures.get(digest));
        if (image) images[digest] = image;
      }
      return { ...conversation, images, title: kept.title, renamed: kept.renamed, pinned: kept.pinned, revision: kept.revision };
    });
  }

  /* Note that this tab shows what `read` gave, and may save on top of it. */
  const base = (conversation) => bases.set(conversation.id, conversation.revision);

  /* Whether another tab has saved more of a conversation than this tab shows, and is done with its reply. */
  async function hasNews(id) {
    const kept = await within(["list"], "readonly", (list) => answer(list.get(id)));
    return Boolean(kept && !kept.deleted && !kept.waiting && kept.revision !== bases.get(id));
  }

  const all = () => within(["list"], "readonly", (list) => answer(list.getAll()));
  const list = async () => (await all()).filter((one) => !one.deleted).sort((a, b) => b.saved - a.saved);

  /* Change what the list says of a conversation: title, pinned, deleted. */
  async function change(id, changes) {
    await within(["list"], "readwrite", async (list) => {
      const before = await answer(list.get(id));
      if (before) list.put({ ...before, ...changes });
    });
    tell(id);
  }

  const isFull = (error) => error?.name === "QuotaExceededError";

  /* Take out for good what was deleted and not called back, or what `isGone` says, and pictures and recordings that
     nobody needs any more. */
  async function sweep(isGone = ({ deleted }) => deleted && deleted < Date.now() - GONE_MS) {
    const stores = ["conversations", "list", "images", "runs"];
    await within(stores, "readwrite", async (conversations, list, pictures, recordings) => {
      const gone = (await answer(list.getAll())).filter(isGone);
      if (!gone.length) return;
      for (const { id } of gone) {
        list.delete(id);
        conversations.delete(id);
      }
      const needed = new Set();
      await new Promise((resolve) => {
        conversations.openCursor().onsuccess = ({ target: { result: cursor } }) => {
          if (!cursor) return resolve();
          for (const key of [...(cursor.value.pictures ?? []), ...(cursor.value.run_ids ?? [])]) needed.add(key);
          cursor.continue();
        };
      });
      for (const store of [pictures, recordings]) {
        for (const key of await answer(store.getAllKeys())) if (!needed.has(key)) store.delete(key);
      }
    });
  }

  const remove = (id) => sweep((one) => one.id === id).then(() => tell(id));

  /* The ids of conversations in which every word occurs somewhere: in the title, a question, a reply or a result. */
  async function search(text) {
    const sought = text.toLowerCase().split(/\s+/).filter(Boolean);
    return within(["conversations", "list"], "readonly", async (conversations, list) => {
      const titles = new Map((await answer(list.getAll())).map((one) => [one.id, one.title]));
      const found = new Set();
      await new Promise((resolve) => {
        conversations.openCursor().onsuccess = ({ target: { result: cursor } }) => {
          if (!cursor) return resolve();
          const said = `${titles.get(cursor.key)} ${textOf(cursor.value.exchanges)}`.toLowerCase();
          if (sought.every((word) => said.includes(word))) found.add(cursor.key);
          cursor.continue();
        };
      });
      return found;
    });
  }

  function textOf(exchanges) {
    const messages = exchanges.flatMap((one) => one.messages);
    const parts = messages.flatMap((message) => message.parts).map((part) => part.text ?? "");
    const others = exchanges.flatMap((one) => one.others ?? []).map(textOf);
    return [...parts, ...others].join(" ");
  }

  /* What belongs to the person and not to one conversation, such as tools and presets. */
  const kept = (key) => within(["shelf"], "readonly", (shelf) => answer(shelf.get(key)));
  const keep = (key, value) => within(["shelf"], "readwrite", (shelf) => answer(shelf.put(value, key)));

  /* The recording of a reply, by its id. */
  const run = (id) => within(["runs"], "readonly", (runs) => answer(runs.get(id)));

  return { GONE_MS, isFull, save, read, run, base, hasNews, list, change, sweep, remove, search, kept, keep, newId, words, channel };
})();
