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
#include <equinfo/error.hpp>
#include <equinfo/models/concepts.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
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
                                detail::hexadecimal(header.model_fingerprint) + ", the model given has " +
                                detail::hexadecimal(given));
    }
}

/// Decodes what follows the header of an archive, which read_archive_header() has read from the same source, to the
/// end of the source: anything behind the archive is an error.
///
/// `on_damage` is called with an archive_damage for everything that is wrong. By default it throws that as an error:
/// what the sink got until then is right, but not whole. If it returns, reading goes on behind the damage; text that is
/// lost leaves no trace in the sink.
/// Calls progress(text bytes written, archive bytes read) after every block.
///
/// Memory: at most 2 * threads + 1 blocks of text (while one is decoded: up to three times its text) and as many
/// payloads, and a copy of the model a thread; less for small archives, whatever their headers promise.
template <byte_source Source, byte_sink Sink, identified_model Model, class Progress = no_progress,
          class OnDamage = throw_damage>
archive_summary extract_blocks(Source& source, const archive_header& header, Sink& sink, Model model,
                               const extract_options& options = {}, Progress progress = {}, OnDamage on_damage = {}) {
    expect_model(header, model);
    struct job {
        archive_frame frame;
        std::uint64_t offset;
        std::vector<std::byte> payload;
    };
    struct result {
        std::vector<std::uint8_t> text;
        std::optional<archive_damage> damage;
    };
    struct decoder {
        Model model;
        [[nodiscard]] result operator()(const job& j) {
            try {
                return {decode_block(model, j.frame, j.payload, j.offset), {}};
            } catch (const error& e) {
                return {{}, archive_damage{e, j.frame.number, j.frame.text_size}};
            }
        }
    };

    ordered_workers<job, result, decoder> workers(options.threads, decoder{std::move(model)});
    frame_reader<Source> frames(source, header);
    std::uint64_t written = 0;
    const auto emit = [&] {
        const result r = workers.next();
        if (r.damage) {
            on_damage(*r.damage);
        } else {
            sink.write(bytes_of(r.text));
            written += r.text.size();
        }
        progress(written, frames.offset());
    };
    // Damage that the reader finds is told in its place: after the blocks before it.
    const auto on_frame_damage = [&](const archive_damage& damage) {
        while (workers.outstanding() != 0) {
            emit();
        }
        on_damage(damage);
    };
    while (const auto frame = frames.next(on_frame_damage)) {
        job j{*frame, frames.offset(), {}};
        if (!frames.read_payload(j.payload, on_frame_damage)) {
            break;
        }
        if (workers.outstanding() == workers.capacity()) {
            emit();
        }
        workers.submit(std::move(j));
    }
    while (workers.outstanding() != 0) {
        emit();
    }
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
