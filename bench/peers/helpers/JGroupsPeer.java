/*
 * One end of the bench's JGroups rows: the same lines on standard input and output as cpg-peer.c, the same contents and checks.
 * System.nanoTime() is CLOCK_MONOTONIC on Linux, as Node's process.hrtime is.
 */
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jgroups.Channel;
import org.jgroups.JChannel;
import org.jgroups.Message;
import org.jgroups.ReceiverAdapter;
import org.jgroups.View;

public final class JGroupsPeer extends ReceiverAdapter {
  private static final int WINDOWS = 256;
  private static final int CHECK_INTERVAL = 1024;
  private static final int MARKER_BYTES = 32;
  private static final int MAGIC = 0x444e4521;

  private final PrintStream out;
  private JChannel channel;
  private int members;

  private byte[] pattern = new byte[0];
  private int sizeBytes;
  private int phase;
  private long messages;
  private long compared;
  private long faults;
  private int hash;
  private double firstMs;
  private double lastMs;
  private boolean ended;

  private volatile boolean echoes;
  private volatile boolean pings;
  private double[] sentMs = new double[65536];
  private double[] arrivedMs = new double[65536];
  private long[] roundTrips = new long[65536];
  private int sentCount;
  private volatile int replyCount;
  private int arrivedCount;

  private JGroupsPeer(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] arguments) throws Exception {
    PrintStream answers = System.out;
    // The library says good morning on standard output.
    System.setOut(System.err);
    JGroupsPeer peer = new JGroupsPeer(answers);
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    new Thread(() -> readLines(lines)).start();
    while (true) {
      peer.carryOut(lines.take().split(" "));
      answers.flush();
    }
  }

  /** Ends everything with whoever tells us what to do. */
  private static void readLines(BlockingQueue<String> lines) {
    try (BufferedReader reader = new BufferedReader(new InputStreamReader(System.in))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) lines.add(line);
    } catch (IOException error) {
      System.err.println(error);
    }
    System.exit(0);
  }

  private void carryOut(String[] words) throws Exception {
    switch (words[0]) {
      case "open":
        open(words[1], words[2]);
        break;
      case "arm":
        arm((int) number(words, 1), (int) number(words, 2), (int) (long) number(words, 3));
        break;
      case "send":
        sendSome(number(words, 1), (long) number(words, 2));
        break;
      case "receive":
        receiveAll();
        break;
      case "echo":
        echoes = true;
        out.println("ok");
        break;
      case "ping":
        pings = true;
        sizeBytes = (int) number(words, 3);
        ping(number(words, 1), number(words, 2));
        break;
      case "arrivals":
        reportArrivals();
        break;
      default:
        out.printf("cpu %.6f%n", cpuSeconds());
    }
  }

  private static double number(String[] words, int at) {
    return Double.parseDouble(words[at]);
  }

  private static double nowMs() {
    return System.nanoTime() / 1e6;
  }

  private static double cpuSeconds() {
    com.sun.management.OperatingSystemMXBean system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return system.getProcessCpuTime() / 1e9;
  }

  private void open(String group, String stack) throws Exception {
    channel = new JChannel(stack);
    channel.setOpt(Channel.LOCAL, false);
    channel.setReceiver(this);
    channel.connect(group);
    synchronized (this) {
      while (members < 2) wait();
    }
    out.println("ok");
  }

  @Override
  public synchronized void viewAccepted(View view) {
    members = view.size();
    notifyAll();
  }

  private synchronized void arm(int itsPhase, int bytes, int seed) {
    phase = itsPhase;
    sizeBytes = bytes;
    pattern = new byte[bytes + WINDOWS];
    int state = (seed ^ 0x9e3779b9) | 1;
    for (int i = 0; i < pattern.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      pattern[i] = (byte) state;
    }
    messages = 0;
    compared = 0;
    faults = 0;
    hash = 0;
    ended = false;
    out.println("ok");
  }

  private static int mix(int sum, int first, int last) {
    return sum * 31 + first + (last << 8);
  }

  private int markerBytes() {
    return sizeBytes == MARKER_BYTES ? MARKER_BYTES + 8 : MARKER_BYTES;
  }

  private static int windowOf(long n) {
    return (int) ((n / CHECK_INTERVAL) % WINDOWS);
  }

  private void cast(byte[] bytes) throws Exception {
    Message message = new Message(null, null, bytes);
    // Whoever waits for an answer does not want his message kept until there are more.
    if (echoes || pings) message.setFlag(Message.DONT_BUNDLE);
    channel.send(message);
  }

  /** For so long, or so many messages if that is not 0. */
  private void sendSome(double milliseconds, long most) throws Exception {
    double endMs = nowMs() + milliseconds;
    long n = 0;
    int sum = 0;
    while (most > 0 ? n < most : n < 2 || nowMs() < endMs) {
      for (int i = 0; i < 16 && (most == 0 || n < most); i++, n++) {
        // A message keeps its bytes until all have them.
        int window = windowOf(n);
        byte[] payload = Arrays.copyOfRange(pattern, window, window + sizeBytes);
        payload[sizeBytes - 1] = (byte) (n >>> 8);
        payload[0] = (byte) n;
        sum = mix(sum, payload[0] & 255, payload[sizeBytes - 1] & 255);
        cast(payload);
      }
    }
    ByteBuffer marker = ByteBuffer.allocate(markerBytes()).order(ByteOrder.LITTLE_ENDIAN);
    marker.putInt(0, MAGIC).putInt(4, phase).putInt(8, sum).putDouble(16, n);
    cast(marker.array());
    out.printf("sent %d %d%n", n, sum);
  }

  private void receiveAll() throws InterruptedException {
    synchronized (this) {
      while (!ended) wait();
      out.printf("got %d %d %.6f %.6f %d %d%n", messages, hash, firstMs, lastMs, compared, faults);
    }
  }

  @Override
  public void receive(Message message) {
    byte[] raw = message.getRawBuffer();
    int offset = message.getOffset();
    int length = message.getLength();
    if (echoes) {
      if (arrivedCount == arrivedMs.length) arrivedMs = Arrays.copyOf(arrivedMs, 2 * arrivedCount);
      arrivedMs[arrivedCount++] = nowMs();
      try {
        cast(Arrays.copyOfRange(raw, offset, offset + length));
      } catch (Exception error) {
        faults++;
      }
    } else if (pings) {
      int reply = replyCount;
      int sequence = ByteBuffer.wrap(raw, offset, 4).order(ByteOrder.LITTLE_ENDIAN).getInt();
      if (sequence != reply || length != sizeBytes) faults++;
      synchronized (this) {
        roundTrips[reply] = (long) ((nowMs() - sentMs[reply]) * 1e6);
        replyCount = reply + 1;
        notifyAll();
      }
    } else {
      take(raw, offset, length);
    }
  }

  private synchronized void take(byte[] raw, int offset, int length) {
    if (length != sizeBytes) {
      takeMarker(ByteBuffer.wrap(raw, offset, length).slice().order(ByteOrder.LITTLE_ENDIAN));
      return;
    }
    long n = messages++;
    int first = raw[offset] & 255;
    hash = mix(hash, first, raw[offset + length - 1] & 255);
    if (first != (n & 255) || ended) faults++;
    if (n % CHECK_INTERVAL != 0) return;
    if (n == 0) firstMs = nowMs();
    compared++;
    int window = windowOf(n);
    boolean same =
        length <= 2
            || Arrays.equals(raw, offset + 1, offset + length - 1, pattern, window + 1, window + length - 1);
    if (!same) faults++;
  }

  private void takeMarker(ByteBuffer marker) {
    lastMs = nowMs();
    ended = true;
    boolean right =
        marker.limit() == markerBytes()
            && marker.getInt(0) == MAGIC
            && marker.getInt(4) == phase
            && marker.getInt(8) == hash
            && marker.getDouble(16) == messages;
    if (!right) faults++;
    notifyAll();
  }

  private void ping(double rate, double milliseconds) throws Exception {
    double startMs = nowMs();
    double endMs = startMs + milliseconds;
    int count = rate > 0 ? (int) (milliseconds * rate / 1000) : Integer.MAX_VALUE;
    sentCount = 0;
    replyCount = 0;
    faults = 0;
    while (true) {
      double now = nowMs();
      double intended = rate > 0 ? startMs + sentCount * 1000.0 / rate : now;
      boolean isDue =
          rate > 0 ? sentCount < count && now >= intended : sentCount == replyCount && now < endMs;
      if (isDue) {
        byte[] payload = new byte[sizeBytes];
        ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN).putInt(0, sentCount);
        synchronized (this) {
          if (sentCount == sentMs.length) {
            sentMs = Arrays.copyOf(sentMs, 2 * sentCount);
            roundTrips = Arrays.copyOf(roundTrips, 2 * sentCount);
          }
          sentMs[sentCount++] = intended;
        }
        cast(payload);
      }
      if (sentCount == replyCount && (rate > 0 ? sentCount == count : now >= endMs)) break;
      if (rate == 0) awaitReply();
    }
    StringBuilder line = new StringBuilder("times ").append(sentCount).append(' ').append(faults);
    for (int i = 0; i < sentCount; i++) {
      line.append(' ').append(roundTrips[i]).append(' ').append(sentMs[i]);
    }
    out.println(line);
  }

  private synchronized void awaitReply() throws InterruptedException {
    while (replyCount < sentCount) wait(100);
  }

  private void reportArrivals() {
    StringBuilder line = new StringBuilder("arrived ").append(arrivedCount);
    for (int i = 0; i < arrivedCount; i++) line.append(' ').append(arrivedMs[i]);
    arrivedCount = 0;
    out.println(line);
  }
}
