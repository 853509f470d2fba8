export interface PemBlock {
  readonly type: string;
  readonly bytes: Buffer;
}

export function encodePem(type: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${type}-----\n${lines.join('\n')}\n-----END ${type}-----\n`;
}

/** The first block of a text, null if there is none. */
export function decodePem(text: string): PemBlock | null {
  const match = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([A-Za-z0-9+/=\s]+?)\r?\n?-----END \1-----/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  return { type: match[1], bytes: Buffer.from(match[2], 'base64') };
}

/** The bytes of a block that must be of this type; the messages are the real provider's. */
export function decodePemOf(type: string, text: string): Buffer {
  const block = decodePem(text);
  if (block === null) throw new Error(`failed to decode PEM of expected type "${type}" from bytes`);
  if (block.type !== type) throw new Error(`invalid PEM type - expected "${type}", got "${block.type}"`);
  return block.bytes;
}
