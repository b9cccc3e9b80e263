// SPDX-License-Identifier: MIT
// The texts that a transformer learns from, as documents: files are mapped, not loaded, where that is possible.
#pragma once

#include "subcommands.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace program {

/// What a file is read as.
struct training_text_options {
    std::string json_field;      ///< not empty: lines are JSON objects, and this field of each holds a document
    std::uint8_t separator = 0;  ///< else: documents end at this byte
    bool gunzip = false;
};

/// Bytes of a regular file, mapped; of another one, or of one that must be unpacked, read. They do not move.
class training_text {
public:
    /// @throws failure or equinfo::error where the file cannot be read
    training_text(const std::string& file, const training_text_options& options, const talk& how);
    training_text(const training_text&) = delete;
    training_text& operator=(const training_text&) = delete;
    training_text(training_text&& other) noexcept;
    training_text& operator=(training_text&&) = delete;
    ~training_text();

    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept { return m_bytes; }

private:
    void read(const std::string& file, const training_text_options& options, const talk& how);

    std::vector<std::uint8_t> m_read;
    void* m_mapped = nullptr;
    std::span<const std::uint8_t> m_bytes;
};

/// Where the part begins that is held back to measure by: about the last fiftieth, from the start of a document on where
/// one is near.
[[nodiscard]] std::size_t held_back_from(std::span<const std::uint8_t> text, std::uint8_t separator);

}  // namespace program
