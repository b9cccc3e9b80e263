// SPDX-License-Identifier: MIT
// Which types satisfy the concepts of models/batched.hpp, and which do not.

#include <support/archetypes.hpp>

#include <equinfo/m1/model.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/frequency_table.hpp>

namespace {

using namespace equinfo;
using namespace equinfo::test;

struct counts_in_int : minimal_batched_model {
    int lane_count() const;
};
struct predicts_one_lane : minimal_batched_model {
    void predict(std::size_t);
};
struct gives_no_distribution : minimal_batched_model {
    double distribution_of(std::size_t) const;
};
struct learns_without_lane : minimal_batched_model {
    void update(std::uint8_t);
};
struct forgets_all_lanes : minimal_batched_model {
    void reset();
};
struct has_lanes : minimal_model {
    minimal_batched_model lanes(std::size_t) const;
};
struct changes_for_lanes : minimal_model {
    minimal_batched_model lanes(std::size_t);
};
struct has_models_for_lanes : minimal_model {
    minimal_model lanes(std::size_t) const;
};
struct finer_lanes : minimal_batched_model {
    frequency_table<16> distribution_of(std::size_t) const;
};
struct has_finer_lanes : minimal_model {
    finer_lanes lanes(std::size_t) const;
};

// satisfied
static_assert(counts_lanes<minimal_batched_model>);
static_assert(predicts_lanes<minimal_batched_model>);
static_assert(gives_lane_distribution<minimal_batched_model>);
static_assert(learns_lane_symbol<minimal_batched_model>);
static_assert(forgets_lane_context<minimal_batched_model>);
static_assert(batched_model<minimal_batched_model>);
static_assert(batched_model<independent_lanes<adaptive_model>>);
static_assert(makes_lanes<has_lanes>);
static_assert(makes_lanes<m1_model>);

// not satisfied
static_assert(!counts_lanes<counts_in_int>);
static_assert(!predicts_lanes<predicts_one_lane>);
static_assert(!gives_lane_distribution<gives_no_distribution>);
static_assert(!learns_lane_symbol<learns_without_lane>);
static_assert(!forgets_lane_context<forgets_all_lanes>);
static_assert(!batched_model<counts_in_int>);
static_assert(!batched_model<gives_no_distribution>);
static_assert(!batched_model<minimal_model>);
static_assert(!probability_model<minimal_batched_model>);
static_assert(!makes_lanes<minimal_model>);
static_assert(!makes_lanes<minimal_batched_model>);
static_assert(!makes_lanes<changes_for_lanes>);
static_assert(!makes_lanes<has_models_for_lanes>);
static_assert(!makes_lanes<has_finer_lanes>);

}  // namespace
