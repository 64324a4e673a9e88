namespace Router.Configuration;

/// <summary>A file is not the expected JSON.</summary>
/// <param name="problem">What is wrong, without a full stop.</param>
/// <param name="line">The line, starting at 1.</param>
/// <param name="column">The column, starting at 1.</param>
/// <param name="hint">How to correct it.</param>
public sealed class JsonKeysException(string problem, long line, int column, string hint = JsonKeysException.CorrectIt) : Exception(problem)
{
    /// <summary>How to correct what the position and the problem already explain.</summary>
    public const string CorrectIt = "Correct it there or just before";

    /// <summary>How to correct it.</summary>
    public string Hint => hint;

    /// <summary>The line, starting at 1.</summary>
    public long Line => line;

    /// <summary>The column, starting at 1.</summary>
    public int Column => column;
}
