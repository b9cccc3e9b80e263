// SPDX-License-Identifier: MIT
// The ids of a token file: little-endian integers of one, two or four bytes, checked both ways and summed.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/concepts.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/error.hpp>
#include <equinfo/tokens/byte_fields.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace equinfo::detail {

/// Ids to bytes. An id above the largest is an error, found before any byte of its call is written.
template <byte_sink Sink>
class payload_writer {
public:
    /// @param largest  the largest id that the file may hold; a file of signed 32-bit integers ends at 2^31 - 1.
    /// @param name     how the file's type is called in messages
    payload_writer(Sink& sink, token_type type, token largest, std::string_view name)
        : m_sink(&sink), m_type(type), m_largest(largest), m_name(name) {}

    /// @param offset  where in the file the first of these ids goes, for messages
    void write(std::span<const token> ids, std::uint64_t offset) {
        require_fit(ids, offset);
        const std::size_t per_chunk = file_buffer_bytes / bytes_per_token(m_type);
        while (!ids.empty()) {
            const std::span<const token> now = ids.first(std::min(ids.size(), per_chunk));
            switch (m_type) {
                case token_type::uint8:
                    store<std::uint8_t>(now);
                    break;
                case token_type::uint16:
                    store<std::uint16_t>(now);
                    break;
                case token_type::uint32:
                    store<std::uint32_t>(now);
                    break;
            }
            m_crc = crc32(m_buffer, m_crc);
            m_sink->write(m_buffer);
            m_count += now.size();
            ids = ids.subspan(now.size());
        }
    }

    [[nodiscard]] token_type type() const noexcept { return m_type; }
    [[nodiscard]] std::uint64_t count() const noexcept { return m_count; }
    [[nodiscard]] std::uint64_t byte_count() const noexcept { return m_count * bytes_per_token(m_type); }
    [[nodiscard]] std::uint32_t crc() const noexcept { return m_crc; }

private:
    void require_fit(std::span<const token> ids, std::uint64_t offset) const {
        token largest = 0;
        for (const token id : ids) {
            largest = std::max(largest, id);
        }
        if (largest > m_largest) {
            const std::size_t at = static_cast<std::size_t>(
                std::find_if(ids.begin(), ids.end(), [&](token id) { return id > m_largest; }) - ids.begin());
            throw_error(errc::token_overflow, offset + at * bytes_per_token(m_type),
                        "token " + grouped(m_count + at) + " has the id " + grouped(ids[at]) + ", and " +
                            std::string(m_name) + " ends at " + grouped(m_largest));
        }
    }

    template <class T>
    void store(std::span<const token> ids) {
        m_buffer.resize(ids.size() * sizeof(T));
        for (std::size_t i = 0; i < ids.size(); ++i) {
            store_little(m_buffer.data() + i * sizeof(T), static_cast<T>(ids[i]));
        }
    }

    Sink* m_sink;
    token_type m_type;
    token m_largest;
    std::string_view m_name;
    std::vector<std::byte> m_buffer;
    std::uint64_t m_count = 0;
    std::uint32_t m_crc = 0;
};

/// Bytes to ids: as many as the header says, or up to the end of the source where there is no header.
template <byte_source Source>
class payload_reader {
public:
    /// @param total   how many ids the header promises, if it does
    /// @param offset  of the first id in the file
    payload_reader(Source& source, token_type type, std::optional<std::uint64_t> total, std::uint64_t offset,
                   token largest, std::string_view file)
        : m_source(&source), m_type(type), m_total(total), m_offset(offset), m_largest(largest), m_file(file) {}

    [[nodiscard]] std::size_t read(std::span<token> room) {
        if (room.empty()) {
            return 0;
        }
        std::size_t wanted = std::min(room.size(), file_buffer_bytes / bytes_per_token(m_type));
        if (m_total) {
            wanted = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, *m_total - m_count));
            if (wanted == 0) {
                expect_end();
                return 0;
            }
        }
        m_buffer.resize(wanted * bytes_per_token(m_type));
        const std::size_t bytes = read_fully(*m_source, m_buffer);
        const std::size_t got = bytes / bytes_per_token(m_type);
        if (bytes % bytes_per_token(m_type) != 0) {
            throw_error(errc::truncated, position() + bytes,
                        std::string(m_file) + " ends inside token " + grouped(m_count + got) + ": a " +
                            std::string(name_of(m_type)) + " has " + std::to_string(bytes_per_token(m_type)) +
                            " bytes");
        }
        if (m_total && got < wanted) {
            throw_error(
                errc::truncated, position() + bytes,
                std::string(m_file) + " ends after " + grouped(m_count + got) + " of " + grouped(*m_total) + " tokens");
        }
        m_crc = crc32(std::span(m_buffer).first(bytes), m_crc);
        switch (m_type) {
            case token_type::uint8:
                load<std::uint8_t>(room.first(got));
                break;
            case token_type::uint16:
                load<std::uint16_t>(room.first(got));
                break;
            case token_type::uint32:
                load<std::uint32_t>(room.first(got));
                break;
        }
        m_count += got;
        return got;
    }

    [[nodiscard]] token_type type() const noexcept { return m_type; }
    [[nodiscard]] std::optional<std::uint64_t> total() const noexcept { return m_total; }
    [[nodiscard]] std::uint64_t position() const noexcept { return m_offset + m_count * bytes_per_token(m_type); }
    [[nodiscard]] std::uint64_t count() const noexcept { return m_count; }
    [[nodiscard]] std::uint32_t crc() const noexcept { return m_crc; }

private:
    void expect_end() {
        std::byte extra[1];
        if (!m_ended && m_source->read(extra) != 0) {
            throw_error(errc::corrupt, position(),
                        std::string(m_file) + " goes on behind its " + grouped(*m_total) + " tokens");
        }
        m_ended = true;
    }

    template <class T>
    void load(std::span<token> room) {
        for (std::size_t i = 0; i < room.size(); ++i) {
            room[i] = load_little<T>(m_buffer.data() + i * sizeof(T));
            if (room[i] > m_largest) {
                throw_error(errc::corrupt, position() + i * sizeof(T),
                            std::string(m_file) + " holds a negative token id");
            }
        }
    }

    Source* m_source;
    token_type m_type;
    std::optional<std::uint64_t> m_total;
    std::uint64_t m_offset;
    token m_largest;
    std::string_view m_file;
    std::vector<std::byte> m_buffer;
    std::uint64_t m_count = 0;
    std::uint32_t m_crc = 0;
    bool m_ended = false;
};

/// The largest id that an unsigned type holds.
[[nodiscard]] constexpr token largest_id(token_type type) noexcept { return static_cast<token>(capacity_of(type) - 1); }

}  // namespace equinfo::detail
