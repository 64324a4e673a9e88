namespace Router.Tests.Harness;

/// <summary>Skips a test with its reason in its name: the default output of <c>dotnet test</c> has the name alone.</summary>
internal static class Skipping
{
    public static void SkipWith(this FactAttribute fact, string? reason, string test)
    {
        if (reason is not null)
            (fact.Skip, fact.DisplayName) = (reason, $"{test} ({reason})");
    }
}
