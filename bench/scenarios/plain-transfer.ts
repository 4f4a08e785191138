/**
 * A state as one would hand it over without a group: its bytes in messages of 64 KiB, one after the other, by TCP or by what groups are compared with. It is only carried: who
 * gives it, and what happens meanwhile, would be the user's to write.
 */
import type { PeerRow, ReferenceRow } from '../plan.js';
import type { Crew } from '../pool/crew.js';
import type { ThroughputSample, TransferSample } from '../results.js';
import type { Amount } from '../roles/cast-pump.js';
import { isPeer, measurePeerStream } from './peer-trial.js';
import { measureTcpStream } from './reference-throughput.js';
import type { Trial } from './trial.js';

const PART_BYTES = 64 * 1024;

export async function measurePlainTransfer(crew: Crew, trial: Trial<PeerRow | ReferenceRow>): Promise<TransferSample> {
  const { row, block } = trial;
  const inParts = { ...trial, block: { ...block, sizeBytes: PART_BYTES } };
  const amount: Amount = { messages: Math.ceil((block.stateBytes ?? 0) / PART_BYTES) };
  const carried = isPeer(row)
    ? await measurePeerStream(crew, { ...inParts, row }, amount)
    : await measureTcpStream(crew, { ...inParts, row: row as ReferenceRow }, amount);
  return transferSample(carried);
}

function transferSample(carried: ThroughputSample): TransferSample {
  const { repetition, bytesPerSecond, sentMessages, cpuSecondsPerMillionMessages } = carried;
  const bytes = sentMessages * PART_BYTES;
  return {
    repetition,
    seconds: bytes / bytesPerSecond,
    bytesPerSecond,
    ...(cpuSecondsPerMillionMessages === undefined
      ? {}
      : { cpuSecondsPerGigabyte: (cpuSecondsPerMillionMessages * 1000) / PART_BYTES }),
  };
}
