/** What groups on this machine send by. */
import { size } from '../../report/format.js';
import { type Finding, unknown } from '../finding.js';
import { FAIR_BUFFER_BYTES } from '../limits.js';
import type { Native, SocketBuffers } from '../probes.js';

export function judgeNative({ loaded, reason }: Native): Finding {
  const why = reason ?? 'the reason is not known';
  return {
    verdict: loaded ? 'good' : 'fair',
    value: loaded ? 'loaded' : `not loaded: ${why}`,
    meaning: loaded
      ? 'Native rows and the limit of this machine can be measured.'
      : 'Only the TypeScript data plane can be measured, and nothing to judge it by: nativeStatus() tells what was tried, npm run build:native shows why it does not compile.',
    figures: { native: loaded, ...(loaded ? {} : { noNative: why }) },
  };
}

export function judgeOffload({ segments, coalesces }: Native): Finding {
  if (segments === undefined || coalesces === undefined)
    return unknown('Only the native addon can ask the kernel for GSO and GRO.');
  const missing = [...(segments ? [] : ['GSO']), ...(coalesces ? [] : ['GRO'])];
  return {
    verdict: missing.length === 0 ? 'good' : 'fair',
    value: missing.length === 0 ? 'GSO and GRO' : `no ${missing.join(', no ')}`,
    meaning:
      missing.length === 0
        ? 'Many frames go through the kernel in one call.'
        : 'Each frame is a datagram of its own in the kernel, which costs some times as much: rates say nothing of a Linux from 5.0 on.',
    figures: { segments, coalesces },
  };
}

export function judgeBuffers(buffers: SocketBuffers | undefined, platform: NodeJS.Platform): Finding {
  if (buffers === undefined) return unknown('No UDP socket was to be had on loopback: groups can not run here.');
  const { wantedBytes, receiveBytes, sendBytes } = buffers;
  const least = Math.min(receiveBytes, sendBytes);
  const figures = { wantedBytes, receiveBytes, sendBytes };
  const value = `${size(receiveBytes)} to receive, ${size(sendBytes)} to send, of ${size(wantedBytes)} asked for`;
  if (least >= wantedBytes)
    return { verdict: 'good', value, meaning: 'Bursts fit, and few frames are dropped by the kernel.', figures };
  const how =
    platform === 'linux'
      ? `sysctl -w net.core.rmem_max=${wantedBytes} net.core.wmem_max=${wantedBytes}`
      : 'allow larger socket buffers';
  return {
    verdict: least >= FAIR_BUFFER_BYTES ? 'fair' : 'poor',
    value,
    meaning: `The kernel drops what does not fit, and it has to be sent again, so rates are lower and vary: ${how}.`,
    figures,
  };
}

export function judgeMulticast(works: boolean): Finding {
  return {
    verdict: works ? 'good' : 'poor',
    value: works ? 'comes back on loopback' : 'nothing comes back on loopback',
    meaning: works
      ? 'Members of a measured group find each other.'
      : 'Members of a measured group find each other by it: allow it (ip link set lo multicast on, and no firewall on lo), or measure with --fixed.',
    figures: { multicast: works },
  };
}
