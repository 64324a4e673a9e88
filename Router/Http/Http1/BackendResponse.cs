namespace Router.Http.Http1;

/// <summary>An HTTP/1.1 response whose headers are kept as they arrived.</summary>
/// <param name="head">The response head. It belongs to the connection: its content is this response's until the body has been read.</param>
public sealed class BackendResponse(ResponseHead head) : HttpResponseMessage
{
    /// <summary>The response head, valid until the body has been read.</summary>
    public ResponseHead Head => head;
}
