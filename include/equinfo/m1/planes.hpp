// SPDX-License-Identifier: MIT
// How the numbers of a transformer stand in its file: planes of bytes, as they are or coded (docs/m1.md, section 8).
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/coding/frequency.hpp>
#include <equinfo/coding/interleaved.hpp>
#include <equinfo/coding/symbol_search.hpp>
#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/models/frequency_table.hpp>
#include <equinfo/models/static_model.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace equinfo::detail {

/// How a plane stands in the payload.
enum class plane_method : std::uint8_t { stored = 0, coded = 1, rows = 2 };

inline constexpr std::size_t plane_header = 5;  // method, size

/// A code is frequencies, then four messages: loading a model is mostly this, and lanes that take turns need half the time.
inline constexpr std::size_t plane_lanes = 4;
inline constexpr unsigned plane_precision = 16;

/// Bytes of a plane: byte number `plane` of every entry; of a table of 4 bits, two entries, each plus 8, the first one low.
template <class Entry>
[[nodiscard]] std::vector<std::uint8_t> plane_of(std::span<const Entry> entries, std::size_t plane, bool nibbles) {
    std::vector<std::uint8_t> bytes(nibbles ? entries.size() / 2 : entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (nibbles) {
            bytes[i / 2] = static_cast<std::uint8_t>(bytes[i / 2] | (entries[i] + 8) << (i % 2 * 4));
        } else {
            bytes[i] = static_cast<std::uint8_t>(static_cast<std::make_unsigned_t<Entry>>(entries[i]) >> (8 * plane));
        }
    }
    return bytes;
}

template <class Entry>
void join_plane(std::span<const std::uint8_t> bytes, std::size_t plane, bool nibbles, std::span<Entry> entries) {
    using bits = std::make_unsigned_t<Entry>;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (nibbles) {
            entries[i] = static_cast<Entry>((bytes[i / 2] >> (i % 2 * 4) & 15) - 8);
        } else {
            entries[i] = static_cast<Entry>(static_cast<bits>(entries[i]) | static_cast<bits>(bits{bytes[i]} << (8 * plane)));
        }
    }
}

/// Frequencies less one, in two bytes each.
inline void append_frequencies(std::span<const frequency> frequencies, std::vector<std::byte>& code) {
    const std::size_t start = code.size();
    code.resize(start + 2 * frequencies.size());
    for (std::size_t symbol = 0; symbol < frequencies.size(); ++symbol) {
        store_little(code.data() + start + 2 * symbol, static_cast<std::uint16_t>(frequencies[symbol] - 1));
    }
}

/// Takes the frequencies off the front of `code`, unless there are too few or their sum is wrong.
[[nodiscard]] inline bool take_frequencies(std::span<const std::byte>& code, std::span<frequency> frequencies) {
    if (code.size() < 2 * frequencies.size()) {
        return false;
    }
    std::uint64_t sum = 0;
    for (std::size_t symbol = 0; symbol < frequencies.size(); ++symbol) {
        frequencies[symbol] = frequency{load_little<std::uint16_t>(code.data() + 2 * symbol)} + 1;
        sum += frequencies[symbol];
    }
    code = code.subspan(2 * frequencies.size());
    return sum == std::uint64_t{1} << plane_precision;
}

/// The sizes of all messages but the last; the messages.
inline void append_messages(const interleaved_encoder<plane_lanes>& encoder, std::vector<std::byte>& code) {
    for (std::size_t lane = 0; lane + 1 < plane_lanes; ++lane) {
        code.resize(code.size() + 4);
        store_little(code.data() + code.size() - 4, static_cast<std::uint32_t>(encoder.bytes(lane).size()));
    }
    for (std::size_t lane = 0; lane < plane_lanes; ++lane) {
        code.insert(code.end(), encoder.bytes(lane).begin(), encoder.bytes(lane).end());
    }
}

using plane_messages = std::array<std::span<const std::byte>, plane_lanes>;

/// Splits `code`, unless a size goes beyond it.
[[nodiscard]] inline bool take_messages(std::span<const std::byte> code, plane_messages& messages) {
    constexpr std::size_t sizes = 4 * (plane_lanes - 1);
    if (code.size() < sizes) {
        return false;
    }
    std::span<const std::byte> rest = code.subspan(sizes);
    for (std::size_t lane = 0; lane < plane_lanes; ++lane) {
        const std::size_t size = lane + 1 < plane_lanes ? load_little<std::uint32_t>(code.data() + 4 * lane) : rest.size();
        if (size > rest.size()) {
            return false;
        }
        messages[lane] = rest.first(size);
        rest = rest.subspan(size);
    }
    return true;
}

/// All bytes by one distribution.
[[nodiscard]] inline std::vector<std::byte> code_plane(std::span<const std::uint8_t> bytes) {
    const auto table = static_model<plane_precision>::from_text(bytes).predict();
    interleaved_encoder<plane_lanes> encoder;
    for (const std::uint8_t byte : bytes) {
        encoder.encode(table.range_of(byte), plane_precision);
    }
    encoder.finish();
    std::array<frequency, 256> frequencies;
    table.frequencies(frequencies);
    std::vector<std::byte> code;
    append_frequencies(frequencies, code);
    append_messages(encoder, code);
    return code;
}

/// Whether `code` is the code of a plane of this size, which then stands in `bytes`.
[[nodiscard]] inline bool decode_plane(std::span<const std::byte> code, std::span<std::uint8_t> bytes) {
    std::array<frequency, 256> frequencies;
    plane_messages messages;
    if (!take_frequencies(code, frequencies) || !take_messages(code, messages)) {
        return false;
    }
    const auto table = frequency_table<plane_precision>::from_frequencies(frequencies);
    interleaved_decoder<plane_lanes> decoder(messages);
    decoder.template decode<plane_precision>(bytes, [&table](frequency point) { return table.locate_in_turn(point); });
    return decoder.at_end();
}

/// A distribution of 16 symbols, which one step finds: of entries of 4 bits, and of the classes of rows.
class sixteen_table {
public:
    [[nodiscard]] static sixteen_table from_frequencies(std::span<const frequency, 16> frequencies) noexcept {
        sixteen_table table;
        for (std::size_t symbol = 0; symbol < 16; ++symbol) {
            table.m_lows[symbol + 1] = table.m_lows[symbol] + frequencies[symbol];
        }
        return table;
    }

    [[nodiscard]] EQUINFO_FORCE_INLINE frequency_range range_of(std::uint8_t symbol) const noexcept {
        return {m_lows[symbol], m_lows[symbol + std::size_t{1}] - m_lows[symbol]};
    }

    [[nodiscard]] EQUINFO_FORCE_INLINE located_symbol<std::uint8_t> locate_in_turn(frequency point) const noexcept {
        const auto found = static_cast<std::uint8_t>(last_at_most(m_lows.data(), point));
        return {found, range_of(found)};
    }

private:
    std::array<frequency, 17> m_lows{};
};

/// Rows of a table differ much in size, as their contexts do in how often they occur. So each row has a class, and each class a
/// distribution of its entries.
inline constexpr std::size_t row_classes = 16;
inline constexpr std::size_t most_columns = 128;  // of a row

/// The size of a row by octaves of its energy: any choice can be read, so this is only a good one. At most 15: 128 entries of 4
/// bits have an energy of at most 13 digits, of 8 bits 21.
template <unsigned EntryBits>
[[nodiscard]] std::uint8_t class_of_row(std::span<const std::int8_t> row) noexcept {
    unsigned energy = 0;
    for (const int entry : row) {
        energy += static_cast<unsigned>(entry * entry);
    }
    constexpr int fewest_digits = EntryBits == 8 ? 6 : 0;
    return static_cast<std::uint8_t>(energy == 0 ? 0 : std::max(1, static_cast<int>(std::bit_width(energy)) - fewest_digits));
}

/// Each symbol gets 1 and its share of the rest, rounded down; the most frequent one also what is left over.
template <std::size_t Symbols>
[[nodiscard]] std::array<frequency, Symbols> frequencies_of(const std::array<std::uint64_t, Symbols>& counts) noexcept {
    constexpr std::uint64_t whole = std::uint64_t{1} << plane_precision;
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts) {
        total += count;
    }
    std::array<frequency, Symbols> frequencies;
    std::uint64_t left = whole;
    for (std::size_t symbol = 0; symbol < Symbols; ++symbol) {
        frequencies[symbol] = static_cast<frequency>(1 + (total == 0 ? 0 : counts[symbol] * (whole - Symbols) / total));
        left -= frequencies[symbol];
    }
    const auto most = std::max_element(counts.begin(), counts.end()) - counts.begin();
    frequencies[static_cast<std::size_t>(most)] += static_cast<frequency>(left);
    return frequencies;
}

/// How entries of so many bits are coded in rows.
template <unsigned EntryBits>
struct row_entries {
    static constexpr std::size_t symbols = std::size_t{1} << EntryBits;
    static constexpr std::size_t per_byte = 8 / EntryBits;
    using table = std::conditional_t<EntryBits == 4, sixteen_table, frequency_table<plane_precision>>;

    [[nodiscard]] static std::uint8_t symbol_of(std::int8_t entry) noexcept {
        return static_cast<std::uint8_t>(EntryBits == 4 ? entry + 8 : entry);
    }
};

/// The frequencies of the classes; of each class, those of its entries; the messages: all classes, then all entries.
template <unsigned EntryBits>
[[nodiscard]] std::vector<std::byte> code_rows(std::span<const std::int8_t> entries, std::size_t columns) {
    using kind = row_entries<EntryBits>;
    std::vector<std::uint8_t> classes;
    std::array<std::uint64_t, row_classes> class_counts{};
    std::array<std::array<std::uint64_t, kind::symbols>, row_classes> counts{};
    for (std::size_t i = 0; i < entries.size(); i += columns) {
        const std::span<const std::int8_t> row = entries.subspan(i, columns);
        classes.push_back(class_of_row<EntryBits>(row));
        ++class_counts[classes.back()];
        for (const std::int8_t entry : row) {
            ++counts[classes.back()][kind::symbol_of(entry)];
        }
    }
    std::vector<std::byte> code;
    const auto class_frequencies = frequencies_of(class_counts);
    append_frequencies(class_frequencies, code);
    std::vector<typename kind::table> tables;
    for (const auto& count : counts) {
        const auto frequencies = frequencies_of(count);
        append_frequencies(frequencies, code);
        tables.push_back(kind::table::from_frequencies(frequencies));
    }
    const auto class_table = sixteen_table::from_frequencies(class_frequencies);
    interleaved_encoder<plane_lanes> encoder;
    for (const std::uint8_t row_class : classes) {
        encoder.encode(class_table.range_of(row_class), plane_precision);
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
        encoder.encode(tables[classes[i / columns]].range_of(kind::symbol_of(entries[i])), plane_precision);
    }
    encoder.finish();
    append_messages(encoder, code);
    return code;
}

/// Whether `code` is the code of so many rows, which then stand in `bytes` as in any plane.
template <unsigned EntryBits>
[[nodiscard]] bool decode_rows(std::span<const std::byte> code, std::size_t columns, std::span<std::uint8_t> bytes) {
    using kind = row_entries<EntryBits>;
    std::array<frequency, row_classes> class_frequencies;
    if (!take_frequencies(code, class_frequencies)) {
        return false;
    }
    std::vector<typename kind::table> tables;
    for (std::size_t row_class = 0; row_class < row_classes; ++row_class) {
        std::array<frequency, kind::symbols> frequencies;
        if (!take_frequencies(code, frequencies)) {
            return false;
        }
        tables.push_back(kind::table::from_frequencies(frequencies));
    }
    plane_messages messages;
    if (!take_messages(code, messages)) {
        return false;
    }
    interleaved_decoder<plane_lanes> decoder(messages);
    std::vector<std::uint8_t> classes(bytes.size() * kind::per_byte / columns);
    const auto class_table = sixteen_table::from_frequencies(class_frequencies);
    decoder.template decode<plane_precision>(std::span(classes),
                                             [&class_table](frequency point) { return class_table.locate_in_turn(point); });
    std::array<std::uint8_t, most_columns> buffer;
    const std::span<std::uint8_t> row = std::span(buffer).first(columns);
    for (std::size_t r = 0; r < classes.size(); ++r) {
        const auto& table = tables[classes[r]];
        decoder.template decode<plane_precision>(row, [&table](frequency point) { return table.locate_in_turn(point); });
        std::uint8_t* const to = bytes.data() + r * columns / kind::per_byte;
        for (std::size_t i = 0; i < columns / kind::per_byte; ++i) {
            to[i] = EntryBits == 4 ? static_cast<std::uint8_t>(row[2 * i] | row[2 * i + 1] << 4) : row[i];
        }
    }
    return decoder.at_end();
}

/// The shortest of the ways; `rows` is empty where that way is none.
inline void append_plane(std::span<const std::uint8_t> bytes, const std::vector<std::byte>& rows, std::vector<std::byte>& payload) {
    const std::vector<std::byte> coded = code_plane(bytes);
    plane_method method = plane_method::stored;
    std::span<const std::byte> chosen = std::as_bytes(bytes);
    const auto consider = [&](plane_method other, const std::vector<std::byte>& code) {
        if (code.size() < chosen.size() && code.size() > bytes.size() / 64) {
            method = other;
            chosen = code;
        }
    };
    consider(plane_method::coded, coded);
    consider(plane_method::rows, rows);
    const std::size_t start = payload.size();
    payload.resize(start + plane_header + chosen.size());
    payload[start] = static_cast<std::byte>(method);
    store_little(payload.data() + start + 1, static_cast<std::uint32_t>(chosen.size()));
    std::copy(chosen.begin(), chosen.end(), payload.begin() + static_cast<std::ptrdiff_t>(start + plane_header));
}

/// Takes planes off the payload of a file, which begins at byte `offset`.
class plane_reader {
public:
    plane_reader(std::span<const std::byte> payload, std::size_t offset) : m_rest(payload), m_offset(offset) {}

    /// The plane of `size` bytes of a tensor; of a table, whose `columns` are not 0, perhaps in rows.
    [[nodiscard]] std::vector<std::uint8_t> next(std::size_t size, std::size_t columns, bool nibbles, const char* what) {
        const auto refuse = [&](const char* fault) {
            throw_error(errc::corrupt, m_offset, std::string("transformer model file: ") + fault + " in the numbers of " + what);
        };
        if (m_rest.size() < plane_header) {
            refuse("the payload ends");
        }
        const auto method = static_cast<plane_method>(m_rest[0]);
        const std::size_t stored = load_little<std::uint32_t>(m_rest.data() + 1);
        if (m_rest.size() - plane_header < stored) {
            refuse("the payload ends");
        }
        const std::span<const std::byte> bytes = m_rest.subspan(plane_header, stored);
        std::vector<std::uint8_t> plane(size);
        if (method == plane_method::stored && stored == size) {
            std::transform(bytes.begin(), bytes.end(), plane.begin(), [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
        } else if (method == plane_method::coded) {
            if (!decode_plane(bytes, plane)) {
                refuse("a code that is none");
            }
        } else if (method == plane_method::rows && columns != 0) {
            if (!(nibbles ? decode_rows<4>(bytes, columns, plane) : decode_rows<8>(bytes, columns, plane))) {
                refuse("a code of rows that is none");
            }
        } else if (method != plane_method::stored) {
            refuse("an unknown way of coding");
        } else {
            refuse("a wrong size");
        }
        m_rest = m_rest.subspan(plane_header + stored);
        m_offset += plane_header + stored;
        return plane;
    }

    [[nodiscard]] std::size_t offset() const noexcept { return m_offset; }
    [[nodiscard]] bool at_end() const noexcept { return m_rest.empty(); }

private:
    std::span<const std::byte> m_rest;
    std::size_t m_offset;
};

}  // namespace equinfo::detail
