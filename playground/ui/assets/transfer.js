/* Conversations out of the browser and in again, as files: our JSON, which loses nothing, and Markdown to read. */

window.playgroundTransfer = (() => {
  "use strict";

  const vault = window.playgroundVault;
  const FORMAT = "gemma-playground-conversations";
  const CARD = "#card=";
  const LARGEST = 200_000_000; // Bytes of a file that is read in.
  let picked = null;

  async function read(ids) {
    const found = [];
    for (const id of ids) {
      const one = await vault.read(id);
      if (one) found.push(one);
    }
    return found;
  }

  const asJson = (conversations) =>
    JSON.stringify({ format: FORMAT, version: 1, conversations: conversations.map(({ id, reply, waiting, origin, revision, run_ids, ...one }) => one) }, null, 1);

  function asMarkdown(conversation) {
    const pieces = [`# ${conversation.title}`];
    if (conversation.settings?.system) pieces.push(`**System**\n\n${conversation.settings.system}`);
    for (const { messages } of conversation.exchanges) {
      for (const message of messages) pieces.push(...message.parts.map((part) => partOf(part, message, conversation)).filter(Boolean));
    }
    return `${pieces.join("\n\n")}\n`;
  }

  function partOf(part, message, conversation) {
    const who = message.role === "user" ? "**You**\n\n" : "";
    switch (part.type) {
      case "text": return part.text.trim() && `${who || "**Gemma**\n\n"}${part.text.trim()}`;
      case "thinking": return `<details><summary>Thought</summary>\n\n${part.text.trim()}\n\n</details>`;
      case "call": return `**Call** ${part.name}\n\n${fenced(JSON.stringify(part.arguments, null, 2), "json")}`;
      case "result": return `**Result** ${part.name}\n\n${fenced(part.text)}`;
      case "image": return `${who}${pictureOf(conversation.images[part.digest])}`;
      default: return "";
    }
  }

  const pictureOf = (data) => (data ? `![picture](data:image/${data.startsWith("iVBOR") ? "png" : "jpeg"};base64,${data})` : "*[picture]*");

  /* A fence that is longer than any in the text. */
  function fenced(text, language = "") {
    const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
    const fence = "`".repeat(longest + 1);
    return `${fence}${language}\n${text}\n${fence}`;
  }

  function download(text, name, type) {
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(new Blob([text], { type })),
      download: name,
    });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  const nameOf = (title) => title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 50) || "conversation";

  async function exportOne(id, form) {
    const [one] = await read([id]);
    if (!one) return;
    if (form === "markdown") download(asMarkdown(one), `${nameOf(one.title)}.md`, "text/markdown");
    else download(asJson([one]), `${nameOf(one.title)}.json`, "application/json");
  }

  async function exportAll() {
    const ids = (await vault.list()).map((one) => one.id);
    download(asJson(await read(ids)), `conversations-${new Date().toISOString().slice(0, 10)}.json`, "application/json");
  }

  const markdownOf = async (id) => asMarkdown((await read([id]))[0]);

  /* Files are read and taken apart by the server, which knows every format and says what is wrong with one. */
  function importFile() {
    const input = Object.assign(document.createElement("input"), { type: "file", accept: ".json,application/json" });
    input.addEventListener("change", async () => {
      const [file] = input.files;
      if (!file) return;
      picked = { name: file.name };
      if (file.size > LARGEST) picked.problem = `it has ${Math.round(file.size / 1e6)} MB; the limit is ${LARGEST / 1e6} MB.`;
      else {
        try {
          picked.document = JSON.parse(await file.text());
        } catch (error) {
          picked.problem = `it is not JSON: ${error.message}.`;
        }
      }
      document.getElementById("import-chats")?.click();
    });
    input.click();
  }

  /* A recorded reply that stands in the address, which is used once. Nothing of it is asked of a server's storage. */
  function importLinked() {
    if (!location.hash.startsWith(CARD)) return;
    picked = { name: "The link", link: location.hash.slice(CARD.length) };
    history.replaceState(null, "", location.pathname + location.search);
    document.getElementById("import-chats")?.click();
  }

  addEventListener("hashchange", importLinked);

  /* Keep what the server read; the first one is shown. */
  async function imported(conversations) {
    if (!conversations?.length) return;
    const plain = JSON.parse(JSON.stringify(conversations));
    try {
      for (const one of plain.reverse()) await vault.save(one, one.saved ?? undefined);
    } catch (error) {
      window.playground.complain(error);
      return window.playgroundLibrary.refresh();
    }
    window.playground.open(plain.at(-1).id);
  }

  return { download, exportOne, exportAll, markdownOf, importFile, importLinked, imported, CARD, picked: () => picked };
})();
