/**
 * FrameTrace: the trace events of a connection's frames and replies. Created when the connection is first traced.
 *
 * The events carry the first bytes of a frame, also if it came in several reads: bytes that the decoder has used may be overwritten, so the beginning of a half
 * frame is kept here.
 */
import type { RequestDecoder } from '../resp/request-decoder.js';
import type { TraceSink } from '../trace/tap.js';
import type { OutputBuffer } from './output-buffer.js';

/** Maximum number of bytes of a frame or a reply in an event. */
const RAW_BYTES = 512;

/** Maximum number of words of a request, and of bytes of each, in an event. */
const ARGV_WORDS = 256;
const WORD_BYTES = 1024;

export class FrameTrace {
  /** The number of the frame that {@link head} is the beginning of. */
  private frame = 0;
  private head = '';
  /** Bytes of the frame that came in earlier reads. */
  private earlier = 0;
  private reported = 0;

  constructor(private readonly token: number) {}

  /** The decoder needs more bytes; emits an event unless that was already said of this frame. @param frame the number that the frame will have */
  partial(sink: TraceSink, frame: number, decoder: RequestDecoder, buffer: Buffer, start: number, end: number): void {
    this.begin(frame);
    this.collect(decoder, buffer, start);
    const have = decoder.requestBytes + end - decoder.position;
    if (have === this.reported) return;
    this.reported = have;
    sink.emit({ kind: 'frame-partial', token: this.token, have, need: have + decoder.missing });
  }

  /** The decoder has completed a frame that ends in `buffer[start, decoder.position)`. */
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

  /** A reply was encoded: the last `bytes` of the output. */
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

/** A trace must not keep everything that clients send: an event has the first words of a request, and the first bytes of each. */
function clipped(argv: readonly string[]): string[] {
  // A slice of a long string would keep all of it in memory; Buffer copies the few bytes.
  return argv.slice(0, ARGV_WORDS).map((word) => (word.length <= WORD_BYTES ? word : Buffer.from(word.slice(0, WORD_BYTES), 'latin1').latin1Slice()));
}
