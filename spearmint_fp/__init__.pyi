from .configuration import *
from .conversion.json_schemas import (
    json_schema as json_schema,
)
from .experiment.context import (
    runtime_context as runtime_context,
)
from .experiment.result import (
    ExperimentResult as ExperimentResult,
)
from .experiment.spearmint import (
    Spearmint as Spearmint,
)
from .experiment.spearmint import (
    experiment as experiment,
)
from .experiment.strategies import (
    round_robin as round_robin,
)
from .experiment.strategies import (
    shadow as shadow,
)
from .experiment.strategies import (
    single as single,
)
from .experiment.strategies import (
    sticky as sticky,
)
from .journal.journal import (
    Journal as Journal,
)
from .journal.plans import (
    JournalPlan as JournalPlan,
)
from .journal.plans import (
    JournalStatus as JournalStatus,
)
from .outcomes.collecting import (
    best as best,
)
from .outcomes.collecting import (
    collect as collect,
)
from .outcomes.collecting import (
    failures as failures,
)
from .outcomes.collecting import (
    successes as successes,
)
from .outcomes.outcomes import (
    ErrorInfo as ErrorInfo,
)
from .outcomes.outcomes import (
    Failure as Failure,
)
from .outcomes.outcomes import (
    Outcome as Outcome,
)
from .outcomes.outcomes import (
    Success as Success,
)
from .outcomes.rows import (
    rows as rows,
)
from .report.columns import (
    columns as columns,
)
from .report.datasets import (
    dataset as dataset,
)
from .report.frames import (
    frame as frame,
)
from .report.page import (
    html_page as html_page,
)
from .report.plots import (
    plot as plot,
)
from .report.statistics import (
    compare as compare,
)
from .report.statistics import (
    summary as summary,
)
from .running.arun import (
    arun as arun,
)
from .running.run import (
    run as run,
)
from .running.stopping import (
    stop_when as stop_when,
)
from .sweep.choose import (
    constrain as constrain,
)
from .sweep.choose import (
    sample as sample,
)
from .sweep.choose import (
    shard as shard,
)
from .sweep.choose import (
    shuffled as shuffled,
)
from .sweep.combine import (
    concat as concat,
)
from .sweep.combine import (
    derive as derive,
)
from .sweep.combine import (
    empty as empty,
)
from .sweep.combine import (
    mapped as mapped,
)
from .sweep.combine import (
    product as product,
)
from .sweep.combine import (
    unit as unit,
)
from .sweep.combine import (
    zipped as zipped,
)
from .sweep.core import (
    Sweep as Sweep,
)
from .sweep.describe import (
    explain as explain,
)
from .sweep.describe import (
    label as label,
)
from .sweep.describe import (
    slug as slug,
)
from .sweep.designs.covering import (
    covering as covering,
)
from .sweep.designs.spread import (
    spread as spread,
)
from .sweep.distinct import (
    distinct as distinct,
)
from .sweep.expansion import (
    expand as expand,
)
from .sweep.files import (
    dump_yaml as dump_yaml,
)
from .sweep.grouping import (
    groupby as groupby,
)
from .sweep.grouping import (
    reorder as reorder,
)
from .sweep.include import (
    include as include,
)
from .sweep.neighbours import (
    neighbours as neighbours,
)
from .sweep.project import (
    project as project,
)
from .sweep.sets import (
    difference as difference,
)
from .sweep.sets import (
    intersection as intersection,
)
from .sweep.sets import (
    union as union,
)
from .sweep.typed import (
    structured as structured,
)
from .sweep.validation import (
    Validation as Validation,
)
from .sweep.validation import (
    validate as validate,
)
from .sweep.where import (
    exclude as exclude,
)
from .sweep.where import (
    where as where,
)
from .tasks.by_name import (
    by_name as by_name,
)
from .tasks.injection import (
    inject as inject,
)
from .tasks.rates import (
    throttled as throttled,
)
from .tasks.retries import (
    retrying as retrying,
)
from .tasks.time_limits import (
    timed_out as timed_out,
)
from .workers.executors import (
    dask_cluster as dask_cluster,
)
from .workers.executors import (
    processes as processes,
)
from .workers.executors import (
    ray_cluster as ray_cluster,
)
from .workers.executors import (
    threads as threads,
)
from .workers.initializers import (
    worker as worker,
)

__version__: str
