namespace Router.Configuration;

/// <summary>A key that a reader asks for, and the values that it takes. The JSON Schema of the configuration is made of these.</summary>
/// <param name="Path">The full key; <c>*</c> as its last part stands for names that the operator chooses.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Default">The value without the key, as one would write it; null if there is none.</param>
/// <param name="Min">The lower bound of a number.</param>
/// <param name="Max">The upper bound of a number.</param>
/// <param name="Choices">The only values of a text; null if any text will do.</param>
public sealed record KnownKey(
    string Path,
    KnownKeyType Type,
    string? Default = null,
    double? Min = null,
    double? Max = null,
    IReadOnlyList<string>? Choices = null
);
