// An authenticator app (TOTP, RFC 6238), made of Node's own crypto: what the server says is right is reckoned elsewhere.

import { createHmac } from "node:crypto";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * The code that an app with this secret (Base32) shows now. `steps` of 1 is the one after it, which the server takes
 * already: so a test has two without waiting, and takes them in this order, since each works once.
 */
export function codeOf(secret, steps = 0) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const offset = mac[mac.length - 1] & 0xf;
  const number = mac.readUInt32BE(offset) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** A code that the server does not take now. */
export function wrongCodeOf(secret) {
  const near = new Set([-2, -1, 0, 1, 2].map((steps) => codeOf(secret, steps)));
  return ["000000", "111111", "222222", "333333", "444444", "555555"].find((code) => !near.has(code));
}

/** Turns the second factor of a person on. Gives its secret and recovery codes; the app's present code is used then. */
export async function turnOn(api) {
  const { secret } = await api.post("/me/second-factor");
  const { recovery_codes } = await api.post("/me/second-factor/confirm", { code: codeOf(secret) });
  return { secret, codes: recovery_codes };
}

function fromBase32(text) {
  const bits = [...text].map((c) => ALPHABET.indexOf(c).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}
