/** What a worker can be told to do; `Commands` is the contract with the coordinator. */
import { LOOPBACK, type Place } from '../pool/place.js';
import { DgramRole } from './dgram-role.js';
import { GroupRole } from './group-role.js';
import { LatencyRole } from './latency-role.js';
import { LimitRole } from './limit-role.js';
import { LoneRole } from './lone-role.js';
import { PeerRole } from './peer-role.js';
import { SoakRole } from './soak-role.js';
import { StoreRole } from './store-role.js';
import { TcpRole } from './tcp-role.js';
import { TransferRole } from './transfer-role.js';
import { ViewsRole } from './views-role.js';

export function createCommands() {
  const place: Place = { host: LOOPBACK };
  const group = new GroupRole(place);
  const transfer = new TransferRole(group);
  const views = new ViewsRole(place);
  const latency = new LatencyRole(place);
  const limit = new LimitRole(place);
  const dgram = new DgramRole(place);
  const tcp = new TcpRole(place);
  const soak = new SoakRole(place);
  const store = new StoreRole(place);
  const lone = new LoneRole();
  const peer = new PeerRole();
  return {
    /** The first call: where it is. */
    ready: async ({ host }: Place): Promise<void> => {
      place.host = host;
    },
    /** Leaves no member and no socket open, whatever is under way. */
    closeAll: async (_: undefined): Promise<void> => {
      await Promise.all([group, views, latency, dgram, tcp, soak, peer, store].map((role) => role.close(undefined)));
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
    storeOpen: store.open,
    storeSync: store.sync,
    storeLeads: store.leads,
    storeFsync: store.fsync,
    storeWrite: store.write,
    storeVerify: store.verify,
    storeReads: store.reads,
    storeFill: store.fill,
    storeSettle: store.settle,
    storeBeginSteady: store.beginSteady,
    storeEndSteady: store.endSteady,
    storeAwaitOther: store.awaitOther,
    storeClose: store.close,
    viewsOpen: views.open,
    viewsJoin: views.join,
    viewsLeave: views.leave,
    viewsAwait: views.await,
    viewsCutOff: views.cutOff,
    viewsClose: views.close,
    latencyOpenGroup: latency.openGroup,
    latencyJoinGroup: latency.joinGroup,
    latencyOpenDgram: latency.openDgram,
    latencyConnectDgram: latency.connectDgram,
    latencyMeasure: latency.measure,
    latencyTakeArrivals: latency.takeArrivals,
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
    soakOpen: soak.open,
    soakJoin: soak.join,
    soakStart: soak.start,
    soakStop: soak.stop,
    soakReport: soak.report,
    soakClose: soak.close,
    peerOpen: peer.open,
    peerArm: peer.arm,
    peerSend: peer.send,
    peerReceive: peer.receive,
    peerCpu: peer.cpu,
    peerEcho: peer.echo,
    peerPing: peer.ping,
    peerTakeArrivals: peer.takeArrivals,
    peerClose: peer.close,
    layersMeasure: lone.measureLayer,
    scaleSimulate: lone.simulate,
  };
}

export type Commands = ReturnType<typeof createCommands>;
