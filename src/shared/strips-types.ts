/** True if Node runs TypeScript by stripping its types (process.features.typescript, since 22.10; without a flag since 22.18). */
export function stripsTypes(): boolean {
  const { typescript } = process.features as { readonly typescript?: 'strip' | 'transform' | false };
  return typescript !== undefined && typescript !== false;
}
