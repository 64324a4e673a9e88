namespace Router.Configuration;

/// <summary>The type of a configuration value.</summary>
public enum KnownKeyType
{
    Text,
    Flag,
    Duration,
    DurationOrOff,
    Number,
    Fraction,
    Size,
    List,
}
