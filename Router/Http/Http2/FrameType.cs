namespace Router.Http.Http2;

/// <summary>The HTTP/2 frame types that decide the outcome of a stream (RFC 9113 section 6). There are more.</summary>
public enum FrameType : byte
{
    Data = 0x0,

    Headers = 0x1,

    RstStream = 0x3,

    /// <summary>GOAWAY.</summary>
    GoAway = 0x7,

    Continuation = 0x9,
}
