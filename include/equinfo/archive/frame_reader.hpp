// SPDX-License-Identifier: MIT
// Walks an archive from frame to frame, checks that they make one archive, and finds the next one behind damage.
#pragma once

#include <equinfo/archive/frame.hpp>
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/concepts.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/error.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace equinfo {

/// Something wrong in an archive.
struct archive_damage {
    error what;               ///< with the code, and the byte offset in the archive
    std::uint64_t block = 0;  ///< number of the first block that it hurts, modulo 2^32
    std::uint64_t text_bytes = 0;  ///< bytes of text that are lost by it, as far as is known
};

/// What to do about damage unless one says otherwise: stop.
struct throw_damage {
    [[noreturn]] void operator()(const archive_damage& damage) const { throw error(damage.what); }
};

namespace detail {

/// A source with a buffer of 64 KiB that counts its bytes.
template <byte_source Source>
class buffered_source {
public:
    buffered_source(Source& source, std::uint64_t offset) : m_source(source), m_buffer(1u << 16), m_offset(offset) {}

    /// Of the next byte that is handed out.
    [[nodiscard]] std::uint64_t offset() const noexcept { return m_offset; }

    /// Hands out up to `room.size()` bytes, fewer only at the end.
    [[nodiscard]] std::size_t read(std::span<std::byte> room) {
        std::size_t filled = 0;
        while (filled < room.size()) {
            const std::span<const std::byte> there = next();
            if (there.empty()) {
                break;
            }
            const std::size_t count = std::min(there.size(), room.size() - filled);
            std::memcpy(room.data() + filled, there.data(), count);
            filled += count;
            drop(count);
        }
        return filled;
    }

    /// Steps over up to `count` bytes; says how many there were.
    [[nodiscard]] std::uint64_t skip(std::uint64_t count) {
        std::uint64_t skipped = 0;
        while (skipped < count) {
            const std::size_t there = next().size();
            if (there == 0) {
                break;
            }
            const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(there, count - skipped));
            skipped += step;
            drop(step);
        }
        return skipped;
    }

private:
    [[nodiscard]] std::span<const std::byte> next() {
        if (m_next == m_end && !m_ended) {
            m_next = 0;
            m_end = m_source.read(m_buffer);
            m_ended = m_end == 0;
        }
        return std::span<const std::byte>(m_buffer).subspan(m_next, m_end - m_next);
    }

    void drop(std::size_t count) noexcept {
        m_next += count;
        m_offset += count;
    }

    Source& m_source;
    std::vector<std::byte> m_buffer;
    std::size_t m_next = 0;
    std::size_t m_end = 0;
    std::uint64_t m_offset;
    bool m_ended = false;
};

}  // namespace detail

/// Gives the frames behind an archive's header one by one. The functions take a handler that is called with every
/// archive_damage; if it returns, they go on behind the damage as well as can be.
template <byte_source Source>
class frame_reader {
public:
    /// `source` stands behind the header, and must outlive the reader.
    frame_reader(Source& source, const archive_header& header)
        : m_source(source, header.size()), m_header(header), m_header_crc(detail::checksum_of(header)) {}

    /// The next block's frame; read_payload() or skip_payload() must follow. Nothing at the end.
    template <class OnDamage>
    [[nodiscard]] std::optional<archive_frame> next(OnDamage&& on_damage) {
        for (;;) {
            const std::uint64_t offset = m_source.offset();
            std::array<std::byte, archive_frame::size> bytes;
            if (m_source.read(bytes) < bytes.size()) {
                on_damage(damage(errc::truncated, m_source.offset(), "the archive ends without its end mark"));
                return std::nullopt;
            }
            if (!detail::is_frame(bytes, m_header_crc)) {
                on_damage(damage(errc::bad_checksum, offset,
                                 "the frame of block " + std::to_string(m_due) + " is damaged"));
                if (!find_frame(bytes)) {
                    on_damage(damage(errc::truncated, m_source.offset(), "no further block and no end mark was found"));
                    return std::nullopt;
                }
            }
            m_frame = detail::frame_of(bytes);
            const std::uint64_t start = m_source.offset() - bytes.size();
            if (const std::string_view fault = detail::fault_of(m_frame, m_header.block_size); !fault.empty()) {
                // Such a frame has a right checksum, so somebody made it: nothing behind it deserves trust.
                on_damage(damage(errc::corrupt, start,
                                 "block " + std::to_string(m_frame.number) + ": " + std::string(fault)));
                return std::nullopt;
            }
            if (m_frame.kind == block_kind::end) {
                check_end(start, on_damage);
                return std::nullopt;
            }
            if (is_in_order(start, on_damage)) {
                return m_frame;
            }
            if (m_source.skip(m_frame.payload_size) < m_frame.payload_size) {
                tell_cut(on_damage);
                return std::nullopt;
            }
        }
    }

    /// Reads the payload of the frame that next() gave, as it comes: a false length takes no more room than twice
    /// what is there. False where the archive ends in it and the handler returned.
    template <class OnDamage>
    [[nodiscard]] bool read_payload(std::vector<std::byte>& payload, OnDamage&& on_damage) {
        const std::size_t size = m_frame.payload_size;
        payload.clear();
        while (payload.size() < size) {
            const std::size_t had = payload.size();
            const std::size_t wanted = std::min(size - had, std::max<std::size_t>(had, std::size_t{1} << 16));
            payload.resize(had + wanted);
            if (m_source.read(std::span(payload).subspan(had)) < wanted) {
                tell_cut(on_damage);
                return false;
            }
        }
        count_block();
        return true;
    }

    /// Steps over the payload. False where the archive ends in it and the handler returned.
    template <class OnDamage>
    [[nodiscard]] bool skip_payload(OnDamage&& on_damage) {
        if (m_source.skip(m_frame.payload_size) < m_frame.payload_size) {
            tell_cut(on_damage);
            return false;
        }
        count_block();
        return true;
    }

    /// Bytes of the archive read so far.
    [[nodiscard]] std::uint64_t offset() const noexcept { return m_source.offset(); }

    /// Of the frames so far.
    [[nodiscard]] archive_summary summary() const noexcept {
        archive_summary summary = m_summary;
        summary.archive_bytes = m_source.offset();
        return summary;
    }

private:
    [[nodiscard]] archive_damage damage(errc code, std::uint64_t offset, const std::string& what,
                                        std::uint64_t text_bytes = 0) const {
        return {error(code, offset, what), m_due, text_bytes};
    }

    template <class OnDamage>
    void tell_cut(OnDamage&& on_damage) {
        on_damage(damage(errc::truncated, m_source.offset(),
                         "the archive ends within block " + std::to_string(m_frame.number), m_frame.text_size));
    }

    /// Moves on byte by byte until `bytes` is a frame.
    [[nodiscard]] bool find_frame(std::array<std::byte, archive_frame::size>& bytes) {
        do {
            std::copy(bytes.begin() + 1, bytes.end(), bytes.begin());
            if (m_source.read(std::span(bytes).last(1)) == 0) {
                return false;
            }
        } while (!detail::is_frame(bytes, m_header_crc));
        return true;
    }

    /// Blocks come in the order of their numbers, and all but the last are full. False for a block to be left out: one
    /// that was there before.
    template <class OnDamage>
    [[nodiscard]] bool is_in_order(std::uint64_t start, OnDamage&& on_damage) {
        const std::uint32_t missing = m_frame.number - m_due;
        const bool is_earlier = missing >= std::uint32_t{1} << 31;
        if (missing != 0) {
            on_damage(damage(errc::corrupt, start,
                             "block " + std::to_string(m_frame.number) + " stands where block " +
                                 std::to_string(m_due) + " is due",
                             is_earlier ? 0 : std::uint64_t{missing} * m_header.block_size));
        } else if (m_short) {
            on_damage(damage(errc::corrupt, start,
                             "block " + std::to_string(m_due - 1) + " is not full, but another block follows"));
        }
        if (is_earlier) {
            return false;
        }
        m_lost += std::uint64_t{missing} * m_header.block_size;
        m_due = m_frame.number;
        return true;
    }

    void count_block() noexcept {
        ++m_due;
        m_short = m_frame.text_size != m_header.block_size;
        ++m_summary.blocks;
        m_summary.stored_blocks += m_frame.kind == block_kind::stored ? 1 : 0;
        m_summary.text_bytes += m_frame.text_size;
        std::array<std::byte, 4> crc{};
        store_little(crc.data(), m_frame.text_crc);
        m_crcs = crc32(crc, m_crcs);
    }

    template <class OnDamage>
    void check_end(std::uint64_t start, OnDamage&& on_damage) {
        const std::uint64_t total = m_frame.total_size();
        if (m_frame.number != static_cast<std::uint32_t>(m_summary.blocks) || total != m_summary.text_bytes) {
            const std::uint64_t known = m_summary.text_bytes + m_lost;
            on_damage(damage(errc::corrupt, start,
                             "the end mark counts " + std::to_string(m_frame.number) + " blocks of " +
                                 std::to_string(total) + " bytes, but " + std::to_string(m_summary.blocks) + " of " +
                                 std::to_string(m_summary.text_bytes) + " are there",
                             total > known ? total - known : 0));
        } else if (m_frame.text_crc != m_crcs) {
            on_damage(damage(errc::bad_checksum, start, "the blocks are not those that the end mark was written for"));
        }
        const std::uint64_t end = m_source.offset();
        std::array<std::byte, 1> more{};
        if (m_source.read(more) != 0) {
            on_damage(damage(errc::corrupt, end, "bytes follow the end of the archive"));
        }
    }

    detail::buffered_source<Source> m_source;
    archive_header m_header;
    std::uint32_t m_header_crc;
    archive_frame m_frame;       // the one that next() gave last
    std::uint32_t m_due = 0;     // the number of the next block
    std::uint32_t m_crcs = 0;    // CRC-32 of the blocks' CRCs
    bool m_short = false;        // a block that is not full was seen
    std::uint64_t m_lost = 0;    // bytes of text in blocks that are known to be missing
    archive_summary m_summary;
};

}  // namespace equinfo
