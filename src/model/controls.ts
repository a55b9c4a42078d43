/**
 * What could move the cursor, recolour, retitle or reorder a terminal's text: C0, DEL, C1, bidi controls,
 * line separators, and lone surrogates, which are no text outside JavaScript (T14).
 */
export const controls =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
