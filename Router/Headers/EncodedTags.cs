using System.Text;
using Microsoft.Extensions.Primitives;
using Router.Http;

namespace Router.Headers;

/// <summary>
/// The entity tags of responses that Router compresses. A strong tag <c>"v7"</c> is sent as <c>W/"v7-router-br"</c>: weak, because the
/// compressed bytes depend on where the backend paused, and different for each coding, so that no cache confuses them (RFC 9110 section
/// 8.8.3.3). In the conditions of later requests it becomes <c>"v7"</c> again. A weak tag of the backend is also valid for the compressed
/// content and stays unchanged.
/// </summary>
public static class EncodedTags
{
    // Distinctive enough that no backend's own weak tag ends like this by chance: Router would mistake it for one of its own.
    private const string Mark = "-router-";

    /// <summary>Returns the tag of the compressed content.</summary>
    /// <param name="tag">The backend's tag.</param>
    /// <param name="coding">The content coding.</param>
    public static string Of(string tag, string coding) =>
        IsStrong(tag) ? string.Concat("W/", tag.AsSpan(0, tag.Length - 1), Mark, string.Concat(coding, "\"")) : tag;

    /// <summary>Whether a text is a single strong tag.</summary>
    public static bool IsStrong(string text) => text.Length >= 2 && text[0] == '"' && text.IndexOf('"', 1) == text.Length - 1;

    /// <summary>Whether a list contains the tag of a compressed response.</summary>
    public static bool IsIn(StringValues tags)
    {
        foreach (var value in tags)
        {
            foreach (var tag in new Tags(value))
            {
                if (tag.Coding.Length > 0)
                    return true;
            }
        }

        return false;
    }

    /// <summary>Restores the backend's own tags for those of compressed responses in a list. Everything else stays unchanged.</summary>
    /// <param name="tags">The values of <c>If-Match</c> or <c>If-None-Match</c>.</param>
    /// <param name="coding">The coding whose tags are restored; null for any.</param>
    public static StringValues Restore(StringValues tags, string? coding)
    {
        if (!IsIn(tags))
            return tags;
        var restored = new string?[tags.Count];
        for (var i = 0; i < restored.Length; i++)
        {
            var (text, value, end) = (new StringBuilder(), tags[i] ?? "", 0);
            foreach (var tag in new Tags(value))
            {
                if (!tag.IsOf(coding))
                    continue;
                text.Append(value, end, tag.Start - end).Append('"').Append(tag.Original).Append('"');
                end = tag.End;
            }

            restored[i] = text.Append(value, end, value.Length - end).ToString();
        }

        return restored;
    }

    /// <summary>
    /// The tag under which the client knows the version that a backend's 304 names: the tag that the client sent, if Router restored it.
    /// Otherwise null.
    /// </summary>
    /// <param name="tag">The tag in the backend's 304.</param>
    /// <param name="sent">The client's <c>If-None-Match</c>.</param>
    /// <param name="coding">The coding whose tags were restored.</param>
    public static string? AsSent(string tag, StringValues sent, string coding)
    {
        foreach (var value in sent)
        {
            foreach (var known in new Tags(value))
            {
                // The weak comparison of RFC 9110 section 8.8.3.2, which If-None-Match uses.
                if (
                    known.IsOf(coding)
                    && tag.AsSpan(tag.StartsWith("W/", StringComparison.Ordinal) ? 2 : 0).Trim('"').SequenceEqual(known.Original)
                )
                    return value![known.Start..known.End];
            }
        }

        return null;
    }

    /// <summary>A tag in a list.</summary>
    /// <param name="start">The index of its first character.</param>
    /// <param name="end">The index after its last character.</param>
    /// <param name="original">The text between the quotes of the backend's tag; empty if Router did not change it.</param>
    /// <param name="coding">The coding that Router inserted; empty if it inserted none.</param>
    private readonly ref struct Tag(int start, int end, ReadOnlySpan<char> original, ReadOnlySpan<char> coding)
    {
        public int Start => start;

        public int End => end;

        public ReadOnlySpan<char> Original { get; } = original;

        public ReadOnlySpan<char> Coding { get; } = coding;

        public bool IsOf(string? coding) => Coding.Length > 0 && (coding is null || Coding.SequenceEqual(coding));
    }

    /// <summary>Enumerates the tags of a list (RFC 9110 section 8.8.3). A tag contains no quotes, but it may contain commas.</summary>
    private ref struct Tags(string? list)
    {
        private readonly ReadOnlySpan<char> _list = list;
        private int _next;

        public Tag Current { get; private set; }

        public readonly Tags GetEnumerator() => this;

        public bool MoveNext()
        {
            var open = _next + _list[_next..].IndexOf('"');
            if (open < _next)
                return false;
            var length = _list[(open + 1)..].IndexOf('"');
            if (length < 0)
                return false;
            var text = _list.Slice(open + 1, length);
            var end = _next = open + length + 2;
            var mark = text.LastIndexOf(Mark);
            var coding = mark < 0 ? default : text[(mark + Mark.Length)..];
            Current =
                coding is "br" or "gzip" && _list[..open].EndsWith("W/")
                    ? new Tag(open - 2, end, text[..mark], coding)
                    : new Tag(open, end, default, default);
            return true;
        }
    }
}
