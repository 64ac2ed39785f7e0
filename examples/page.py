"""The complete example of docs/how-to/parameter-sweeps.md: six configurations from two lines."""

from spearmint_fp import Config, Spearmint
from spearmint_fp.configuration import DynamicValue

configs = [
    {
        "model": DynamicValue(["gpt-4", "gpt-3.5"]),
        "temperature": DynamicValue(range(1, 10, 4)),  # 1, 5, 9
        "static_param": "always_same",
    }
]

mint = Spearmint(configs=configs)


@mint.experiment()
def train_model(config: Config) -> str:
    """Train model with given configuration."""
    temp = config["temperature"] / 10.0
    return f"Model={config['model']}, Temp={temp}"


if __name__ == "__main__":
    print(f"Generated {len(mint.configs)} configurations")
    with Spearmint.run(train_model, await_variants=True) as runner:
        result = runner()
        print(f"Main: {result.main_result.result}")
        for variant in result.variant_results:
            print(f"Variant: {variant.result}")
