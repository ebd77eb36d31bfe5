// Makes a PNG smaller. Chromium filters each line for photographs; the flat colours of an app pack better without.

import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = 8;

/** The same picture in fewer bytes. Takes what Chromium writes: 8 bits a channel, RGB or RGBA, not interlaced. */
export function smaller(png) {
  const chunks = [];
  for (let at = SIGNATURE; at < png.length; ) {
    const length = png.readUInt32BE(at);
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  const header = chunks.find(({ type }) => type === "IHDR").data;
  const channels = { 2: 3, 6: 4 }[header[9]];
  const packed = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map(({ data }) => data));
  const lines = unfiltered(inflateSync(packed), header.readUInt32BE(0) * channels, channels);
  return Buffer.concat([
    png.subarray(0, SIGNATURE),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(lines, { level: 9, memLevel: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** Undoes the filters of lines (PNG specification, section 9); each line keeps its first byte, now 0. */
function unfiltered(lines, width, channels) {
  const stride = width + 1;
  for (let start = 0; start < lines.length; start += stride) {
    const filter = lines[start];
    lines[start] = 0;
    for (let at = start + 1; at < start + stride; at++) {
      const isFirst = at <= start + channels;
      const left = isFirst ? 0 : lines[at - channels];
      const up = start === 0 ? 0 : lines[at - stride];
      const corner = isFirst || start === 0 ? 0 : lines[at - stride - channels];
      lines[at] += [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
    }
  }
  return lines;
}

function paeth(left, up, corner) {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map((value) => Math.abs(guess - value));
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
