// SPDX-License-Identifier: MIT
// Token files whose format is chosen at run time.
#pragma once

#include <equinfo/bits/concepts.hpp>
#include <equinfo/error.hpp>
#include <equinfo/tokens/concepts.hpp>
#include <equinfo/tokens/header_slot.hpp>
#include <equinfo/tokens/llmc_file.hpp>
#include <equinfo/tokens/megatron_file.hpp>
#include <equinfo/tokens/npy_file.hpp>
#include <equinfo/tokens/raw_file.hpp>
#include <equinfo/tokens/vocabulary.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace equinfo {

/// The value is the one in token_file_info's file.
enum class token_format : std::uint8_t { raw = 0, npy = 1, llmc = 2, megatron = 3 };

[[nodiscard]] constexpr std::string_view name_of(token_format format) noexcept {
    switch (format) {
        case token_format::raw:
            return "raw";
        case token_format::npy:
            return "npy";
        case token_format::llmc:
            return "llmc";
        case token_format::megatron:
            return "megatron";
    }
    return "unknown";
}

/// The format of that name, or nothing.
[[nodiscard]] constexpr std::optional<token_format> token_format_named(std::string_view name) noexcept {
    for (const token_format format :
         {token_format::raw, token_format::npy, token_format::llmc, token_format::megatron}) {
        if (name_of(format) == name) {
            return format;
        }
    }
    return std::nullopt;
}

/// The smallest type that holds the vocabulary and that the format has: llm.c begins at uint16.
/// @throws error{token_overflow} where there is none: Megatron's widest type is int32.
[[nodiscard]] inline token_type smallest_type_for(token_format format, const vocabulary& ids) {
    token_type type = ids.smallest_type();
    if (format == token_format::llmc && type == token_type::uint8) {
        type = token_type::uint16;
    }
    if (format == token_format::megatron && ids.size() > std::uint64_t{1} << 31) {
        detail::throw_error(errc::token_overflow, 0,
                            "Megatron holds ids of int32, 2,147,483,648 of them, and the vocabulary has " +
                                detail::grouped(ids.size()));
    }
    return type;
}

/// A token_writer of any of the formats.
template <byte_sink Sink, byte_sink IndexSink = Sink>
class any_token_writer {
public:
    /// @param sink   takes the tokens
    /// @param index  takes Megatron's .idx; other formats need none and leave it alone. Both must outlive the writer.
    /// @throws error{bad_parameter, too_large} as the format's own writer does, or for Megatron without an index.
    any_token_writer(token_format format, const token_file_options& options, Sink& sink, IndexSink* index = nullptr)
        : m_writer(make(format, options, sink, index)) {}

    void begin() {
        std::visit([](auto& writer) { writer.begin(); }, m_writer);
    }
    void tokens(std::span<const token> ids) {
        std::visit([&](auto& writer) { writer.tokens(ids); }, m_writer);
    }
    void end_document() {
        std::visit([](auto& writer) { writer.end_document(); }, m_writer);
    }
    void finish() {
        std::visit([](auto& writer) { writer.finish(); }, m_writer);
    }
    [[nodiscard]] token_type type() const {
        return std::visit([](const auto& writer) { return writer.type(); }, m_writer);
    }
    [[nodiscard]] std::uint64_t token_count() const {
        return std::visit([](const auto& writer) { return writer.token_count(); }, m_writer);
    }
    [[nodiscard]] std::uint64_t position() const {
        return std::visit([](const auto& writer) { return writer.position(); }, m_writer);
    }
    [[nodiscard]] std::uint32_t payload_crc() const {
        return std::visit([](const auto& writer) { return writer.payload_crc(); }, m_writer);
    }

private:
    using writers = std::variant<raw_token_writer<Sink>, npy_token_writer<Sink>, llmc_token_writer<Sink>,
                                 megatron_token_writer<Sink, IndexSink>>;

    static writers make(token_format format, const token_file_options& options, Sink& sink, IndexSink* index) {
        switch (format) {
            case token_format::raw:
                break;
            case token_format::npy:
                return npy_token_writer<Sink>(sink, options);
            case token_format::llmc:
                return llmc_token_writer<Sink>(sink, options);
            case token_format::megatron:
                if (index == nullptr) {
                    detail::throw_error(errc::bad_parameter, 0,
                                        "the Megatron format needs a second output, for its .idx");
                }
                return megatron_token_writer<Sink, IndexSink>(sink, *index, options);
        }
        return raw_token_writer<Sink>(sink, options);
    }

    writers m_writer;
};

/// A token_reader of any of the formats.
template <byte_source Source>
class any_token_reader {
public:
    /// @param type   what a raw file holds; the other formats say it themselves
    /// @param index  what Megatron's .idx says (read_megatron_index)
    /// @throws error as the format's own reader does, or error{bad_parameter} for Megatron without an index.
    any_token_reader(token_format format, Source& source, token_type type, const megatron_index* index = nullptr)
        : m_reader(make(format, source, type, index)) {}

    [[nodiscard]] std::size_t read(std::span<token> room) {
        return std::visit([&](auto& reader) { return reader.read(room); }, m_reader);
    }
    [[nodiscard]] token_type type() const {
        return std::visit([](const auto& reader) { return reader.type(); }, m_reader);
    }
    [[nodiscard]] std::optional<std::uint64_t> token_total() const {
        return std::visit([](const auto& reader) { return reader.token_total(); }, m_reader);
    }
    [[nodiscard]] std::uint64_t token_count() const {
        return std::visit([](const auto& reader) { return reader.token_count(); }, m_reader);
    }
    [[nodiscard]] std::uint64_t position() const {
        return std::visit([](const auto& reader) { return reader.position(); }, m_reader);
    }
    [[nodiscard]] std::uint32_t payload_crc() const {
        return std::visit([](const auto& reader) { return reader.payload_crc(); }, m_reader);
    }

private:
    using readers = std::variant<raw_token_reader<Source>, npy_token_reader<Source>, llmc_token_reader<Source>,
                                 megatron_token_reader<Source>>;

    static readers make(token_format format, Source& source, token_type type, const megatron_index* index) {
        switch (format) {
            case token_format::raw:
                break;
            case token_format::npy:
                return npy_token_reader<Source>(source);
            case token_format::llmc:
                return llmc_token_reader<Source>(source);
            case token_format::megatron:
                if (index == nullptr) {
                    detail::throw_error(errc::bad_parameter, 0, "the Megatron format needs its .idx beside the .bin");
                }
                return megatron_token_reader<Source>(source, *index);
        }
        return raw_token_reader<Source>(source, type);
    }

    readers m_reader;
};

}  // namespace equinfo
