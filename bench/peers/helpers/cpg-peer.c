/*
 * One end of the bench's corosync rows: casts, checks and counts messages of a closed process group, as told by lines on standard input. Each line is
 * answered by one on standard output. Contents and checks are those of bench/verify; times are of CLOCK_MONOTONIC, as in Node's process.hrtime.
 *
 *   open GROUP              ok, when there are two members
 *   arm PHASE SIZE SEED     ok
 *   send MS COUNT           sent MESSAGES HASH         for so long, or COUNT messages if that is not 0
 *   receive                 got MESSAGES HASH FIRST_MS LAST_MS COMPARED FAULTS
 *   echo SIZE               ok; from now on what comes is sent back
 *   ping RATE MS SIZE       times N: round trip in ns and intended time in ms, N pairs; a rate of 0 is ping-pong
 *   arrivals                arrived N: times in ms
 *   cpu                     cpu SECONDS
 */
#include <corosync/cpg.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { WINDOWS = 256, CHECK_INTERVAL = 1024, MARKER_BYTES = 32 };
static const uint32_t MAGIC = 0x444e4521;

static cpg_handle_t handle;
static int cpg_fd;
static size_t members;

/* What is expected, and what has come of it. */
static uint8_t *pattern;
static size_t size_bytes;
static uint32_t phase;
static int64_t messages, compared, faults;
static int32_t hash;
static double first_ms, last_ms;
static int ended;

/* Round trips: what was sent when, and what took how long. */
static int echoes, pings;
static double *sent_ms, *arrived_ms;
static int64_t *round_trips;
static int64_t sent_count, reply_count, arrived_count, room;

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int32_t mix(int32_t sum, uint32_t first, uint32_t last) {
  return (int32_t)((uint32_t)sum * 31u + first + (last << 8));
}

static size_t marker_bytes(void) { return size_bytes == MARKER_BYTES ? MARKER_BYTES + 8 : MARKER_BYTES; }

static const uint8_t *window_of(int64_t n) { return pattern + (n / CHECK_INTERVAL) % WINDOWS; }

static void make_pattern(uint32_t seed) {
  free(pattern);
  pattern = malloc(size_bytes + WINDOWS);
  uint32_t state = (seed ^ 0x9e3779b9u) | 1;
  for (size_t i = 0; i < size_bytes + WINDOWS; i++) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    pattern[i] = (uint8_t)state;
  }
}

static void make_room(void) {
  const int64_t most = sent_count > arrived_count ? sent_count : arrived_count;
  if (most < room) return;
  room = room == 0 ? 65536 : 2 * room;
  sent_ms = realloc(sent_ms, sizeof(double) * (size_t)room);
  arrived_ms = realloc(arrived_ms, sizeof(double) * (size_t)room);
  round_trips = realloc(round_trips, sizeof(int64_t) * (size_t)room);
}

static void drain(void) {
  if (cpg_dispatch(handle, CS_DISPATCH_ALL) != CS_OK) exit(3);
}

/* Ends with whoever tells us what to do. */
static void wait_for_news(int timeout_ms) {
  struct pollfd wait[2] = {{cpg_fd, POLLIN, 0}, {STDIN_FILENO, 0, 0}};
  if (poll(wait, 2, timeout_ms) <= 0) return;
  if ((wait[1].revents & (POLLHUP | POLLERR)) != 0) exit(0);
  drain();
}

/* Flow control is corosync's: it says when it can take no more. */
static void cast(const void *data, size_t bytes) {
  struct iovec piece = {(void *)data, bytes};
  for (;;) {
    const cs_error_t result = cpg_mcast_joined(handle, CPG_TYPE_AGREED, &piece, 1);
    if (result == CS_OK) return;
    if (result != CS_ERR_TRY_AGAIN) {
      fprintf(stderr, "cpg_mcast_joined failed with %d\n", (int)result);
      exit(3);
    }
    wait_for_news(1);
  }
}

static void take_marker(const uint8_t *data, size_t bytes) {
  uint32_t magic, its_phase;
  int32_t its_hash;
  double count;
  if (bytes != marker_bytes()) {
    faults++;
    return;
  }
  memcpy(&magic, data, 4);
  memcpy(&its_phase, data + 4, 4);
  memcpy(&its_hash, data + 8, 4);
  memcpy(&count, data + 16, 8);
  last_ms = now_ms();
  ended = 1;
  if (magic != MAGIC || its_phase != phase || its_hash != hash || count != (double)messages) faults++;
}

static void take(const uint8_t *data, size_t bytes) {
  if (bytes != size_bytes) {
    take_marker(data, bytes);
    return;
  }
  const int64_t n = messages++;
  const uint32_t first = data[0], last = data[bytes - 1];
  hash = mix(hash, first, last);
  if (first != (n & 255) || ended) faults++;
  if (n % CHECK_INTERVAL != 0) return;
  if (n == 0) first_ms = now_ms();
  compared++;
  if (bytes > 2 && memcmp(data + 1, window_of(n) + 1, bytes - 2) != 0) faults++;
}

static void on_deliver(cpg_handle_t which, const struct cpg_name *group, uint32_t node, uint32_t pid, void *data,
                       size_t bytes) {
  (void)which, (void)group, (void)node;
  if (pid == (uint32_t)getpid()) return;
  if (echoes) {
    make_room();
    arrived_ms[arrived_count++] = now_ms();
    cast(data, bytes);
  } else if (pings) {
    uint32_t sequence;
    memcpy(&sequence, data, 4);
    if (sequence != (uint32_t)reply_count || bytes != size_bytes) faults++;
    round_trips[reply_count] = (int64_t)((now_ms() - sent_ms[reply_count]) * 1e6);
    reply_count++;
  } else {
    take(data, bytes);
  }
}

static void on_configuration(cpg_handle_t which, const struct cpg_name *group, const struct cpg_address *all,
                             size_t count, const struct cpg_address *left, size_t left_count,
                             const struct cpg_address *joined, size_t joined_count) {
  (void)which, (void)group, (void)all, (void)left, (void)left_count, (void)joined, (void)joined_count;
  members = count;
}

static void open_group(const char *name) {
  cpg_callbacks_t callbacks = {on_deliver, on_configuration};
  struct cpg_name group = {0};
  group.length = (uint32_t)snprintf(group.value, sizeof group.value, "%s", name);
  cs_error_t result = cpg_initialize(&handle, &callbacks);
  if (result == CS_OK) result = cpg_join(handle, &group);
  if (result != CS_OK) {
    fprintf(stderr, "corosync refuses with %d\n", (int)result);
    exit(3);
  }
  cpg_fd_get(handle, &cpg_fd);
  while (members < 2) wait_for_news(1000);
  printf("ok\n");
}

static void send_some(double milliseconds, int64_t most) {
  uint8_t *payload = malloc(size_bytes);
  const double end_ms = now_ms() + milliseconds;
  int64_t n = 0;
  int32_t sum = 0;
  while (most > 0 ? n < most : n < 2 || now_ms() < end_ms) {
    for (int i = 0; i < 16 && (most == 0 || n < most); i++, n++) {
      if (n % CHECK_INTERVAL == 0) memcpy(payload, window_of(n), size_bytes);
      payload[size_bytes - 1] = (uint8_t)(n >> 8);
      payload[0] = (uint8_t)n;
      sum = mix(sum, payload[0], payload[size_bytes - 1]);
      cast(payload, size_bytes);
    }
    drain();
  }
  uint8_t marker[MARKER_BYTES + 8] = {0};
  const double count = (double)n;
  memcpy(marker, &MAGIC, 4);
  memcpy(marker + 4, &phase, 4);
  memcpy(marker + 8, &sum, 4);
  memcpy(marker + 16, &count, 8);
  cast(marker, marker_bytes());
  free(payload);
  printf("sent %lld %d\n", (long long)n, sum);
}

static void ping(double rate, double milliseconds) {
  uint8_t *payload = calloc(1, size_bytes);
  const double start_ms = now_ms(), end_ms = start_ms + milliseconds;
  const int64_t count = rate > 0 ? (int64_t)(milliseconds * rate / 1000) : INT64_MAX;
  sent_count = reply_count = faults = 0;
  for (;;) {
    const double now = now_ms();
    const double intended = rate > 0 ? start_ms + (double)sent_count * 1000 / rate : now;
    const int is_due = rate > 0 ? sent_count < count && now >= intended : sent_count == reply_count && now < end_ms;
    if (is_due) {
      make_room();
      const uint32_t sequence = (uint32_t)sent_count;
      memcpy(payload, &sequence, 4);
      sent_ms[sent_count++] = intended;
      cast(payload, size_bytes);
    }
    if (sent_count == reply_count && (rate > 0 ? sent_count == count : now >= end_ms)) break;
    wait_for_news(rate > 0 ? 0 : 100);
  }
  printf("times %lld %lld", (long long)sent_count, (long long)faults);
  for (int64_t i = 0; i < sent_count; i++) printf(" %lld %.6f", (long long)round_trips[i], sent_ms[i]);
  printf("\n");
  free(payload);
}

static void report_arrivals(void) {
  printf("arrived %lld", (long long)arrived_count);
  for (int64_t i = 0; i < arrived_count; i++) printf(" %.6f", arrived_ms[i]);
  printf("\n");
  arrived_count = 0;
}

static void report_cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("cpu %.6f\n", (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
}

static void arm(uint32_t its_phase, size_t bytes, uint32_t seed) {
  phase = its_phase;
  size_bytes = bytes;
  make_pattern(seed);
  messages = compared = faults = 0;
  hash = 0;
  ended = 0;
  printf("ok\n");
}

static void carry_out(char *line) {
  char word[16] = "", text[64] = "";
  double a = 0, b = 0, c = 0;
  sscanf(line, "%15s %63s", word, text);
  sscanf(line, "%*s %lf %lf %lf", &a, &b, &c);
  if (strcmp(word, "open") == 0) open_group(text);
  if (strcmp(word, "arm") == 0) arm((uint32_t)a, (size_t)b, (uint32_t)c);
  if (strcmp(word, "send") == 0) send_some(a, (int64_t)b);
  if (strcmp(word, "cpu") == 0) report_cpu();
  if (strcmp(word, "arrivals") == 0) report_arrivals();
  if (strcmp(word, "echo") == 0) {
    echoes = 1;
    make_room();
    printf("ok\n");
  }
  if (strcmp(word, "ping") == 0) {
    pings = 1;
    size_bytes = (size_t)c;
    ping(a, b);
  }
  if (strcmp(word, "receive") == 0) {
    while (!ended) wait_for_news(1000);
    printf("got %lld %d %.6f %.6f %lld %lld\n", (long long)messages, hash, first_ms, last_ms, (long long)compared,
           (long long)faults);
  }
  fflush(stdout);
}

int main(void) {
  static char line[256];
  size_t filled = 0;
  setvbuf(stdin, NULL, _IONBF, 0);
  for (;;) {
    struct pollfd wait[2] = {{STDIN_FILENO, POLLIN, 0}, {cpg_fd, POLLIN, 0}};
    if (poll(wait, cpg_fd == 0 ? 1 : 2, -1) < 0) return 1;
    if (cpg_fd != 0 && (wait[1].revents & POLLIN) != 0) drain();
    if (wait[0].revents == 0) continue;
    const ssize_t got = read(STDIN_FILENO, line + filled, sizeof line - 1 - filled);
    if (got <= 0) return 0;
    filled += (size_t)got;
    for (char *end; (end = memchr(line, '\n', filled)) != NULL;) {
      *end = 0;
      const size_t used = (size_t)(end + 1 - line);
      carry_out(line);
      memmove(line, line + used, filled - used);
      filled -= used;
    }
  }
}
