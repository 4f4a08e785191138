// One member's sockets and the views that live on them: datagrams are told apart by connection id and handed to the
// view's DataPlane; what the views have to send goes to their members' addresses. Twin:
// ts/data-plane/typescript/io-endpoint.ts
//
// Every call holds the endpoint's lock: in thread mode `multi` commands come from the event loop and step() from the
// I/O thread.
#pragma once
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/data_plane.h"
#include "core/port_set.h"
#include "io/udp_socket.h"

namespace consort {

struct EndpointOptions {
  Address local;
  bool multicast = false;
  Address group;  // where casts go, with `multicast`
  uint32_t buffer_bytes = 0;
  uint32_t frame_bytes = 0;  // 0: what the interface's MTU allows
  bool offload = true;
  double drop_rate = 0;  // frames lost on purpose when they arrive
  uint32_t drop_seed = 1;
  PortSet drop_ports;  // frames that come from these are lost, too
};

class Endpoint {
 public:
  struct Unattached {
    Address from;
    std::vector<uint8_t> bytes;
  };
  struct WantedStream {
    uint32_t view;
    Wanted stream;
  };

  Endpoint(const EndpointOptions& options, Slot plane_slot);

  // Returns 0, or an errno and which call failed; then nothing stays open.
  int open(std::string& failed_call);
  void close();
  const Address& local() const { return options_.local; }
  uint32_t frame_bytes() const { return frame_bytes_; }
  bool segments() const { return socket_.segments(); }
  // The sockets to watch; the second is -1 without multicast.
  int fd() const { return socket_.fd(); }
  int group_fd() const { return group_socket_.fd(); }

  // False if the number is taken or an address is of another family than the socket.
  bool install(uint32_t view, const ViewConfig& config, std::vector<Address> addresses);
  bool open_send(uint32_t view, StreamKind kind, Rank to, Ring ring, Slot slot);
  bool open_receive(uint32_t view, StreamKind kind, Rank origin, Ring ring, Slot slot);
  // Exactly these members are watched from now on; each is probed at once.
  void watch(uint32_t view, const std::vector<Rank>& ranks, Micros interval_us);
  void exclude(uint32_t view, Rank rank);
  void set_holder(uint32_t view, Rank origin, Rank holder, Position up_to);
  void stop_at(uint32_t view, Rank origin, Position cut);
  // After this the view's rings are not touched any more.
  void retire(uint32_t view);

  // Receives what is there, answers, and sends what is due. `readable`: whether the sockets may hold something. Returns
  // when to step again at the latest; blocked() then tells whether to wait for room in the socket as well.
  Micros step(bool readable);
  bool blocked() const { return blocked_; }
  // The system says that a socket has an error to tell: the next step looks at it.
  void note_error();
  // As step(false), if nobody holds the lock and there is little to send. Returns whether it was done.
  bool try_small_step(Micros& deadline);
  // Whether something is waiting to be sent or told that came from JavaScript since the last step.
  bool has_news_for_script();

  bool send_unattached(const Address& to, const uint8_t* body, uint32_t length);
  bool take_unattached(Unattached& out);
  // The next address to which a datagram was refused: nothing is bound there. A hint, which anybody may forge.
  bool take_refused(Address& out);
  bool take_wanted(WantedStream& out);
  Stats stats();

 private:
  struct View : Sink {
    View(uint32_t number, Endpoint& endpoint, const ViewConfig& config, std::vector<Address> addresses)
        : number(number), endpoint(endpoint), plane(config), addresses(std::move(addresses)), to(config.members) {}
    bool send(const Burst& burst) override;

    uint32_t number;
    Endpoint& endpoint;
    DataPlane plane;
    std::vector<Address> addresses;
    std::vector<const Address*> to;  // reused by send()
  };

  View* find(uint32_t number);
  Micros poll_views(Micros now);
  bool receive(UdpSocket& socket, Micros now);
  void handle_datagram(const Received& received, Micros now);
  bool lose(const Address& from);
  void handle_frame(const uint8_t* frame, uint32_t length, const Address& from, Micros now);
  void receive_refusals();
  void keep_refused(const Address& address);
  void keep_unattached(const uint8_t* frame, uint32_t length, const FrameHeader& header, const Address& from);

  EndpointOptions options_;
  Slot plane_slot_;
  std::mutex mutex_;
  UdpSocket socket_;
  UdpSocket group_socket_;
  uint32_t frame_bytes_ = kMinFrameBytes;
  bool lossy_;           // whether any frame may be dropped
  uint32_t drop_below_;  // a frame is dropped when the next random number is below this
  Random drop_random_;
  std::vector<std::unique_ptr<View>> views_;
  std::deque<Unattached> unattached_;
  std::deque<Address> refused_;  // no two are the same
  Stats own_;                    // what belongs to no view, and what retired views counted
  bool blocked_ = false;
  bool news_ = false;
};

}  // namespace consort
