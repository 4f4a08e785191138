/** What the scenario `layers` measures, as data: options, tables, JSON and docs/benchmarking.md name them so. */
export interface LayerDeclaration {
  /** A title of a table. */
  readonly title: string;
  /** What the time of is told. */
  readonly operation: 'frame' | 'message' | 'status';
  /** Of a message; or of a frame, at most. */
  readonly sizeBytes: number;
}

/** The largest frame of all layers: one that a link of MTU 1500 takes. */
export const LAYER_FRAME_BYTES = 1400;

export const LAYERS = {
  encode: { title: 'frames are made of a stream', operation: 'frame', sizeBytes: LAYER_FRAME_BYTES },
  decode: { title: 'frames are taken in', operation: 'frame', sizeBytes: LAYER_FRAME_BYTES },
  checksum: {
    title: 'frames with checksums are made and taken in',
    operation: 'frame',
    sizeBytes: LAYER_FRAME_BYTES,
  },
  packing: { title: 'small messages: packed, sent, unpacked', operation: 'message', sizeBytes: 64 },
  fragmentation: {
    title: 'large messages: cut into parts, sent, put together',
    operation: 'message',
    sizeBytes: 2 ** 20,
  },
  loss: { title: '5 % of the frames are lost and sent again', operation: 'frame', sizeBytes: LAYER_FRAME_BYTES },
  stability: {
    title: 'what seven receivers have is put together',
    operation: 'status',
    sizeBytes: LAYER_FRAME_BYTES,
  },
} as const satisfies Record<string, LayerDeclaration>;

export type LayerName = keyof typeof LAYERS;

export const LAYER_NAMES = Object.keys(LAYERS) as LayerName[];
