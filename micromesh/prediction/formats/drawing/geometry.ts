/** Places in a drawing, in the units of an SVG: pixels at its own size. */

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}
