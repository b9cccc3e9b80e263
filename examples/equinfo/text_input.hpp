// SPDX-License-Identifier: MIT
// The text of a file, unpacked where it is gzip and that is wanted.
#pragma once

#include "io.hpp"

#include <equinfo/bits/byte_stream.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace program {

enum class packed_text { left_alone, unpacked };

class text_input {
public:
    text_input(const std::string& file, packed_text gzip) : m_file(file), m_source(&m_file) {
        if (gzip == packed_text::left_alone) {
            return;
        }
        std::vector<std::byte> first(2);
        first.resize(equinfo::read_fully(m_file, first));
        if (first.size() == 2 && first[0] == std::byte{0x1F} && first[1] == std::byte{0x8B}) {
            m_between = std::make_unique<gzip_source>(m_file, std::move(first), m_file.name());
        } else {
            m_between = std::make_unique<prefixed_source>(std::move(first), m_file);
        }
        m_source = m_between.get();
    }
    text_input(const text_input&) = delete;
    text_input& operator=(const text_input&) = delete;

    [[nodiscard]] const input_file& file() const noexcept { return m_file; }
    [[nodiscard]] source& text() noexcept { return *m_source; }

private:
    input_file m_file;
    std::unique_ptr<source> m_between;
    source* m_source;
};

}  // namespace program
