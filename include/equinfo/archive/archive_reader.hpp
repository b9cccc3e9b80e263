// SPDX-License-Identifier: MIT
// An archive into text, whole or around what is damaged; and what an archive holds, without decoding it.
#pragma once

#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/archive/block.hpp>
#include <equinfo/archive/frame.hpp>
#include <equinfo/archive/frame_reader.hpp>
#include <equinfo/archive/parallel.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/concepts.hpp>
#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/error.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/concepts.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace equinfo {

/// How an archive is read.
struct extract_options {
    unsigned threads = 1;  ///< 1 to 256; values outside are brought into that range
};

/// Throws errc::wrong_model, with both fingerprints, unless the model is the one that the archive was written with.
template <identified_model Model>
void expect_model(const archive_header& header, const Model& model) {
    if (const std::uint64_t given = model.fingerprint(); given != header.model_fingerprint) {
        detail::throw_error(errc::wrong_model, 12,
                            "the archive was written with model \"" + header.model_name + "\" of fingerprint " +
                                hexadecimal(header.model_fingerprint) + ", the model given has " +
                                hexadecimal(given));
    }
}

namespace detail {

/// What a worker decodes at once: a block, or several where the model gains by that.
template <identified_model Model>
class group_decoder {
public:
    static constexpr std::size_t most_blocks = 1;

    explicit group_decoder(Model model) : m_model(std::move(model)) {}
    [[nodiscard]] std::vector<decoded_block> operator()(const std::vector<placed_block>& blocks) {
        return decode_blocks(m_model, std::span<const placed_block>(blocks));
    }

private:
    Model m_model;
};

template <identified_model Model>
    requires makes_lanes<Model>
class group_decoder<Model> {
public:
    static constexpr std::size_t most_blocks = 16;

    explicit group_decoder(Model model) : m_model(std::move(model)) {}
    // Each worker makes lanes of its own, and not more than it needs.
    group_decoder(const group_decoder& other) : m_model(other.m_model) {}
    group_decoder(group_decoder&&) = default;
    group_decoder& operator=(const group_decoder&) = delete;
    group_decoder& operator=(group_decoder&&) = delete;
    ~group_decoder() = default;

    [[nodiscard]] std::vector<decoded_block> operator()(const std::vector<placed_block>& blocks) {
        const std::size_t wanted = affordable_lanes(m_model, blocks.size());
        if (m_lanes == nullptr || m_lanes->lane_count() < wanted) {
            m_lanes = std::make_unique<lanes_t<Model>>(m_model.lanes(wanted));
        }
        return decode_blocks(*m_lanes, std::span<const placed_block>(blocks));
    }

private:
    Model m_model;
    std::unique_ptr<lanes_t<Model>> m_lanes;
};

}  // namespace detail

/// Decodes what follows the header of an archive, which read_archive_header() has read from the same source, to the
/// end of the source: anything behind the archive is an error.
///
/// `on_damage` is called with an archive_damage for everything that is wrong. By default it throws that as an error:
/// what the sink got until then is right, but not whole. If it returns, reading goes on behind the damage; text that is
/// lost leaves no trace in the sink.
/// Calls progress(text bytes written, archive bytes read) after every block.
///
/// Memory: at most 2 * threads + 1 blocks of text (while one is decoded: up to three times its text) and as many
/// payloads, and a copy of the model a thread; less for small archives, whatever their headers promise. A model that makes_lanes
/// decodes groups of up to 16 blocks: at most 3 * threads groups of together 3 * threads * 64 MiB of text, and 16 lanes a
/// thread, or as many as are affordable_lanes().
template <byte_source Source, byte_sink Sink, identified_model Model, class Progress = no_progress,
          class OnDamage = throw_damage>
archive_summary extract_blocks(Source& source, const archive_header& header, Sink& sink, Model model,
                               const extract_options& options = {}, Progress progress = {}, OnDamage on_damage = {}) {
    expect_model(header, model);
    using decoder = detail::group_decoder<Model>;
    using decoding_workers = ordered_workers<std::vector<placed_block>, std::vector<decoded_block>, decoder>;
    const std::uint64_t threads = std::clamp(options.threads, 1u, decoding_workers::max_threads);
    decoding_workers workers(options.threads, decoder(std::move(model)));
    frame_reader<Source> frames(source, header);
    std::uint64_t written = 0;
    const auto emit = [&] {
        for (const decoded_block& block : workers.next()) {
            if (block.fault) {
                on_damage(archive_damage{*block.fault, block.frame.number, block.frame.text_size});
            } else {
                sink.write(bytes_of(block.text));
                written += block.text.size();
            }
            progress(written, frames.offset());
        }
    };
    // Blocks wait until there is a whole group for every thread; what is left at the end is shared out evenly.
    std::vector<placed_block> waiting;
    std::uint64_t waiting_text = 0;
    const auto submit = [&] {
        auto from = waiting.begin();
        for (auto groups = static_cast<std::ptrdiff_t>(threads); from != waiting.end(); --groups) {
            const auto to = from + (waiting.end() - from + groups - 1) / groups;
            if (workers.outstanding() == workers.capacity()) {
                emit();
            }
            workers.submit({std::make_move_iterator(from), std::make_move_iterator(to)});
            from = to;
        }
        waiting.clear();
        waiting_text = 0;
    };
    const auto finish = [&] {
        submit();
        while (workers.outstanding() != 0) {
            emit();
        }
    };
    // Damage that the reader finds is told in its place: after the blocks before it.
    const auto on_frame_damage = [&](const archive_damage& damage) {
        finish();
        on_damage(damage);
    };
    while (const auto frame = frames.next(on_frame_damage)) {
        placed_block block{*frame, frames.offset(), {}};
        if (!frames.read_payload(block.payload, on_frame_damage)) {
            break;
        }
        if (waiting_text + frame->text_size > threads * max_block_size) {
            submit();
        }
        waiting_text += frame->text_size;
        waiting.push_back(std::move(block));
        if (decoder::most_blocks == 1 || waiting.size() == threads * decoder::most_blocks) {
            submit();
        }
    }
    finish();
    archive_summary summary = frames.summary();
    summary.text_bytes = written;
    return summary;
}

/// Decompresses a whole archive with the model that it was written with: read_archive_header, then extract_blocks.
template <byte_source Source, byte_sink Sink, identified_model Model, class Progress = no_progress,
          class OnDamage = throw_damage>
archive_summary decompress_stream(Source& source, Sink& sink, Model model, const extract_options& options = {},
                                  Progress progress = {}, OnDamage on_damage = {}) {
    const archive_header header = read_archive_header(source);
    return extract_blocks(source, header, sink, std::move(model), options, std::move(progress), std::move(on_damage));
}

/// Walks over the blocks behind the header without decoding them, and checks all that can be checked so. Calls
/// visit(frame, offset of the payload) for every block. Throws like extract_blocks.
/// Memory: 64 KiB.
template <byte_source Source, class Visit>
archive_summary walk_blocks(Source& source, const archive_header& header, Visit visit) {
    frame_reader<Source> frames(source, header);
    while (const auto frame = frames.next(throw_damage{})) {
        visit(*frame, frames.offset());
        if (!frames.skip_payload(throw_damage{})) {
            break;
        }
    }
    return frames.summary();
}

/// What an archive holds.
struct archive_info {
    archive_header header;
    archive_summary summary;
};

/// Reads a whole archive's header and frames, without a model.
template <byte_source Source>
[[nodiscard]] archive_info read_archive_info(Source& source) {
    archive_info info;
    info.header = read_archive_header(source);
    info.summary = walk_blocks(source, info.header, [](const archive_frame&, std::uint64_t) {});
    return info;
}

}  // namespace equinfo
