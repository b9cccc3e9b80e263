// SPDX-License-Identifier: MIT
// The smallest types that satisfy the concepts of tokens/concepts.hpp.
#pragma once

#include <equinfo/tokens/concepts.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace equinfo::test {

struct minimal_packer {
    using token_type = std::uint16_t;
    unsigned token_bits() const { return 16; }
    std::uint64_t vocabulary_size() const { return 65536; }
    template <bit_source Source>
    void pack(Source&, std::uint64_t, std::vector<std::uint16_t>&) const {}
    template <bit_sink Sink>
    void unpack(std::span<const std::uint16_t>, Sink&) const {}
};

struct minimal_token_writer {
    void begin() {}
    void tokens(std::span<const token>) {}
    void end_document() {}
    void finish() {}
    equinfo::token_type type() const { return {}; }
    std::uint64_t token_count() const { return 0; }
    std::uint64_t position() const { return 0; }
    std::uint32_t payload_crc() const { return 0; }
};

struct minimal_token_reader {
    std::size_t read(std::span<token>) { return 0; }
    equinfo::token_type type() const { return {}; }
    std::optional<std::uint64_t> token_total() const { return std::nullopt; }
    std::uint64_t token_count() const { return 0; }
    std::uint64_t position() const { return 0; }
    std::uint32_t payload_crc() const { return 0; }
};

struct minimal_patchable_sink {
    void write(std::span<const std::byte>) {}
    bool can_patch() const { return true; }
    void patch(std::uint64_t, std::span<const std::byte>) {}
};

}  // namespace equinfo::test
