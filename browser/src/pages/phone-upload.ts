/** The computer's half of the upload: read the code, compare, ask for the password, prove, seal, send (SPEC A12). */
import {
  type KeyEntry,
  type KeyStore,
  loadHpke,
  loadQr,
  matchingCode,
  PATHS,
  readPairing,
  toBase64Url,
  type Transcript,
  TransferError,
} from "../index.ts";
import { api, data, openStore, prove } from "../page/centre.ts";
import { common } from "../page/common.ts";
import { every, need, show, whileBusy } from "../page/dom.ts";
import { page, text } from "../page/page.ts";
import { givenPassword } from "../page/passwords.ts";
import { described, fieldProblem, hideProblem, showOnlyProblem, showProblem } from "../page/problems.ts";
import { cancel, whileIn } from "../page/transfer.ts";

/** What was read and, later, compared. */
let agreed: Transcript | undefined;
let camera: AbortController | undefined;

/** Takes the text of a code, however it was read. TransferError. */
async function take(words: string, subject: string): Promise<void> {
  hideProblem();
  const pairing = readPairing(words);
  if (pairing.institution !== page.institution) throw new TransferError("other_institution");
  if (pairing.origin !== location.origin) throw new TransferError("other_place");
  agreed = { ...pairing, subject };
  need("[data-view=compare] [data-matching]").textContent = await matchingCode(agreed);
  camera?.abort();
  show("compare");
}

/** Say at the input what is wrong with what came from it. */
function wrong(field: string, error: unknown): void {
  if (!(error instanceof TransferError)) {
    showProblem(error);
    return;
  }
  const { title, advice } = described(error);
  fieldProblem(field, `${title} ${advice}`.trim());
  need(`#${field}`).focus();
}

/** Let the camera look until it sees a code; its picture goes nowhere. */
async function look(subject: string): Promise<void> {
  fieldProblem("camera", "");
  const video = need<HTMLVideoElement>("[data-video]");
  camera = new AbortController();
  const { signal } = camera;
  let stream: MediaStream | undefined;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } }, audio: false });
    video.srcObject = stream;
    video.hidden = false;
    need("[data-stop]").hidden = false;
    await video.play();
    const words = await (await loadQr()).readVideo(video, signal);
    if (words !== undefined) await take(words, subject);
  } catch (error) {
    if (error instanceof DOMException) fieldProblem("camera", text("upload.camera"));
    else wrong("camera", error);
  } finally {
    for (const track of stream?.getTracks() ?? []) track.stop();
    video.srcObject = null;
    video.hidden = true;
    need("[data-stop]").hidden = true;
  }
}

function readers(subject: string): void {
  const start = need<HTMLButtonElement>("[data-start]");
  start.addEventListener("click", () => void whileBusy(start, () => look(subject)));
  need("[data-stop]").addEventListener("click", () => {
    camera?.abort();
  });
  need("[data-camera]").hidden = !("mediaDevices" in navigator);
  const picture = need<HTMLInputElement>("#picture");
  need("[data-choose]").addEventListener("click", () => {
    picture.click();
  });
  picture.addEventListener("change", () => {
    const file = picture.files?.[0];
    if (!file) return;
    fieldProblem("picture", "");
    loadQr()
      .then(({ readPicture }) => readPicture(file))
      .then((words) => take(words, subject))
      .catch((error: unknown) => {
        wrong("picture", error);
      })
      .finally(() => {
        picture.value = "";
      });
  });
  need<HTMLFormElement>("[data-paste]").addEventListener("submit", (event) => {
    event.preventDefault();
    fieldProblem("text", "");
    take(need<HTMLTextAreaElement>("#text").value, subject).catch((error: unknown) => {
      wrong("text", error);
    });
  });
}

/** Seal the PFX under the certificate password to the phone, and hand it to the relay, once. */
async function send(store: KeyStore, { id }: KeyEntry, transcript: Transcript): Promise<boolean> {
  hideProblem();
  const password = givenPassword("password");
  if (password === undefined) return false;
  const file = { password, newPassword: password, friendlyName: page.institution, isBackup: false };
  const pfx = await store.exportPfx(id, file);
  try {
    const ciphertext = toBase64Url(await (await loadHpke()).sealTo(transcript, pfx));
    const proof = await prove(store, id, "phone", password);
    await api.post(PATHS.transferParcel(transcript.session), { ciphertext, proof });
  } finally {
    pfx.fill(0);
  }
  return true;
}

/** Tell what becomes of it: the phone has it, or its time is over. */
async function follow(transcript: Transcript): Promise<void> {
  const place = need("[data-progress]");
  place.textContent = text("upload.sealed");
  const state = await whileIn("sealed", transcript, new AbortController().signal);
  place.textContent = text(state === "fetched" ? "upload.fetched" : "upload.lost");
}

function dialogue(store: KeyStore, entry: KeyEntry): void {
  const form = need<HTMLFormElement>("[data-form]");
  const stop = (): void => {
    if (agreed) void cancel(agreed);
    agreed = undefined;
    form.reset();
    hideProblem();
    show("stopped");
  };
  need("[data-same]").addEventListener("click", () => {
    show("password");
  });
  need("[data-differs]").addEventListener("click", stop);
  need("[data-cancel]").addEventListener("click", stop);
  for (const button of every("[data-again]"))
    button.addEventListener("click", () => {
      need<HTMLTextAreaElement>("#text").value = "";
      show("code");
    });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const transcript = agreed;
    if (transcript === undefined) return;
    void whileBusy(need<HTMLButtonElement>("button.first", form), () =>
      send(store, entry, transcript).then((sent) => {
        if (!sent) return;
        agreed = undefined;
        form.reset();
        show("done");
        void follow(transcript).catch(showProblem);
      }, showProblem),
    );
  });
}

async function start(): Promise<void> {
  const store = await openStore();
  const entry = (await store.list()).find(({ id, state }) => id === data.host?.spki && state === "installed");
  const live = data.host?.status === "valid" || data.host?.status === "expiring";
  if (entry === undefined || !live) {
    show("none", { focus: false });
    return;
  }
  readers(entry.id);
  dialogue(store, entry);
  show("code", { focus: false });
  const { drawQr } = await loadQr();
  if (data.phoneAddress) need("[data-address]").append(drawQr(data.phoneAddress, text("upload.address")));
}

common();
start().catch(showOnlyProblem);
