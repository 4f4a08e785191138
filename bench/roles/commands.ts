/** What a worker can be told to do; `Commands` is the contract with the coordinator. */
import { DgramRole } from './dgram-role.js';
import { GroupRole } from './group-role.js';
import { LatencyRole } from './latency-role.js';
import { LimitRole } from './limit-role.js';
import { TcpRole } from './tcp-role.js';
import { TransferRole } from './transfer-role.js';
import { ViewsRole } from './views-role.js';

export function createCommands() {
  const group = new GroupRole();
  const transfer = new TransferRole(group);
  const views = new ViewsRole();
  const latency = new LatencyRole();
  const limit = new LimitRole();
  const dgram = new DgramRole();
  const tcp = new TcpRole();
  return {
    ready: async (_: undefined): Promise<void> => {},
    /** Leaves no member and no socket open, whatever is under way. */
    closeAll: async (_: undefined): Promise<void> => {
      await Promise.all([group, views, latency, dgram, tcp].map((role) => role.close(undefined)));
    },
    groupOpen: group.open,
    groupJoin: group.join,
    groupArm: group.arm,
    groupGo: group.go,
    groupStop: group.stop,
    groupPrompt: group.prompt,
    groupTakeChanges: group.takeChanges,
    groupReport: group.report,
    groupClose: group.close,
    transferWatch: transfer.watch,
    transferArm: transfer.arm,
    transferFetch: transfer.fetch,
    transferSpent: transfer.spent,
    transferPeak: transfer.peak,
    transferBegin: transfer.begin,
    transferEnd: transfer.end,
    viewsOpen: views.open,
    viewsJoin: views.join,
    viewsLeave: views.leave,
    viewsAwait: views.await,
    viewsClose: views.close,
    latencyOpenGroup: latency.openGroup,
    latencyJoinGroup: latency.joinGroup,
    latencyOpenDgram: latency.openDgram,
    latencyConnectDgram: latency.connectDgram,
    latencyMeasure: latency.measure,
    latencyClose: latency.close,
    limitOpen: limit.open,
    limitSend: limit.send,
    limitReceive: limit.receive,
    dgramReceive: dgram.receive,
    dgramSend: dgram.send,
    dgramReport: dgram.report,
    dgramClose: dgram.close,
    tcpListen: tcp.listen,
    tcpConnect: tcp.connect,
    tcpArm: tcp.arm,
    tcpSend: tcp.send,
    tcpReceive: tcp.receive,
    tcpCpu: tcp.cpu,
    tcpClose: tcp.close,
  };
}

export type Commands = ReturnType<typeof createCommands>;
