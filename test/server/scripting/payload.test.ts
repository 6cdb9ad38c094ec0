import { describe, expect, test } from 'vitest';
import { packLibraries, unpackLibraries } from '../../../src/server/scripting/payload.js';

describe('the payload of FUNCTION DUMP', () => {
  test.each([[[]], [['#!lua name=a\n']], [['a'.repeat(63), 'b'.repeat(64), 'c'.repeat(16383), 'd'.repeat(16384), '\0\xff']]])('%# comes back as it was', (codes) => {
    expect(unpackLibraries(packLibraries(codes))).toEqual(codes);
  });

  test('a compressed one of redis-server is read', () => {
    // The reply of redis-server 7.0.15 to FUNCTION DUMP.
    const payload = Buffer.from('f5c3404e406e1f23216c7561206e616d653d7a69700a72656469732e72656769737465725f6675076e6374696f6e2827201c02272c20e0000f13292072657475726e203120656e6429202d2d2061e018000161610a00d999f8075e631218', 'hex').toString('latin1');
    expect(unpackLibraries(payload)).toEqual(["#!lua name=zip\nredis.register_function('zip', function() return 1 end) -- aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]);
  });

  test('a changed byte is detected', () => {
    const payload = packLibraries(['code']);
    for (let at = 0; at < payload.length; at++) {
      const changed = payload.slice(0, at) + String.fromCharCode(payload.charCodeAt(at) ^ 1) + payload.slice(at + 1);
      expect(unpackLibraries(changed)).toBe('version');
    }
  });

  test('a payload that is too short is refused', () => expect(unpackLibraries('123456789')).toBe('version'));
});
