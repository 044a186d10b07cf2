/** The client against a real HTTP server on loopback. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Api, ApiError, PATHS, shareService } from "../src/api.ts";
import { toBase64Url, utf8 } from "../src/bytes.ts";

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

let server: Server;
let root: string;
let api: Api;
let seen: Seen[];
/** Answers in turn; the last one stays. */
let answers: ((response: ServerResponse) => void)[];

const json =
  (status: number, value: unknown, headers: Record<string, string> = {}) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(value));
  };

beforeEach(async () => {
  seen = [];
  answers = [json(200, { ok: true })];
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      seen.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      answer?.(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  root = `http://127.0.0.1:${port}/api/v1/`;
  api = new Api({ root, backoff: 1, timeout: 30_000, csrfToken: () => "token" });
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const fails = async (work: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error as ApiError;
};

describe("requests", () => {
  test("carry JSON, the CSRF token with changes only, and the key of idempotency", async () => {
    await api.get("certificates", { query: { after: "a b" } });
    await api.post(PATHS.application("ü/1"), { a: 1 }, { idempotencyKey: "u1" });
    expect(seen[0]).toMatchObject({ method: "GET", url: "/api/v1/certificates?after=a+b", body: "" });
    expect(seen[0]?.headers).not.toHaveProperty("x-csrftoken");
    expect(seen[1]).toMatchObject({
      method: "POST",
      url: "/api/v1/applications/%C3%BC%2F1",
      body: '{"a":1}',
    });
    expect(seen[1]?.headers).toMatchObject({ "x-csrftoken": "token", "idempotency-key": "u1" });
  });

  test("learn the server's time", async () => {
    answers = [json(200, {}, { Date: new Date(Date.now() + 3_600_000).toUTCString() })];
    await api.get("environment");
    expect(Math.abs(api.now().getTime() - Date.now() - 3_600_000)).toBeLessThan(600_000);
  });

  test("an empty answer is undefined", async () => {
    answers = [(response) => response.writeHead(204).end()];
    expect(await api.delete("sessions/current")).toBeUndefined();
  });
});

describe("failures", () => {
  test("a problem keeps its code, number, words and figures", async () => {
    const problem = {
      ...{ code: "code-wrong", reference: "R-1", detail: "驗證碼不正確", advice: "請再試", kept: "" },
      ...{ params: { tries_left: 2 }, fields: { code: "x" } },
    };
    answers = [json(422, problem)];
    const { reference, detail, advice, fields, parameters, status, code } = await fails(api.get("x"));
    expect({ status, code, reference, detail, advice }).toEqual({
      ...{ status: 422, code: "code-wrong", reference: "R-1", detail: "驗證碼不正確", advice: "請再試" },
    });
    expect([parameters, fields]).toEqual([{ tries_left: 2 }, { code: "x" }]);
    expect(seen).toHaveLength(1);
  });

  test("what may pass by itself is tried again, if repeating can do no harm", async () => {
    answers = [json(503, {}), (response) => response.destroy(), json(200, { ok: true })];
    expect(await api.get("x")).toEqual({ ok: true });
    expect(seen).toHaveLength(3);
    answers = [json(503, {})];
    expect(await fails(api.post("x", {}))).toMatchObject({ status: 503, code: "http-503" });
    expect(seen).toHaveLength(4);
    expect(await fails(api.post("x", {}, { idempotencyKey: "u" }))).toMatchObject({ status: 503 });
    expect(seen).toHaveLength(8);
  });

  test("silence ends in a timeout, a page of HTML is no answer", async () => {
    answers = [() => undefined];
    const hasty = new Api({ root, timeout: 100, csrfToken: () => "token" });
    expect(await fails(hasty.post("x", {}))).toMatchObject({ status: 0, code: "timeout" });
    answers = [(response) => response.end("<html>")];
    expect(await fails(api.get("x"))).toMatchObject({ status: 200, code: "not-json" });
    server.closeAllConnections();
    server.close();
    expect(await fails(api.post("x", {}))).toMatchObject({ status: 0, code: "network" });
  });

  test("the caller's own abort is not an ApiError", async () => {
    const controller = new AbortController();
    answers = [
      () => {
        controller.abort();
      },
    ];
    await expect(api.get("x", { signal: controller.signal })).rejects.toHaveProperty("name", "AbortError");
  });
});

describe("shares", () => {
  const spki = "0".repeat(64);
  const verifier = new Uint8Array(32);
  const share = new Uint8Array(32).fill(7);
  const place = { institution: "sample", origin: "https://sample.example" };
  const prove = () => Promise.resolve({ content: utf8("{}"), signature: utf8("s") });

  test("a further share of a key comes with a proof over a fresh nonce", async () => {
    answers = [
      json(409, { code: "share-exists" }),
      json(201, { nonce: "n", expires_at: "" }),
      json(201, { share: toBase64Url(share) }),
    ];
    expect(await shareService(api, place).create(spki, verifier, prove)).toEqual(share);
    expect(seen.map(({ url }) => url)).toEqual([
      "/api/v1/key-shares",
      "/api/v1/nonces",
      "/api/v1/key-shares",
    ]);
    expect(JSON.parse(seen[2]?.body ?? "")).toEqual({
      ...{ spki, verifier: toBase64Url(verifier), proof: { structure: "e30", signature: "cw" } },
    });
  });

  test("where no certificate tells it, the public key goes along", async () => {
    answers = [
      json(409, { code: "share-exists" }),
      json(201, { nonce: "n", expires_at: "" }),
      json(201, { share: toBase64Url(share) }),
    ];
    const bare = async () => ({ ...(await prove()), publicKey: utf8("key") });
    await shareService(api, place).create(spki, verifier, bare);
    expect(JSON.parse(seen[2]?.body ?? "")).toMatchObject({ public_key: "a2V5" });
  });

  test.each([
    [
      { code: "certificate-password-wrong", params: { tries_left: 1 } },
      { reason: "wrong", left: 1 },
    ],
    [{ code: "certificate-password-locked" }, { reason: "locked" }],
    [{ code: "busy" }, { code: "busy" }],
  ])("%j becomes %j", async (problem, error) => {
    answers = [json(422, problem)];
    const service = shareService(api, place);
    await expect(service.release(spki, verifier)).rejects.toMatchObject(error);
    await expect(service.change(spki, verifier, verifier)).rejects.toMatchObject(error);
  });
});
