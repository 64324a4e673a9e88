namespace Router.Http.Http1;

/// <summary>An answer over HTTP/1.1, whose fields are as they came.</summary>
/// <param name="head">Where they are. It is the connection's: what is in it is this answer's until its body has been read.</param>
public sealed class BackendResponse(ResponseHead head) : HttpResponseMessage
{
    /// <summary>Its head, until its body has been read.</summary>
    public ResponseHead Head => head;
}
