"""Search spaces of autotuners as data: their parameters, what these must satisfy, how many configurations that leaves.

Counts and digests were found by others, by listing everything; the spaces that are too long for that have no digest.

Source: Kernel Tuner's and python-constraint's benchmarks, the autotuning benchmark hub, ATF's and pyATF's samples.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from spearmint_fp import Config, DynamicValue, Sweep, constrain, expand

__all__ = ["SPACES", "Rule", "Space", "digest_rows", "predicate_of", "sweep_of"]

Rule = tuple[tuple[str, ...], str]
"""The parameters that a constraint looks at, and the Python expression over them that must be true."""


class Space(NamedTuple):
    """Parameters in the author's order (the first is the slowest), rules, the count, and the digest of the listing."""

    parameters: dict[str, list[int] | range]
    constraints: tuple[Rule, ...]
    size: int
    digest: str  # the first 16 hex digits of `digest_rows`; empty where the listing is too long


@cache
def predicate_of(names: tuple[str, ...], expression: str) -> Callable[..., Any]:
    """The expression as a function of the named parameters."""
    return eval(f"lambda {', '.join(names)}: {expression}", {})  # type: ignore[no-any-return]  # the texts stand below


def sweep_of(space: Space) -> Sweep[Config]:
    """The space as a constrained sweep."""
    sweep = expand({name: DynamicValue(values) for name, values in space.parameters.items()})
    for names, expression in space.constraints:
        sweep = constrain(predicate_of(names, expression), sweep, on=names)
    return sweep


def digest_rows(rows: Iterable[Sequence[Any]]) -> str:
    """The digest of a listing: of one line for each configuration, its values with commas between them."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update((",".join(map(str, row)) + "\n").encode())
    return digest.hexdigest()[:16]


# --- the spaces --------------------------------------------------------------------------------------

BITS = [0, 1]


def powers(first: int, last: int) -> list[int]:
    """The powers of two from `first` to `last`."""
    return [1 << k for k in range(first.bit_length() - 1, last.bit_length())]


def pairs_apart(names: Sequence[str]) -> list[Rule]:
    """All of them differ, two by two."""
    return [((a, b), f"{a} != {b}") for k, a in enumerate(names) for b in names[k + 1 :]]


def tiles(dimension: str, size: int) -> dict[str, list[int] | range]:
    """The parameters of one dimension of an ATF kernel."""
    names = ("L_CB_SIZE", "P_CB_SIZE", "NUM_WG", "NUM_WI")
    return {f"INPUT_SIZE_{dimension}": [size]} | {f"{name}_{dimension}": range(1, size + 1) for name in names}


def tile_rules(dimension: str) -> list[Rule]:
    """The constraints on the parameters of one dimension."""
    whole, cb, pcb, wg, wi = tiles(dimension, 1)
    return [
        ((whole, cb), f"{whole} % {cb} == 0"),
        ((cb, pcb), f"{cb} % {pcb} == 0"),
        ((whole, cb, wg), f"({whole} // {cb}) % {wg} == 0"),
        ((cb, pcb, wi), f"({cb} // {pcb}) % {wi} == 0"),
        ((whole, wg, wi), f"{wi} <= ({whole} + {wg} - 1) // {wg}"),
    ]


def atf_space(dimensions: dict[str, int], size: int, digest: str) -> Space:
    """A kernel of ATF's samples over some dimensions, those named R_ reduced."""
    order = [f"OCL_DIM_{dimension}" for dimension in dimensions]
    levels: dict[str, list[int] | range] = {
        "CACHE_L_CB": BITS, "CACHE_P_CB": BITS, "G_CB_RES_DEST_LEVEL": [2],
        "L_CB_RES_DEST_LEVEL": [2, 1, 0], "P_CB_RES_DEST_LEVEL": [2, 1, 0],
    }  # fmt: skip
    parameters = levels | {name: range(len(order)) for name in order}
    rules: list[Rule] = [
        (("G_CB_RES_DEST_LEVEL", "L_CB_RES_DEST_LEVEL"), "L_CB_RES_DEST_LEVEL <= G_CB_RES_DEST_LEVEL"),
        (("L_CB_RES_DEST_LEVEL", "P_CB_RES_DEST_LEVEL"), "P_CB_RES_DEST_LEVEL <= L_CB_RES_DEST_LEVEL"),
        *pairs_apart(order),
    ]
    for dimension, length in dimensions.items():
        parameters |= tiles(dimension, length)
        rules += tile_rules(dimension)
        if dimension.startswith("R"):
            cb, wg = f"L_CB_SIZE_{dimension}", f"NUM_WG_{dimension}"
            rules.append(((cb, wg), f"{wg} == 1 or {wg} % {cb} == 0"))
    parameters |= {"L_REDUCTION": [1], "P_WRITE_BACK": [0], "L_WRITE_BACK": [1]}
    return Space(parameters, tuple(rules), size, digest)


def pyatf_sgemm(n: int, size: int, digest: str) -> Space:
    """The matrix multiplication of pyATF's samples, n by n."""
    names = ("MWG", "NWG", "KWG", "MDIMC", "NDIMC", "MDIMA", "NDIMB", "KWI")
    parameters: dict[str, list[int] | range] = {name: range(1, n + 1) for name in names}
    parameters |= {"VWM": powers(1, 8), "VWN": powers(1, 8), "STRM": BITS, "STRN": BITS, "SA": BITS, "SB": BITS}
    rules: tuple[Rule, ...] = (
        (("MWG",), f"{n} % MWG == 0"),
        (("NWG",), f"{n} % NWG == 0"),
        (("KWG",), f"{n} % KWG == 0"),
        (("MWG", "MDIMC"), "MWG % MDIMC == 0 and MDIMC <= 1024"),
        (("NWG", "NDIMC"), "NWG % NDIMC == 0 and NDIMC <= 1024"),
        (("MDIMC", "NDIMC"), "MDIMC * NDIMC <= 1024"),
        (("MWG", "MDIMA"), "MWG % MDIMA == 0"),
        (
            ("KWG", "MDIMC", "NDIMC", "MDIMA"),
            "(MDIMC * NDIMC) % MDIMA == 0 and KWG % ((MDIMC * NDIMC) / MDIMA) == 0",
        ),
        (("NWG", "NDIMB"), "NWG % NDIMB == 0"),
        (
            ("KWG", "MDIMC", "NDIMC", "NDIMB"),
            "(MDIMC * NDIMC) % NDIMB == 0 and KWG % ((MDIMC * NDIMC) / NDIMB) == 0",
        ),
        (("KWG", "KWI"), "KWG % KWI == 0"),
        (("MWG", "MDIMC", "MDIMA", "VWM"), "(MWG / MDIMC) % VWM == 0 and (MWG / MDIMA) % VWM == 0"),
        (("NWG", "NDIMC", "NDIMB", "VWN"), "(NWG / NDIMC) % VWN == 0 and (NWG / NDIMB) % VWN == 0"),
        (
            ("MWG", "NWG", "KWG", "VWM", "VWN", "SA", "SB"),
            "((SA * KWG * MWG / VWM) + (SB * KWG * NWG / VWN)) * 8 <= 49152",
        ),
    )
    return Space(parameters, rules, size, digest)


DEDISPERSION = Space(
    {
        "block_size_x": powers(1, 32), "block_size_y": range(32, 257, 8), "block_size_z": [1],
        "tile_size_x": range(1, 5), "tile_size_y": range(1, 9), "tile_stride_x": BITS, "tile_stride_y": BITS,
        "loop_unroll_factor_channel": [0],
    },
    (
        (("block_size_x", "block_size_y"), "32 <= block_size_x * block_size_y <= 1024"),
        (("tile_size_x", "tile_stride_x"), "tile_size_x > 1 or tile_stride_x == 0"),
        (("tile_size_y", "tile_stride_y"), "tile_size_y > 1 or tile_stride_y == 0"),
    ),
    11_130,
    "082468d192376cb5",
)  # fmt: skip

EXPDIST = Space(
    {
        "block_size_x": powers(32, 1024)[::-1], "block_size_y": powers(1, 32),
        "tile_size_x": range(1, 9), "tile_size_y": range(1, 9), "use_shared_mem": range(3),
        "loop_unroll_factor_x": range(1, 9), "loop_unroll_factor_y": range(1, 9), "use_column": BITS,
        "use_separate_acc": [0], "n_y_blocks": powers(1, 1024),
    },
    (
        (("use_column", "n_y_blocks"), "use_column != 0 or n_y_blocks <= 1"),
        (("use_shared_mem", "use_column"), "use_column != 0 or use_shared_mem != 2"),
        *(
            ((tile, unroll), f"{unroll} <= {tile} and {tile} % {unroll} == 0")
            for tile, unroll in (("tile_size_x", "loop_unroll_factor_x"), ("tile_size_y", "loop_unroll_factor_y"))
        ),
        (("block_size_x", "block_size_y"), "block_size_x * block_size_y <= 1024"),
    ),
    294_000,
    "fd8234699b73854e",
)  # fmt: skip

STENCIL = (
    "(block_size_x * tile_size_x + temporal_tiling_factor * 2)"
    " * (block_size_y * tile_size_y + temporal_tiling_factor * 2) * (2 + sh_power) * 4"
)
STENCIL_NAMES = ("block_size_x", "block_size_y", "tile_size_x", "tile_size_y", "temporal_tiling_factor", "sh_power")

HOTSPOT = Space(
    {
        "block_size_x": [*powers(1, 16), *range(32, 1025, 32)], "block_size_y": powers(1, 32),
        "tile_size_x": range(1, 11), "tile_size_y": range(1, 11), "temporal_tiling_factor": range(1, 11),
        "max_tfactor": [10], "loop_unroll_factor_t": range(1, 11), "sh_power": BITS, "blocks_per_sm": range(5),
    },
    (
        (("block_size_x", "block_size_y"), "block_size_x * block_size_y >= 32"),
        (("block_size_x", "block_size_y"), "block_size_x * block_size_y <= 1024"),
        (("temporal_tiling_factor", "loop_unroll_factor_t"), "temporal_tiling_factor % loop_unroll_factor_t == 0"),
        (STENCIL_NAMES, f"{STENCIL} <= 49152"),
        ((*STENCIL_NAMES, "blocks_per_sm"), f"blocks_per_sm == 0 or {STENCIL} * blocks_per_sm <= 102400"),
    ),
    349_853,
    "f30d4c7b22584765",
)  # fmt: skip

MICROHH = Space(
    {
        "STATIC_STRIDES": [0], "TILING_STRATEGY": [0], "REWRITE_INTERP": [0],
        "BLOCK_SIZE_X": [*powers(1, 32), *powers(128, 1024)], "BLOCK_SIZE_Y": powers(1, 32), "BLOCK_SIZE_Z": [1, 2, 4],
        "TILING_FACTOR_X": powers(1, 8), "TILING_FACTOR_Y": [1, 2, 4], "TILING_FACTOR_Z": [1, 2, 4],
        "LOOP_UNROLL_FACTOR_X": powers(1, 8), "LOOP_UNROLL_FACTOR_Y": [1, 2, 4], "LOOP_UNROLL_FACTOR_Z": [1, 2, 4],
        "BLOCKS_PER_MP": range(5),
    },
    (
        (
            ("BLOCK_SIZE_X", "BLOCK_SIZE_Y", "BLOCK_SIZE_Z", "BLOCKS_PER_MP"),
            "BLOCK_SIZE_X * BLOCK_SIZE_Y * BLOCK_SIZE_Z * BLOCKS_PER_MP <= 1024",
        ),
        (("BLOCK_SIZE_X", "BLOCK_SIZE_Y", "BLOCK_SIZE_Z"), "32 <= BLOCK_SIZE_X * BLOCK_SIZE_Y * BLOCK_SIZE_Z <= 1536"),
        *(
            (
                (f"TILING_FACTOR_{axis}", f"LOOP_UNROLL_FACTOR_{axis}"),
                f"LOOP_UNROLL_FACTOR_{axis} == 0 or TILING_FACTOR_{axis} % LOOP_UNROLL_FACTOR_{axis} == 0",
            )
            for axis in "XYZ"
        ),
        *(
            ((f"BLOCK_SIZE_{axis}", f"TILING_FACTOR_{axis}"), f"BLOCK_SIZE_{axis} * TILING_FACTOR_{axis} > 0")
            for axis in "XYZ"
        ),
    ),
    138_600,
    "8accfa5284ed403f",
)  # fmt: skip

GEMM = Space(
    {
        "GEMMK": [0], "MWG": powers(16, 128), "NWG": powers(16, 128), "KWG": [16, 32],
        "MDIMC": [8, 16, 32], "NDIMC": [8, 16, 32], "MDIMA": [8, 16, 32], "NDIMB": [8, 16, 32], "KWI": [2],
        "VWM": powers(1, 8), "VWN": powers(1, 8), "STRM": BITS, "STRN": BITS, "SA": BITS, "SB": BITS,
        "KREG": [1], "PRECISION": [32],
    },
    (
        (("KWG", "KWI"), "KWG % KWI == 0"),
        (("MWG", "MDIMC", "VWM"), "MWG % (MDIMC * VWM) == 0"),
        (("NWG", "NDIMC", "VWN"), "NWG % (NDIMC * VWN) == 0"),
        (("MWG", "MDIMA", "VWM"), "MWG % (MDIMA * VWM) == 0"),
        (("NWG", "NDIMB", "VWN"), "NWG % (NDIMB * VWN) == 0"),
        (("KWG", "MDIMC", "NDIMC", "MDIMA"), "KWG % ((MDIMC * NDIMC) / MDIMA) == 0"),
        (("KWG", "MDIMC", "NDIMC", "NDIMB"), "KWG % ((MDIMC * NDIMC) / NDIMB) == 0"),
        (("MDIMC", "NDIMC"), "MDIMC * NDIMC <= 1024"),
    ),
    120_800,
    "47d6d7efe3c3a76a",
)  # fmt: skip

BAT_TRIAD = Space(
    {"BLOCK_SIZE": range(32, 1025, 32), "LOOP_UNROLL_TRIAD": range(1, 16), "WORK_PER_THREAD": range(1, 17)},
    ((("LOOP_UNROLL_TRIAD", "WORK_PER_THREAD"), "LOOP_UNROLL_TRIAD <= WORK_PER_THREAD"),),
    4_320,
    "4ee392fc4d40c8bb",
)

CONVOLUTION_HUB = Space(
    {
        "block_size_x": range(16, 257, 16), "block_size_y": powers(1, 16),
        "tile_size_x": range(1, 5), "tile_size_y": range(1, 5),
        "read_only": BITS, "use_padding": BITS, "use_shmem": BITS, "use_cmem": [1],
        "filter_height": [15], "filter_width": [15],
    },
    (
        (("block_size_x", "use_padding"), "use_padding == 0 or block_size_x % 32 != 0"),
        (("block_size_x", "block_size_y"), "block_size_x * block_size_y <= 1024"),
        (("use_padding", "use_shmem"), "use_padding == 0 or use_shmem != 0"),
        (
            ("block_size_x", "block_size_y", "tile_size_x", "tile_size_y", "use_shmem"),
            "use_shmem == 0 or (block_size_x * tile_size_x + 14) * (block_size_y * tile_size_y + 14) < 12 * 1024",
        ),
    ),
    4_362,
    "e7021d457e596981",
)  # fmt: skip

CONTRACTION = {"L_1": 24, "L_2": 16, "L_3": 16, "L_4": 24, "L_5": 16, "L_6": 16, "R_1": 24}

SPACES: dict[str, Space] = {
    "dedispersion": DEDISPERSION,
    "expdist": EXPDIST,
    "hotspot": HOTSPOT,
    "microhh": MICROHH,
    "gemm": GEMM,
    "bat_triad": BAT_TRIAD,
    "convolution_hub": CONVOLUTION_HUB,
    "atf_prl_8x8": atf_space({"L_1": 8, "R_1": 8}, 48_720, "6922ea0cdeaee19b"),
    "atf_convolution_4092": atf_space({"L_1": 4092, "L_2": 4092}, 168_750_000, ""),
    "pyatf_sgemm_8": pyatf_sgemm(8, 194_144, "e61dc23d65ee0ad7"),
    "pyatf_sgemm_32": pyatf_sgemm(32, 5_651_696, ""),
    "atf_ccsd_t": atf_space(CONTRACTION, 8_805_321_756_000_000_000, ""),
}
"""The spaces by name."""
