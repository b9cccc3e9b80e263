// SPDX-License-Identifier: MIT
// Files and pipes: system calls, temporary files, signals, gzip.

#include "io.hpp"

#include <equinfo/bits/byte_stream.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef EQUINFO_ZLIB
#include <zlib.h>
#endif

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace program {
namespace {

constexpr std::size_t buffer_size = std::size_t{1} << 16;

std::string reason() { return std::strerror(errno); }

// ---- temporary files that a signal removes
// ------------------------------------------------------------------------------

struct temporary_slot {
    std::array<char, PATH_MAX> path{};
    std::atomic<bool> used = false;
};
std::array<temporary_slot, 8> temporaries;
static_assert(std::atomic<bool>::is_always_lock_free, "the signal handler reads it");

std::size_t remember(const std::string& path) {
    for (std::size_t slot = 0; slot < temporaries.size(); ++slot) {
        if (!temporaries[slot].used && path.size() < temporaries[slot].path.size()) {
            std::copy(path.c_str(), path.c_str() + path.size() + 1, temporaries[slot].path.begin());
            temporaries[slot].used = true;
            return slot;
        }
    }
    return temporaries.size();
}

void forget(std::size_t slot) {
    if (slot < temporaries.size()) {
        temporaries[slot].used = false;
    }
}

extern "C" void end_by_signal(int number) {
    for (temporary_slot& slot : temporaries) {
        if (slot.used) {
            ::unlink(slot.path.data());
        }
    }
    std::signal(number, SIG_DFL);
    std::raise(number);
}

std::string behind_links(const std::string& path) {
    std::error_code none;
    const std::filesystem::path real = std::filesystem::canonical(path, none);
    return none ? path : real.string();
}

}  // namespace

void install_signal_handlers() {
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) {
        struct sigaction action {};
        if (::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) {
            action.sa_handler = end_by_signal;
            sigfillset(&action.sa_mask);
            ::sigaction(number, &action, nullptr);
        }
    }
}

// ---- inputs
// -------------------------------------------------------------------------------------------------------------

input_file::input_file(const std::string& path) : m_path(path) {
    m_descriptor = is_standard() ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (m_descriptor < 0) {
        throw failure(path, reason());
    }
    if (::fstat(m_descriptor, &m_status) != 0) {
        throw failure(name(), reason());
    }
    if (S_ISDIR(m_status.st_mode)) {
        ::close(m_descriptor);
        throw failure(name(), "is a directory");
    }
}

input_file::~input_file() {
    if (!is_standard() && m_descriptor >= 0) {
        ::close(m_descriptor);
    }
}

std::size_t input_file::read(std::span<std::byte> room) {
    for (;;) {
        const ssize_t count = ::read(m_descriptor, room.data(), room.size());
        if (count >= 0) {
            m_position += static_cast<std::uint64_t>(count);
            return static_cast<std::size_t>(count);
        }
        if (errno != EINTR) {
            throw equinfo::error(equinfo::errc::io, m_position, "cannot be read: " + reason());
        }
    }
}

bool input_file::is_terminal() const noexcept { return ::isatty(m_descriptor) == 1; }

std::optional<std::uint64_t> input_file::size() const {
    if (!is_regular()) {
        return std::nullopt;
    }
    return static_cast<std::uint64_t>(m_status.st_size);
}

bool input_file::read_end(std::span<std::byte> room) const {
    const auto length = size();
    return length && *length >= room.size() &&
           ::pread(m_descriptor, room.data(), room.size(), static_cast<off_t>(*length - room.size())) ==
               static_cast<ssize_t>(room.size());
}

std::size_t prefixed_source::read(std::span<std::byte> room) {
    if (m_next == m_first.size()) {
        return m_rest.read(room);
    }
    const std::size_t count = std::min(room.size(), m_first.size() - m_next);
    std::memcpy(room.data(), m_first.data() + m_next, count);
    m_next += count;
    return count;
}

std::size_t limited_source::read(std::span<std::byte> room) {
    const std::size_t count =
        m_whole.read(room.first(static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), m_left))));
    m_left -= count;
    return count;
}

std::vector<std::uint8_t> read_all(source& from, std::uint64_t limit) {
    std::vector<std::uint8_t> text;
    std::vector<std::byte> room(buffer_size);
    while (text.size() < limit) {
        const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), limit - text.size()));
        const std::size_t count = from.read(std::span(room).first(wanted));
        if (count == 0) {
            break;
        }
        const auto got = equinfo::text_of(std::span<const std::byte>(room).first(count));
        text.insert(text.end(), got.begin(), got.end());
    }
    return text;
}

// ---- gzip
// ---------------------------------------------------------------------------------------------------------------

#ifdef EQUINFO_ZLIB
struct gzip_source::state {
    source& packed;
    std::vector<std::byte> buffer;
    std::string name;
    z_stream stream{};
    std::uint64_t position = 0;
    bool at_border = false;  // between two members
    bool ended = false;
};

gzip_source::gzip_source(source& packed, std::vector<std::byte> first, std::string name)
    : m_state(new state{packed, std::move(first), std::move(name)}) {
    if (::inflateInit2(&m_state->stream, 15 + 16) != Z_OK) {
        throw failure(m_state->name, "no memory to unpack gzip");
    }
    m_state->stream.next_in = reinterpret_cast<Bytef*>(m_state->buffer.data());
    m_state->stream.avail_in = static_cast<uInt>(m_state->buffer.size());
}

gzip_source::~gzip_source() { ::inflateEnd(&m_state->stream); }

std::size_t gzip_source::read(std::span<std::byte> room) {
    state& s = *m_state;
    room = room.first(std::min(room.size(), std::size_t{1} << 30));
    s.stream.next_out = reinterpret_cast<Bytef*>(room.data());
    s.stream.avail_out = static_cast<uInt>(room.size());
    while (s.stream.avail_out == room.size() && !s.ended) {
        if (s.stream.avail_in == 0) {
            s.position += s.buffer.size();
            s.buffer.resize(buffer_size);
            s.buffer.resize(s.packed.read(s.buffer));
            if (s.buffer.empty()) {
                if (!s.at_border) {
                    throw equinfo::error(equinfo::errc::truncated, s.position, "the gzip data ends too early");
                }
                s.ended = true;
                break;
            }
            s.stream.next_in = reinterpret_cast<Bytef*>(s.buffer.data());
            s.stream.avail_in = static_cast<uInt>(s.buffer.size());
        }
        if (s.at_border) {
            ::inflateReset(&s.stream);
            s.at_border = false;
        }
        const int result = ::inflate(&s.stream, Z_NO_FLUSH);
        if (result == Z_STREAM_END) {
            s.at_border = true;
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            throw equinfo::error(equinfo::errc::corrupt, s.position + s.buffer.size() - s.stream.avail_in,
                                 "the gzip data is damaged");
        }
    }
    return room.size() - s.stream.avail_out;
}
#else
struct gzip_source::state {};
gzip_source::gzip_source(source&, std::vector<std::byte>, std::string name) {
    throw failure(name, "is gzip, and this program was built without zlib");
}
gzip_source::~gzip_source() = default;
std::size_t gzip_source::read(std::span<std::byte>) { return 0; }
#endif

// ---- outputs
// ------------------------------------------------------------------------------------------------------------

void expect_other_file(const input_file& in, const std::string& output) {
    struct stat status {};
    if (output != standard_stream && in.is_regular() && ::stat(output.c_str(), &status) == 0 &&
        status.st_dev == in.status().st_dev && status.st_ino == in.status().st_ino) {
        throw failure(output, "is both input and output");
    }
}

bool is_same_output(const std::string& first, const std::string& second) {
    const auto place = [](const std::string& path) {
        std::error_code none;
        return std::filesystem::weakly_canonical(std::filesystem::absolute(path, none), none);
    };
    return !first.empty() && !second.empty() && place(first) == place(second);
}

output_file::output_file(const std::string& path, existing what_exists) : m_path(path) {
    if (path == standard_stream) {
        m_descriptor = STDOUT_FILENO;
        return;
    }
    struct stat status {};
    m_target = path;
    if (::stat(path.c_str(), &status) == 0) {
        if (S_ISDIR(status.st_mode)) {
            throw failure(path, "is a directory");
        }
        if (!S_ISREG(status.st_mode)) {
            m_descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
            if (m_descriptor < 0) {
                throw failure(path, reason());
            }
            return;
        }
        if (what_exists == existing::refused) {
            throw failure(path, "is there already; -f overwrites it");
        }
        m_target = behind_links(path);
    }
    m_replaces = what_exists == existing::replaced;
    std::string temporary = m_target + ".XXXXXX";
    m_descriptor = ::mkstemp(temporary.data());
    if (m_descriptor < 0) {
        throw failure(path, "cannot be written: " + reason());
    }
    m_temporary = std::move(temporary);
    m_slot = remember(m_temporary);
    // What open() would have given it; mkstemp() lets only the owner in.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    ::fchmod(m_descriptor, 0666 & ~mask);
}

output_file::~output_file() {
    if (m_path != standard_stream && m_descriptor >= 0) {
        ::close(m_descriptor);
    }
    if (!m_temporary.empty()) {
        ::unlink(m_temporary.c_str());
        forget(m_slot);
    }
}

bool output_file::is_terminal() const noexcept { return ::isatty(m_descriptor) == 1; }

void output_file::refuse() const {
    throw failure(name(), "cannot be written: " + reason() + " (at byte " + std::to_string(m_position) + ")");
}

void output_file::write_all(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(m_descriptor, bytes.data(), bytes.size());
        if (count < 0) {
            if (errno == EINTR) {
                continue;
            }
            refuse();
        }
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void output_file::flush() {
    write_all(m_buffer);
    m_buffer.clear();
}

void output_file::write(std::span<const std::byte> bytes) {
    m_position += bytes.size();
    if (m_buffer.size() + bytes.size() < buffer_size) {
        m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end());
        return;
    }
    flush();
    write_all(bytes);
}

void output_file::patch(std::uint64_t offset, std::span<const std::byte> bytes) {
    flush();
    while (!bytes.empty()) {
        const ssize_t count = ::pwrite(m_descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0) {
            if (errno == EINTR) {
                continue;
            }
            refuse();
        }
        bytes = bytes.subspan(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
}

void output_file::commit(const struct stat* like) {
    flush();
    if (m_path == standard_stream) {
        return;
    }
    if (like != nullptr && !m_temporary.empty()) {
        if (::fchown(m_descriptor, like->st_uid, like->st_gid) != 0) {
            // Only root may give files away; a file of one's own is what one wants then.
        }
        ::fchmod(m_descriptor, like->st_mode & 0777);
        const struct timespec times[2] = {like->st_atim, like->st_mtim};
        ::futimens(m_descriptor, times);
    }
    if (::close(std::exchange(m_descriptor, -1)) != 0) {
        refuse();
    }
    if (m_temporary.empty()) {
        return;
    }
    if (m_replaces) {
        if (std::rename(m_temporary.c_str(), m_target.c_str()) != 0) {
            refuse();
        }
    } else if (::link(m_temporary.c_str(), m_target.c_str()) == 0) {
        ::unlink(m_temporary.c_str());
    } else if (errno == EEXIST) {
        throw failure(m_path, "has come into being meanwhile; -f overwrites it");
    } else if (std::rename(m_temporary.c_str(), m_target.c_str()) != 0) {  // a file system without hard links
        refuse();
    }
    m_temporary.clear();
    forget(m_slot);
}

}  // namespace program
