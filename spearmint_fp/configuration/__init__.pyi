from ..conversion.convert import (
    structure as structure,
)
from ..conversion.convert import (
    unstructure as unstructure,
)
from ..conversion.problems import (
    ABSENT as ABSENT,
)
from ..conversion.problems import (
    Problem as Problem,
)
from ..sweep.files import (
    load as load,
)
from .choices import (
    DynamicValue as DynamicValue,
)
from .config import (
    Config as Config,
)
from .errors import (
    AbsentError as AbsentError,
)
from .errors import (
    AbsentFileError as AbsentFileError,
)
from .errors import (
    ArgumentError as ArgumentError,
)
from .errors import (
    CallbackError as CallbackError,
)
from .errors import (
    ChoiceError as ChoiceError,
)
from .errors import (
    ConflictError as ConflictError,
)
from .errors import (
    ConversionError as ConversionError,
)
from .errors import (
    CountError as CountError,
)
from .errors import (
    EncodingError as EncodingError,
)
from .errors import (
    ExperimentError as ExperimentError,
)
from .errors import (
    FileError as FileError,
)
from .errors import (
    FormatError as FormatError,
)
from .errors import (
    FrozenError as FrozenError,
)
from .errors import (
    IdentityError as IdentityError,
)
from .errors import (
    JournalError as JournalError,
)
from .errors import (
    MissingAttributeError as MissingAttributeError,
)
from .errors import (
    MissingExtraError as MissingExtraError,
)
from .errors import (
    PathError as PathError,
)
from .errors import (
    PositionError as PositionError,
)
from .errors import (
    RunError as RunError,
)
from .errors import (
    SizeError as SizeError,
)
from .errors import (
    SpearmintError as SpearmintError,
)
from .errors import (
    TaskTimeoutError as TaskTimeoutError,
)
from .errors import (
    TransferError as TransferError,
)
from .errors import (
    TreeError as TreeError,
)
from .errors import (
    WorkerError as WorkerError,
)
from .freezing import (
    freeze as freeze,
)
from .freezing import (
    thaw as thaw,
)
from .identity import (
    config_id as config_id,
)
from .merging import (
    override as override,
)
from .paths import (
    Bind as Bind,
)
from .paths import (
    get_in as get_in,
)
from .paths import (
    remove_in as remove_in,
)
from .paths import (
    set_in as set_in,
)
from .paths import (
    update_in as update_in,
)
from .spacing import (
    geomspace as geomspace,
)
from .spacing import (
    linspace as linspace,
)
