/**
 * FrameTrace: what the trace tells of a connection's frames and replies. Made when somebody first watches the connection.
 *
 * The events carry the first real bytes, also of a frame that came in several reads: the decoder gives used bytes back to be
 * overwritten, so the beginning of a half frame is remembered here.
 */
import type { RequestDecoder } from '../resp/request-decoder.js';
import type { TraceSink } from '../trace/tap.js';
import type { OutputBuffer } from './output-buffer.js';

/** The most bytes of a frame or a reply that an event carries. */
const RAW_BYTES = 512;

/** The most words of a request, and bytes of each, that an event carries. */
const ARGV_WORDS = 256;
const WORD_BYTES = 1024;

export class FrameTrace {
  /** The frame that {@link head} is the beginning of. */
  private frame = 0;
  private head = '';
  /** Bytes of the frame in earlier reads. */
  private earlier = 0;
  private reported = 0;

  constructor(private readonly token: number) {}

  /** The decoder needs more; says so unless that is known. `frame` is the number that the frame will have. */
  partial(sink: TraceSink, frame: number, decoder: RequestDecoder, buffer: Buffer, start: number, end: number): void {
    this.begin(frame);
    this.collect(decoder, buffer, start);
    const have = decoder.requestBytes + end - decoder.position;
    if (have === this.reported) return;
    this.reported = have;
    sink.emit({ kind: 'frame-partial', token: this.token, have, need: have + decoder.missing });
  }

  /** The decoder has completed a frame, of which `buffer[start, decoder.position)` is the end. */
  whole(sink: TraceSink, frame: number, decoder: RequestDecoder, buffer: Buffer, start: number): void {
    this.begin(frame);
    this.collect(decoder, buffer, start);
    const { argv } = decoder;
    sink.emit({
      kind: 'frame',
      token: this.token,
      frame,
      bytes: decoder.requestBytes,
      argv: clipped(argv),
      ...(argv.length > ARGV_WORDS && { argc: argv.length }),
      raw: this.head,
    });
    this.frame = 0;
  }

  /** The last `bytes` of the output are the reply. */
  reply(sink: TraceSink, frame: number, output: OutputBuffer, bytes: number): void {
    sink.emit({ kind: 'reply', token: this.token, frame, bytes, raw: output.peek(output.length - bytes, RAW_BYTES) });
  }

  private begin(frame: number): void {
    if (frame === this.frame) return;
    this.frame = frame;
    this.head = '';
    this.earlier = 0;
    this.reported = 0;
  }

  private collect(decoder: RequestDecoder, buffer: Buffer, start: number): void {
    const { position, requestBytes } = decoder;
    const from = Math.max(start, position - (requestBytes - this.earlier));
    this.earlier = requestBytes;
    if (this.head.length < RAW_BYTES) this.head += buffer.latin1Slice(from, Math.min(position, from + RAW_BYTES - this.head.length));
  }
}

/** Watching must not keep what clients send: an event has the first words of a request, and of each the first bytes. */
function clipped(argv: readonly string[]): string[] {
  // A slice of a long string would hold the whole of it; Buffer makes a copy of the few bytes.
  return argv.slice(0, ARGV_WORDS).map((word) => (word.length <= WORD_BYTES ? word : Buffer.from(word.slice(0, WORD_BYTES), 'latin1').latin1Slice()));
}
