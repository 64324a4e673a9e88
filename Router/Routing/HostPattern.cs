using System.Globalization;
using System.Text;

namespace Router.Routing;

/// <summary>How much of a host name a pattern fixes, most specific first: the order of a look-up.</summary>
public enum HostPatternKind
{
    /// <summary><c>www.example.org</c>: this name alone.</summary>
    Exact,

    /// <summary>
    /// <c>*.example.org</c>: every name below it, not the name itself. A longer suffix takes precedence over a shorter one.
    /// </summary>
    Suffix,

    /// <summary><c>www.*</c>: every name of two or more labels that starts with this label.</summary>
    FirstLabel,

    /// <summary><c>*</c>: every host.</summary>
    CatchAll,
}

/// <summary>A parsed host pattern: its kind and the part of the name that it fixes, in lower case.</summary>
/// <param name="Fixed">The name, the suffix with its leading dot, the first label, or nothing.</param>
public readonly record struct HostPattern(HostPatternKind Kind, string Fixed)
{
    /// <summary>Parses a pattern; false if it is invalid, with the reason.</summary>
    public static bool TryParse(string text, out HostPattern pattern, out string problem)
    {
        pattern = default;
        problem = "";
        if (text is "*")
        {
            pattern = new HostPattern(HostPatternKind.CatchAll, "");
            return true;
        }

        var kind = text switch
        {
            _ when text.StartsWith("*.", StringComparison.Ordinal) => HostPatternKind.Suffix,
            _ when text.EndsWith(".*", StringComparison.Ordinal) => HostPatternKind.FirstLabel,
            _ => HostPatternKind.Exact,
        };
        var name = kind switch
        {
            HostPatternKind.Suffix => text[2..],
            HostPatternKind.FirstLabel => text[..^2],
            _ => text,
        };
        name = ToAscii(name.TrimEnd('.'));
        if (name.AsSpan().ContainsAnyExcept(HostName.NameCharacters) || !AreLabels(name))
            problem = "is not a host name with at most one * as its first or its last label";
        else if (kind == HostPatternKind.FirstLabel && name.Contains('.', StringComparison.Ordinal))
            problem = "has more than one label before the *";
        else
            pattern = new HostPattern(kind, kind == HostPatternKind.Suffix ? "." + name : name);
        return problem is "";
    }

    public override string ToString() =>
        Kind switch
        {
            HostPatternKind.Suffix => "*" + Fixed,
            HostPatternKind.FirstLabel => Fixed + ".*",
            HostPatternKind.CatchAll => "*",
            _ => Fixed,
        };

    // Clients send the A-label form (RFC 5891 section 4.4), whatever the operator writes.
    private static string ToAscii(string name)
    {
        if (Ascii.IsValid(name))
            return name.ToLowerInvariant();
        try
        {
            return new IdnMapping().GetAscii(name).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return name;
        }
    }

    private static bool AreLabels(string name) =>
        name.Length is > 0 and <= 253 && name.Split('.').All(label => label.Length is > 0 and <= 63);
}
