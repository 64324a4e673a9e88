using Router.Http;

namespace Router.Upstreams;

/// <summary>The outcome of the last contact with a backend.</summary>
/// <param name="At">When it happened.</param>
/// <param name="Failure">What went wrong; null if the backend responded.</param>
public sealed record LastContact(DateTimeOffset At, ForwardFailure? Failure);
