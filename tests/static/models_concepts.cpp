// SPDX-License-Identifier: MIT
// Which types satisfy the concepts of models/concepts.hpp, and which do not.

#include <support/archetypes.hpp>

#include <equinfo/models/concepts.hpp>
#include <equinfo/models/frequency_table.hpp>

#include <concepts>
#include <type_traits>

namespace {

using namespace equinfo;
using namespace equinfo::test;

// Distributions that lack one thing.
struct no_symbol_type {
    [[maybe_unused]] static constexpr unsigned precision = 8;
    frequency_range range_of(std::uint8_t) const;
    located_symbol<std::uint8_t> locate(frequency) const;
};
struct irregular_symbol {
    irregular_symbol() = delete;
};
struct symbol_is_irregular : minimal_distribution {
    using symbol_type = irregular_symbol;
};
struct precision_is_zero : minimal_distribution {
    static constexpr unsigned precision = 0;
};
struct precision_is_25 : minimal_distribution {
    static constexpr unsigned precision = 25;
};
struct precision_is_24 : minimal_distribution {
    static constexpr unsigned precision = 24;
};
struct range_is_a_number : minimal_distribution {
    frequency range_of(std::uint8_t) const;
};
struct range_changes_the_distribution : minimal_distribution {
    frequency_range range_of(std::uint8_t);
};
struct locates_the_symbol_alone : minimal_distribution {
    std::uint8_t locate(frequency) const;
};
struct locates_a_wider_symbol : minimal_distribution {
    located_symbol<std::uint16_t> locate(frequency) const;
};
struct lists : minimal_distribution {
    void frequencies(std::span<frequency, 256>) const;
};
struct lists_by_value : minimal_distribution {
    std::array<frequency, 256> frequencies() const;
};
struct wide_distribution {
    using symbol_type = std::uint16_t;
    static constexpr unsigned precision = 16;
    frequency_range range_of(std::uint16_t) const;
    located_symbol<std::uint16_t> locate(frequency) const;
};

// Models that lack one thing.
struct no_predict {
    void update(std::uint8_t);
    void reset();
};
struct predicts_a_number : minimal_model {
    double predict();
};
struct predicts_by_reference : minimal_model {
    const minimal_distribution& predict();
};
struct update_answers : minimal_model {
    bool update(std::uint8_t);
};
struct no_reset {
    minimal_distribution predict();
    void update(std::uint8_t);
};
struct wide_model {
    wide_distribution predict();
    void update(std::uint16_t);
    void reset();
};
struct fingerprint_is_int : minimal_model {
    int fingerprint() const;
};
struct foresees : minimal_model {
    template <class Visit>
    void foresee(std::span<const std::uint8_t>, Visit&&);
};
struct branches : minimal_model {
    void branch(std::span<const std::uint8_t>, std::uint8_t);
};
struct branches_without_symbol : minimal_model {
    void branch(std::span<const std::uint8_t>);
};
struct foresees_without_asking : minimal_model {
    void foresee(std::span<const std::uint8_t>);
};

// satisfied
static_assert(names_symbol_type<minimal_distribution>);
static_assert(states_precision<minimal_distribution>);
static_assert(maps_symbol_to_range<minimal_distribution>);
static_assert(maps_point_to_symbol<minimal_distribution>);
static_assert(predicts_distribution<minimal_model>);
static_assert(learns_symbol<minimal_model>);
static_assert(forgets_context<minimal_model>);
static_assert(names_itself<minimal_identified_model>);
static_assert(distribution<minimal_distribution>);
static_assert(distribution<precision_is_24>);
static_assert(distribution<wide_distribution>);
static_assert(distribution<frequency_table<12>>);
static_assert(distribution<frequency_table<8>>);
static_assert(distribution<frequency_table<24>>);
static_assert(lists_frequencies<lists>);
static_assert(foresees_text<foresees>);
static_assert(branches_text<branches>);
static_assert(probability_model<minimal_model>);
static_assert(probability_model<predicts_by_reference>);
static_assert(probability_model<wide_model>);
static_assert(byte_model<minimal_model>);
static_assert(identified_model<minimal_identified_model>);

// not satisfied
static_assert(!names_symbol_type<no_symbol_type>);
static_assert(!names_symbol_type<symbol_is_irregular>);
static_assert(!states_precision<precision_is_zero>);
static_assert(!states_precision<precision_is_25>);
static_assert(!maps_symbol_to_range<range_is_a_number>);
static_assert(!maps_symbol_to_range<range_changes_the_distribution>);
static_assert(!maps_point_to_symbol<locates_the_symbol_alone>);
static_assert(!maps_point_to_symbol<locates_a_wider_symbol>);
static_assert(!distribution<no_symbol_type>);
static_assert(!distribution<symbol_is_irregular>);
static_assert(!distribution<precision_is_zero>);
static_assert(!distribution<precision_is_25>);
static_assert(!distribution<range_is_a_number>);
static_assert(!distribution<locates_the_symbol_alone>);
static_assert(!distribution<minimal_model>);
static_assert(!distribution<int>);
static_assert(!lists_frequencies<minimal_distribution>);
static_assert(!foresees_text<minimal_model>);
static_assert(!foresees_text<foresees_without_asking>);
static_assert(!branches_text<minimal_model>);
static_assert(!branches_text<branches_without_symbol>);
static_assert(!lists_frequencies<lists_by_value>);
static_assert(!predicts_distribution<no_predict>);
static_assert(!predicts_distribution<predicts_a_number>);
static_assert(!learns_symbol<update_answers>);
static_assert(!forgets_context<no_reset>);
static_assert(!probability_model<no_predict>);
static_assert(!probability_model<predicts_a_number>);
static_assert(!probability_model<update_answers>);
static_assert(!probability_model<no_reset>);
static_assert(!probability_model<minimal_distribution>);
static_assert(!byte_model<wide_model>);
static_assert(!names_itself<minimal_model>);
static_assert(!names_itself<fingerprint_is_int>);
static_assert(!identified_model<minimal_model>);
static_assert(!identified_model<fingerprint_is_int>);

// values
static_assert(std::regular<frequency_range>);
static_assert(std::is_trivially_copyable_v<frequency_range>);
static_assert(std::regular<located_symbol<std::uint8_t>>);
static_assert(std::same_as<distribution_t<predicts_by_reference>, minimal_distribution>);

}  // namespace
