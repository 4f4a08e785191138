#include "io/endpoint.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "io/clock.h"

namespace consort {
namespace {

// Datagrams of no view that wait for JavaScript; more are dropped.
constexpr size_t kMaxUnattached = 256;
// Batches that are received before the views have their say: 8 datagrams each.
constexpr int kBatchesPerStep = 4;
// Addresses that refused datagrams and wait for JavaScript; more are forgotten, as later datagrams tell of them again.
constexpr size_t kMaxRefused = 64;
// Batches of errors that are looked at in one step: more than the kernel holds for a socket of our size.
constexpr int kErrorBatchesPerStep = 256;
// More than this is left to the I/O thread: sending it would keep JavaScript for longer than waking the thread takes.
constexpr Position kSmallStepBytes = 16 * 1024;
constexpr uint32_t kMaxUnattachedBytes = kMaxFrameBytes - kHeaderBytes;

void add_all(Stats& sum, const Stats& more) {
  for (size_t i = 0; i < std::size(sum.counts); i++) sum.counts[i] += more.counts[i];
  for (size_t i = 0; i < std::size(sum.rejected); i++) sum.rejected[i] += more.rejected[i];
}

}  // namespace

Endpoint::Endpoint(const EndpointOptions& options, Slot plane_slot)
    : options_(options),
      plane_slot_(plane_slot),
      lossy_(options.drop_rate > 0 || options.drop_ports.exists()),
      drop_below_(static_cast<uint32_t>(std::clamp(options.drop_rate, 0.0, 1.0) * UINT32_MAX)),
      drop_random_(options.drop_seed) {}

int Endpoint::open(std::string& failed_call) {
  failed_call = "bind";
  int error = socket_.open(options_.local, {options_.buffer_bytes, options_.offload, false, true});
  if (error != 0) return error;
  if (options_.multicast) {
    failed_call = "multicast";
    error = socket_.send_groups_through(options_.local);
    Address group = options_.group;
    if (error == 0) error = group_socket_.open(group, {options_.buffer_bytes, options_.offload, true, false});
    if (error == 0) error = group_socket_.join_group(options_.group, options_.local);
    if (error != 0) close();
  }
  frame_bytes_ = options_.frame_bytes != 0 ? options_.frame_bytes : path_frame_bytes(options_.local);
  return error;
}

void Endpoint::close() {
  const std::lock_guard lock(mutex_);
  views_.clear();
  socket_.close();
  group_socket_.close();
}

// ---- views ----

Endpoint::View* Endpoint::find(uint32_t number) {
  for (const auto& view : views_) {
    if (view->number == number) return view.get();
  }
  return nullptr;
}

bool Endpoint::install(uint32_t view, const ViewConfig& config, std::vector<Address> addresses) {
  const std::lock_guard lock(mutex_);
  if (find(view) != nullptr) return false;
  for (const Address& address : addresses) {
    if (address.family() != options_.local.family()) return false;
  }
  views_.push_back(std::make_unique<View>(view, *this, config, std::move(addresses)));
  return true;
}

bool Endpoint::open_send(uint32_t view, StreamKind kind, Rank to, Ring ring, Slot slot) {
  const std::lock_guard lock(mutex_);
  View* found = find(view);
  return found != nullptr && found->plane.open_send(kind, to, ring, slot);
}

bool Endpoint::open_receive(uint32_t view, StreamKind kind, Rank origin, Ring ring, Slot slot) {
  const std::lock_guard lock(mutex_);
  View* found = find(view);
  return found != nullptr && found->plane.open_receive(kind, origin, ring, slot);
}

void Endpoint::watch(uint32_t view, const std::vector<Rank>& ranks, Micros interval_us) {
  const std::lock_guard lock(mutex_);
  View* found = find(view);
  if (found == nullptr) return;
  for (Rank rank = 0; rank < found->plane.config().members; rank++) found->plane.watch(rank, 0);
  for (const Rank rank : ranks) found->plane.watch(rank, interval_us);
}

void Endpoint::exclude(uint32_t view, Rank rank) {
  const std::lock_guard lock(mutex_);
  if (View* found = find(view); found != nullptr) found->plane.exclude(rank);
}

void Endpoint::set_holder(uint32_t view, Rank origin, Rank holder, Position up_to) {
  const std::lock_guard lock(mutex_);
  if (View* found = find(view); found != nullptr) found->plane.set_holder(origin, holder, up_to);
}

void Endpoint::stop_at(uint32_t view, Rank origin, Position cut) {
  const std::lock_guard lock(mutex_);
  if (View* found = find(view); found != nullptr) found->plane.stop_at(origin, cut);
}

void Endpoint::retire(uint32_t view) {
  const std::lock_guard lock(mutex_);
  View* found = find(view);
  if (found == nullptr) return;
  // Whoever waits until what it sent has arrived shall not wait for one who has gone.
  found->plane.answer_all();
  found->plane.poll(now_us(), *found);
  add_all(own_, found->plane.stats());
  std::erase_if(views_, [found](const auto& each) { return each.get() == found; });
}

// ---- datagrams in and out ----

Micros Endpoint::step(bool readable) {
  const std::lock_guard lock(mutex_);
  if (socket_.fd() < 0) return kNever;
  const Micros now = now_us();
  bool more = false;
  if (readable) {
    more = receive(socket_, now);
    if (group_socket_.fd() >= 0) more = receive(group_socket_, now) || more;
    if (socket_.errors_wait()) receive_refusals();
  }
  const Micros deadline = poll_views(now);
  return more ? now : deadline;
}

void Endpoint::note_error() {
  const std::lock_guard lock(mutex_);
  socket_.note_error();
}

bool Endpoint::try_small_step(Micros& deadline) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || socket_.fd() < 0) return false;
  Position unsent = 0;
  for (const auto& view : views_) unsent += view->plane.unsent_bytes();
  if (unsent > kSmallStepBytes) return false;
  deadline = poll_views(now_us());
  return true;
}

Micros Endpoint::poll_views(Micros now) {
  Micros deadline = kNever;
  blocked_ = false;
  for (const auto& view : views_) {
    deadline = std::min(deadline, view->plane.poll(now, *view));
    blocked_ = blocked_ || view->plane.blocked();
    news_ = view->plane.take_news() || view->plane.has_wanted() || news_;
  }
  return deadline;
}

// Returns whether there may be more.
bool Endpoint::receive(UdpSocket& socket, Micros now) {
  Received batch[UdpSocket::kBatch];
  for (int round = 0; round < kBatchesPerStep; round++) {
    const uint32_t count = socket.receive(batch);
    for (uint32_t i = 0; i < count; i++) handle_datagram(batch[i], now);
    if (count < UdpSocket::kBatch) return false;
  }
  return true;
}

void Endpoint::handle_datagram(const Received& received, Micros now) {
  own_.add(Stat::kBytesReceived, received.length);
  const uint32_t stride = received.frame_bytes == 0 ? received.length : received.frame_bytes;
  uint32_t offset = 0;
  do {
    const uint32_t length = std::min(stride, received.length - offset);
    // What the kernel joined counts as what was sent.
    own_.add(Stat::kDatagramsReceived);
    if (lossy_ && lose(*received.from)) {
      own_.add(Stat::kDroppedOnPurpose);
    } else {
      handle_frame(received.bytes + offset, length, *received.from, now);
    }
    offset += length;
  } while (offset < received.length);
}

// Whether a frame from there is lost on purpose. Asked only where one may be.
bool Endpoint::lose(const Address& from) {
  if (options_.drop_ports.has(from.port())) return true;
  return drop_below_ != 0 && drop_random_.next() < drop_below_;
}

void Endpoint::handle_frame(const uint8_t* frame, uint32_t length, const Address& from, Micros now) {
  FrameHeader header;
  const Reject reject = validate_header(frame, length, header);
  if (reject != Reject::kNone) return own_.reject(reject);
  if ((header.flags & kFlagUnattached) != 0) return keep_unattached(frame, length, header, from);
  for (const auto& view : views_) {
    const ViewConfig& config = view->plane.config();
    if (config.connection != header.connection) continue;
    // My own casts come back from the multicast group.
    if (options_.multicast && header.sender == config.my_rank) return;
    return view->plane.handle_frame(frame, length, header, now);
  }
  own_.reject(Reject::kConnection);
}

// A socket with errors is ready again and again until all have been taken.
void Endpoint::receive_refusals() {
  Address refused[UdpSocket::kBatch];
  for (int round = 0; round < kErrorBatchesPerStep && socket_.errors_wait(); round++) {
    const uint32_t count = socket_.take_refused(refused);
    for (uint32_t i = 0; i < count; i++) keep_refused(refused[i]);
  }
}

void Endpoint::keep_refused(const Address& address) {
  if (refused_.size() == kMaxRefused) return;
  for (const Address& each : refused_) {
    if (same_address(each, address)) return;
  }
  refused_.push_back(address);
  news_ = true;
}

void Endpoint::keep_unattached(const uint8_t* frame, uint32_t length, const FrameHeader& header, const Address& from) {
  const uint32_t end = parts_end(length, header);
  // It asks nothing but whether somebody is here, and the kernel answers that.
  if (end == kHeaderBytes) return;
  if (unattached_.size() == kMaxUnattached) return own_.reject(Reject::kOverrun);
  unattached_.push_back({from, {frame + kHeaderBytes, frame + end}});
  news_ = true;
}

bool Endpoint::View::send(const Burst& burst) {
  bool accepted = false;
  uint32_t copies = 1;
  if (burst.all() && endpoint.options_.multicast) {
    const Address* group = &endpoint.options_.group;
    accepted = endpoint.socket_.send(burst, &group, 1);
  } else {
    copies = burst.destination_count();
    for (uint32_t i = 0; i < copies; i++) to[i] = &addresses[burst.destinations()[i]];
    accepted = endpoint.socket_.send(burst, to.data(), copies);
  }
  if (accepted) {
    endpoint.own_.add(Stat::kDatagramsSent, static_cast<uint64_t>(burst.frames()) * copies);
    endpoint.own_.add(Stat::kBytesSent, static_cast<uint64_t>(burst.bytes()) * copies);
  }
  return accepted;
}

bool Endpoint::send_unattached(const Address& to, const uint8_t* body, uint32_t length) {
  if (length > kMaxUnattachedBytes || to.family() != options_.local.family()) return false;
  const std::lock_guard lock(mutex_);
  if (socket_.fd() < 0) return false;
  std::vector<uint8_t> frame(kHeaderBytes + length);
  write_header(frame.data(), {kFlagUnattached, 0, 0, 0});
  std::memcpy(frame.data() + kHeaderBytes, body, length);
  return socket_.send_one(frame.data(), static_cast<uint32_t>(frame.size()), to);
}

// ---- what JavaScript asks ----

bool Endpoint::has_news_for_script() {
  const std::lock_guard lock(mutex_);
  const bool news = news_;
  news_ = false;
  return news;
}

bool Endpoint::take_unattached(Unattached& out) {
  const std::lock_guard lock(mutex_);
  if (unattached_.empty()) return false;
  out = std::move(unattached_.front());
  unattached_.pop_front();
  return true;
}

bool Endpoint::take_refused(Address& out) {
  const std::lock_guard lock(mutex_);
  if (refused_.empty()) return false;
  out = refused_.front();
  refused_.pop_front();
  return true;
}

bool Endpoint::take_wanted(WantedStream& out) {
  const std::lock_guard lock(mutex_);
  for (const auto& view : views_) {
    if (!view->plane.take_wanted(out.stream)) continue;
    out.view = view->number;
    return true;
  }
  return false;
}

Stats Endpoint::stats() {
  const std::lock_guard lock(mutex_);
  Stats sum = own_;
  for (const auto& view : views_) add_all(sum, view->plane.stats());
  sum.counts[static_cast<size_t>(Stat::kSystemCalls)] = socket_.system_calls() + group_socket_.system_calls();
  return sum;
}

}  // namespace consort
