// SPDX-License-Identifier: MIT
// One block of an archive, coded or decoded by itself: pure functions, for any number of threads.
#pragma once

#include <equinfo/archive/coded_text.hpp>
#include <equinfo/archive/frame.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/concepts.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace equinfo {
namespace detail {

[[nodiscard]] inline std::string name_of_block(const archive_frame& frame) {
    return "block " + std::to_string(frame.number);
}

/// What is wrong with the text that a block was decoded to, if `ends` says whether its payload ends where the text does.
[[nodiscard]] inline std::optional<error> fault_of_text(const archive_frame& frame, std::span<const std::uint8_t> text, bool ends,
                                                        std::uint64_t offset) {
    if (!ends) {
        return error(errc::corrupt, offset, name_of_block(frame) + " does not end where its text does");
    }
    if (crc32(bytes_of(text)) != frame.text_crc) {
        return error(errc::bad_checksum, offset, name_of_block(frame) + " is damaged");
    }
    return std::nullopt;
}

}  // namespace detail

/// A block as it stands in an archive, less its frame's number and checksum.
struct archive_block {
    archive_frame frame;
    std::vector<std::byte> payload;
};

/// Codes 1 to max_block_size bytes of text as block `number`. The model is reset first. Text that the model would not
/// make smaller is stored, so that the payload is never longer than the text.
template <byte_model Model>
[[nodiscard]] archive_block encode_block(Model& model, std::span<const std::uint8_t> text, std::uint32_t number = 0) {
    EQUINFO_EXPECTS(!text.empty() && text.size() <= max_block_size);
    detail::coded_text coded = detail::encode_text(model, text, text.size());
    archive_block block;
    if (!coded.was_coded) {
        coded.bytes.assign(bytes_of(text).begin(), bytes_of(text).end());
    }
    block.payload = std::move(coded.bytes);
    block.frame = {coded.was_coded ? block_kind::coded : block_kind::stored, number,
                   static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(block.payload.size()),
                   crc32(bytes_of(text))};
    return block;
}

/// The text of one block; any model state will do, the model is reset first. `offset` is where the payload lies in the
/// archive, for the errors: errc::corrupt where the payload does not end where the text does, errc::bad_checksum where
/// the text is not the one that was coded.
/// Takes no more memory than 64 times the payload or three times the text decoded so far, whichever is more.
template <byte_model Model>
[[nodiscard]] std::vector<std::uint8_t> decode_block(Model& model, const archive_frame& frame,
                                                     std::span<const std::byte> payload, std::uint64_t offset = 0) {
    std::vector<std::uint8_t> text;
    bool ends = true;
    if (frame.kind == block_kind::stored) {
        text.assign(text_of(payload).begin(), text_of(payload).end());
    } else {
        ends = detail::decode_text(model, payload, frame.text_size, text);
    }
    if (const auto fault = detail::fault_of_text(frame, text, ends, offset)) {
        throw error(*fault);
    }
    return text;
}

/// A block to decode, and where its payload lies in the archive.
struct placed_block {
    archive_frame frame;
    std::uint64_t offset = 0;
    std::vector<std::byte> payload;
};

/// What became of a block: its text, or what decode_block would throw.
struct decoded_block {
    archive_frame frame;
    std::vector<std::uint8_t> text;
    std::optional<error> fault;
};

/// Decodes blocks one after the other.
template <byte_model Model>
[[nodiscard]] std::vector<decoded_block> decode_blocks(Model& model, std::span<const placed_block> blocks) {
    std::vector<decoded_block> results;
    for (const placed_block& block : blocks) {
        decoded_block& result = results.emplace_back(decoded_block{block.frame, {}, {}});
        try {
            result.text = decode_block(model, block.frame, block.payload, block.offset);
        } catch (const error& fault) {
            result.fault = fault;
        }
    }
    return results;
}

/// The same by a batched model, as many blocks at a time as it has lanes, of which there must be one. The lanes are reset first.
/// Each block has the bounds of decode_block in time and memory, whatever the others are.
template <batched_model Lanes>
    requires std::same_as<symbol_t<lane_distribution_t<Lanes>>, std::uint8_t>
[[nodiscard]] std::vector<decoded_block> decode_blocks(Lanes& lanes, std::span<const placed_block> blocks) {
    EQUINFO_EXPECTS(lanes.lane_count() != 0);
    struct state {
        bool is_busy = false;
        std::size_t block = 0;
        std::size_t left = 0;  // symbols to decode
        range_decoder decoder;
    };
    std::vector<decoded_block> results(blocks.size());
    const auto finish = [&](std::size_t number, bool ends) {
        decoded_block& result = results[number];
        result.fault = detail::fault_of_text(result.frame, result.text, ends, blocks[number].offset);
        if (result.fault) {
            result.text = std::vector<std::uint8_t>();  // gives its room back
        }
    };
    std::size_t next = 0;
    const auto take_next = [&](std::size_t lane, state& s) {
        s.is_busy = false;
        while (!s.is_busy && next < blocks.size()) {
            const placed_block& block = blocks[next];
            results[next].frame = block.frame;
            if (block.frame.kind == block_kind::stored) {
                results[next].text.assign(text_of(block.payload).begin(), text_of(block.payload).end());
                finish(next, true);
            } else {
                lanes.reset(lane);
                detail::reserve_text(results[next].text, block.frame.text_size, block.payload.size());
                s = {true, next, block.frame.text_size, range_decoder(block.payload)};
            }
            ++next;
        }
    };

    std::vector<state> states(lanes.lane_count());
    std::vector<lane_text<std::uint8_t, range_decoder>> texts(states.size());
    for (std::size_t lane = 0; lane < states.size(); ++lane) {
        take_next(lane, states[lane]);
    }
    for (;;) {
        bool is_any_busy = false;
        for (std::size_t lane = 0; lane < states.size(); ++lane) {
            state& s = states[lane];
            while (s.is_busy && (s.left == 0 || s.decoder.bytes_used() > blocks[s.block].payload.size())) {
                finish(s.block, s.left == 0 && s.decoder.at_end());
                take_next(lane, s);
            }
            texts[lane] = {{}, &s.decoder};
            if (s.is_busy) {
                texts[lane].text = detail::grow_text(results[s.block].text, s.left);
                s.left -= texts[lane].text.size();
                is_any_busy = true;
            }
        }
        if (!is_any_busy) {
            return results;
        }
        decode_lanes<Lanes, range_decoder>(lanes, texts);
    }
}

}  // namespace equinfo
