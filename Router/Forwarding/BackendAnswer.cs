using Router.Forwarding.Headers;

namespace Router.Forwarding;

/// <summary>An answer over HTTP/1.1, whose fields are as they came.</summary>
public sealed class BackendAnswer : HttpResponseMessage
{
    /// <summary>The fields of its header.</summary>
    public FieldList Fields { get; } = new(usual: 16);
}
