/**
 * Latencies: keeps every latency, since percentiles of rounded values would be wrong.
 */
export class Latencies {
  private values = new Float32Array(1 << 16);
  count = 0;

  add(us: number): void {
    if (this.count === this.values.length) {
      const larger = new Float32Array(2 * this.count);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.count++] = us;
  }

  /** In µs; null: there are no latencies. */
  summary(): { readonly p50: number; readonly p99: number; readonly max: number } | null {
    if (this.count === 0) return null;
    const sorted = this.values.slice(0, this.count).sort();
    const at = (share: number): number => sorted[Math.min(this.count - 1, Math.floor(share * this.count))]!;
    return { p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
