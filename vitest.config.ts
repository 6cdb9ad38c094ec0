import { defineConfig } from 'vitest/config';

export default defineConfig({
  define: { __VERSION__: JSON.stringify('test') },
  test: {
    // CI reads the counts from a file.
    reporters: process.env.REPORT_FILE ? ['default', ['json', { outputFile: process.env.REPORT_FILE }]] : ['default'],
    include: ['test/**/*.test.{ts,tsx}'],
    // Tests that start real servers share two cores with them.
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
});
