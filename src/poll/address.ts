/** `127.0.0.1:7000` or `[::1]:7000`. Throws a TypeError that quotes what is none. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  if (parts === null || port > 65535) throw new TypeError(`an address is host:port, as 127.0.0.1:7000 or [::1]:7000, and not ${JSON.stringify(text)}`);
  return { host: (parts[1] ?? parts[2])!, port };
}
