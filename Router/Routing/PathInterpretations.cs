using System.Buffers;
using System.Text;
using Router.Http;

namespace Router.Routing;

/// <summary>
/// The paths that a backend may see in one raw path. Most paths have a single interpretation. If a path contains encoded slashes,
/// backslashes, path parameters, empty segments or dot segments, applications interpret them differently, so every combination is an
/// interpretation of its own, and the client must satisfy the rule of each (RFC 3986 sections 3.3, 5.2.4 and 6.2.2).
/// </summary>
public static class PathInterpretations
{
    private static readonly SearchValues<char> Unusual = SearchValues.Create("%\\;");

    // If an encoded slash is not interpreted as a slash, it is a character of its segment. This character occurs in no rule, and is no
    // decoded octet either, since decoding yields Latin-1.
    private const char EncodedSlash = '\uE000';

    [Flags]
    private enum Choices
    {
        None = 0,
        EncodedSlashIsSlash = 1,
        BackslashIsSlash = 2,
        ParametersAreCut = 4,
        EmptySegmentsAreMerged = 8,
        DotSegmentsAreResolved = 16,
    }

    /// <summary>Whether a path has only one interpretation: itself.</summary>
    public static bool IsPlain(ReadOnlySpan<char> path)
    {
        if (path.ContainsAny(Unusual))
            return false;
        // An empty segment, or one that starts with a dot.
        for (var rest = path; rest.IndexOf('/') is >= 0 and var slash && slash + 1 < rest.Length; rest = rest[(slash + 1)..])
        {
            if (rest[slash + 1] is '/' or '.')
                return false;
        }

        return true;
    }

    /// <summary>
    /// All interpretations of a path, without duplicates, the fully normalised one first. Null if an encoding is broken or hides a control
    /// character: such a path is malformed.
    /// </summary>
    public static IReadOnlyList<string>? Of(ReadOnlySpan<char> path)
    {
        if (Decode(path) is not { } decoded)
            return null;
        var present = Present(decoded);
        var interpretations = new List<string>();
        // (choices - 1) & present steps through every subset of the choices that the path leaves open.
        for (var choices = present; ; choices = (choices - 1) & present)
        {
            var interpretation = Read(decoded, choices);
            if (!interpretations.Contains(interpretation, StringComparer.Ordinal))
                interpretations.Add(interpretation);
            if (choices == Choices.None)
                return interpretations;
        }
    }

    private static Choices Present(string decoded)
    {
        var present = Choices.None;
        if (decoded.Contains(EncodedSlash, StringComparison.Ordinal))
            present |= Choices.EncodedSlashIsSlash;
        if (decoded.Contains('\\', StringComparison.Ordinal))
            present |= Choices.BackslashIsSlash;
        if (decoded.Contains(';', StringComparison.Ordinal))
            present |= Choices.ParametersAreCut;
        // Each of the choices above can produce an empty segment or a dot segment.
        if (present != Choices.None || decoded.Contains("//", StringComparison.Ordinal))
            present |= Choices.EmptySegmentsAreMerged;
        if (present != Choices.None || decoded.Contains("/.", StringComparison.Ordinal))
            present |= Choices.DotSegmentsAreResolved;
        return present;
    }

    private static string? Decode(ReadOnlySpan<char> path)
    {
        var decoded = new StringBuilder(path.Length);
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] != '%')
            {
                decoded.Append(path[i]);
                continue;
            }

            if (i + 2 >= path.Length || !char.IsAsciiHexDigit(path[i + 1]) || !char.IsAsciiHexDigit(path[i + 2]))
                return null;
            var octet = (char)Convert.FromHexString(path.Slice(i + 1, 2))[0];
            if (octet is < ' ' or '\x7f')
                return null;
            decoded.Append(octet is '/' ? EncodedSlash : octet);
            i += 2;
        }

        return decoded.ToString();
    }

    private static string Read(string decoded, Choices choices)
    {
        if (choices.HasFlag(Choices.EncodedSlashIsSlash))
            decoded = decoded.Replace(EncodedSlash, '/');
        if (choices.HasFlag(Choices.BackslashIsSlash))
            decoded = decoded.Replace('\\', '/');

        var segments = new List<string>();
        var parts = decoded.Split('/');
        for (var i = 1; i < parts.Length; i++)
        {
            var part = choices.HasFlag(Choices.ParametersAreCut) ? parts[i].Split(';')[0] : parts[i];
            var last = i == parts.Length - 1;
            if (choices.HasFlag(Choices.DotSegmentsAreResolved) && part is "." or "..")
            {
                if (part is ".." && segments.Count > 0)
                    segments.RemoveAt(segments.Count - 1);
                if (last)
                    segments.Add("");
            }
            else if (part is not "" || last || !choices.HasFlag(Choices.EmptySegmentsAreMerged))
            {
                segments.Add(part);
            }
        }

        return "/" + string.Join('/', segments);
    }
}
