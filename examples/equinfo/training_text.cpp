// SPDX-License-Identifier: MIT
// Texts to learn from: mapped, or read as documents.

#include "training_text.hpp"

#include "documents.hpp"
#include "io.hpp"
#include "progress.hpp"
#include "text_input.hpp"

#include <equinfo/bits/byte_stream.hpp>

#include <sys/mman.h>

#include <utility>

namespace program {

training_text::training_text(const std::string& file, const training_text_options& options, const talk& how) {
    if (options.json_field.empty() && !options.gunzip) {
        const input_file in(file);
        if (const auto size = in.size(); size && *size != 0 && !in.is_standard()) {
            void* const place = ::mmap(nullptr, static_cast<std::size_t>(*size), PROT_READ, MAP_PRIVATE, in.descriptor(), 0);
            if (place != MAP_FAILED) {
                m_mapped = place;
                m_bytes = {static_cast<const std::uint8_t*>(place), static_cast<std::size_t>(*size)};
                return;
            }
        }
    }
    read(file, options, how);
}

training_text::training_text(training_text&& other) noexcept
    : m_read(std::move(other.m_read)),
      m_mapped(std::exchange(other.m_mapped, nullptr)),
      m_bytes(std::exchange(other.m_bytes, {})) {}

training_text::~training_text() {
    if (m_mapped != nullptr) {
        ::munmap(m_mapped, m_bytes.size());
    }
}

void training_text::read(const std::string& file, const training_text_options& options, const talk& how) {
    const bool is_json = !options.json_field.empty();
    text_input in(file, options.gunzip || is_json ? packed_text::unpacked : packed_text::left_alone);
    progress bar("reading " + in.file().name(), in.file().size(), how.bar());
    document_reader reader({document_border::none, true, options.json_field});
    document_batch batch;
    while (reader.next(in.text(), in.file().name(), batch)) {
        auto at = batch.text.begin();
        for (const document_piece& piece : batch.pieces) {
            const auto end = at + static_cast<std::ptrdiff_t>(piece.length);
            m_read.insert(m_read.end(), at, end);
            at = end;
            if (is_json && piece.ends) {
                m_read.push_back(options.separator);
            }
        }
        bar.at(in.file().position());
    }
    m_bytes = m_read;
}

std::size_t held_back_from(std::span<const std::uint8_t> text, std::uint8_t separator) {
    const std::size_t begin = text.size() - text.size() / 50;
    const std::size_t last = text.empty() ? 0 : text.size() - 1;  // a border there would hold nothing back
    for (std::size_t at = begin; at < last; ++at) {
        if (text[at] == separator) {
            return at + 1;
        }
    }
    for (std::size_t at = begin; at > text.size() / 5 * 4; --at) {
        if (text[at - 1] == separator) {
            return at;
        }
    }
    return begin;
}

}  // namespace program
