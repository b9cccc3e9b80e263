// SPDX-License-Identifier: MIT
// Text into an archive: a stream, in bounded memory, by any number of threads.
#pragma once

#include <equinfo/archive/block.hpp>
#include <equinfo/archive/frame.hpp>
#include <equinfo/archive/parallel.hpp>
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/concepts.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/config.hpp>
#include <equinfo/models/concepts.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace equinfo {

/// How an archive is written. The threads change nothing in the bytes.
struct archive_options {
    std::string model_name = "custom";  ///< by which a reader finds the model: 1 to max_model_name printable characters
    std::uint32_t block_size = default_block_size;  ///< bytes of text a block: 1 to max_block_size
    unsigned threads = 1;  ///< 1 to 256; values outside are brought into that range
};

/// For those who do not want to hear of progress.
struct no_progress {
    void operator()(std::uint64_t /*text_bytes*/, std::uint64_t /*archive_bytes*/) const noexcept {}
};

/// Writes an archive to `sink` as text comes in. Only finish() makes it whole: what is cut before that is noticed by
/// every reader.
///
/// The archive is at most 48 + model_name.size() + text + 24 * blocks bytes long.
/// Memory: at most 2 * threads + 2 blocks of text and twice that of coded bytes, and a copy of the model a thread.
/// What the sink throws comes out of write() or finish(); after that the writer can only be destroyed.
template <byte_sink Sink, identified_model Model>
class archive_writer {
public:
    /// Writes the header. Throws errc::bad_parameter for options out of range. `sink` must outlive the writer.
    archive_writer(Sink& sink, Model model, const archive_options& options = {})
        : archive_writer(sink, archive_header{options.model_name, model.fingerprint(), options.block_size},
                         options.threads, std::move(model)) {}

    /// Takes more text.
    void write(std::span<const std::uint8_t> text) {
        EQUINFO_EXPECTS(!m_finished);
        while (!text.empty()) {
            const std::size_t count = std::min<std::size_t>(text.size(), m_header.block_size - m_block.size());
            m_block.insert(m_block.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(count));
            text = text.subspan(count);
            m_summary.text_bytes += count;
            if (m_block.size() == m_header.block_size) {
                submit();
            }
        }
    }

    /// Writes what is left, and the end mark. Says what the archive holds.
    archive_summary finish() {
        EQUINFO_EXPECTS(!m_finished);
        if (!m_block.empty()) {
            submit();
        }
        while (m_workers.outstanding() != 0) {
            emit();
        }
        put_frame({block_kind::end, static_cast<std::uint32_t>(m_summary.blocks),
                   static_cast<std::uint32_t>(m_summary.text_bytes),
                   static_cast<std::uint32_t>(m_summary.text_bytes >> 32), m_crcs});
        m_finished = true;
        return m_summary;
    }

    /// What was taken and written so far; blocks under way are not counted as written.
    [[nodiscard]] const archive_summary& summary() const noexcept { return m_summary; }

private:
    struct job {
        std::vector<std::uint8_t> text;
        std::uint32_t number;
    };
    struct coder {
        Model model;
        [[nodiscard]] archive_block operator()(const job& j) { return encode_block(model, j.text, j.number); }
    };

    /// Takes the model by reference, so that it is still whole when the caller's other argument asks for its fingerprint.
    archive_writer(Sink& sink, archive_header header, unsigned threads, Model&& model)
        : m_sink(sink),
          m_header(std::move(header)),
          m_header_crc(detail::checksum_of(m_header)),
          m_workers(threads, coder{std::move(model)}) {
        const std::vector<std::byte> bytes = detail::bytes_of_header(m_header);
        put(bytes);
    }

    void submit() {
        if (m_workers.outstanding() == m_workers.capacity()) {
            emit();
        }
        m_workers.submit({std::exchange(m_block, {}), m_next++});
    }

    void emit() {
        const archive_block block = m_workers.next();
        put_frame(block.frame);
        put(block.payload);
        std::array<std::byte, 4> crc{};
        store_little(crc.data(), block.frame.text_crc);
        m_crcs = crc32(crc, m_crcs);
        ++m_summary.blocks;
        m_summary.stored_blocks += block.frame.kind == block_kind::stored ? 1 : 0;
    }

    void put_frame(const archive_frame& frame) { put(detail::bytes_of_frame(frame, m_header_crc)); }

    void put(std::span<const std::byte> bytes) {
        m_sink.write(bytes);
        m_summary.archive_bytes += bytes.size();
    }

    Sink& m_sink;
    archive_header m_header;
    std::uint32_t m_header_crc;
    std::vector<std::uint8_t> m_block;  // the text of the block that is not full yet
    std::uint32_t m_next = 0;           // its number
    std::uint32_t m_crcs = 0;           // CRC-32 of the blocks' CRCs, in order
    archive_summary m_summary;
    bool m_finished = false;
    ordered_workers<job, archive_block, coder> m_workers;
};

/// Compresses all that `source` gives. Calls progress(text bytes read, archive bytes written) at least once a block.
template <byte_source Source, byte_sink Sink, identified_model Model, class Progress = no_progress>
archive_summary compress_stream(Source& source, Sink& sink, Model model, const archive_options& options = {},
                                Progress progress = {}) {
    archive_writer<Sink, Model> writer(sink, std::move(model), options);
    std::vector<std::byte> room(std::size_t{1} << 16);
    for (;;) {
        const std::size_t count = source.read(room);
        if (count == 0) {
            break;
        }
        writer.write(text_of(std::span<const std::byte>(room).first(count)));
        progress(writer.summary().text_bytes, writer.summary().archive_bytes);
    }
    const archive_summary summary = writer.finish();
    progress(summary.text_bytes, summary.archive_bytes);
    return summary;
}

}  // namespace equinfo
