/** QR codes: drawn as SVG without any style, read from pixels by the browser or, where it can't, by `qr`. */
import encodeQR from "qr";
import decodeQR from "qr/decode.js";
import { PAIRING_MARK, TransferError } from "./pairing.ts";

const SVG = "http://www.w3.org/2000/svg";
/** Modules of white around the code that readers need (ISO/IEC 18004 §5.3.8). */
const QUIET = 4;
/** Longer side in pixels of a picture that is looked at. */
const LARGEST_SIDE = 1600;

/** The code as one path on white, `label` for screen readers. */
export function drawQr(text: string, label: string): SVGSVGElement {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: QUIET });
  const size = rows.length;
  const path = rows.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])));
  const svg = element("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label });
  svg.append(
    element("rect", { width: String(size), height: String(size), fill: "#fff" }),
    element("path", { d: path.join(""), fill: "#000", "shape-rendering": "crispEdges" }),
  );
  return svg;
}

function element<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>>,
): SVGElementTagNameMap[K] {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

interface Detector {
  detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]>;
}

type DetectorClass = new (options: { formats: string[] }) => Detector;

/** The browser's own reader, where it has one for QR codes. */
function detector(): Detector | undefined {
  const found = (globalThis as { BarcodeDetector?: DetectorClass }).BarcodeDetector;
  try {
    return found && new found({ formats: ["qr_code"] });
  } catch {
    return undefined;
  }
}

async function byBrowser(source: ImageBitmapSource): Promise<string | undefined> {
  try {
    const found = (await detector()?.detect(source)) ?? [];
    return found.map(({ rawValue }) => rawValue).find((text) => text.startsWith(PAIRING_MARK));
  } catch {
    return undefined;
  }
}

function byLibrary(pixels: ImageData): string | undefined {
  try {
    const text = decodeQR(pixels);
    return text.startsWith(PAIRING_MARK) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** What can be drawn on a canvas, with its size. */
interface Drawable {
  readonly source: CanvasImageSource & ImageBitmapSource;
  readonly width: number;
  readonly height: number;
}

function pixelsOf({ source, width, height }: Drawable): ImageData | undefined {
  const scale = Math.min(1, LARGEST_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context || canvas.width === 0 || canvas.height === 0) return undefined;
  context.fillStyle = "#fff"; // a transparent picture's code stands on white
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

async function textOn(drawable: Drawable): Promise<string | undefined> {
  const text = await byBrowser(drawable.source);
  if (text !== undefined) return text;
  const pixels = pixelsOf(drawable);
  return pixels && byLibrary(pixels);
}

/** The pairing code in a picture file. TransferError `not_a_picture`, `no_code_in_picture`. */
export async function readPicture(file: Blob): Promise<string> {
  let source: ImageBitmap;
  try {
    source = await createImageBitmap(file);
  } catch (error) {
    throw new TransferError("not_a_picture", {}, { cause: error });
  }
  try {
    const text = await textOn({ source, width: source.width, height: source.height });
    if (text === undefined) throw new TransferError("no_code_in_picture");
    return text;
  } finally {
    source.close();
  }
}

/** Looks at a running video until a pairing code is seen; undefined once `signal` is aborted. */
export async function readVideo(video: HTMLVideoElement, signal: AbortSignal): Promise<string | undefined> {
  while (!signal.aborted) {
    const { videoWidth: width, videoHeight: height } = video;
    const text = width > 0 ? await textOn({ source: video, width, height }) : undefined;
    if (text !== undefined) return text;
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
  return undefined;
}
