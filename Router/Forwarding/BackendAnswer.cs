using Router.Forwarding.Headers;

namespace Router.Forwarding;

/// <summary>An answer over HTTP/1.1, whose fields are as they came.</summary>
/// <param name="fields">How many fields it is expected to have.</param>
public sealed class BackendAnswer(int fields) : HttpResponseMessage
{
    /// <summary>The fields of its header.</summary>
    public FieldList Fields { get; } = new(fields);
}
