namespace Router.Configuration;

/// <summary>Writes a count with its noun.</summary>
public static class CountText
{
    /// <summary>Such as <c>1 write</c> or <c>2 writes</c>.</summary>
    public static string Of(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}
