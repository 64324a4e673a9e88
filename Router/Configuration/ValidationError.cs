namespace Router.Configuration;

/// <summary>One error in the configuration.</summary>
/// <param name="Key">The full configuration key, with the environment variable that feeds it, if any.</param>
/// <param name="Problem">What is wrong, in a few words.</param>
/// <param name="Hint">How to fix it.</param>
public sealed record ValidationError(string Key, string Problem, string Hint)
{
    public override string ToString() => $"{Key}: {Problem}. {Hint}{(Hint.EndsWith('?') ? "" : ".")}";
}
