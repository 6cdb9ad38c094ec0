/** The settings of a `cjson` table, with the values that lua-cjson 2.1.0 begins with. */

/** What scripts may change by functions such as cjson.encode_max_depth. */
export class JsonSettings {
  convertsSparse = false;
  sparseRatio = 2;
  sparseSafe = 10;
  encodeDepth = 1000;
  decodeDepth = 1000;
  digits = 14;
  /** NaN and Infinity: refused, encoded as null, or by their names. */
  encodesInvalid: 'off' | 'on' | 'null' = 'off';
  decodesInvalid = true;
  keepsBuffer = true;
}
