/** A backup is taken into this browser (SPEC A7): each thing that can be wrong with it has its own sentence. */
import { CodedError, KeyStoreError, type KeyStore, type Pfx, readPfxFile } from "../index.ts";
import { chosenMode, data, openStore } from "../page/centre.ts";
import { common } from "../page/common.ts";
import { need, show, whileBusy } from "../page/dom.ts";
import { certificateRows, fill } from "../page/facts.ts";
import { text } from "../page/page.ts";
import { givenPassword } from "../page/passwords.ts";
import { fieldProblem, hideProblem, showOnlyProblem, showProblem } from "../page/problems.ts";

const input = need<HTMLInputElement>("#file");

/** The browser's own control speaks the browser's language; ours speaks the page's. */
function showChoice(): void {
  const place = need("[data-chosen]");
  const none = place.textContent;
  const tell = (): void => {
    place.textContent = input.files?.[0]?.name ?? none;
  };
  need("[data-choose]").addEventListener("click", () => {
    input.click();
  });
  input.addEventListener("change", tell);
  input.form?.addEventListener("reset", () => {
    queueMicrotask(tell);
  });
}

function acceptDrops(): void {
  const area = need("[data-drop]");
  for (const kind of ["dragenter", "dragover"]) {
    area.addEventListener(kind, (event) => {
      event.preventDefault();
      area.classList.add("over");
    });
  }
  area.addEventListener("dragleave", () => {
    area.classList.remove("over");
  });
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("over");
    if (event.dataTransfer?.files.length) input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change"));
    fieldProblem("file", "");
  });
}

/** The centre's word on the certificate in the file: one that was revoked is of no use. */
function refuseDead({ certificate }: Pfx): void {
  const wanted = certificate.serialHex.toLowerCase().replace(/^0+/, "");
  const known = Object.entries(data.known ?? {}).find(([serial]) => serial.replace(/^0+/, "") === wanted);
  if (!data.subjects.includes(certificate.subjectCommonName)) throw new KeyStoreError("subject_mismatch");
  if (known && ["revoked", "superseded", "suspended"].includes(known[1]))
    throw new CodedError(`certificate_${known[1]}`);
}

async function take(store: KeyStore, form: HTMLFormElement): Promise<void> {
  hideProblem();
  const file = input.files?.[0];
  fieldProblem("file", file ? "" : text("import.file.missing"));
  if (!file) {
    input.focus();
    return;
  }
  const password = givenPassword("password");
  if (password === undefined) return;
  const pfx = await readPfxFile(file, password);
  try {
    refuseDead(pfx);
    const expected = { subjectCommonName: data.subjects };
    const entry = await store.importPfx(pfx, { password, securityMode: chosenMode(form), expected });
    if (entry.certificate) fill(need("[data-view=done] [data-facts]"), certificateRows(entry.certificate));
  } finally {
    pfx.pkcs8.fill(0);
  }
  form.reset();
  show("done");
}

async function start(): Promise<void> {
  acceptDrops();
  showChoice();
  const store = await openStore();
  const form = need<HTMLFormElement>("[data-form]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void whileBusy(need<HTMLButtonElement>("button.first", form), () =>
      take(store, form).catch((error: unknown) => {
        showProblem(error, text("import.kept"));
      }),
    );
  });
  show("form", { focus: false });
}

common();
start().catch(showOnlyProblem);
