/**
 * The variables of a program where it is held: of its innermost function, and of what that can see, read by V8's own inspector on this thread.
 */
import { Session, type Debugger, type Runtime } from 'node:inspector';
import type { Variable } from '../protocol.js';
import { stringify } from './own.js';

const MOST_VARIABLES = 24;
const MOST_TEXT = 160;

/** @param isOfProgram whether the script of this URL belongs to the program. Returns an empty list if nothing can be read */
export function variablesHere(isOfProgram: (url: string) => boolean): readonly Variable[] {
  const session = new Session();
  const found: Variable[] = [];
  try {
    session.connect();
    // A frame identifies its script by a number, which is reported for each script beforehand.
    const scripts = new Set<string>();
    session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => void (isOfProgram(url) && scripts.add(scriptId)));
    session.on('Debugger.paused', ({ params }) => {
      const frame = params.callFrames.find(({ location }) => scripts.has(location.scriptId));
      if (frame !== undefined) found.push(...variablesOf(session, frame));
    });
    session.post('Debugger.enable');
    // With a session it stops here, calls the listener, and continues without being resumed.
    // eslint-disable-next-line no-debugger
    debugger;
  } catch {
    // Without an inspector there are no variables.
  } finally {
    session.disconnect();
  }
  return found.slice(0, MOST_VARIABLES);
}

function variablesOf(session: Session, frame: Debugger.CallFrame): readonly Variable[] {
  const found = new Map<string, Variable>();
  const add = (name: string, value: Runtime.RemoteObject | undefined): void => {
    if (value !== undefined && value.type !== 'function' && !found.has(name) && !isOfPoll(name, value)) found.set(name, { name, value: shown(session, value) });
  };
  const addAll = (prefix: string, objectId: string): void => {
    for (const { name, value } of propertiesOf(session, objectId)) add(`${prefix}${name}`, value);
  };
  for (const { type, object } of frame.scopeChain) {
    // A function's own variables precede those of the module.
    if (type === 'module' && frame.this.objectId !== undefined && frame.this.className !== 'global') addAll('this.', frame.this.objectId);
    if (type !== 'global' && type !== 'script' && object.objectId !== undefined) addAll('', object.objectId);
  }
  return [...found.values()].filter(({ value }) => value !== '');
}

/** True for values imported from redis-lab/poll, or made with it, that are not the program's state. */
function isOfPoll(name: string, { description = '', className = '' }: Runtime.RemoteObject): boolean {
  return name === 'Interest' || description === `Symbol(${name})` || /^_?(?:Poll|Events|TcpListener)\d*$/.test(className);
}

function propertiesOf(session: Session, objectId: string): readonly Runtime.PropertyDescriptor[] {
  let properties: readonly Runtime.PropertyDescriptor[] = [];
  session.post('Runtime.getProperties', { objectId, ownProperties: true, generatePreview: true }, (error, answer) => {
    // The type does not declare private properties.
    const { result, privateProperties = [] } = answer as typeof answer & { readonly privateProperties?: readonly Runtime.PropertyDescriptor[] };
    if (error === null) properties = [...privateProperties, ...result.filter(({ name }) => !name.startsWith('__'))];
  });
  return properties;
}

function shown(session: Session, value: Runtime.RemoteObject): string {
  const { type, subtype, className = '', description = '', preview, objectId } = value;
  const cut = (text: string): string => (text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text);
  if (type === 'symbol') return /^Symbol\((.*)\)$/.exec(description)?.[1] ?? description;
  if (type === 'string') return cut(stringify(value.value));
  if (type !== 'object') return cut('value' in value ? String(value.value) : (value.unserializableValue ?? description));
  if (subtype === 'null') return 'null';
  // By the names that the program knows, without their contents.
  if (/^_?TcpStream\d*$/.test(className)) return 'TcpStream';
  // Imported modules are not the program's state.
  if (className === 'Module') return '';
  if (subtype === 'typedarray' && objectId !== undefined) return cut(`${description} ${textOf(session, objectId)}`.trim());
  const seen = preview ?? (objectId === undefined ? undefined : previewOf(session, objectId));
  return cut(seen === undefined ? description : previewed(description, seen));
}

/** A private field has no preview; a returned value has one. */
function previewOf(session: Session, objectId: string): Runtime.ObjectPreview | undefined {
  let preview: Runtime.ObjectPreview | undefined;
  session.post('Runtime.callFunctionOn', { objectId, functionDeclaration: 'function () { return this; }', generatePreview: true }, (error, answer) => {
    if (error === null) preview = answer.result.preview;
  });
  return preview;
}

/** `Map(2) {1 → TcpStream, 2 → TcpStream}`, `{have: 3, text: "ab"}`. */
function previewed(description: string, { subtype, properties, entries, overflow }: Runtime.ObjectPreview): string {
  const more = overflow ? ', …' : '';
  const told = ({ type, description = type }: Runtime.ObjectPreview): string => (type === 'string' ? stringify(description) : ofPoll(description));
  if (subtype === 'map' || subtype === 'set') {
    if (entries === undefined || entries.length === 0) return description;
    return `${description} {${entries.map(({ key, value }) => `${key === undefined ? '' : `${told(key)} → `}${told(value)}`).join(', ')}${more}}`;
  }
  if (subtype === 'array') return `[${properties.map(valueOf).join(', ')}${more}]`;
  const inside = properties.filter(({ type }) => type !== 'function').map((property) => `${property.name}: ${valueOf(property)}`);
  return `${description === 'Object' ? '' : `${description} `}{${inside.join(', ')}${more}}`;
}

const valueOf = ({ type, value = '' }: Runtime.PropertyPreview): string => (type === 'string' ? stringify(value) : ofPoll(value));

/** The bundler renames some classes. */
const ofPoll = (name: string): string => name.replace(/^_?(Poll|Events|TcpListener|TcpStream)\d*$/, '$1');

/** The beginning of bytes, as text. */
function textOf(session: Session, objectId: string): string {
  let text = '';
  session.post('Runtime.callFunctionOn', { objectId, functionDeclaration: BEGINNING, returnByValue: true }, (error, { result }) => {
    if (error === null && typeof result.value === 'string') text = stringify(result.value);
  });
  return text;
}

const BEGINNING = `function () {
  const bytes = new Uint8Array(this.buffer, this.byteOffset, Math.min(24, this.byteLength));
  return String.fromCharCode(...bytes.subarray(0, (bytes.indexOf(0) + 25) % 25));
}`;
